"""The grammar: what an author may write, and what each mistake gets."""

from __future__ import annotations

import pytest

from macros.console import parse, shield
from macros.errors import BuildFailed

PAGE = """\
# A page

```console example="hello-node" name="first" columns="120"
$ docker build \\
    -t hello-node .
$ docker run -it node
> 1 + 1
> ^P^Q
$ false
? 1
```

- in a list

    ```console
    $ docker ps --format '{{.Names}}'
    ```

````md
```console
not a block, but an example of one
```
````
"""


def test_blocks_steps_and_lines() -> None:
    first, second = parse("page.md", PAGE).blocks
    assert (first.line, first.options.example, first.options.columns) == (3, "hello-node", 120)
    assert [(s.line, s.command, s.expected_status) for s in first.steps] == [
        (4, "docker build \\\n    -t hello-node .", 0),
        (6, "docker run -it node", 0),
        (9, "false", 1),
    ]
    assert [t.data for t in first.steps[1].typed] == [b"1 + 1\r", b"\x10\x11"]
    assert (second.line, second.steps[0].command) == (15, "docker ps --format '{{.Names}}'")


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ('```console colour="red"\n$ true\n```', 1, "unknown option 'colour'"),
        ("```console\n$ true\nhello\n```", 3, "neither command, typed line nor status"),
        ("```console\n> typed\n```", 2, "a typed line without a command"),
        ("```console\n$ true\n? 256\n```", 3, "not an exit status"),
        ("```console\n$ true\n? 0\n> late\n```", 4, "a typed line without a command"),
        ("```console\n```", 1, "a block without a command"),
        ("text\n\n```console\n$ true\n", 3, "never closed"),
        ('```console timeout="soon"\n$ true\n```', 1, "timeout"),
        ("```console\n$ true \\\n```", 2, "ends in a backslash"),
    ],
)
def test_a_mistake_names_its_line(body: str, line: int, says: str) -> None:
    with pytest.raises(BuildFailed) as caught:
        parse("page.md", body)
    assert str(caught.value.failures[0]).startswith(f"page.md:{line}: ")
    assert says in str(caught.value)


def test_all_mistakes_are_listed() -> None:
    with pytest.raises(BuildFailed, match="2 failures"):
        parse("page.md", "```console\nout\n$ true\nput\n```")


def test_shield_keeps_lines_and_makes_code_safe() -> None:
    shielded = shield(PAGE + "\nUse `{{.Names}}` and {{ seconds('x') }}.\n")
    assert len(shielded.split("\n")) == len((PAGE + "\nUse x.\n").split("\n"))
    assert '```console block="0"' in shielded
    assert '    ```console block="1"' in shielded
    assert "{% raw %}`{{.Names}}`{% endraw %} and {{ seconds('x') }}" in shielded
