"""A recording as HTML: every command and line is there, escaped, coloured, folded, and says where it came from."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import html5lib
import pytest
from docker_notes.html import blocks as render
from docker_notes.html.blocks import FOLD_OVER, Shown
from docker_notes.recording.model import UNKNOWN
from docker_notes.terminal.emulator import Terminal
from docker_notes.terminal.lines import Line, Span
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.samples import BASES, PAGE, PROVENANCE, STEPS, coloured, lines, page, ran, recorded

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

STYLES = Path(__file__).parents[3] / "macros" / "docker_notes" / "site" / "assets" / "docker-notes.css"


def tree(html: str) -> ET.Element:
    """What a browser makes of it; nothing in it may be a mistake."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    found: ET.Element = parser.parseFragment(html)
    assert not parser.errors, parser.errors
    return found


def of(element: ET.Element, class_: str) -> list[ET.Element]:
    return [each for each in element.iter() if class_ in (each.get("class") or "").split()]


def text(element: ET.Element) -> str:
    return "".join(element.itertext())


def block(*printed: Line | str, expect: str = "", options: str = "", **more: object) -> ET.Element:
    """A block of one command that printed these lines."""
    written = f'```console expect="{expect}" {options}\n$ make\n? 3\n```\n'
    rows = tuple(line if isinstance(line, Line) else lines(line)[0] for line in printed)
    step = replace(ran("make", status=3), lines=rows, **more)  # type: ignore[arg-type]
    return tree(render.block(Shown(page(written).blocks[0], (step,))))


# --------------------------------------------------------------------------- blocks and steps


def test_a_block_says_where_it_is_written_and_what_each_step_ended_with() -> None:
    first, second = (tree(render.block(shown)) for shown in render.shown(page(), recorded()))
    [console] = of(first, "console")
    assert console.get("data-source") == "page.md:3"
    assert console.get("id") == "run-first"
    assert of(second, "console")[0].get("id") == "run-2", "a block without a name has its number"
    assert [step.get("data-exit-status") for step in of(first, "console-step")] == ["0", "3"]
    assert [text(command) for command in of(first, "console-command")] == ["make", "run \\\n    -it"]
    assert [text(output) for output in of(first, "console-output")] == ["made sha256:0123456789ab\nin 1.5s\n", "no such file\n"]
    assert [text(note) for note in of(first, "console-note")] == ["1.5 s", "exit status 3 1.5 s"]


def test_a_quick_step_is_not_said_to_have_taken_long() -> None:
    assert [text(note) for note in of(block("a", seconds=0.99), "console-note")] == ["exit status 3"]


def test_a_step_that_did_not_run_shows_its_command_alone() -> None:
    shown = Shown(page().blocks[0], (STEPS[0], None))
    steps = of(tree(render.block(shown)), "console-step")
    assert steps[1].get("data-exit-status") == ""
    assert text(steps[1]) == "run \\\n    -it"


@pytest.mark.parametrize(
    ("show", "command", "output", "whole"),
    [("all", True, True, True), ("command", True, False, True), ("output", False, True, True), ("none", False, False, False)],
)
def test_what_a_block_shows(show: str, command: bool, output: bool, whole: bool) -> None:  # noqa: FBT001
    found = block("printed", options=f'show="{show}"')
    [line] = of(found, "console-line")
    assert (line.get("hidden") is None) == command
    assert text(line) == "make", "hidden or not, it can be copied"
    assert bool(of(found, "console-output")) == output
    assert (of(found, "console")[0].get("hidden") is None) == whole


def test_a_hidden_block_comes_forth_when_something_is_wrong_with_it() -> None:
    shown = Shown(page('```console show="none"\n$ make\n```\n').blocks[0], (STEPS[0],))
    assert "hidden" in of(tree(render.block(shown)), "console")[0].attrib
    told = tree(render.block(shown, ["page.md:2: <it> failed\n    mend it"]))
    assert "hidden" not in of(told, "console")[0].attrib
    [notice] = of(told, "console-notice")
    assert (text(notice), notice.get("role")) == ("page.md:2: <it> failed\n    mend it", "status")


