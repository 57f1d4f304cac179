"""A block's commands on a page: what a reader would type, and can copy."""

from __future__ import annotations

import html5lib
from docker_notes.html import blocks as render

from tests.unit.samples import page, ran, recorded

PAGE = """\
```console
$ cat > f <<'EOF' && cat
> a <b>
>
> EOF
> typed
> ^D
~ typed
```
"""


def shown(command: str = "", typed: tuple[str, ...] = ()) -> list[str]:
    steps = [ran(command, "typed", "typed", typed=(*typed, ("wait for", "typed")))] if command else []
    [block] = render.shown(page(PAGE), recorded(*steps) if steps else recorded(ran("other")))
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parseFragment(render.block(block))
    return ["".join(each.itertext()) for each in tree.iter() if each.tag in {"kbd", "samp"}]


def test_the_lines_that_complete_a_command_are_copied_with_it_and_without_their_prompt() -> None:
    command = "cat > f <<'EOF' && cat\na <b>\n\nEOF"
    assert shown(command, ("typed", "^D")) == [command, "typed\ntyped\n"]
    assert shown()[0] == command, "before it has run"


def test_which_lines_these_are_the_recording_knows() -> None:
    """Where a page is replayed without a bash, its reader gets the same."""
    from docker_notes.page import bash_syntax

    program = bash_syntax._program
    bash_syntax._bash.cache_clear()
    bash_syntax._program = lambda: ""  # type: ignore[assignment]
    try:
        assert shown("cat > f <<'EOF' && cat\na <b>\n\nEOF", ("typed", "^D"))[0] == "cat > f <<'EOF' && cat\na <b>\n\nEOF"
    finally:
        bash_syntax._program = program
        bash_syntax._bash.cache_clear()
