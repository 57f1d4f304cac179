"""Bytes of a terminal → the lines that a person sees, with their colours.

The screen is pyte's, an emulator of a VT100 with xterm's colours. Lines that scroll off
its top are kept. A line that the terminal's edge broke is one line here: its parts belong together,
and a reader's screen has an edge of its own. What a screen can not tell (trailing spaces) is not kept.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import pyte
from pyte.screens import Char

from docker_notes.terminal.lines import Line, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

ROWS = 50
MAX_LINES = 400
# Repaints do not scroll, so lines alone would not bound them.
MAX_BYTES = 8 * 2**20

# Fed in slices, so that a flood stops at the cap and not a megabyte behind it.
_SLICE = 4096
# Combining characters on one letter; pyte normalizes the whole cell for each, so a flood of them would take for ever.
_MAX_MARKS = 8
_PLAIN = Char(" ")


class _Screen(pyte.HistoryScreen):
    """pyte's screen, which also knows the rows that go on from the row above.

    It is deaf to private variants of sequences that it knows only in their public form.
    """

    def __init__(self, columns: int, rows: int, **options: Any) -> None:
        # Rows counted from the first that ever was, as the history keeps them all.
        self.broken: set[int] = set()
        self._drawing = False
        self._marks = 0
        super().__init__(columns, rows, **options)

    def draw(self, data: str) -> None:
        if not data.isascii():
            data = "".join(filter(self._fits, data))
        self._drawing = True
        try:
            super().draw(data)
        finally:
            self._drawing = False

    def _fits(self, char: str) -> bool:
        self._marks = self._marks + 1 if unicodedata.combining(char) else 0
        return self._marks <= _MAX_MARKS

    def linefeed(self) -> None:
        super().linefeed()
        # pyte breaks a line at the edge by a line feed of its own.
        row = len(self.history.top) + self.cursor.y
        (self.broken.add if self._drawing else self.broken.discard)(row)

    def reset(self) -> None:
        super().reset()
        self.broken.clear()

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        super().erase_in_display(how, *args, **kwargs)
        # Erased rows go on from nothing; 3 forgets the history, and with it the rows' numbers.
        first = len(self.history.top)
        self.broken = {row for row in self.broken if row < first} if how in {2, 3} else self.broken

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:  # noqa: FBT001, FBT002  # as pyte has it
        super().erase_in_line(how, private)
        if how == 2 or (how == 0 and self.cursor.x == 0):  # noqa: PLR2004  # ECMA-48: the whole line
            self.broken.discard(len(self.history.top) + self.cursor.y)

    def __getattribute__(self, name: str) -> Any:
        # pyte's pages through its history before each event; nobody turns pages here.
        return object.__getattribute__(self, name)

    def select_graphic_rendition(self, *attrs: int, **kwargs: bool) -> None:
        if not kwargs:
            super().select_graphic_rendition(*attrs)

    def report_device_attributes(self, mode: int = 0, **kwargs: bool) -> None:
        """Nobody reads the answer."""

    def report_device_status(self, mode: int = 0, **kwargs: bool) -> None:
        """Nobody reads the answer."""


class Terminal:
    """A terminal that is fed bytes and tells its lines.

    Args:
        columns: width in characters.
        rows: height in lines; programs that repaint, such as BuildKit, fit their picture to it.
    """

    def __init__(self, columns: int, rows: int = ROWS) -> None:
        self._screen = _Screen(columns, rows, history=MAX_LINES + rows + _SLICE, ratio=0.5)
        # The top row is the command's own: BuildKit goes up to it and down again before it paints.
        self._screen.cursor_position(2)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0
        self._seen: list[tuple[str, float]] = []
        self.dropped = 0
        """Bytes that came after the cap and are not shown."""

    def feed(self, data: bytes, at: float = 0.0) -> None:
        """Take bytes that came `at` seconds after the start of the step."""
        top = self._screen.history.top
        if len(top) >= MAX_LINES or self._fed >= MAX_BYTES:
            self.dropped += len(data)
            return
        for start in range(0, len(data), _SLICE):
            if len(top) >= MAX_LINES or self._fed >= MAX_BYTES:
                self.dropped += len(data) - start
                break
            part = data[start : start + _SLICE]
            self._fed += len(part)
            try:
                self._stream.feed(part)
            except (TypeError, ValueError, IndexError, KeyError):
                # pyte trips over some malformed sequences; the terminal goes on behind them.
                self._stream = pyte.ByteStream(self._screen)
        self._note_times(at)

    @property
    def column(self) -> int:
        """Where the cursor stands in its line, from 0: above 0, a program waits behind a prompt."""
        return int(self._screen.cursor.x)

    def lines(self) -> tuple[Line, ...]:
        """What is on the screen and above it, without trailing blank lines."""
        found: list[Line] = []
        for number, row in enumerate(self._rows()):
            line = _line(row, self._screen.columns)
            if number == 0 and not line.text:
                continue
            if number in self._screen.broken and found:
                found[-1] = _joined(found[-1], line, self._screen.columns)
            else:
                at = self._seen[number][1] if number < len(self._seen) else 0.0
                found.append(Line(line.text, line.spans, round(at, 3)))
        while found and not found[-1].text:
            found.pop()
        return tuple(found[:MAX_LINES])

    def _rows(self) -> list[Mapping[int, Char]]:
        screen = self._screen
        return [*screen.history.top, *(screen.buffer[y] for y in range(screen.lines))]

    def _note_times(self, at: float) -> None:
        above = len(self._screen.history.top)
        for number in range(min(above, len(self._seen)) - self._screen.lines, above + self._screen.lines):
            if number < 0:
                continue
            row: Any = self._screen.history.top[number] if number < above else self._screen.buffer[number - above]
            text = _line(row, self._screen.columns, plain=True).text
            while len(self._seen) <= number:
                self._seen.append(("", 0.0))
            if self._seen[number][0] != text:
                self._seen[number] = (text, at)


def _line(row: Mapping[int, Char], columns: int, *, plain: bool = False) -> Line:
    chars = [row.get(x, _PLAIN) for x in range(min(columns, max(row, default=-1) + 1))]
    text = "".join(_printable(char.data) for char in chars).rstrip()
    if plain:
        return Line(text)
    spans: list[Span] = []
    at = 0
    for char in chars:
        end = at + len(_printable(char.data))
        style = _style(char)
        if spans and spans[-1].style == style and spans[-1].end == at:
            spans[-1] = Span(spans[-1].start, end, style)
        elif style and end > at:
            spans.append(Span(at, end, style))
        at = end
    clipped = (Span(s.start, min(s.end, len(text)), s.style) for s in spans if s.start < len(text))
    return Line(text, tuple(clipped))


def _joined(line: Line, rest: Line, columns: int) -> Line:
    """A line and what the edge of the terminal broke off it."""
    start = -(-len(line.text) // columns) * columns
    spans = tuple(Span(start + span.start, start + span.end, span.style) for span in rest.spans)
    return Line(line.text.ljust(start) + rest.text if rest.text else line.text, line.spans + spans, line.at)


def _printable(data: str) -> str:
    if data.isascii() and data.isprintable():
        return data
    return "".join("\ufffd" if unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} else c for c in data)


def _style(char: Char) -> str:
    words = [w for w in ("bold", "italics", "underscore", "reverse") if getattr(char, w)]
    if char.fg != "default":
        words.append(_colour(char.fg))
    if char.bg != "default":
        words.append(f"on-{_colour(char.bg)}")
    return " ".join(words)


def _colour(name: str) -> str:
    # pyte misspells one.
    return f"#{name}" if _is_hex(name) else name.replace("bfight", "bright")


def _is_hex(colour: str) -> bool:
    return len(colour) == 6 and all(c in "0123456789abcdef" for c in colour.lower())  # noqa: PLR2004
