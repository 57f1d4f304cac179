"""What a reader sees as a block is one, what no reader sees as one is none, and each is told where it is written.

The reference is Markdown itself, with superfences and console fences as plain code: a page made at random from
pieces shows the same blocks there, in the same order. DOCKER_NOTES_EXAMPLES=5000 tries that many pages.
"""

from __future__ import annotations

import os
import re
from functools import cache
from html import escape
from pathlib import Path
from tempfile import mkdtemp

import html5lib
import jinja2
import pytest
from docker_notes.page.fences import LANGUAGE, MARK
from docker_notes.page.front_matter import split
from docker_notes.page.grammar import read
from docker_notes.page.jinja import Hiding, restore
from docker_notes.page.markdown import PLACEHOLDER, STANDARD, Fence, Fences, Found, convert
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from markdown import Markdown

PAGE = "page.md"
PART = "A part.\n\n```console\n$ echo part\n```\n"
TRIED = int(os.environ.get("DOCKER_NOTES_EXAMPLES", "120"))


@cache
def parts() -> str:
    """A folder with what pages include."""
    folder = mkdtemp(prefix="docker-notes-parts-")
    (Path(folder) / "part.md").write_text(PART)
    return folder


def extensions() -> list[str]:
    return [*STANDARD, "pymdownx.snippets", "pymdownx.highlight"]


def configs() -> dict[str, dict[str, object]]:
    return {
        "pymdownx.snippets": {"base_path": [parts()]},
        "pymdownx.highlight": {"use_pygments": False},
        "pymdownx.tabbed": {"alternate_style": True},
    }


def as_code(src: str = "", *_: object, **__: object) -> str:
    """A fence as Markdown shows any code."""
    return f'<pre><code class="language-{LANGUAGE}">{escape(src)}</code></pre>'


def seen_by_a_reader(text: str) -> list[str]:
    """The code of each console fence that plain Markdown shows, in order."""
    custom = {"name": LANGUAGE, "class": LANGUAGE, "format": as_code, "validator": lambda *_: True}
    html = Markdown(
        extensions=extensions(), extension_configs={**configs(), "pymdownx.superfences": {"custom_fences": [custom]}}
    ).convert(text)
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    codes = (each for each in tree.iter("code") if f"language-{LANGUAGE}" in (each.get("class") or "").split())
    return ["".join(code.itertext()) for code in codes]


def seen_by_the_tool(text: str) -> tuple[Found, list[Fence]]:
    """What the tool makes of the text of a file, through Jinja and Markdown."""
    _, body, first = split(text)
    fences = Fences(lambda: PAGE)
    env = jinja2.Environment(autoescape=False, keep_trailing_newline=True)
    marked = Hiding(env, dict)(fences.places.mark(PAGE, body, first))
    found = convert(restore(env.from_string(marked).render()), fences, extensions(), configs())
    return found, [fences.all[number] for number in found.fences]


def commands(lines: str) -> list[str]:
    """Lines without what indents and tabs make of them."""
    return [re.sub(r"\s+", " ", line).strip(" >") for line in lines.strip().split("\n")]


# ------------------------------------------------------------------------------- pages at random


FENCES = ("```", "~~~", "````", "~~~~~")
OPENINGS = (LANGUAGE, f" {LANGUAGE}", f'{LANGUAGE} title="a b"', f"{{.{LANGUAGE}}}", f' {{ .{LANGUAGE} title="x" }}')


@st.composite
def fence(draw: st.DrawFn) -> list[str]:
    marker, opening = draw(st.sampled_from(FENCES)), draw(st.sampled_from(OPENINGS))
    lines = [
        f"{marker}{opening}",
        "$ echo N",
        *draw(st.sampled_from(([], ["", "$ echo\ta"], ["> typed", "? 3"], ["    $ echo in"]))),
    ]
    return [*lines, *([marker] if draw(st.integers(0, 19)) else [])]


plain = st.sampled_from([
    ["Some text."],
    ["# A heading"],
    ["## Another { #id }"],
    ["Code: `$ echo` and ``a ` b``."],
    ["| a | b |", "|---|---|", "| 1 | 2 |"],
    ["```sh", "echo no block", "```"],
    ["```", "no language", "```"],
    ["<div>raw HTML</div>"],
    ['--8<-- "part.md"'],
    ["{% raw %}", "`{{ as it is }}`", "{% endraw %}"],
    ["console", "", "    indented code"],
    [f"```{LANGUAGE}s", "another language", "```"],
    [f"`{LANGUAGE}`"],
])  # fmt: skip


def indented(by: str, lines: list[str]) -> list[str]:
    return [by + line if line else "" for line in lines]


