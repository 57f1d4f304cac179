"""An engine behind ssh: one `ssh -L` of our own to a private socket. Below it everything is a local socket.

By OpenSSH itself, so that keys, agents, jump hosts and names of ~/.ssh/config are what they are for the user.
"""

from __future__ import annotations

import atexit
import select
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from docker_notes.engine.endpoint import Endpoint

__all__ = ["forwarded"]

READY_TIMEOUT = 15.0  # seconds
# Nothing asks; a forward that can not be is an error; a dead line is noticed within 20 s.
_OPTIONS = [
    "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "ConnectTimeout=10",
    "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "-o", "ControlPath=none",
]  # fmt: skip
_ASK = "docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null"
_REMOTE = "/var/run/docker.sock"


class _Forward:
    """A running `ssh -L`. It ends with this process, however that ends: its stdin is a pipe of ours."""

    def __init__(self, endpoint: Endpoint) -> None:
        parts = urlsplit(endpoint.url)
        self._name = endpoint.name
        self._target = f"{parts.username}@{parts.hostname}" if parts.username else str(parts.hostname)
        self._words = ["ssh", *_OPTIONS, *(["-p", str(parts.port)] if parts.port else [])]
        if not shutil.which("ssh"):
            raise EngineError(f"{endpoint.name} needs the program ssh, which is not installed here")
        remote = parts.path if parts.path.strip("/") else self._ask()
        self._folder = Path(tempfile.mkdtemp(prefix="docker-notes-ssh."))
        self.socket = self._folder / "docker.sock"
        self._errors = (self._folder / "errors").open("w+")
        self._process = subprocess.Popen(  # noqa: S603
            [*self._words, "-L", f"{self.socket}:{remote}", "--", self._target, "echo ready; cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,  # Ctrl-C is for us: what is at work is ended in order, over this line
        )
        atexit.register(self.close)
        self._await()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        atexit.unregister(self.close)
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe:
                pipe.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask(self) -> str:
        """The socket that the CLI uses there."""
        try:
            done = subprocess.run(  # noqa: S603
                [*self._words, "--", self._target, _ASK],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=READY_TIMEOUT,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise self._error(f"no answer within {READY_TIMEOUT:.0f} s") from None
        if done.returncode == 255:  # noqa: PLR2004  # ssh's own fault, not the program's (ssh(1), EXIT STATUS)
            raise self._error(done.stderr)
        host = done.stdout.strip()
        return host.removeprefix("unix://") if host.startswith("unix://") else _REMOTE

    def _await(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT
        output = self._process.stdout
        heard = b""
        while output and b"ready" not in heard:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                break
            piece = output.read1(4096)  # type: ignore[attr-defined]  # a pipe of Popen is buffered
            if not piece:
                break
            heard += piece
        if b"ready" in heard:
            return
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read()
        self.close()
        raise self._error(said or f"no answer within {READY_TIMEOUT:.0f} s")

    def _error(self, said: str) -> EngineError:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return EngineError(
            f"{self._name} does not answer: {lines[-1] if lines else 'ssh ended'}\n    Try: ssh {self._target} docker version"
        )


_forwards: dict[str, _Forward] = {}
_lock = threading.Lock()


def forwarded(endpoint: Endpoint) -> Path:
    """The local socket behind which an engine answers; one that broke is opened again.

    Raises:
        EngineError: where ssh does not get there; its last line is told.
    """
    with _lock:
        forward = _forwards.get(endpoint.url)
        if forward and not forward.alive:
            forward.close()
            forward = None
        if forward is None:
            forward = _forwards[endpoint.url] = _Forward(endpoint)
        return forward.socket
