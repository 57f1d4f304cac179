"""The bash behind a terminal into which a page is typed, in its sandbox."""

from __future__ import annotations

import contextlib
import re
import secrets
import select
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from docker_notes.engine.sandbox import HOME, START_TIMEOUT, USER, SandboxGone, reached
from docker_notes.engine.stream import Stream
from docker_notes.errors import DockerNotesError
from docker_notes.terminal.emulator import ROWS, Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker_notes.engine.sandbox import Sandbox
    from docker_notes.page.model import Typed
    from docker_notes.terminal.lines import Line

# Typed lines are sent to a program that shows a prompt (the cursor stands in a line) once it has been
# quiet for a moment. One that shows none may still be at work: lines are sent once nothing in the sandbox
# has computed for a while, or when it has been quiet for so long that this will not come.
QUIET_AT_PROMPT, STILL, QUIET = 0.3, 0.5, 3.0
# Seconds between two looks at the sandbox, and the share of one core that an engine at rest may use.
_GLANCE, _REST = 0.125, 0.1

# Ctrl-P Ctrl-Q are for the containers inside; the outer engine is given keys that nobody types.
_NO_DETACH_KEYS = "ctrl-_,ctrl-^,ctrl-_,ctrl-^"

# The shell's integration marks of OSC 133, from FinalTerm: C before an output, D;status behind it.
# The nonce keeps a program that prints such marks from ending its own step.
_BASHRC = r"""PS0='\e]133;C;{nonce}\a' PS1='\e]133;D;{nonce};$?\a' PS2= PROMPT_COMMAND=; set +H; unset HISTFILE"""

_MARK = b"\x1b]133;"


class NeverEnded(DockerNotesError):
    """A command was still running at its time limit."""

    def __init__(self, done: Done) -> None:
        self.done = done
        super().__init__("a command never ended")


class ShellEnded(DockerNotesError):
    """The command ended the page's shell (`exit`, `exec`)."""


@dataclass(frozen=True)
class Done:
    """What a command did: its exit status, seconds of wall time, and what the terminal showed."""

    exit_status: int
    seconds: float
    lines: tuple[Line, ...]
    dropped: int


