"""Bytes of a terminal → the lines that a person sees, with their styles and links.

The screen is libghostty-vt's, in one child process for all terminals of a build (`ghostty`). Lines that scroll off its top are kept.
A line that the terminal's edge broke is one line here: its parts belong together, and a reader's screen has an edge of its own.
What a screen can not tell (trailing spaces) is not kept.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections import deque
from pathlib import Path
from typing import Any

from docker_notes.errors import TerminalError
from docker_notes.terminal import ghostty
from docker_notes.terminal.lines import Line, Span, is_link
from docker_notes.terminal.style import ATTRIBUTES, BACKGROUND, UNDERLINE, colour_of

__all__ = ["MAX_BYTES", "MAX_LINES", "ROWS", "Terminal"]

ROWS = 50
MAX_LINES = 400
# Repaints do not scroll, so lines alone would not bound them.
MAX_BYTES = 8 * 2**20

# Seconds for one answer: a thousand times what the slowest known stream takes.
_LIMIT = 60.0
_PIECE = 2**16
_FIX = "let the command print less to the terminal, for example by `| cat`, or report the bytes that it printed"
# What has no shape, and would not come back from a file: controls, separators of lines, half and no characters.
_SHAPELESS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

_UNDERLINES = ("", "underscore", "double-underscore", "curly-underscore", "dotted-underscore", "dashed-underscore")
# The library's names of attributes, where they are not the words.
_WORDS = {
    "faint": "dim", "italic": "italics", "inverse": "reverse", "invisible": "hidden", "strikethrough": "strike"
}  # fmt: skip


class Terminal:
    """A terminal that is fed the output of one command and tells its lines. Safe beside others in other threads.

    Args:
        columns: width in characters.
        rows: height in lines; programs that repaint, such as BuildKit, fit their picture to it.
        row: where the output begins, from 1. Those above are the command's own: BuildKit goes up to it and down again before it paints.

    Raises:
        TerminalError: here and from each method but `column` and `dropped`: no emulator here, or it broke at this output.
    """

    def __init__(self, columns: int, rows: int = ROWS, *, row: int = 2) -> None:
        self._columns, self._rows, self._row = columns, rows, row
        self._number = next(_numbers)
        self._past: list[tuple[dict[str, Any], bytes]] = []
        self._process: object = None
        self._failed: TerminalError | None = None
        self._fed = self._above = 0
        self.column = 0
        """Where the cursor stands in its line, from 0: above 0, a program waits behind a prompt."""
        self.dropped = 0
        """Bytes that came after the cap and are not shown."""
        weakref.finalize(self, _worker.gone.append, self._number)
        self._ask({"op": "new", "columns": columns, "rows": rows})
        if row > 1:
            self._ask({"op": "feed", "at": 0.0, "most": MAX_LINES}, b"\x1b[%dH" % row)

    def feed(self, data: bytes, at: float = 0.0) -> None:
        """Take bytes that came `at` seconds after the start of the step."""
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            taken = 0
            if self._above < MAX_LINES and self._fed < MAX_BYTES:
                taken = self._ask({"op": "feed", "at": at, "most": MAX_LINES}, piece)["taken"]
            self._fed += taken
            self.dropped += len(piece) - taken

    def resize(self, columns: int, rows: int = ROWS) -> None:
        """Take a new size: what the old edge broke is broken at the new one."""
        self._ask({"op": "resize", "columns": columns, "rows": rows})

    def lines(self) -> tuple[Line, ...]:
        """What is on the screen and above it, without trailing blank lines: the end, nothing can be fed any more.

        Of a program that took the whole screen and did not give it back, it is what stood there before.
        """
        found = [_line(*line) for line in self._ask({"op": "lines", "most": MAX_LINES + self._row - 1})["lines"]]
        while found and not found[-1].text:
            found.pop()
        above = next((n for n, line in enumerate(found[: self._row - 1]) if line.text), self._row - 1)
        return tuple(found[above:][:MAX_LINES])

    def _ask(self, request: dict[str, Any], data: bytes = b"") -> dict[str, Any]:
        """Ask the child, after telling it all that this terminal was told before, where it is another one than then."""
        if self._failed:
            raise self._failed
        try:
            with _worker.lock:
                if self._process is not _worker.process():
                    for earlier, its_data in self._past:
                        _worker.ask(self._number, earlier, its_data)
                    self._process = _worker.process()
                answer = _worker.ask(self._number, request, data)
        except TerminalError as error:
            self._failed = error
            raise
        if request["op"] != "lines":
            self._past.append((request, data[: answer.get("taken")]))
        self._above, self.column = answer["above"], answer["column"]
        return answer


class _Worker:
    """The child process: started when it is first needed, and again where it ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.gone: deque[int] = deque()
        """Numbers of terminals that are no more."""
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._owner = 0

    def process(self) -> object:
        """The child that answers now."""
        if self._process is None or self._owner != os.getpid():
            ours, theirs = socket.socketpair()
            with theirs:
                # Not in the group that a terminal's Ctrl-C ends: the build ends it. -P: its own folder is no place to import from.
                self._process = subprocess.Popen(  # noqa: S603  # this package's own file
                    [sys.executable, "-P", str(Path(ghostty.__file__))],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            ours.settimeout(_LIMIT)
            self._socket, self._owner = ours, os.getpid()
        return self._process

    def ask(self, number: int, request: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Send a request for a terminal, and wait for the answer.

        Raises:
            TerminalError: where the child ends, does not answer in time, or cannot do it.
        """
        gone = [self.gone.popleft() for _ in range(len(self.gone))]
        head = json.dumps(request | {"terminal": number, "gone": gone}).encode()
        self.process()
        try:
            self._send(ghostty.HEAD.pack(len(head), len(data)) + head + data)
            length, _ = ghostty.HEAD.unpack(self._receive(ghostty.HEAD.size))
            answer: dict[str, Any] = json.loads(self._receive(length))
        except TimeoutError:
            self.stop(0.0)
            raise TerminalError(f"the terminal emulator did not answer within {_LIMIT:g} s", _FIX) from None
        except (OSError, EOFError):
            status = self.stop(_LIMIT)
            how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
            raise TerminalError(f"the terminal emulator broke at what this command printed ({how})", _FIX) from None
        if answer.get("missing"):
            raise TerminalError(
                f"no terminal emulator: {answer['error']}",
                "pip install pyghostty==0.1.3, which has wheels for Linux with glibc and macOS; elsewhere pages can only be replayed",
            )
        if "error" in answer:
            raise TerminalError(f"the terminal emulator cannot show what this command printed: {answer['error']}", _FIX)
        return answer

    def _send(self, message: bytes) -> None:
        if self._socket:
            self._socket.sendall(message)

    def _receive(self, count: int) -> bytes:
        parts = []
        while count:
            part = self._socket.recv(min(count, 2**20)) if self._socket else b""
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def stop(self, patience: float = 5.0) -> int:
        """End the child, which has so many seconds to end by itself; its exit status."""
        process, end = self._process, self._socket
        self._process = self._socket = None
        if end:
            end.close()
        if process is None or self._owner != os.getpid():
            return 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(patience)
        process.kill()
        return process.wait()


_numbers = itertools.count()
_worker = _Worker()
atexit.register(_worker.stop)


def _line(text: str, runs: list[list[Any]], at: float) -> Line:
    text = _SHAPELESS.sub("\ufffd", text).rstrip(" ")
    spans: list[Span] = []
    for start, end, style, link in runs:
        span = Span(start, min(end, len(text)), _words(style), link if is_link(link) else "")
        if start < len(text) and (span.style or span.link):
            last = spans[-1] if spans else None
            if last and (last.end, last.style, last.link) == (span.start, span.style, span.link):
                span = Span(spans.pop().start, span.end, span.style, span.link)
            spans.append(span)
    return Line(text, tuple(spans), round(at, 3))


def _words(style: list[Any] | None) -> str:
    if style is None:
        return ""
    attributes, underline, *colours = style
    known = {_UNDERLINES[underline], *(_WORDS.get(name, name) for name in attributes)}
    words = [word for word in ATTRIBUTES if word in known]
    for place, colour in zip(("", BACKGROUND, UNDERLINE), colours, strict=True):
        if colour is not None:
            words.append(place + (colour if isinstance(colour, str) else colour_of(colour)))
    return " ".join(words)
