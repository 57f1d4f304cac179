"""One command: typed, watched, and its program typed into, until the prompt comes back."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docker_notes.errors import DockerNotesError
from docker_notes.page.model import Awaited, Typed
from docker_notes.runner.marks import Mark
from docker_notes.runner.patience import Patience
from docker_notes.terminal.emulator import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker_notes.engine.look import Look
    from docker_notes.runner.shell import Shell
    from docker_notes.terminal.lines import Line

__all__ = ["Command", "Done", "NeverEnded", "NotComplete", "NotReady", "ProgramEnded", "ShellLost", "Shown"]

# Seconds of silence after which the shell itself is looked at, and then between two such looks.
_SILENCE, _GLANCE = 0.5, 1.0
# Seconds for which bash may sleep with nothing to do, as `read -t` makes it, before it counts as waiting for a line that nobody types.
_ASLEEP = 10.0
# Seconds for what a key that nobody read makes bash print.
_SETTLE = 0.02
# Seconds between two searches for a text that is waited for.
_SEARCH = 0.02


@dataclass(frozen=True)
class Done:
    """What a command did.

    Args:
        exit_status: its exit status; -1 where it did not end.
        seconds: wall time.
        lines: what the terminal showed.
        dropped: bytes over the terminal's cap.
        taken: how many of the typed lines bash took for further lines of the command.
        before: the lines of the command before, where more of them came since it ended.
    """

    exit_status: int
    seconds: float
    lines: tuple[Line, ...]
    dropped: int = 0
    taken: int = 0
    before: tuple[Line, ...] | None = None


class _Failed(DockerNotesError):
    """A command after which nothing more can be typed into its shell. `done` is what it did until then."""

    def __init__(self, what: str, done: Done) -> None:
        self.done = done
        super().__init__(what)


class NeverEnded(_Failed):
    """A command was still running at its time limit; `awaited` is the text that was waited for, where one was."""

    def __init__(self, done: Done, awaited: Awaited | None = None) -> None:
        self.awaited = awaited
        super().__init__("a command never ended", done)


class ProgramEnded(_Failed):
    """A program ended before it read a typed line, or printed a text that was waited for: `entry`."""

    def __init__(self, done: Done, entry: Typed | Awaited) -> None:
        self.entry = entry
        super().__init__("a program ended too early", done)


class NotComplete(_Failed):
    """Bash waits for further lines of a command, and there are none."""


class NotReady(_Failed):
    """Bash sleeps, and only a line that nobody types would wake it."""


class ShellLost(_Failed):
    """A command did something to the shell after which it cannot be typed into; the message tells what."""


class Shown:
    """What a command shows on the terminal."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.terminal = Terminal(columns)
        self.more = False  # whether more came since the command ended
        self._began: float | None = None

    def begin(self, now: float) -> None:
        """Its output begins; for what comes later, it has begun already."""
        self._began = self._began or now

    def feed(self, data: bytes) -> None:
        """Take bytes that came now."""
        self.more = True
        self.terminal.feed(data, time.monotonic() - self._began if self._began else 0.0)


