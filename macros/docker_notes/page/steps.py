"""The body of a block: its lines → steps.

    $ COMMAND   a command; it goes on in the next line behind a backslash
    > LINE      typed at the prompt that stands there: bash's own, while the command is not complete, else the program's.
                ^C, ^D, ^P^Q are keys
    ~ TEXT      wait until the program has printed TEXT
    ? N         the exit status; `? *` any

What completes a command belongs to it. What bash ignores, such as a remark behind a command, is ignored.
Blank lines, and blanks at ends of lines, mean nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from docker_notes.errors import GrammarError
from docker_notes.page import bash_syntax
from docker_notes.page.model import Awaited, Step, Typed

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAX_LINE_BYTES", "parse_steps"]

# A terminal in canonical mode takes 4095 bytes and the newline behind them; more are lost (termios(3), "Canonical and noncanonical mode").
MAX_LINE_BYTES = 4095

_STATUS = re.compile(r"\?[ \t]*(\d{1,3}|\*)")
_LAST_STATUS = 255  # wait(2): eight bits
_NOT_COMPLETE = "write its next lines below it, each behind '> '"


def parse_steps(path: str, first_line: int, body: Sequence[str], errors: list[GrammarError]) -> tuple[Step, ...]:
    """Read the lines of a block's body.

    Args:
        path: the page's path, for errors.
        first_line: the number of the body's first line in the page.
        body: the lines between the fences, without the fence's indent.
        errors: takes one for every line that does not follow the grammar.
    """
    reader = _Reader(path, first_line, body, errors)
    reader.read()
    if not reader.steps and not reader.found:
        reader.wrong(first_line - 1, "a block without a command", "add a line '$ command'")
    return tuple(reader.steps)


class _Reader:
    def __init__(self, path: str, first_line: int, body: Sequence[str], errors: list[GrammarError]) -> None:
        self.path, self.errors = path, errors
        self.lines = [(first_line + number, text) for number, text in enumerate(body)]
        self.steps: list[Step] = []
        self.found = 0  # of errors
        self._at = 0
        self._open = False  # whether something may still be typed into the last step

    def wrong(self, line: int, what: str, fix: str = "") -> None:
        self.errors.append(GrammarError(self.path, line, what, fix))
        self.found += 1

    def read(self) -> None:
        while self._at < len(self.lines):
            line, raw = self.lines[self._at]
            self._at += 1
            text = raw.rstrip()
            if not text:
                continue
            if _has_control(text):
                self.wrong(line, "a control character", "write keys as ^C, ^D, ^P^Q")
            elif text.startswith("$ "):
                self._end_step()
                self._command(line, raw[2:])
            elif text == ">" or text.startswith("> "):
                self._typed(line, text[2:])
            elif text.startswith("~ "):
                self._awaited(line, text[2:].strip())
            elif text.startswith("?"):
                self._status(line, text)
            else:
                fix = (
                    "write '$ command', '> typed line', '~ text to wait for' or '? exit status'; "
                    "outputs are never typed, they come from the run"
                )
                self.wrong(line, f"neither command, typed line, text to wait for nor status: {text!r}", fix)
        self._end_step()

    def _command(self, line: int, raw: str) -> None:
        parts = [raw.rstrip()]
        if parts[0].lstrip().startswith("#"):
            self.wrong(line, f"a remark is no command: {parts[0].strip()!r}", "write it in the page's text, or behind a command")
        self._check(line, raw)
        while bash_syntax.continues("\n".join(parts)) and self._at < len(self.lines):
            below, raw = self.lines[self._at]
            self._at += 1
            # Behind bash's continuation prompt, as a terminal shows it, or without.
            raw = raw[2:] if raw.rstrip() == ">" or raw.startswith("> ") else raw
            parts.append(raw.rstrip())
            if _has_control(parts[-1]):
                self.wrong(below, "a control character", "write what makes it, such as $'\\a'")
            self._check(below, raw)
        if bash_syntax.continues("\n".join(parts)):
            self.wrong(line, "the command ends in a backslash and no line follows", "add the line, or drop the '\\'")
        self.steps.append(Step(line, "\n".join(parts)))
        self._open = True

    def _check(self, line: int, raw: str) -> None:
        text = raw.rstrip()
        if len(text.encode()) > MAX_LINE_BYTES:
            self.wrong(line, f"a line of over {MAX_LINE_BYTES} bytes", "break it with '\\', or put it in a script")
        if text.endswith("\\") and text != raw.rstrip("\r\n"):
            self.wrong(line, "a blank behind the backslash: bash would not go on in the next line", "remove the blank")

    def _typed(self, line: int, text: str) -> None:
        if not self._open:
            fix = "a typed line goes below the '$ ' command whose program reads it, and above its '? N'"
            self.wrong(line, "a typed line without a command to type it into", fix)
            return
        if len(text.encode()) > MAX_LINE_BYTES:
            self.wrong(
                line, f"a line of over {MAX_LINE_BYTES} bytes, which a terminal would cut", "type it in parts, or put it in a file"
            )
        self._add(Typed(line, text))

    def _awaited(self, line: int, text: str) -> None:
        if not self._open:
            fix = "it goes below the '$ ' command whose program prints it, and above its '? N'"
            self.wrong(line, "a text to wait for without a command that prints it", fix)
        elif self._is_complete():
            self._add(Awaited(line, text))

    def _status(self, line: int, text: str) -> None:
        status = _STATUS.fullmatch(text)
        if not self._open:
            self.wrong(line, "an exit status without a command", "write it once, below its '$ ' command")
        elif not status or (status[1] != "*" and int(status[1]) > _LAST_STATUS):
            self.wrong(line, f"not an exit status: {text!r}", "write '? N' with N from 0 to 255, or '? *' for any")
        else:
            self.steps[-1] = replace(self.steps[-1], expected_status=None if status[1] == "*" else int(status[1]))
        self._end_step()

    def _add(self, entry: Typed | Awaited) -> None:
        self.steps[-1] = replace(self.steps[-1], typed=(*self.steps[-1].typed, entry))

    def _end_step(self) -> None:
        if self._open:
            self._is_complete()
        self._open = False

    def _is_complete(self) -> bool:
        """Give the last command those of its typed lines that complete it; an error where they do not."""
        step = self.steps[-1]
        if any(isinstance(entry, Awaited) for entry in step.typed):
            return True  # it was, when that was added
        command, typed = step.command, list(step.typed)
        # A backslash that no line follows is told on its own.
        while (missing := bash_syntax.what_is_open(command)) and not (not typed and bash_syntax.continues(command)):
            if not typed:
                self.wrong(step.line, f"the command is not complete: bash waits for {missing}", _NOT_COMPLETE)
                self._open = False
                return False
            count = bash_syntax.where_it_may_end(command, [entry.text for entry in typed if isinstance(entry, Typed)])
            command = "\n".join([command, *(entry.text for entry in typed[:count])])
            del typed[:count]
        self.steps[-1] = replace(step, command=command, typed=tuple(typed))
        return True


def _has_control(text: str) -> bool:
    return any(unicodedata.category(char) == "Cc" and char != "\t" for char in text)
