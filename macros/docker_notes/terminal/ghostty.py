"""A terminal's screen by libghostty-vt, in a process of its own.

The library is native code, which a stream of bytes may end or stop. So the build runs this file as a child, and imports nothing of the
library (`emulator` is the build's side of it). This file imports nothing of the package, so that it starts fast.

The input is mended where the library differs from all other terminals (tmux, VTE, xterm.js); a test holds each mending. Binding and
library are pinned, as their interface may change.
"""

from __future__ import annotations

import json
import re
import socket
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedRWPair

__all__ = ["HEAD", "Screen", "serve"]

HEAD = struct.Struct("!II")
"""In front of each message, both ways: how many bytes of JSON follow, and how many raw ones after them."""

# Fed in slices, so that a flood stops at the cap and not a megabyte behind it.
_SLICE = 4096
_SCROLLBACK_BYTES = 2**30  # the library's own default keeps some 400 rows
_GRAPHEMES = 2027  # the mode in which a cluster of code points is as wide as what it shows (contour-terminal/terminal-unicode-core)
_MARKS = 32  # code points of one cell that are shown: more than any script's letters have, less than a flood of marks
_INSTANT = 0.005  # seconds; what comes within them came at one time

# Characters without a width that the library forgets while clusters are on: U+061C, U+115F-11FF, U+180E, U+200B, U+200E-200F,
# U+202A-202E, U+2060-206F, U+3164, U+D7B0-D7FB, U+FEFF, U+FFA0, U+FFF0-FFF8, U+16D63-16D6A, U+1BCA0-1BCA3, U+1D173-1D17A,
# U+E0000-E001F, U+E0080-E00FF, U+E01F0-E0FFF. While they are off, it adds them to the character before, as others do.
_ZERO_WIDTH = {  # their bytes in UTF-8, by the first
    rb"\xd8": rb"\x9c",
    rb"\xe1": rb"\x85[\x9f-\xbf]|[\x86\x87][\x80-\xbf]|\xa0\x8e",
    rb"\xe2": rb"\x80[\x8b\x8e\x8f\xaa-\xae]|\x81[\xa0-\xaf]",
    rb"\xe3": rb"\x85\xa4",
    rb"\xed": rb"\x9e[\xb0-\xbf]|\x9f[\x80-\xbb]",
    rb"\xef": rb"\xbb\xbf|\xbe\xa0|\xbf[\xb0-\xb8]",
    rb"\xf0": rb"\x96\xb5[\xa3-\xaa]|\x9b\xb2[\xa0-\xa3]|\x9d\x85[\xb3-\xba]",
    rb"\xf3": rb"\xa0(?:\x80[\x80-\x9f]|[\x82\x83][\x80-\xbf]|\x87[\xb0-\xbf]|[\x88-\xbf][\x80-\xbf])",
}
_WITHOUT_WIDTH = re.compile(b"|".join(b"%b(?:%b)" % item for item in _ZERO_WIDTH.items()))
# DEL, which it prints; an erasing to the end of the line, which behind the last column takes the character in it (grep and gcc rely
# on its staying); OSC 133, at which it begins a line. A set in front of the whole is what makes a search fast.
_CONTROLS = rb"(?<=\x7f)\x7f*|(?<=\x1b)(?:\[0*K|\]133(?:;[^\x07\x18\x1a\x1b]*)?(?:\x07|\x1b\\))"
_ASCII = re.compile(rb"[\x1b\x7f](?:" + _CONTROLS + rb")")
_ANY = re.compile(
    rb"[\x1b\x7f%b](?:%b|(?:%b)(?:%b)*)"
    % (
        b"".join(_ZERO_WIDTH),
        _CONTROLS,
        b"|".join(b"(?<=%b)(?:%b)" % item for item in _ZERO_WIDTH.items()),
        _WITHOUT_WIDTH.pattern,
    )
)
# While a set such as that of line drawing is on, it drops what is not in Latin-1. Few streams choose one, and only they are looked at.
_CHARSET = re.compile(rb"\x1b[()*+][0A]")
_EACH = re.compile(rb"[\x1b\x7f](?:" + _CONTROLS + rb"|(?<=\x1b)\*[^B])|[\x80-\xff]+", re.DOTALL)
_LAST = re.compile(rb"[\x80-\xff]+\Z")
_LONGEST_CHARACTER = 128  # bytes
_SINGLE_SHIFT = b"\x1bN"  # the next character is of the set G2, which is Unicode: nobody chooses another one for it
# What may be the start of one of them, and is held back until the rest comes.
_UNFINISHED = re.compile(
    rb"[\x1b\xc2-\xf4](?:(?<=\x1b)(?:\[0{0,8}|[()*+]|\](?:1(?:3(?:3(?:;[^\x07\x18\x1a\x1b]{0,2048})?\x1b?)?)?)?)?"
    rb"|(?<=[\xc2-\xf4])|(?<=[\xe0-\xf4])[\x80-\xbf]|(?<=[\xf0-\xf4])[\x80-\xbf]{2})\Z"
)

