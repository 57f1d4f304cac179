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
from docker_notes.page.fences import LANGUAGE, MARK
from docker_notes.page.front_matter import split
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
            return ["{% raw %}", *lines, "{% endraw %}"]
        case _:
            return ["- one", "", *indented(whole, ["- two", "", *indented(whole, lines)])]


pieces = st.recursive(st.one_of(plain, fence(), fence()), wrapped, max_leaves=3)
heads = st.sampled_from(["", "", "---\ntitle: A\n---\n", "---\nfix: |\n    ```console\n    $ echo front\n    ```\n---\n\n\n"])


@st.composite
def pages(draw: st.DrawFn) -> str:
    drawn = draw(st.lists(pieces, min_size=1, max_size=5))
    gap = draw(st.sampled_from(["\n\n", "\n\n", "\n"]))
    text = gap.join("\n".join(piece) for piece in drawn) + "\n"
    # Jinja's words do not lie in each other.
    text = re.sub(
        r"\{% raw %\}(.*?)\{% endraw %\}",
        lambda found: "{% raw %}" + found[1].replace("{% raw %}", "") + "{% endraw %}",
        text,
        flags=re.DOTALL,
    )
    while "echo N" in text:
        text = text.replace("echo N", f"echo {len(re.findall(r'echo [0-9]+', text)) + 10}", 1)
    return draw(st.sampled_from(["", "\ufeff"])) + draw(heads) + text


def without_jinja(text: str) -> str:
    return re.sub(r"\{% (end)?raw %\}", "", text)


@settings(max_examples=TRIED, suppress_health_check=list(HealthCheck), derandomize=TRIED < 1000)
@given(pages())
def test_a_page_shows_the_blocks_that_markdown_shows(text: str) -> None:
    _, body, first = split(text)
    found, blocks = seen_by_the_tool(text)
    lines = text.split("\n")
    expected = seen_by_a_reader(without_jinja(body))
    assert [commands("\n".join(block.body)) for block in blocks] == [commands(code) for code in expected]
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