def test_a_block_that_runs_again_says_so() -> None:
    found = tree(render.block(render.shown(page(), recorded())[0], running=True))
    assert "console-running" in (of(found, "console")[0].get("class") or "")
    assert text(of(found, "console-notice")[0]) == "running again …"


def test_a_title_and_the_examples_files() -> None:
    written = '```console example="app" title="A <title>"\n$ make\n```\n'
    shown = Shown(page(written).blocks[0], (STEPS[0],))
    plain, full = tree(render.block(shown)), tree(render.block(shown, archive="../app.zip"))
    assert text(of(plain, "console-title")[0]) == "A <title>"
    assert not of(plain, "console-files")
    [link] = of(full, "console-files")
    assert (link.get("href"), text(link)) == ("../app.zip", "app.zip")
    assert "download" in link.attrib


def test_bytes_that_are_not_shown_are_counted() -> None:
    assert text(of(block("a", dropped=999), "console-note")[0]) == "999 bytes more were printed and are not shown."
    assert text(of(block("a", dropped=49_960_000), "console-note")[0]).startswith("50.0 MB more")


def test_a_step_that_printed_nothing_has_no_empty_box() -> None:
    assert not of(block(), "console-output")


# --------------------------------------------------------------------------- lines and colours

PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=60)


@given(st.lists(PRINTABLE, min_size=1, max_size=40), PRINTABLE)
def test_every_line_is_shown_as_it_was_printed(printed: list[str], expect: str) -> None:
    found = block(*printed, options='columns="40"', expect=re.sub(r'["`]', "", expect))
    shown = "".join(text(output) for output in of(found, "console-output"))
    assert shown == "".join(f"{line}\n" for line in printed)


def test_markup_in_an_output_is_text() -> None:
    assert text(of(block("<b>&amp;</b> </samp></pre>"), "console-output")[0]) == "<b>&amp;</b> </samp></pre>\n"


@pytest.mark.parametrize(
    ("style", "classes"),
    [
        ("red", "t-red"),
        ("bold", "t-bold"),
        ("brightgreen", "t-green"),
        ("on-blue", "t-on-blue"),
        ("bold on-brightblack", "t-bold t-on-black"),
        ("#ff0000", "t-red"),
        ("#00aa00", "t-green"),
        ("on-#ffffff", "t-on-white"),
        ("bold #2222dd", "t-bold t-blue"),
        ("dim strike", "t-dim t-strike"),
        ("curly-underscore under-brightred", "t-curly-underscore t-under-red"),
        ("underscore under-#00aa00", "t-underscore t-under-green"),
        ("bold italics underscore blink reverse hidden strike overline", None),
    ],
)
def test_colours_are_classes(style: str, classes: str | None) -> None:
    classes = classes or " ".join(f"t-{word}" for word in style.split())
    [output] = of(block(coloured("a red <word>", (2, 5, style))), "console-output")
    [span] = of(output, classes.split(maxsplit=1)[0])
    assert (text(span), span.get("class")) == ("red", classes)
    assert text(output) == "a red <word>\n"


CODES = [
    "1",
    "3",
    "4",
    "7",
    "2",
    "4:2",
    "4:3",
    "4:4",
    "4:5",
    "5",
    "8",
    "9",
    "53",
    "38;5;208",
    "38;2;9;9;9",
    *map(str, (*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108))),
]


@pytest.mark.parametrize("code", CODES)
def test_the_style_sheet_knows_every_style_of_a_letter(code: str) -> None:
    terminal = Terminal(80)
    terminal.feed(f"\x1b[{code}mword".encode())
    [span] = of(block(*terminal.lines()), "console-output")[0].iter("span")
    known = set(re.findall(r"\.(t-[\w-]+)", STYLES.read_text()))
    assert span.get("class") in known