class Shell:
    """A bash behind a terminal. One a page."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._api = sandbox.client.api
        self._nonce = secrets.token_hex(8)
        self._columns = 0
        self._mark = re.compile(rb"\x1b\]133;([CD]);" + self._nonce.encode() + rb"(?:;(\d+))?\x07")
        self._exec, stream = open_bash(sandbox)
        self._stream = Stream(sandbox.client, stream, "a page's shell")
        self._pending = b""
        self._send(_BASHRC.format(nonce=self._nonce).encode() + b"\n")
        self._await_prompt()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def run(self, command: str, typed: Sequence[Typed] = (), *, timeout: float, columns: int) -> Done:
        """Type a command, then the typed lines as its program gets quiet, and wait for the prompt.

        Args:
            command: what a person would type, continuation lines included.
            typed: lines for the program that the command starts.
            timeout: seconds until it is stopped.
            columns: width of the terminal.

        Raises:
            NeverEnded: at the time limit; the sandbox is then tainted.
            ShellEnded: where the command ended the shell.
            SandboxGone: where the sandbox ended.
        """
        if columns != self._columns:
            with reached():
                self._api.exec_resize(self._exec, height=ROWS, width=columns)
            self._columns = columns
        terminal = Terminal(columns)
        self._send(command.encode() + b"\n")
        began = time.monotonic()
        started: float | None = None
        heard = 0.0
        still: _Stillness | None = None
        waiting = list(typed)
        deadline = began + timeout
        while True:
            now = time.monotonic()
            if now >= deadline:
                self._stop(terminal, began)
            wait = deadline - now
            if waiting and started is not None:
                if heard and terminal.column:
                    wait = min(wait, heard + QUIET_AT_PROMPT - now)
                else:
                    still = still or _Stillness(self._sandbox, heard or started)
                    wait = min(wait, still.wait(now))
                if wait <= 0:
                    self._send(waiting.pop(0).data)
                    started, heard, still = now, 0.0, None
                    continue
            if not select.select([self._stream], [], [], max(0.0, wait))[0]:
                continue
            self._pending += self._receive()
            now = time.monotonic()
            while mark := self._mark.search(self._pending):
                before, self._pending = self._pending[: mark.start()], self._pending[mark.end() :]
                if mark[1] == b"C" and started is None:
                    began = started = now
                    deadline = began + timeout
                    continue
                if mark[1] == b"C":
                    continue
                # No C before D: bash refused the line; below its echo stands why.
                terminal.feed(before if started is not None else before.partition(b"\n")[2], now - began)
                return Done(int(mark[2]), round(now - began, 3), terminal.lines(), terminal.dropped)
            if started is not None:
                ready, self._pending = _split_at_escape(self._pending)
                if ready:
                    heard, still = now, None
                    terminal.feed(ready, now - began)

    def _stop(self, terminal: Terminal, began: float) -> None:
        self._sandbox.tainted = True
        done = Done(-1, round(time.monotonic() - began, 3), terminal.lines(), terminal.dropped)
        with contextlib.suppress(DockerNotesError, OSError):
            self._send(b"\x03")
            self._sandbox.sh(f"pkill -KILL -u {USER}")
        raise NeverEnded(done)

    def _await_prompt(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._stream], [], [], left)[0]:
                raise SandboxGone("the sandbox's shell shows no prompt")
            self._pending += self._receive()
            found = [m for m in self._mark.finditer(self._pending) if m[1] == b"D"]
            if found:
                self._pending = self._pending[found[-1].end() :]
                return

    def _send(self, data: bytes) -> None:
        with reached():
            self._stream.send(data)

    def _receive(self) -> bytes:
        with reached():
            data = self._stream.receive(0.0)
        if data:
            return data
        try:
            ended = self._api.exec_inspect(self._exec)["ExitCode"] is not None and not self._sandbox.sh("true")[0]
        except DockerNotesError:
            ended = False
        if ended:
            raise ShellEnded("the command ended the page's shell")
        raise self._sandbox.gone("its shell ended")


class _Stillness:
    """How long nothing in a sandbox has computed, looked at again and again.

    Args:
        sandbox: to look at.
        began: the moment from which on it is watched, by `time.monotonic`.
    """

    def __init__(self, sandbox: Sandbox, began: float) -> None:
        self._sandbox = sandbox
        self._deadline = began + QUIET
        self._since = self._looked = began
        self._used = sandbox.cpu_seconds()

    def wait(self, now: float) -> float:
        """Seconds until it is to be asked again; none once it has been still for long enough, or has been waited for too long."""
        if now - self._looked >= _GLANCE:
            used = self._sandbox.cpu_seconds()
            if used - self._used > _REST * (now - self._looked):
                self._since = now
            self._used, self._looked = used, now
        if self._looked - self._since >= STILL:
            return 0.0
        return min(self._looked + _GLANCE, self._deadline) - now


def open_bash(sandbox: Sandbox) -> tuple[str, Any]:
    """A bash behind a terminal, as the reader's in a sandbox: its id there, and what it is typed into and read from.

    Raises:
        SandboxGone: where the sandbox no longer answers.
    """
    api = sandbox.client.api
    environment = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": HOME, "USER": USER, "DOCKER_CLI_HINTS": "false"}
    bash = ["bash", "--noprofile", "--norc", "--noediting", "-i"]
    with reached():
        made = api.exec_create(
            sandbox.container.id,
            bash,
            tty=True,
            stdin=True,
            user=USER,
            workdir=HOME,
            environment=environment,
            detach_keys=_NO_DETACH_KEYS,
        )["Id"]
        return made, api.exec_start(made, tty=True, socket=True)


def _split_at_escape(data: bytes) -> tuple[bytes, bytes]:
    """Hold back the start of what may become a mark."""
    at = data.rfind(b"\x1b")
    held = data[at:] if at >= 0 else b""
    if held and (held.startswith(_MARK) or _MARK.startswith(held)):
        return data[:at], held
    return data, b""
