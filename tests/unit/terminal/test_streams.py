"""Streams of bytes whose right text and styles are settled: tmux's, or where that is wrong what other terminals agree on.

`streams.json` says for each what `terminal-cases.json` of the issue did: its size, bytes, cuts and changes of size, and what a
terminal shows; `why` where tmux 3.3a differs.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.terminal import emulator
from docker_notes.terminal.emulator import Terminal
from docker_notes.terminal.style import BACKGROUND, UNDERLINE, colour_of, split

if TYPE_CHECKING:
    from docker_notes.terminal.lines import Line, Span

STREAMS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("streams.json").read_text(encoding="utf-8"))
UNDERLINES = ("underscore", "double-underscore", "curly-underscore", "dotted-underscore", "dashed-underscore")
KEYS = {"italics": "italic", "reverse": "inverse"}
ON_BLANKS = {"bg", "inverse", "underline", "underline_colour", "strike", "overline", "link"}


@pytest.fixture(autouse=True)
def _all_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """One stream has more lines than a page shows."""
    monkeypatch.setattr(emulator, "MAX_LINES", 5000)


def shown(stream: dict[str, Any], cuts: list[int]) -> tuple[Line, ...]:
    data = base64.b64decode(stream["bytes_b64"])
    resizes = stream.get("resizes", [])
    terminal = Terminal(stream["columns"], stream["rows"], row=1)
    at = 0
    for end in sorted({*cuts, *(offset for offset, *_ in resizes), len(data)}):
        terminal.feed(data[at:end])
        for offset, columns, rows in resizes:
            if offset == end:
                terminal.resize(columns, rows)
        at = end
    return terminal.lines()


def without_end(lines: list[Any]) -> list[Any]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream["name"])
def test_text(stream: dict[str, Any]) -> None:
    lines = shown(stream, stream.get("splits", []))
    assert [line.text for line in lines] == without_end(stream["expected_text"])


@pytest.mark.parametrize("stream", [s for s in STREAMS if len(s["bytes_b64"]) < 3000], ids=lambda stream: stream["name"])
@pytest.mark.parametrize("size", [1, 3])
def test_bytes_may_come_in_any_pieces(stream: dict[str, Any], size: int) -> None:
    pieces = list(range(size, len(base64.b64decode(stream["bytes_b64"])), size))
    assert shown(stream, pieces) == shown(stream, [])


@pytest.mark.parametrize("stream", [s for s in STREAMS if "expected_styles" in s], ids=lambda stream: stream["name"])
def test_styles(stream: dict[str, Any]) -> None:
    lines = shown(stream, stream.get("splits", []))
    wanted = [[(char, visible(char, style)) for text, style in line for char in text] for line in stream["expected_styles"]]
    assert without_end([stripped(by_character(line)) for line in lines]) == without_end([stripped(line) for line in wanted])


def by_character(line: Line) -> list[tuple[str, dict[str, Any]]]:
    styles: list[dict[str, Any]] = [{} for _ in line.text]
    for span in line.spans:
        styles[span.start : span.end] = [as_expected(span)] * (span.end - span.start)
    return [(char, visible(char, style)) for char, style in zip(line.text, styles, strict=True)]


def stripped(line: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    while line and line[-1][0] == " ":
        line = line[:-1]
    return line


def visible(char: str, style: dict[str, Any]) -> dict[str, Any]:
    return {key: in_words(value) for key, value in style.items() if char != " " or key in ON_BLANKS}


def in_words(value: Any) -> Any:
    """A recording does not tell a colour of the palette's cube from the same one in RGB."""
    return colour_of(value) if isinstance(value, int) and value > 15 else value


NUMBERS = {colour_of(number): number for number in range(16)}


def as_expected(span: Span) -> dict[str, Any]:
    found: dict[str, Any] = {"link": span.link} if span.link else {}
    for word in span.style.split():
        place, colour = split(word)
        if word in UNDERLINES:
            found["underline"] = UNDERLINES.index(word) + 1
        elif colour.startswith("#") or colour in NUMBERS:
            found[{"": "fg", BACKGROUND: "bg", UNDERLINE: "underline_colour"}[place]] = NUMBERS.get(colour, colour)
        else:
            found[KEYS.get(word, word)] = True
    return found