@st.composite
def wrapped(draw: st.DrawFn, inner: st.SearchStrategy[list[str]]) -> list[str]:
    lines = draw(inner)
    by = draw(st.sampled_from(["    ", "\t", "  ", "   "]))
    whole = "    "
    match draw(st.integers(0, 13)):
        case 0:
            return ["- an item", "", *indented(by, lines)]
        case 1:
            return ["1. an item", *indented(whole, lines)]
        case 2:
            return [f"- {lines[0]}", *indented(by, lines[1:])]
        case 3:
            return [f"> {line}" if line else ">" for line in lines]
        case 4:
            return ['!!! note "A remark"', "", *indented(whole, lines)]
        case 5:
            return ['??? tip "A fold"', "", *indented("\t", lines)]
        case 6:
            return ['=== "A tab"', "", *indented(whole, lines), "", '=== "B tab"', "", *indented(whole, lines)]
        case 7:
            return ["<!--", *lines, "-->"]
        case 8:
            return ["``````md", *lines, "``````"]
        case 9:
            return ["~~~~~~ md", *indented("  ", lines), "~~~~~~"]
        case 10:
            return ["Text.", "", *indented(whole, lines)]
        case 11:
            return ["<div markdown>", "", *lines, "", "</div>"]
        case 12:
            return ["{% raw %}", *(line for line in lines if "raw %}" not in line), "{% endraw %}"]
        case _:
            return ["- one", "", *indented(whole, ["- two", "", *indented(whole, lines)])]


pieces = st.recursive(st.one_of(plain, fence(), fence()), wrapped, max_leaves=3)
heads = st.sampled_from(["", "", "---\ntitle: A\n---\n", "---\nfix: |\n    ```console\n    $ echo front\n    ```\n---\n\n\n"])


@st.composite
def pages(draw: st.DrawFn) -> str:
    drawn = draw(st.lists(pieces, min_size=1, max_size=5))
    gap = draw(st.sampled_from(["\n\n", "\n\n", "\n"]))
    text = gap.join("\n".join(piece) for piece in drawn) + "\n"
    while "echo N" in text:
        text = text.replace("echo N", f"echo {len(re.findall(r'echo [0-9]+', text)) + 10}", 1)
    return draw(st.sampled_from(["", "\ufeff"])) + draw(heads) + text


def without_jinja(text: str) -> str:
    return re.sub(r"\{% (end)?raw %\}", "", text)


@settings(max_examples=TRIED, suppress_health_check=list(HealthCheck), derandomize=TRIED < 1000)
@given(pages())
def test_a_page_shows_the_blocks_that_markdown_shows(text: str) -> None:
    _, body, first = split(text)
    try:
        found, blocks = seen_by_the_tool(text)
    except jinja2.TemplateSyntaxError:
        assert "raw %}" in text, "a fence that is never closed takes the half of a raw: a build ends with page and line"
        return
    lines = text.split("\n")
    expected = seen_by_a_reader(without_jinja(body))
    assert [commands(without_jinja("\n".join(block.body))) for block in blocks] == [commands(code) for code in expected]
    assert len(PLACEHOLDER.findall(found.html)) == len(blocks)
    assert not MARK.search(found.html)
    for block in blocks:
        if block.line:
            assert LANGUAGE in lines[block.line - 1]
            assert block.line >= first
            assert block.body[0].strip() in lines[block.line], "the line below a block's first is its first command"
        else:
            assert "part.md" in text
    for error in found.missed:
        assert LANGUAGE in lines[error.line - 1]
    event(f"{min(len(blocks), 4)} blocks, {min(len(found.missed), 2)} errors")


# --------------------------------------------------------------------- inputs by kind, each with its value

REAL = "```console\n$ echo real\n```\n"


def told(text: str) -> tuple[list[tuple[int, str]], list[str]]:
    """The first command of each block with the line of its fence, and the mistakes by their lines."""
    page, mistakes = read(PAGE, text)
    return [(block.line, block.steps[0].command if block.steps else "") for block in page.blocks], list(map(str, mistakes))


@pytest.mark.parametrize(
    "front",
    [
        "---\nfix: |\n  ```console\n  $ echo front\n  ```\n---\n",
        '---\nfix: "```console"\n---\n',
        "---\nfix: >\n  ~~~console\n  $ echo front\n  ~~~\ntitle: x\n...\n",
        "\ufeff---   \nfix: |\n    ````console\n    $ echo front\n    ````\n---  \n",
    ],
)
def test_front_matter_holds_no_blocks(front: str) -> None:
    text = front + REAL
    assert told(text) == (
        [(text.removeprefix("\ufeff").count("\n", 0, text.removeprefix("\ufeff").index(REAL)) + 1, "echo real")],
        [],
    )