class Command:
    """One command on its way. Use `run`.

    Args:
        shell: where it is typed.
        shown: takes what it shows.
        command: its lines.
        typed: what is typed into its program, and waited for.
        timeout: seconds until it is stopped.
    """

    def __init__(self, shell: Shell, shown: Shown, command: str, typed: Sequence[Typed | Awaited], timeout: float) -> None:
        self._shell, self._shown, self._timeout = shell, shown, timeout
        self._lines = deque(command.split("\n"))
        self._entries = deque(typed)
        self._echoes: list[bytes] = []
        self._preamble = b""  # what came before the output began: late output of others, and the echo
        self._refused: int | None = None  # the status of a prompt that came before the echo
        self._started = False
        self._taken = 0
        self._sent: Typed | None = None
        self._seen = False  # whether a text was waited for just before what is to be typed next
        self._view = shown.terminal  # what it printed since something was typed last
        self._unsearched = True
        self._patience: Patience | None = None
        self._began = self._heard = self._looked = time.monotonic()
        self._asleep: float | None = None
        self.after: list[bytes | Mark] = []
        """What came behind the prompt."""
        self._deadline = self._heard + timeout

    def run(self) -> Done:
        """Type it, and wait for the prompt.

        Raises:
            _Failed: one of its kinds, as they tell.
        """
        self._type_line()
        while True:
            now = time.monotonic()
            if now >= self._deadline:
                self._never_ended()
            wait = self._step(now)
            if self._refused is not None and self._started:
                return self._end(Mark("D", self._refused))
            events = self._shell.receive(min(wait, self._deadline - now))
            ended = None
            for event in events:
                if ended:
                    self.after.append(event)
                elif isinstance(event, bytes):
                    self._text(event)
                elif self._mark(event):
                    ended = event
            if ended:
                return self._end(ended)

    def _step(self, now: float) -> float:
        """Type what is due; the seconds until something may be due again."""
        entry = self._entries[0] if self._entries else None
        if not self._started:
            self._patience = self._patience or Patience(self._look, now, is_key=False, seen=False)
            wait = self._patience.wait(now, at_prompt=False)
            if wait > 0:
                return wait
            # The marks go where the shell's errors go, which may be nowhere (`exec 2>/dev/null`).
            self._type_line() if self._lines else self._begin(now, marked=False)
            return 0.0
        if isinstance(entry, Awaited):
            if self._unsearched and self._has_printed(entry):
                self._entries.popleft()
                self._seen, self._patience = True, None
                return 0.0
            return self._watch(now)
        if isinstance(entry, Typed):
            self._patience = self._patience or Patience(self._look, now, is_key=entry.is_key, seen=self._seen)
            wait = self._patience.wait(now, at_prompt=self._shown.terminal.column > 0)
            if wait > 0:
                return wait
            self._type(entry)
            return 0.0
        return self._watch(now)

    def _type_line(self) -> None:
        line = self._lines.popleft().encode()
        self._echoes.append(line)
        self._shell.send(line + b"\n")
        self._patience = None

    def _type(self, entry: Typed) -> None:
        self._entries.popleft()
        if any(isinstance(later, Awaited) for later in self._entries):
            self._view = Terminal(self._shown.columns)
        self._shell.send(entry.data)
        self._sent, self._seen, self._patience = entry, False, None
        self._heard = time.monotonic()

    def _text(self, data: bytes) -> None:
        self._heard = time.monotonic()
        if self._patience:
            self._patience.heard(self._heard)
        if not self._started:
            self._preamble += data
            return
        self._shown.feed(data)
        if self._view is not self._shown.terminal:
            self._view.feed(data)
        self._unsearched = True

    def _mark(self, mark: Mark) -> bool:
        """Take a mark; whether it ends the command."""
        if mark.kind == "D":
            if self._started or self._is_echoed():
                return True
            # A prompt from before: a key came when its program had just ended. Or nothing is echoed.
            self._refused = mark.status
        elif self._started:
            pass
        elif mark.kind == "C":
            self._begin(time.monotonic(), marked=True)
        elif self._lines:
            self._type_line()
        elif self._entries and isinstance(self._entries[0], Typed):
            self._lines.append(self._entries.popleft().text)
            self._taken += 1
            self._type_line()
        else:
            self._shell.send(b"\x03")
            raise NotComplete("bash waits for further lines", self._done(-1))
        return False

    def _begin(self, now: float, *, marked: bool) -> None:
        """Its output begins."""
        late, after = _without_echo(self._preamble, self._echoes) or (b"", self._preamble)
        if marked:
            # Whatever came before the mark is not its own.
            late, after = late + after, b""
            self._refused = None
        self._shell.late(late)
        self._started, self._patience = True, None
        self._shown.begin(now)
        self._began = self._heard = now
        self._deadline = now + self._timeout
        if after:
            self._shown.feed(after)

    def _is_echoed(self) -> bool:
        return _without_echo(self._preamble, self._echoes) is not None

    def _end(self, mark: Mark) -> Done:
        if not self._started:
            # Bash refused the line; below its echo stands why.
            self._begin(self._began, marked=False)
        done = self._done(mark.status)
        if mark.unread and self._sent:
            raise ProgramEnded(done, self._sent)
        if mark.unread:
            raise ShellLost("takes the terminal from the page's shell, which reads something else now", done)
        self._unsearched = True
        while self._entries:
            entry = self._entries[0]
            if isinstance(entry, Typed) or not self._has_printed(entry):
                raise ProgramEnded(done, entry)
            self._entries.popleft()
        if "v" in mark.flags:
            raise ShellLost("makes the page's shell print each line once more as it reads it", done)
        if self._sent:
            self.after += self._shell.receive(_SETTLE)
            if any(isinstance(event, Mark) for event in self.after):
                raise ProgramEnded(done, self._sent)
        return done

    def _done(self, status: int) -> Done:
        seconds = round(time.monotonic() - self._began, 3)
        terminal = self._shown.terminal
        return Done(status, seconds, terminal.lines(), terminal.dropped, self._taken)

    def _never_ended(self) -> None:
        if not self._started:
            self._begin(self._began, marked=False)
        done = self._done(-1)
        self._shell.stop()
        entry = self._entries[0] if self._entries else None
        raise NeverEnded(done, entry if isinstance(entry, Awaited) else None)

    def _has_printed(self, entry: Awaited) -> bool:
        self._unsearched = False
        lines = [line.text for line in self._view.lines()]
        # What is typed is seen as well, and is not the program's answer.
        if self._sent and self._view is not self._shown.terminal and lines and lines[0].endswith(self._sent.text):
            lines = lines[1:]
        return any(entry.text in line for line in lines)

    def _watch(self, now: float) -> float:
        """Look at the shell now and then while its command is silent; the seconds until it is to be looked at again."""
        if self._unsearched and self._entries:
            return _SEARCH
        silent = now - self._heard
        if silent < _SILENCE:
            return _SILENCE - silent
        if now - max(self._looked, self._heard) >= _GLANCE or self._looked <= self._heard:
            self._looked = now
            if not self._look().reading:
                self._asleep = None
            elif self._asleep is None:
                self._asleep = now
            elif now - self._asleep >= _ASLEEP:
                raise NotReady("bash waits for a line", self._done(-1))
        return max(self._looked + _GLANCE - now, 0.001)

    def _look(self) -> Look:
        look = self._shell.look()
        if look.replaced:
            raise ShellLost("put another program in the place of the page's shell", self._done(-1))
        if look.stopped:
            raise ShellLost("stopped the page's shell", self._done(-1))
        return look


def _without_echo(data: bytes, lines: list[bytes]) -> tuple[bytes, bytes] | None:
    """What a terminal printed, without the echo of typed lines: what came before it or in it, and what came after; None where it is not there."""
    for newline in (b"\r\n", b"\n"):
        at, late = 0, b""
        for line in lines:
            found = data.find(line + newline, at)
            if found < 0:
                break
            late += data[at:found]
            at = found + len(line + newline)
        else:
            return late, data[at:]
    # Something else was printed amid it.
    echo = b"".join(line + b"\r\n" for line in lines)
    amid, at = bytearray(), 0
    for place, byte in enumerate(data):
        if at < len(echo) and byte == echo[at]:
            at += 1
            if at == len(echo):
                return bytes(amid), data[place + 1 :]
        else:
            amid.append(byte)
    return None
