"""A long-lived bash of root in a sandbox, unseen by the page, that answers questions: one round trip each.

An `exec` of the engine's API takes four requests and a new process; a question to a shell that is there takes
a hundredth of it. It also works where an engine's own `top` and `stats` do not (Podman, rootless).
"""

from __future__ import annotations

import secrets
import shlex
import threading
import time
from typing import TYPE_CHECKING

from docker_notes.engine.stream import Frames, Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker_notes.engine.client import Client

__all__ = ["Control", "ControlEnded"]

# The most that an exit status and the byte behind it take.
_STATUS = 4
# What stands between an answer and its exit status: a byte that no text holds, and a word that no page knows.
_ANSWER = "( {script} ) {stdin} 2>&1; printf '\\000{nonce}:%d\\000' $?\n"
# The rest of what was sent must not be read as commands where a script ends early.
_FED = (
    "head --bytes={count} | {{ ( {script} ) 2>&1; status=$?; cat >/dev/null; exit $status; }}; printf '\\000{nonce}:%d\\000' $?\n"
)


class ControlEnded(Exception):
    """The shell ended, or gave no answer in time: the sandbox says what became of it.

    Args:
        silent: whether the time ran out.
    """

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        super().__init__("gave no answer in time" if silent else "ended")


class Control:
    """The shell of one container. Its questions may come from several threads, one after the other.

    Args:
        client: of the engine around it.
        container: the container's id.

    Raises:
        EngineError: where the engine does not start it.
    """

    def __init__(self, client: Client, container: str) -> None:
        self._nonce = secrets.token_hex(8)
        self._lock = threading.Lock()
        made = client.api.exec_create(container, ["bash", "--noprofile", "--norc"], stdin=True, user="root")["Id"]
        self._stream = Stream(client, client.api.exec_start(made, socket=True), "a question to the sandbox")
        self._frames = Frames()

    def ask(
        self, script: str, *args: str, user: str = "", env: Mapping[str, str] | None = None, data: bytes = b"", timeout: float
    ) -> tuple[int, bytes]:
        """Run a script there.

        Args:
            script: for bash.
            args: its `$1`, `$2`, …
            user: whose it is to be; root's where empty.
            env: further variables of its environment.
            data: its standard input.
            timeout: seconds until no answer is waited for any more.

        Returns:
            Exit status, and what it printed.

        Raises:
            ControlEnded: where there is no answer. The shell can then not be used any more.
            Unreachable: where the connection to the engine broke.
        """
        words = _words(script, args, user, env or {})
        nonce = self._nonce
        line = (
            _FED.format(count=len(data), script=words, nonce=nonce)
            if data
            else _ANSWER.format(script=words, stdin="</dev/null", nonce=nonce)
        )
        with self._lock:
            self._stream.send(line.encode() + data)
            return self._answer(time.monotonic() + timeout)

    def _answer(self, deadline: float) -> tuple[int, bytes]:
        mark = f"\0{self._nonce}:".encode()
        heard = bytearray()
        while True:
            piece = self._stream.receive(deadline - time.monotonic())
            if not piece:
                self.close()
                raise ControlEnded(silent=piece is None)
            heard += self._frames.feed(piece)
            # Of the end alone, as an answer may be long.
            at = heard.rfind(mark, max(0, len(heard) - len(mark) - _STATUS))
            if at >= 0 and heard.endswith(b"\0"):
                return int(heard[at + len(mark) : -1]), bytes(heard[:at])

    def close(self) -> None:
        """Hang up. May be called twice."""
        self._stream.close()


def _words(script: str, args: tuple[str, ...], user: str, env: Mapping[str, str]) -> str:
    """A script as one line for a subshell. `eval`, so that a mistake in it ends no more than itself."""
    exports = "".join(f"export {name}={shlex.quote(value)}; " for name, value in env.items())
    if user:
        inner = shlex.join(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "bash", "-c", script, "bash", *args])
        return f"export HOME=/home/{user} USER={user}; {exports}{inner}"
    given = f"set -- {shlex.join(args)}; " if args else ""
    return f"{exports}{given}eval {shlex.quote(script)}"
