"""Lines that may open a console block: candidates, of which Markdown makes blocks or not.

Each is given a mark, private characters (Unicode 15, plane 16) that tell where in which file it stands
and go with it through macros, includes and Markdown's own preprocessors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LANGUAGE", "MARK", "OPTION", "Candidate", "Place", "Places", "candidates", "closes"]

LANGUAGE = "console"
_OPENING = re.compile(
    rf"(?P<indent>[ \t>]*(?:(?:[-*+]|\d{{1,9}}[.)])[ \t]+)?)"
    rf"(?P<fence>`{{3,}}|~{{3,}})[ \t]*(?P<info>(?:\.?{LANGUAGE}(?![\w#.+-])|\{{[^}}]*\.{LANGUAGE}\b).*)"
)
OPTION = re.compile(r'\s*(?P<key>[A-Za-z][\w-]*)=(?P<quote>["\'])(?P<value>(?:(?!(?P=quote)).)*)(?P=quote)(?=\s|$)')
"""An option behind the word `console`."""

_ZERO = 0x10FE00  # the digit 0 of a mark
_OPEN, _CLOSE = chr(_ZERO + 0x10), chr(_ZERO + 0x11)
MARK = re.compile(f"{_OPEN}([{chr(_ZERO)}-{chr(_ZERO + 9)}]+){_CLOSE}")
"""A mark, its number as the first group."""


@dataclass(frozen=True)
class Candidate:
    """Lines of a page, from 0, of which the first may open a console block and the last closes it; one line where none does."""

    first: int
    last: int
    indent: str


@dataclass(frozen=True)
class Place:
    """Where a candidate stands: a page's path, the line of its first line (from 1), and its lines as written, the first one's indent."""

    page: str
    line: int
    lines: tuple[str, ...]
    indent: str
    closed: bool


def candidates(lines: Sequence[str]) -> Iterator[Candidate]:
    """The candidates among the lines of a page; they may lie in each other."""
    for number, line in enumerate(lines):
        if LANGUAGE not in line:
            continue
        opened = _OPENING.match(line)
        # A backtick behind the word ends a code span in prose; behind an option it is a mistake of the author's.
        if not opened or (opened["fence"][0] == "`" and "`" in opened["info"] and "=" not in opened["info"].partition("`")[0]):
            continue
        marker = opened["fence"]
        ends = (n for n in range(number + 1, len(lines)) if closes(lines[n], marker))
        yield Candidate(number, next(ends, number), opened["indent"])


def closes(line: str, marker: str) -> bool:
    """Whether a line closes the fence that a marker opened."""
    stripped = line.strip(" \t>")
    return len(stripped) >= len(marker) and set(stripped) == {marker[0]}


@dataclass
class Places:
    """The places of all candidates of one build, by the numbers of their marks."""

    found: list[Place] = field(default_factory=list)

    def mark(self, page: str, text: str, first_line: int = 1) -> str:
        """A page's text with a mark behind each candidate.

        Args:
            page: the page's path.
            text: its Markdown.
            first_line: the line in the file at which the text begins.
        """
        if LANGUAGE not in text:
            return text
        lines = text.split("\n")
        for candidate in candidates(list(lines)):
            written = tuple(lines[candidate.first : candidate.last + 1])
            closed = candidate.last > candidate.first
            number = len(self.found)
            self.found.append(Place(page, first_line + candidate.first, written, candidate.indent, closed))
            lines[candidate.first] = written[0].rstrip() + self.text(number)
        return "\n".join(lines)

    def of(self, mark: re.Match[str]) -> tuple[int, Place]:
        """The number of a mark, and its place."""
        number = int("".join(str(ord(digit) - _ZERO) for digit in mark[1]))
        return number, self.found[number]

    def text(self, number: int) -> str:
        """The mark of a number."""
        return _OPEN + "".join(chr(_ZERO + int(digit)) for digit in str(number)) + _CLOSE
