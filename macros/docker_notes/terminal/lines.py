"""The lines of an output, as a person sees them: text, colours, and when each came."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Columns `start` to `end` (0-based, end excluded) of a line, in a style such as `bold red`."""

    start: int
    end: int
    style: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as seen, its coloured spans, and the second at which it took this form."""

    text: str
    spans: tuple[Span, ...] = ()
    at: float = 0.0


def text_of(lines: tuple[Line, ...]) -> str:
    """The lines' text alone, each ended by a newline."""
    return "".join(line.text + "\n" for line in lines)
