"""A disposable engine in a container, and the shell that a page types into.

The sandbox's PID 1 ends when its attached stdin closes, so it dies with the process that
started it, however that ends. The engine inside is not reachable from outside.
"""

from __future__ import annotations

import contextlib
import io
import re
import secrets
import select
import tarfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast

import docker.errors
import requests.exceptions

from macros.errors import DockerNotesError, EngineError
from macros.terminal import ROWS, Terminal

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container

    from macros.console import Typed
    from macros.terminal import Line

USER = "reader"
HOME = f"/home/{USER}"
START_TIMEOUT = 60.0
# What a page may use of the machine: a flood or a fork bomb is then an error of that page alone.
PIDS = 4096
MEMORY = "6g"
DISK = "5g"

# Typed lines are sent once the program is quiet: soon behind a prompt (the cursor stands in a
# line), later where none is shown, later still where nothing was printed at all.
QUIET_AT_PROMPT, QUIET, QUIET_UNHEARD = 0.3, 1.0, 3.0
GRACE = 3.0

# Ctrl-P Ctrl-Q are for the containers inside; the outer engine is given keys that nobody types.
_NO_DETACH_KEYS = "ctrl-_,ctrl-^,ctrl-_,ctrl-^"

# The shell's integration marks of OSC 133, from FinalTerm: C before an output, D;status behind it.
# The nonce keeps a program that prints such marks from ending its own step.
_BASHRC = r"""PS0='\e]133;C;{nonce}\a' PS1='\e]133;D;{nonce};$?\a' PS2= PROMPT_COMMAND=; set +H; unset HISTFILE"""

_MARK = b"\x1b]133;"

_RESET = r"""
set -e
pkill -KILL -u {user} || true
containers=$(docker ps -aq); [ -z "$containers" ] || docker rm -fv $containers
docker volume prune -af; docker network prune -f
images=$(docker images -aq --no-trunc | sort -u | grep -vxF "$KEEP" || true)
[ -z "$images" ] || docker rmi -f $images || true
docker builder prune -af
find {home} /tmp /var/tmp -mindepth 1 -delete
cp -aT /etc/skel {home}; chown -R {user}: {home}
# What a page could have done that this does not undo: say so, and be thrown away.
[ "$(docker images -a --no-trunc --format '{{{{.Repository}}}}:{{{{.Tag}}}} {{{{.ID}}}}' | sort)" = "$BASES" ]
[ -z "$(docker ps -aq)$(docker volume ls -q)" ]
"""
_BASES = "docker images -a --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sort"
_RUNNING = "docker ps -q --no-trunc | sort | xargs -r docker inspect --format '{{.Id}} {{.State.StartedAt}}'"
_ANSWERS_URL = 'curl -so /dev/null --max-time 2 "$1"'
# docker-proxy accepts before the program listens, and closes at once: a port answers when it stays open.
_ANSWERS_PORT = 'exec 3<>"/dev/tcp/localhost/$1" && { read -rt 0.2 -u 3; [ $? -gt 128 ]; }'


class SandboxGone(DockerNotesError):
    """The sandbox, or its engine, ended midway."""


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


