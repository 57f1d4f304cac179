"""What a macro says before it can be known: a word that stands for it until all pages have run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from typing import TYPE_CHECKING

from docker_notes.errors import FigureError
from docker_notes.html.facts import Missing
from docker_notes.html.tables import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WORD", "Values"]

WORD = re.compile(r"dockernotes(\d+)value")
"""What stands for a value, its number as the first group."""
# In a tag, as of a heading's id, there is no place for HTML; a paragraph is none where a figure comes.
_PLACES = re.compile(rf"<[a-zA-Z][^<>]*{WORD.pattern}[^<>]*>|<p>{WORD.pattern}</p>|{WORD.pattern}")
_BLOCK = re.compile("<(?:figure|p|div|table|pre|ul)[ >]")
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class _Value:
    page: str
    line: int
    call: str
    make: Callable[[], str]
    source: str


@dataclass
class Values:
    """The values that macros of one build were asked for.

    Args:
        silent: whether what a page's outputs lack is not to be told, as of a page that failed or runs again.
    """

    silent: Callable[[str], bool]
    missed: list[FigureError] = field(default_factory=list)
    """What macros asked for in vain, each at its page:line."""
    _asked: list[_Value] = field(default_factory=list)
    _made: dict[int, str] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget all, for another build."""
        self.missed.clear()
        self._asked.clear()
        self._made.clear()

    def later(self, page: str, line: int, call: str, make: Callable[[], str], source: str = "") -> str:
        """The word for a value.

        Args:
            page: the path of the page that asks.
            line: the line of it, from 1.
            call: the macro as it was called, for errors.
            make: makes its HTML.
            source: the page whose outputs it is made of, where that is another one.
        """
        self._asked.append(_Value(page, line, call, make, source or page))
        return f"dockernotes{len(self._asked) - 1}value"

    def miss(self, page: str, line: int, call: str, error: object, source: str = "") -> str:
        """Take down what can not be said; the HTML that tells so."""
        failure = FigureError(page, line, f"{{{{ {call} }}}}: {error}")
        if not self.silent(source or page):
            self.missed.append(failure)
        return f'<span class="fact-missing">{escape(str(failure))}</span>'

    def fill(self, html: str) -> str:
        """HTML with its values."""
        if "dockernotes" not in html:
            return html
        return _PLACES.sub(self._place, html)

    def plain(self, text: str) -> str:
        """A text with its values, as text."""
        return WORD.sub(lambda word: unescape(_TAG.sub("", self._of(int(word[1])))), text)

    def _place(self, found: re.Match[str]) -> str:
        whole = found.group()
        if whole.startswith("<p>"):
            made = self._of(int(found[2]))
            return made if _BLOCK.match(made) else f"<p>{made}</p>"
        if whole.startswith("<"):
            return WORD.sub(lambda word: escape(self.plain(word.group())), whole)
        return self._of(int(found[3]))

    def _of(self, number: int) -> str:
        if number not in self._made:
            value = self._asked[number]
            try:
                self._made[number] = value.make()
            except (Missing, Unreadable) as error:
                self._made[number] = self.miss(value.page, value.line, value.call, error, value.source)
        return self._made[number]
