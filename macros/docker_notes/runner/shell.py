"""The bash behind a terminal into which a page is typed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from docker_notes.engine.look import TerminalEnded
from docker_notes.errors import DockerNotesError
from docker_notes.page.model import Typed
from docker_notes.runner.command import Command, ProgramEnded, Shown
from docker_notes.runner.marks import Mark, Marks
from docker_notes.terminal.emulator import ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker_notes.engine.look import Look
    from docker_notes.page.model import Awaited
    from docker_notes.runner.command import Done
    from docker_notes.runner.executor import Executor
    from docker_notes.terminal.lines import Line

__all__ = ["Shell", "ShellEnded"]

START_TIMEOUT = 60.0
# Seconds at the end of a page for what still runs in its background, and for what is still on its way.
_LINGER, _LAST = 1.0, 0.05


class ShellEnded(DockerNotesError):
    """The command ended the page's shell (`exit`)."""


class Shell:
    """A bash behind a terminal. One a page.

    What comes between two commands, from something in the background, belongs to the command before: it stands below
    it, as on any terminal.

    Raises:
        ShellEnded: where it shows no prompt within START_TIMEOUT seconds.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._columns = 0
        self._marks = Marks()
        self._pid = 0
        self._before: Shown | None = None  # of the last command that a reader sees
        self._last: tuple[Done, Typed] | None = None  # the last command's, and what was typed last into its program
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise

    def _set_up(self) -> None:
        self.send(self._marks.setup)
        deadline = time.monotonic() + START_TIMEOUT
        while not self._pid:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ShellEnded("the shell shows no prompt")
            for event in self.receive(left):
                if isinstance(event, Mark) and event.kind == "D":
                    self._pid = event.shell

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._executor.close()

    def run(
        self, command: str, typed: Sequence[Typed | Awaited] = (), *, timeout: float, columns: int, hidden: bool = False
    ) -> Done:
        """Type a command, then the typed lines as its program gets ready for them, and wait for the prompt.

        Args:
            command: what a person would type, with all its lines.
            typed: lines for the program that the command starts, and texts to wait for.
            timeout: seconds until it is stopped.
            columns: width of the terminal.
            hidden: whether no reader sees it: what it prints counts as more of the command before.

        Raises:
            NeverEnded: at the time limit; the place is then not to be used again.
            ProgramEnded: where the program ended before it read a line, or printed what was waited for.
            NotComplete: where bash waits for further lines of the command.
            NotReady: where bash waits for a line that nobody types.
            ShellLost: where the command did something to the shell after which it cannot be typed into.
            ShellEnded: where the command ended the shell.
        """
        if columns != self._columns:
            self._executor.resize(columns, ROWS)
            self._columns = columns
        self._between(0.0)
        shown = self._before if hidden and self._before else Shown(columns)
        run = Command(self, shown, command, typed, timeout)
        done = run.run()
        if hidden:
            return done
        before = self._more_lines()
        self._before = shown
        shown.more = False
        for event in run.after:
            self.late(event)
        sent = [entry for entry in typed if isinstance(entry, Typed)]
        self._last = (done, sent[-1]) if sent else None
        return replace(done, before=before)

    def finish(self) -> tuple[Line, ...] | None:
        """Take what the page's background still prints, for a bounded moment.

        Returns:
            The lines of the last command, where more of them came since it ended.

        Raises:
            ProgramEnded: where bash, and not its program, got what was typed last.
            ShellEnded: where the shell ended.
        """
        deadline = time.monotonic() + _LINGER
        while time.monotonic() < deadline and self.look().beside:
            self._between(_LAST)
        self._between(_LAST)
        return self._more_lines()

    def _between(self, timeout: float) -> None:
        for event in self.receive(timeout):
            if isinstance(event, bytes):
                self.late(event)
            elif self._last:
                # A prompt that no command brought back.
                raise ProgramEnded(*self._last)

    def _more_lines(self) -> tuple[Line, ...] | None:
        return self._before.terminal.lines() if self._before and self._before.more else None

    # ------------------------------------------------------------------ for a command on its way

    def send(self, data: bytes) -> None:
        """Type bytes."""
        try:
            self._executor.send(data)
        except TerminalEnded as error:
            raise ShellEnded("the command ended the page's shell") from error

    def receive(self, timeout: float) -> Sequence[bytes | Mark]:
        """What came: text and marks."""
        try:
            data = self._executor.receive(max(0.0, timeout))
        except TerminalEnded as error:
            raise ShellEnded("the command ended the page's shell") from error
        return list(self._marks.read(data)) if data else []

    def late(self, event: bytes | Mark) -> None:
        """Take what came after a command's end."""
        if isinstance(event, bytes) and event and self._before:
            self._before.feed(event)

    def look(self) -> Look:
        """Look at the shell and at what runs beside it."""
        return self._executor.look(self._pid)

    def stop(self) -> None:
        """End all that runs."""
        self._executor.stop()