_ATTRIBUTES = ("bold", "faint", "italic", "blink", "inverse", "invisible", "strikethrough", "overline")
_LONGEST_LINK = 4096


class Screen:
    """One terminal that is fed bytes and tells its lines.

    Args:
        columns: width in characters.
        rows: height in lines.
    """

    def __init__(self, columns: int, rows: int) -> None:
        import pyghostty  # noqa: PLC0415  # the build imports this file's constants where there is no library
        from pyghostty import core  # noqa: PLC0415

        self._core, self._ffi, self._lib = core, core.ffi, core.lib
        self._terminal = pyghostty.Terminal(columns, rows, scrollback=2**31)
        self._handle = self._terminal._t[0]  # noqa: SLF001  # much of the library is not in the binding's class
        self._flag, self._get = self._ffi.new("bool*"), self._lib.ghostty_terminal_get
        self._ground = self._lib.GHOSTTY_TERMINAL_DATA_VT_GROUND
        self._pending_wrap = self._lib.GHOSTTY_TERMINAL_DATA_CURSOR_PENDING_WRAP
        self._set("SCROLLBACK_MAX_BYTES", self._ffi.new("size_t*", _SCROLLBACK_BYTES))
        mode = self._ffi.new("GhosttyTerminalModeConfig*", {"mode": _GRAPHEMES, "value": True})
        self._set("MODE_DEFAULT", mode)  # so that a reset of the terminal keeps it
        self._set("MODE", mode)
        self._cells = _Cells(core)
        self._charsets = False
        self._shifted: dict[bytes, bytes] = {}
        self._held = b""
        # Each row's text and since when it stands there, from the first row that ever was.
        self._seen: list[tuple[str, float]] = []
        self._seen_above = 0
        self._unseen: tuple[float, float] | None = None

    def _set(self, option: str, value: Any) -> None:
        key = getattr(self._lib, f"GHOSTTY_TERMINAL_OPT_{option}")
        self._core.check(self._lib.ghostty_terminal_set(self._handle, key, value), option)

    @property
    def above(self) -> int:
        """Rows that scrolled off the top."""
        return int(self._terminal.get("scrollback_rows", "size_t"))

    @property
    def column(self) -> int:
        """The cursor's column, from 0."""
        return int(self._terminal.get("cursor_x"))

    # ------------------------------------------------------------------------------ what comes in

    def feed(self, data: bytes, at: float, most: int) -> int:
        """Take bytes until so many rows are above the screen.

        Args:
            data: what a program printed.
            at: the second at which it came.
            most: rows above the screen.

        Returns:
            How many bytes were taken.

        Raises:
            RuntimeError: where the library cannot go on.
        """
        if self._unseen and at - self._unseen[0] >= _INSTANT:
            self._note_times()
        taken = 0
        while taken < len(data) and self.above < most:
            part = data[taken : taken + _SLICE]
            self._mend(part)
            taken += len(part)
        self._unseen = (self._unseen[0] if self._unseen else at, at)
        if self._is(self._lib.GHOSTTY_TERMINAL_DATA_VT_PROCESSING_ERROR):
            raise RuntimeError("it has no memory left for what was printed")
        return taken

    def _mend(self, part: bytes) -> None:
        data = self._held + part
        self._charsets = self._charsets or _CHARSET.search(data) is not None
        # With a set on, what follows may belong to the last character.
        last = _LAST.search(data, max(0, len(data) - _LONGEST_CHARACTER)) if self._charsets else None
        unfinished = last or _UNFINISHED.search(data, max(0, len(data) - _SLICE // 2))
        self._held = unfinished[0] if unfinished and part else b""
        data = data.removesuffix(self._held)
        done = 0
        for found in (_EACH if self._charsets else _ASCII if data.isascii() else _ANY).finditer(data):
            self._write(data[done : found.start()])
            done = found.start()
            if found[0][-1:] == b"K" and not self._is(self._pending_wrap):
                continue
            # In the middle of another sequence it is a part of that.
            if self._is(self._ground):
                self._write(self._mended(found[0]))
                done = found.end()
        self._write(data[done:])

    def _mended(self, text: bytes) -> bytes:
        if text.startswith((b"\x7f", b"\x1b]")) or text.endswith(b"K"):
            return b""
        if text.startswith(b"\x1b"):
            raise RuntimeError("it chooses a character set for G2")
        if not self._charsets:
            return _without_clusters(text)
        if text not in self._shifted:
            self._shifted[text] = b"".join(self._clusters(text))
        return self._shifted[text]

    def _clusters(self, text: bytes) -> Iterator[bytes]:
        """Text that is not ASCII, each character of it in the set G2; what goes on the character before is in none."""
        points = [ord(char) for char in text.decode(errors="replace")]
        codes, width = self._ffi.new("uint32_t[]", points), self._ffi.new("uint8_t*")
        at = 0
        while at < len(points):
            end = at + self._lib.ghostty_unicode_grapheme_width(codes + at, len(points) - at, width)
            cluster = "".join(map(chr, points[at:end])).encode()
            at = end
            if width[0]:
                yield _SINGLE_SHIFT + cluster
            else:
                yield _without_clusters(cluster) if _WITHOUT_WIDTH.match(cluster) else cluster

    def _write(self, data: bytes) -> None:
        if data:
            self._lib.ghostty_terminal_vt_write(self._handle, data, len(data))

    def _is(self, what: int) -> bool:
        self._get(self._handle, what, self._flag)
        return bool(self._flag[0])

    def resize(self, columns: int, rows: int) -> None:
        """Take a new size. What the old edge broke is broken at the new one."""
        self._note_times()
        seconds = [max(self._seen[row][1] for row in line) for line in self._by_line()]
        self._terminal.resize(columns, rows)
        texts = self._texts(0)
        self._seen, self._seen_above = [(text, 0.0) for text in texts], self.above
        for line, second in zip(self._by_line(), seconds, strict=False):
            for row in line:
                self._seen[row] = (texts[row], second)

    # -------------------------------------------------------------------------------------- times

    def _note_times(self) -> None:
        """Hold each row against what it was when it was last looked at."""
        if self._unseen is None or self._elsewhere:
            return
        at, self._unseen = self._unseen[1], None
        above = self.above
        if above < self._seen_above:  # a program erased what was above
            del self._seen[: self._seen_above - above]
            self._seen_above = above
        first = self._seen_above
        for row, text in enumerate(self._texts(first), first):
            if row == len(self._seen):
                self._seen.append((text, at if text else 0.0))
            elif self._seen[row][0] != text:
                self._seen[row] = (text, at)
        self._seen_above = above

    @property
    def _elsewhere(self) -> bool:
        """Whether the alternate screen is shown."""
        return bool(self._terminal.get("active_screen", "int"))

    @property
    def _total(self) -> int:
        return int(self._terminal.get("total_rows", "size_t"))

    def _texts(self, first: int) -> list[str]:
        """The text of each row from one on."""
        options = self._core.init_sized("GhosttyFormatterTerminalOptions")
        options.emit = self._lib.GHOSTTY_FORMATTER_FORMAT_PLAIN
        options.trim = True
        count = self._total - first
        texts = self._formatted(options, (0, first), (self._terminal.size[0] - 1, first + count - 1)).decode().split("\n")
        return [*texts, *[""] * (count - len(texts))]

    def _formatted(self, options: Any, start: tuple[int, int], end: tuple[int, int]) -> bytes:
        selection = self._core.init_sized("GhosttySelection")
        selection.start = self._terminal.ref(*start, "screen")[0]
        selection.end = self._terminal.ref(*end, "screen")[0]
        options.selection = selection
        formatter, lib = self._ffi.new("GhosttyFormatter*"), self._lib
        self._core.check(lib.ghostty_formatter_terminal_new(self._ffi.NULL, formatter, self._handle, options[0]), "formatter")
        try:
            text: str = self._core.read_buf(lambda buf, size, out: lib.ghostty_formatter_format_buf(formatter[0], buf, size, out))
        finally:
            lib.ghostty_formatter_free(formatter[0])
        return text.encode()

    # ------------------------------------------------------------------------------ what is shown

    def lines(self, most: int) -> list[list[Any]]:
        """The lines above and on the screen, at most so many; it leaves the alternate screen, so nothing is to be fed any more.

        Returns:
            For each line its text with its trailing spaces, its second, and its runs: start, end, style, link. A style is a list of
            the attributes, the underline's kind (0 none, 1 to 5 single, double, curly, dotted, dashed) and the colours of text,
            background and underline, each None, a number of the palette or `#rrggbb`.

        Raises:
            RuntimeError: where one line is of more rows than are kept.
        """
        self._mend(b"")
        if self._elsewhere:
            self._terminal.feed(b"\x1b[?1049l")
        self._unseen = self._unseen or (0.0, 0.0)
        self._note_times()
        columns = self._terminal.size[0]
        found: list[list[Any]] = []
        for line in self._by_line():
            if len(found) == most:
                break
            if len(line) > most + _SLICE:
                raise RuntimeError(f"one line of it is {len(line)} rows long")
            found.append([*self._cells.read([self._terminal.ref(0, row, "screen") for row in line], columns), self._since(line)])
        return found

    def _since(self, line: list[int]) -> float:
        return max(self._seen[row][1] for row in line)

    def _by_line(self) -> list[list[int]]:
        """The rows of each line: those that the edge broke belong together."""
        lines: list[list[int]] = []
        goes_on = False
        for row in range(self._total):
            if goes_on:
                lines[-1].append(row)
            else:
                lines.append([row])
            goes_on = self._cells.goes_on(self._terminal.ref(0, row, "screen"))
        return lines


class _Cells:
    """Reads the library's cells.

    A cell is a number of 64 bits. Cells of one number are alike but for what they point to, so each number is asked about once.
    """

    def __init__(self, core: Any) -> None:
        self._ffi, self._lib, self._core = core.ffi, core.lib, core
        ffi, lib = core.ffi, core.lib
        self._cell, self._row, self._wrap = ffi.new("GhosttyCell*"), ffi.new("GhosttyRow*"), ffi.new("bool*")
        self._style = core.init_sized("GhosttyStyle")
        self._points, self._count = ffi.new("uint32_t[]", _MARKS), ffi.new("size_t*")
        self._address = ffi.new("uint8_t[]", _LONGEST_LINK)
        self._asked = {
            lib.GHOSTTY_CELL_DATA_CODEPOINT: ffi.new("uint32_t*"),
            lib.GHOSTTY_CELL_DATA_CONTENT_TAG: ffi.new("GhosttyCellContentTag*"),
            lib.GHOSTTY_CELL_DATA_WIDE: ffi.new("GhosttyCellWide*"),
            lib.GHOSTTY_CELL_DATA_STYLE_ID: ffi.new("uint16_t*"),
            lib.GHOSTTY_CELL_DATA_HAS_HYPERLINK: ffi.new("bool*"),
        }
        self._known: dict[int, tuple[int, int, int, int, bool]] = {}

    def goes_on(self, ref: Any) -> bool:
        """Whether the edge broke a row."""
        self._core.check(self._lib.ghostty_grid_ref_row(ref, self._row), "row")
        self._core.check(self._lib.ghostty_row_get(self._row[0], self._lib.GHOSTTY_ROW_DATA_WRAP, self._wrap), "row's end")
        return bool(self._wrap[0])

    def read(self, rows: list[Any], columns: int) -> tuple[str, list[list[Any]]]:
        """A line's text and runs, from references to the first cells of its rows."""
        lib, cell = self._lib, self._cell
        hidden = {lib.GHOSTTY_CELL_WIDE_SPACER_TAIL, lib.GHOSTTY_CELL_WIDE_SPACER_HEAD}
        parts: list[str] = []
        runs: list[list[Any]] = []
        at = 0
        for ref in rows:
            styles: dict[int, Any] = {0: None}  # numbers of styles are a page's own, and a row is in one page
            for column in range(columns):
                ref.x = column
                if lib.ghostty_grid_ref_cell(ref, cell):
                    raise RuntimeError(f"column {column} cannot be read")
                raw = cell[0]
                point, tag, wide, style_id, linked = self._known.get(raw) or self._ask(raw)
                if wide in hidden:
                    continue
                text = self._text(ref, point, tag)
                parts.append(text)
                if tag in {lib.GHOSTTY_CELL_CONTENT_BG_COLOR_PALETTE, lib.GHOSTTY_CELL_CONTENT_BG_COLOR_RGB}:
                    style = [[], 0, None, self._background(raw, tag), None]
                else:
                    if style_id not in styles:
                        styles[style_id] = self._styled(ref)
                    style = styles[style_id]
                link = self._link(ref) if linked else ""
                end = at + len(text)
                if style or link:
                    if runs and runs[-1][1] == at and runs[-1][2:] == [style, link]:
                        runs[-1][1] = end
                    else:
                        runs.append([at, end, style, link])
                at = end
        return "".join(parts), runs

    def _ask(self, raw: int) -> tuple[int, int, int, int, bool]:
        for key, value in self._asked.items():
            self._core.check(self._lib.ghostty_cell_get(raw, key, value), "cell")
        point, tag, wide, style_id, linked = (value[0] for value in self._asked.values())
        self._known[raw] = (point, tag, wide, style_id, linked)
        return self._known[raw]

    def _text(self, ref: Any, point: int, tag: int) -> str:
        if tag == self._lib.GHOSTTY_CELL_CONTENT_CODEPOINT_GRAPHEME:
            # Where they are too many, it says how many, and writes none.
            if self._lib.ghostty_grid_ref_graphemes(ref, self._points, _MARKS, self._count):
                points = self._ffi.new("uint32_t[]", self._count[0])
                self._core.check(self._lib.ghostty_grid_ref_graphemes(ref, points, len(points), self._count), "character")
                return "".join(map(chr, points[0:_MARKS]))
            return "".join(map(chr, self._points[0 : self._count[0]]))
        return chr(point) if point and tag == self._lib.GHOSTTY_CELL_CONTENT_CODEPOINT else " "

    def _styled(self, ref: Any) -> list[Any] | None:
        style = self._style
        self._core.check(self._lib.ghostty_grid_ref_style(ref, style), "style")
        attributes = [name for name in _ATTRIBUTES if getattr(style, name)]
        colours = [self._colour(colour) for colour in (style.fg_color, style.bg_color, style.underline_color)]
        return [attributes, style.underline, *colours]

    def _colour(self, colour: Any) -> int | str | None:
        if colour.tag == self._lib.GHOSTTY_STYLE_COLOR_PALETTE:
            return int(colour.value.palette)
        return _hex(colour.value.rgb) if colour.tag == self._lib.GHOSTTY_STYLE_COLOR_RGB else None

    def _background(self, raw: int, tag: int) -> int | str:
        """The colour of a cell that was erased to it."""
        if tag == self._lib.GHOSTTY_CELL_CONTENT_BG_COLOR_PALETTE:
            number = self._ffi.new("uint8_t*")
            self._core.check(self._lib.ghostty_cell_get(raw, self._lib.GHOSTTY_CELL_DATA_COLOR_PALETTE, number), "background")
            return int(number[0])
        colour = self._ffi.new("GhosttyColorRgb*")
        self._core.check(self._lib.ghostty_cell_get(raw, self._lib.GHOSTTY_CELL_DATA_COLOR_RGB, colour), "background")
        return _hex(colour)

    def _link(self, ref: Any) -> str:
        size = self._ffi.new("size_t*")
        if self._lib.ghostty_grid_ref_hyperlink_uri(ref, self._address, _LONGEST_LINK, size):
            return ""  # longer than any that is shown
        return bytes(self._ffi.buffer(self._address, size[0])).decode(errors="replace")


def _without_clusters(text: bytes) -> bytes:
    return b"\x1b[?%dl%b\x1b[?%dh" % (_GRAPHEMES, text, _GRAPHEMES)


def _hex(colour: Any) -> str:
    return f"#{colour.r:02x}{colour.g:02x}{colour.b:02x}"


# ------------------------------------------------------------------------------------ the process


def serve(stream: BufferedRWPair) -> None:
    """Answer one request after the other, until the stream ends.

    A request is `op` (new, feed, resize or lines), the `terminal` that it is for, and what the Screen's method of that name takes;
    `gone` lists terminals that nobody asks for any more. The answer says where the terminal stands, or `error`.
    """
    screens: dict[int, Screen] = {}
    while head := stream.read(HEAD.size):
        length, raw = HEAD.unpack(head)
        request, data = json.loads(stream.read(length)), stream.read(raw)
        for number in request["gone"]:
            screens.pop(number, None)
        try:
            answer = _answer(screens, request, data)
        except (RuntimeError, ImportError, OSError) as error:
            answer = {"error": str(error), "missing": isinstance(error, ImportError | OSError)}
        message = json.dumps(answer).encode()
        stream.write(HEAD.pack(len(message), 0) + message)
        stream.flush()


def _answer(screens: dict[int, Screen], request: dict[str, Any], data: bytes) -> dict[str, Any]:
    number = request["terminal"]
    if request["op"] == "new":
        screens[number] = Screen(request["columns"], request["rows"])
    screen = screens[number]
    answer: dict[str, Any] = {}
    if request["op"] == "feed":
        answer["taken"] = screen.feed(data, request["at"], request["most"])
    elif request["op"] == "resize":
        screen.resize(request["columns"], request["rows"])
    elif request["op"] == "lines":
        answer["lines"] = screen.lines(request["most"])
    return answer | {"above": screen.above, "column": screen.column}


if __name__ == "__main__":
    # Standard input is one end of a pair of sockets.
    with socket.socket(fileno=0) as end, end.makefile("rwb") as both:
        serve(both)
