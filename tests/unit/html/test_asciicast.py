"""A cast, played in a terminal, shows what the page shows: each line, in its order, with its colours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docker_notes.html import asciicast as casts
from docker_notes.recording import model as recording
from docker_notes.terminal.emulator import Terminal
from docker_notes.terminal.lines import Line, Span

from tests.unit import samples

if TYPE_CHECKING:
    from docker_notes.recording.model import Recording

RECORDINGS = sorted((Path(__file__).parents[3] / "recordings").glob("*.yml"))


def outputs(cast: str, found: Recording) -> list[tuple[Line, ...]]:
    """What a terminal shows of each step of a cast, without the seconds."""
    head, *events = map(json.loads, cast.splitlines())
    data = "".join(text for _, _, text in events)
    shown = []
    for step in found.steps:
        typed = casts.PROMPT + step.command.replace("\n", "\r\n") + "\r\n"
        assert data.startswith(typed)
        data = data.removeprefix(typed)
        end = data.find(casts.PROMPT)
        printed, data = (data, "") if end < 0 else (data[:end], data[end:])
        terminal = Terminal(head["width"])
        terminal.feed(printed.encode())
        shown.append(tuple(Line(line.text, line.spans) for line in terminal.lines()))
    return shown


def plain(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(Line(line.text, line.spans) for line in lines)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_page_plays_as_it_is_shown(path: Path) -> None:
    found = recording.load(path, path.with_suffix(".md").name)
    assert found
    assert outputs(casts.asciicast(found, "a page"), found) == [plain(step.lines) for step in found.steps]


def test_some_pages_have_colours() -> None:
    assert any("colours:" in path.read_text() for path in RECORDINGS)


@pytest.mark.parametrize(
    ("style", "codes"),
    [
        ("bold", "1"), ("italics", "3"), ("underscore", "4"), ("reverse", "7"), ("red", "31"), ("white", "37"), ("brightblack", "90"),
        ("on-brown", "43"), ("on-brightmagenta", "105"), ("#5f00af", "38;2;95;0;175"), ("on-#5f00af", "48;2;95;0;175"),
        ("bold brightblue on-black", "1;94;40"), ("dim", "2"), ("double-underscore", "4:2"), ("curly-underscore", "4:3"),
        ("dotted-underscore", "4:4"), ("dashed-underscore", "4:5"), ("blink", "5"), ("hidden", "8"), ("strike", "9"),
        ("overline", "53"), ("underscore under-red", "4;58:5:1"), ("underscore under-brightred", "4;58:5:9"),
        ("underscore under-#010203", "4;58:2::1:2:3"), ("bold dim italics strike #010203 on-white", "1;2;3;9;38;2;1;2;3;47"),
    ],
)  # fmt: skip
def test_a_style_is_told_in_the_terminals_own_codes(style: str, codes: str) -> None:
    line = Line("a coloured word", (Span(2, 10, style),))
    found = samples.recorded(samples.ran("show", lines=(line,)))
    cast = casts.asciicast(found, "a page")
    assert json.loads(cast.splitlines()[-1])[2] == f"a \x1b[{codes}mcoloured\x1b[0m word\r\n"
    assert outputs(cast, found) == [(line,)]


def test_a_link_is_told_as_a_terminal_knows_it() -> None:
    line = Line("see here, there", (Span(4, 8, "", "https://example.com/a"), Span(10, 15, "bold", "https://example.com/b")))
    found = samples.recorded(samples.ran("show", lines=(line,)))
    assert outputs(casts.asciicast(found, "a page"), found) == [(line,)]


def test_lines_keep_their_order_whenever_they_took_their_form() -> None:
    lines = (Line("head, written last", (), 2.5), Line("first", (), 0.5), Line("second", (), 1.0))
    found = samples.recorded(samples.ran("build", lines=lines))
    events = [json.loads(row) for row in casts.asciicast(found, "a page").splitlines()[1:]]
    start = len("build") * casts.PER_KEY
    assert [(round(at - start, 3), text) for at, _, text in events[-2:]] == [
        (0.5, "head, written last\r\nfirst\r\n"),
        (1.0, "second\r\n"),
    ]


def test_the_head_tells_the_size_the_title_and_when() -> None:
    found = samples.recorded(samples.ran("make"), samples.ran("list", columns=160))
    head = json.loads(casts.asciicast(found, "A “title”").splitlines()[0])
    assert (head["version"], head["width"], head["title"]) == (2, 160, "A “title”")
    assert datetime.fromtimestamp(head["timestamp"], UTC) == datetime.fromisoformat(samples.PROVENANCE.date)


def test_seconds_never_run_backwards() -> None:
    for path in RECORDINGS:
        found = recording.load(path, path.name)
        assert found
        seconds = [json.loads(row)[0] for row in casts.asciicast(found, "a page").splitlines()[1:]]
        assert seconds == sorted(seconds), path.name


def test_a_walkthrough_without_a_step_is_a_head_alone() -> None:
    [head] = casts.asciicast(replace(samples.recorded(), steps=()), "a page").splitlines()
    assert json.loads(head)["width"] == 80