@pytest.mark.parametrize(
    "shown",
    [
        "```md\n    ```console\n    $ echo shown\n    ```\n```\n",
        "````md\n```console\n$ echo shown\n```\n````\n",
        "~~~\n```console\n$ echo shown\n```\n~~~\n",
        "``````text\n~~~console\n$ echo shown\n~~~\n``````\n",
        "- item\n\n    ````md\n    ```console\n    $ echo shown\n    ```\n    ````\n",
    ],
)
def test_code_in_code_is_shown_and_not_run(shown: str) -> None:
    line = shown.count("\n") + 2
    assert told(f"{shown}\n{REAL}") == ([(line, "echo real")], [])


@pytest.mark.parametrize(
    "unseen",
    [
        "<!--\n```console\n$ echo unseen\n```\n-->\n",
        "<!-- a remark\n\n~~~console\n$ echo unseen\n~~~\n\n-->\n",
        "- item\n\n    <!--\n    ```console\n    $ echo unseen\n    ```\n    -->\n",
        "<script>\n```console\n$ echo unseen\n```\n</script>\n",
        "<template>\n```console\n$ echo unseen\n```\n</template>\n",
    ],
)
def test_what_no_reader_sees_is_not_run(unseen: str) -> None:
    assert told(f"{unseen}\n{REAL}") == ([(unseen.count("\n") + 2, "echo real")], [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- ```console\n  $ echo one\n  ```\n", 1),
        ("Text.\n\n1. ~~~console\n   $ echo one\n   ~~~\n", 3),
        ("* ```console\n    $ echo one\n    ```\n", 1),
        ("> - ```console\n>   $ echo one\n>   ```\n", 1),
        ("+ ````console\n  $ echo one\n  ````\n", 1),
    ],
)
def test_a_fence_behind_a_marker_is_run_or_told(text: str, line: int) -> None:
    blocks, mistakes = told(text)
    assert blocks or any(mistake.startswith(f"{PAGE}:{line}: ") for mistake in mistakes)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("- item\n\n    ```console\n    $ echo one\n    ```\n", [3]),
        ("- item\n\n\t```console\n\t$ echo one\n\t```\n", [3]),
        ("> ```console\n> $ echo one\n> ```\n", [1]),
        ("!!! note\n\n    ```console\n    $ echo one\n    ```\n", [3]),
        ('=== "A"\n\n    ~~~console\n    $ echo one\n    ~~~\n\n=== "B"\n\n    ````console\n    $ echo one\n    ````\n', [3, 9]),
        ("~~~~ {.console}\n$ echo one\n~~~~\n", [1]),
        ("````console\n$ echo one\n````\n", [1]),
        ('```console title="a`b"\n$ echo one\n```\n', [1]),
        ("\ufeff```console\n$ echo one\n```\n", [1]),
        ("Text right above\n```console\n$ echo one\n```\nand below.\n", [2]),
        ("<div markdown>\n\n```console\n$ echo one\n```\n\n</div>\n", [3]),
    ],
)
def test_what_a_reader_sees_is_run_with_its_line(text: str, lines: list[int]) -> None:
    blocks, mistakes = told(text)
    assert blocks == [(line, "echo one") for line in lines]
    assert not mistakes


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("# A\n\n```console\n$ echo one\n", 3, "this block is never closed"),
        ("```console\n$ echo one\n~~~\n", 1, "this block is never closed"),
        ("- item\n\n    ```console\n    $ echo one\n", 3, "this block is never closed"),
        ("````console\n$ echo one\n```\n", 1, "this block is never closed"),
        ('```console tilte="x"\n$ echo one\n```\n', 1, "unknown option 'tilte'"),
        ('```console exec="1"\n$ echo one\n```\n', 1, "unknown option 'exec'"),
        ('```console {title="x"}\n$ echo one\n```\n', 1, ""),
    ],
)
def test_what_looks_like_a_block_and_is_none_is_told(text: str, line: int, says: str) -> None:
    _, mistakes = told(text)
    assert any(mistake.startswith(f"{PAGE}:{line}: {says}") for mistake in mistakes), mistakes


def test_console_fences_of_another_tool_stay_its_own() -> None:
    custom = {"name": LANGUAGE, "class": LANGUAGE, "format": as_code, "validator": lambda *_: True}
    fences = Fences(lambda: PAGE)
    text = '```console exec="1"\n$ echo theirs\n```\n\n```console exec="no"\n$ echo ours\n```\n\n' + REAL
    found = convert(fences.places.mark(PAGE, text), fences, STANDARD, {"pymdownx.superfences": {"custom_fences": [custom]}})
    assert [fences.all[number].body for number in found.fences] == [("$ echo ours",), ("$ echo real",)]
    assert "$ echo theirs" in found.html
