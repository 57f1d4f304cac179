"""The lines of an output, as a person sees them: text, styles, links, and when each came."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Line", "Span", "is_link", "text_of"]

_LINK = re.compile(r"(?:https?://|mailto:)[!-~]+")
_LONGEST = 2083
"""Characters of an address; VTE and others take no longer ones (gist egmontkob/eb114294efbcd5adb1944c9f3cb5feda)."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (0-based, end excluded) of a line, in a style such as `bold red`; the words are in `style`.

    `link` is the address that the program gave them (OSC 8), empty for none. It was printed as the text was, so what is never
    published has to be taken out of both.
    """

    start: int
    end: int
    style: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as seen, its styled spans, and the second at which it took this form."""

    text: str
    spans: tuple[Span, ...] = ()
    at: float = 0.0


def text_of(lines: tuple[Line, ...]) -> str:
    """The lines' text alone, each ended by a newline."""
    return "".join(line.text + "\n" for line in lines)


def is_link(address: str) -> bool:
    """Whether a page may link to an address that a program printed: http, https and mailto, in ASCII without spaces."""
    return len(address) <= _LONGEST and _LINK.fullmatch(address) is not None