@dataclass(eq=False)
class Sandbox:
    """A running sandbox. Use `Sandbox.start`, and `close` at the end."""

    client: DockerClient
    container: Container
    _stdin: Any
    bases: str = ""
    tainted: bool = field(default=False)

    @classmethod
    def start(cls, image: str, client: DockerClient, labels: Mapping[str, str]) -> Sandbox:
        """Start a sandbox and wait until its engine answers.

        Args:
            image: the sandbox's image on the outer engine.
            client: the outer engine.
            labels: labels of the container.

        Raises:
            EngineError: where it does not start, or its engine does not answer within START_TIMEOUT seconds.
        """
        try:
            container = client.containers.create(
                image,
                privileged=True,
                stdin_open=True,
                hostname="sandbox",
                auto_remove=True,
                labels=dict(labels),
                tmpfs={"/var/lib/docker": f"exec,suid,dev,size={DISK}"},
                pids_limit=PIDS,
                mem_limit=MEMORY,
                memswap_limit=MEMORY,
                environment={},
                detach=False,
            )
            stdin = container.attach_socket(params={"stdin": 1, "stream": 1})
            container.start()
        except docker.errors.DockerException as error:
            raise EngineError(f"the sandbox does not start: {error}") from error
        sandbox = cls(client, container, stdin)
        try:
            deadline = time.monotonic() + START_TIMEOUT
            while sandbox.sh("docker version >/dev/null 2>&1")[0]:
                if time.monotonic() > deadline:
                    log = sandbox.sh("tail -n 15 /var/log/dockerd.log")[1]
                    raise EngineError(f"the sandbox's engine does not answer after {START_TIMEOUT:.0f} s; its log ends:\n{log}")
                time.sleep(0.05)
            sandbox.bases = sandbox.sh(_BASES)[1].rstrip("\n")
        except BaseException:
            sandbox.close()
            raise
        return sandbox

    def close(self) -> None:
        """End the sandbox and all that is in it. May be called twice."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        with contextlib.suppress(docker.errors.DockerException, requests.exceptions.RequestException):
            self.container.remove(force=True, v=True)

    def sh(self, script: str, *args: str, user: str = "root", env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run a script in the sandbox, unseen by the page.

        Returns:
            Exit status, and what it printed.

        Raises:
            SandboxGone: where the sandbox no longer answers.
        """
        command = ["bash", "-c", script, "bash", *args]
        try:
            status, output = self.container.exec_run(command, user=user, environment=dict(env or {}))
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise SandboxGone(f"the sandbox is gone: {error}") from error
        return int(status if status is not None else -1), cast("bytes", output).decode(errors="replace")

    def put(self, folder: Path, files: Sequence[Path]) -> None:
        """Copy files of an example's folder to a folder of that name in the reader's home."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path in (folder, *files):
                info = tar.gettarinfo(path, arcname=str(path.relative_to(folder.parent)))
                info.uid = info.gid = 1000
                info.uname = info.gname = USER
                # The same everywhere, whatever the author's umask and clock.
                info.mtime = 0
                info.mode = 0o755 if path.is_dir() or info.mode & 0o100 else 0o644
                if path.is_file():
                    with path.open("rb") as file:
                        tar.addfile(info, file)
                else:
                    tar.addfile(info)
        try:
            self.container.put_archive(HOME, archive.getvalue())
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise SandboxGone(f"the sandbox is gone: {error}") from error

    def running(self) -> set[str]:
        """Which containers run inside, and since when."""
        return set(self.sh(_RUNNING)[1].splitlines())

    def answers(self, target: str, timeout: float) -> bool:
        """Wait until a URL or port of the sandbox answers, at most `timeout` seconds."""
        script = _ANSWERS_PORT if target.isdigit() else _ANSWERS_URL
        loop = f"end=$((SECONDS + {int(timeout) + 1})); until ( {script} ) 2>/dev/null; do [ $SECONDS -lt $end ] || exit 1; sleep 0.05; done"
        return self.sh(loop, target, user=USER)[0] == 0

    def engine_answers(self) -> bool:
        """Whether the engine inside still does."""
        try:
            return self.sh("timeout 5 docker version >/dev/null 2>&1")[0] == 0
        except SandboxGone:
            return False

    def versions(self) -> tuple[str, str]:
        """Versions of the engine and of buildx inside."""
        server = self.sh("docker version --format '{{.Server.Version}}'")[1].strip()
        buildx = self.sh("docker buildx version")[1].split()
        return server, buildx[1] if len(buildx) > 1 else "unknown"

    def reset(self) -> bool:
        """Bring the engine back to just its base images, with a cold build cache and an empty home.

        Returns:
            Whether that succeeded; otherwise the sandbox is to be closed.
        """
        if self.tainted:
            return False
        keep = "\n".join(line.split()[-1] for line in self.bases.splitlines())
        script = _RESET.format(user=USER, home=HOME)
        try:
            return self.sh(script, env={"KEEP": keep, "BASES": self.bases})[0] == 0
        except SandboxGone:
            return False

    def shell(self) -> Shell:
        """A bash behind a terminal, as the reader would have it."""
        return Shell(self)


class Shell:
    """A bash behind a terminal. One a page."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._api = sandbox.client.api
        self._nonce = secrets.token_hex(8)
        self._columns = 0
        self._mark = re.compile(rb"\x1b\]133;([CD]);" + self._nonce.encode() + rb"(?:;(\d+))?\x07")
        environment = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": HOME, "USER": USER, "DOCKER_CLI_HINTS": "false"}
        bash = ["bash", "--noprofile", "--norc", "--noediting", "-i"]
        try:
            made = self._api.exec_create(
                sandbox.container.id,
                bash,
                tty=True,
                stdin=True,
                user=USER,
                workdir=HOME,
                environment=environment,
                detach_keys=_NO_DETACH_KEYS,
            )
            self._exec = made["Id"]
            stream = self._api.exec_start(self._exec, tty=True, socket=True)
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise SandboxGone(f"the sandbox is gone: {error}") from error
        self._stream = stream
        self._socket = cast("socket.socket", getattr(stream, "_sock", stream))
        self._socket.setblocking(True)
        self._pending = b""
        self._send(_BASHRC.format(nonce=self._nonce).encode() + b"\n")
        self._await_prompt()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
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
            self._api.exec_resize(self._exec, height=ROWS, width=columns)
            self._columns = columns
        terminal = Terminal(columns)
        self._send(command.encode() + b"\n")
        began = time.monotonic()
        started: float | None = None
        heard = 0.0
        waiting = list(typed)
        deadline = began + timeout
        while True:
            now = time.monotonic()
            if now >= deadline:
                self._stop(terminal, began)
            wait = deadline - now
            if waiting and started is not None:
                quiet = QUIET_UNHEARD if not heard else QUIET_AT_PROMPT if terminal.column else QUIET
                since = heard or started
                if now - since >= quiet:
                    self._send(waiting.pop(0).data)
                    started, heard = now, 0.0
                    continue
                wait = min(wait, since + quiet - now)
            if not select.select([self._socket], [], [], max(0.0, wait))[0]:
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
                    heard = now
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
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                raise SandboxGone("the sandbox's shell shows no prompt")
            self._pending += self._receive()
            found = [m for m in self._mark.finditer(self._pending) if m[1] == b"D"]
            if found:
                self._pending = self._pending[found[-1].end() :]
                return

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise SandboxGone(f"the sandbox is gone: {error}") from error

    def _receive(self) -> bytes:
        try:
            data = self._socket.recv(65536)
        except OSError as error:
            raise SandboxGone(f"the sandbox is gone: {error}") from error
        if data:
            return data
        try:
            ended = self._api.exec_inspect(self._exec)["ExitCode"] is not None and not self._sandbox.sh("true")[0]
        except (docker.errors.DockerException, requests.exceptions.RequestException, DockerNotesError):
            ended = False
        if ended:
            raise ShellEnded("the command ended the page's shell")
        raise SandboxGone("the sandbox is gone")


def _split_at_escape(data: bytes) -> tuple[bytes, bytes]:
    """Hold back the start of what may become a mark."""
    at = data.rfind(b"\x1b")
    held = data[at:] if at >= 0 else b""
    if held and (held.startswith(_MARK) or _MARK.startswith(held)):
        return data[:at], held
    return data, b""