@pytest.mark.parametrize("code", [f"4;58:5:{number}" for number in range(16)])
def test_the_style_sheet_knows_every_colour_of_an_underline(code: str) -> None:
    terminal = Terminal(80)
    terminal.feed(f"\x1b[{code}mword".encode())
    [span] = of(block(*terminal.lines()), "console-output")[0].iter("span")
    known = set(re.findall(r"\.(t-[\w-]+)", STYLES.read_text()))
    assert set(span.get("class", "").split()) <= known


def test_a_link_of_a_program_is_a_link() -> None:
    line = Line(
        "see here, or there", (Span(4, 8, "", 'https://example.com/?a=1&b="2'), Span(13, 18, "bold", "mailto:a@example.com"))
    )
    [output] = of(block(line), "console-output")
    here, there = output.iter("a")
    assert (text(here), dict(here.attrib)) == ("here", {"rel": "nofollow noopener", "href": 'https://example.com/?a=1&b="2'})
    assert (text(there), there.get("href"), there.get("class")) == ("there", "mailto:a@example.com", "t-bold")
    assert text(output) == "see here, or there\n"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "https://example.com/ a", "data:text/html,x"])
def test_other_addresses_are_none(address: str) -> None:
    [output] = of(block(Line("see here", (Span(4, 8, "red", address),))), "console-output")
    assert not list(output.iter("a"))
    assert text(output) == "see here\n"


def test_two_colours_in_a_line() -> None:
    [output] = of(block(coloured("one two three", (0, 3, "red"), (8, 13, "blue")), exit_status=0), "console-output")
    assert [text(span) for span in output.iter("span")] == ["one", "three"]
    assert text(output) == "one two three\n"


def test_what_the_terminal_broke_is_broken_by_the_page() -> None:
    [output] = of(block("x" * 101, "x" * 100), "console-output")
    assert [len(text(span)) for span in of(output, "wrap")] == [101]


@pytest.mark.parametrize(
    ("line", "status", "wraps"),
    [
        ("Error: no such thing", 1, True),
        ("Error: no such thing", 0, False),
        ("Usage:  docker stop CONTAINER", 1, True),
        ("NAMES   STATUS   PORTS", 1, False),
        ("    at load (loader:1)", 1, False),
        ("no words", 1, False),
    ],
)
def test_what_an_error_says_is_broken_by_the_page(line: str, status: int, wraps: bool) -> None:  # noqa: FBT001
    [output] = of(block(line, exit_status=status), "console-output")
    assert [text(span) for span in of(output, "wrap")] == [line] * wraps


@pytest.mark.parametrize(("length", "reached"), [(34, False), (35, True)])
def test_what_may_have_to_be_scrolled_is_reached_by_keyboard(length: int, reached: bool) -> None:  # noqa: FBT001
    [output] = of(block("x" * length, "A sentence is broken, however long it is."), "console-output")
    assert (output.get("tabindex") == "0") == reached


# ------------------------------------------------------------------------------------- folding


def numbered(count: int) -> list[str]:
    return [f"line {number}." for number in range(count)]


def test_an_output_that_fits_is_not_folded() -> None:
    assert not of(block(*numbered(FOLD_OVER)), "console-fold")


def test_of_a_long_output_the_middle_is_folded() -> None:
    found = block(*numbered(FOLD_OVER + 1))
    [fold] = of(found, "console-fold")
    assert text(fold).startswith("9 more linesline 4.\n")
    assert text(fold).endswith("line 12.\n")
    assert "".join(map(text, of(found, "console-output"))) == "".join(f"{line}\n" for line in numbered(FOLD_OVER + 1))


def test_the_end_in_sight_begins_with_a_paragraph() -> None:
    found = block(*numbered(50), "", "The end", "", "of it all.")
    [fold] = of(found, "console-fold")
    assert text(fold).startswith("47 more linesline 4.\n")
    assert text(of(found, "console-output")[-1]) == "The end\n\nof it all.\n"


def test_what_a_block_expects_stays_in_sight() -> None:
    found = block(*numbered(60), expect="line 20.")
    folds = [text(fold) for fold in of(found, "console-fold")]
    assert [fold.partition("\n")[0] for fold in folds] == ["15 more linesline 4.", "26 more linesline 22."]
    assert not any("line 20." in fold for fold in folds)


def test_few_lines_are_not_worth_a_fold() -> None:
    found = block(*numbered(60), expect="line 8.")
    assert len(of(found, "console-fold")) == 1, "lines 4 to 6 stand between the head and what is expected"


# -------------------------------------------------------------------------- pages and recordings


def test_a_page_that_changed_keeps_what_was_recorded_of_its_other_commands() -> None:
    written = PAGE.replace("$ make\n", "$ make all\n").replace("$ list\n", "$ new\n$ list\n")
    first, second = render.shown(page(written), recorded())
    assert first.steps == (None, STEPS[1])
    assert second.steps == (None, STEPS[2])


def test_the_block_at_a_line() -> None:
    blocks = page().blocks
    assert [render.at(blocks, line) for line in (3, 4, 5, 11, 12)] == [blocks[0]] * 3 + [blocks[1]] * 2
    assert render.at(blocks, 1) is None
    assert render.at(blocks, 8) is None, "an expected status is no place of an error"


# ---------------------------------------------------------------------------------- provenance


def test_a_page_begins_with_its_engine_and_day() -> None:
    assert text(tree(render.stamp(recorded()))) == "Run on Docker Engine 28.5.2 25 November 2026 3 commands"


def test_a_page_ends_with_where_its_outputs_came_from() -> None:
    found = tree(render.provenance(recorded(), live=True, cast="../page.cast"))
    assert text(next(found.iter("summary"))) == (
        "Every output on this page was printed by Docker Engine 28.5.2 on 25 November 2026, on stand-in base images."
    )
    rows = list(zip((text(dt) for dt in found.iter("dt")), (text(dd) for dd in found.iter("dd")), strict=True))
    assert rows == [
        ("Engine", "Docker Engine 28.5.2, buildx 0.29.1"),
        (
            "Base image",
            "node:24-slim: a local stand-in for the official image, which could not be pulled; made from packages; contents sha256:555555555555",
        ),
        ("Base image", "node:latest: the official image, digest sha256:666666666666"),
        ("Run", "25 November 2026; 3 commands in 4 seconds"),
        ("This build", "ran them"),
    ]
    [watch] = of(found, "watch")
    assert watch.get("data-cast") == "../page.cast"


def test_a_replayed_page_says_so_and_official_images_are_no_stand_ins() -> None:
    found = tree(render.provenance(recorded(provenance=replace(PROVENANCE, bases=BASES[1:])), live=False))
    assert "replayed their recording" in text(found)
    assert "stand-in" not in text(found)
    assert not of(found, "watch")


def test_a_stand_in_of_unknown_making() -> None:
    base = replace(BASES[0], made_from="")
    found = tree(render.provenance(recorded(provenance=replace(PROVENANCE, bases=(base,))), live=False))
    assert "could not be pulled; contents sha256" in text(found)


def test_a_day_is_written_as_a_reader_would() -> None:
    assert render.day("2026-01-02T23:59:59+00:00") == "2 January 2026"
    assert render.day(UNKNOWN.date) == "an unknown day"


def test_what_is_wrong_with_a_page_stands_on_top() -> None:
    found = tree(render.failures(["page.md:1: <one>", "page.md:2: two"]))
    assert [text(notice) for notice in of(found, "console-notice")] == ["page.md:1: <one>", "page.md:2: two"]
    assert text(of(found, "admonition-title")[0]) == "This page fails"
