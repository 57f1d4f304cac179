"""A disposable engine in a container.

The sandbox's PID 1 ends when its attached stdin closes, so it dies with the process that
started it, however that ends; behind a network, which may be cut unseen, also when it has not
heard of that process for a minute. The engine inside is not reachable from outside.
"""

from __future__ import annotations

import contextlib
import io
import json
import secrets
import socket
import tarfile
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from docker_notes.engine.border import NotFound, Refused, Unreachable, border
from docker_notes.engine.control import Control, ControlEnded
from docker_notes.engine.stream import Frames, Stream, hang_up, raw_socket
from docker_notes.errors import DockerNotesError, EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from docker.models.containers import Container

    from docker_notes.engine.client import Client
    from docker_notes.engine.endpoint import Endpoint
    from docker_notes.engine.state import EngineState

__all__ = [
    "HOME", "LEAST_MEMORY", "MEMORY", "START_TIMEOUT", "USER", "ConnectionBroke", "Sandbox", "SandboxGone", "hang_up", "raw_socket", "reached",
]  # fmt: skip

USER = "reader"
HOME = f"/home/{USER}"
START_TIMEOUT = 60.0
# Seconds: what answers at once has this long on a busy machine; a reset removes all that a page made.
_ASK_TIMEOUT, _RESET_TIMEOUT = 30.0, 60.0
# Seconds between two signs of life to a sandbox behind a network, and without one until it ends.
_BEAT, _SILENCE = 15.0, 60
# What a page may use of the machine: a flood or a fork bomb is then an error of that page alone.
# All that is written lies in memory, below the limit of memory, and leaves with the sandbox.
PIDS = 2048
MEMORY, LEAST_MEMORY = 6 * 2**30, 2 * 2**30
_WRITABLE = {
    "/var/lib/docker": "exec,suid,dev,size=80%",
    HOME: "exec,mode=0755,size=1g",  # its owner is set inside: Podman knows no `uid=` here
    "/tmp": "exec,mode=1777,size=1g",  # noqa: S108  # the sandbox's own
    "/var/tmp": "exec,mode=1777,size=256m",  # noqa: S108
    "/run": "exec,size=256m",
    "/var/log": "size=64m",
    "/root": "size=64m",
}

# The engine's API by curl: each `docker` would take as long as what it asks for. A list's Ids are its own
# lines; labels that look like one are of things that are then not found.
_API = r"""
api() { curl --silent --show-error --fail --globoff --unix-socket /var/run/docker.sock --request "$@"; }
ids() { grep -oE "\"$1\":\"[^\"]+\"" | cut -d '"' -f 4; }
images() { api GET 'http://localhost/images/json?all=1'; }
tags() { images | grep -oE '"RepoTags":\[[^]]*' | grep -oE '"[^"]+:[^"]+"' | tr -d '"'; }
networks() { api GET http://localhost/networks | ids Id | sort; }
"""
_READY = r"""
end=$((SECONDS + $1))
until api GET http://localhost/_ping >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { tail -n 15 /var/log/dockerd.log; exit 1; }
    sleep 0.02
done
images && echo && networks
"""
_RESET = r"""
pkill -KILL -u {user}
api GET 'http://localhost/containers/json?all=1' | ids Id | sed 's,.*,http://localhost/containers/&?force=1\&v=1,' | \
    xargs --no-run-if-empty curl --silent --parallel --unix-socket /var/run/docker.sock --request DELETE
{{ api GET http://localhost/volumes | ids Name | while read -r name; do api DELETE "http://localhost/volumes/$name"; done; }} &
api POST http://localhost/networks/prune &
{{
    images | ids Id | grep -vxF "$KEEP" | while read -r id; do api DELETE "http://localhost/images/$id?force=1"; done
    tags | grep -vxF "$TAGS" | while read -r tag; do api DELETE "http://localhost/images/$tag"; done
    api POST 'http://localhost/build/prune?all=1'
}} &
find {home} /tmp /var/tmp -mindepth 1 -delete
chmod 755 {home}
wait
# What a page could have done that this does not undo: say so, and be thrown away. Of a swarm, the networks that it makes are left.
[ "$(images)" = "$BASES" ] && [ "$(networks)" = "$NETWORKS" ] && [ -z "$(find {home} /tmp /var/tmp -mindepth 1)" ] &&
    [ "$(api GET 'http://localhost/containers/json?all=1')" = "[]" ] && [ -z "$(api GET http://localhost/volumes | ids Name)" ] &&
    [ -z "$(api GET http://localhost/plugins | ids Id)" ]
"""
# By the shell's own means: these two are asked often, and what they cost is seen by the second one.
_RUNNING = r"""
for file in /proc/[0-9]*/comm; do
    { read -r name <"$file"; } 2>/dev/null && [[ $name == containerd-shim* ]] && file=${file#/proc/} && echo "${file%/comm}"
done
:
"""
_CPU = r"""
for file in /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/cpuacct/cpuacct.usage /sys/fs/cgroup/cpu,cpuacct/cpuacct.usage; do
    [ -r "$file" ] && while read -r name value; do
        case $name in usage_usec) echo "${value}000"; exit ;; [0-9]*) echo "$name"; exit ;; esac
    done <"$file"
done
:
"""
_ANSWERS_URL = 'curl -so /dev/null --max-time 2 "$1"'
# docker-proxy accepts before the program listens, and closes at once: a port answers when it stays open, or speaks first.
_ANSWERS_PORT = 'exec 3<>"/dev/tcp/localhost/$1" && { LC_ALL=C IFS= read -rd "" -n 1 -t 0.2 -u 3; [ $? -ne 1 ]; }'


class SandboxGone(DockerNotesError):
    """The sandbox, or its engine, ended midway."""


class ConnectionBroke(SandboxGone):
    """The connection to the engine around the sandbox ended midway: nothing that a page did."""


@contextlib.contextmanager
def reached() -> Iterator[None]:
    """For calls into a sandbox.

    Raises:
        ConnectionBroke: where the connection to the engine around it ended.
        SandboxGone: where the sandbox does not answer.
    """
    try:
        yield
    except Unreachable as error:
        raise ConnectionBroke(f"the sandbox is gone: {error}") from error
    except (EngineError, OSError) as error:
        raise SandboxGone(f"the sandbox is gone: {error}") from error


@dataclass(eq=False)
class Sandbox:
    """A running sandbox. Use `Sandbox.start`, and `close` at the end."""

    client: Client
    container: Container
    _stdin: Stream
    tainted: bool = False
    _bases: str = ""
    _networks: str = ""
    _control: Control | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def start(cls, image: str, client: Client, labels: Mapping[str, str], memory: int = MEMORY) -> Sandbox:
        """Start a sandbox and wait until its engine answers.

        Args:
            image: the sandbox's image on the outer engine.
            client: of the outer engine; it is the sandbox's own from here on, and closed with it.
            labels: labels of the container.
            memory: bytes that it may use, files included.

        Raises:
            EngineError: where it does not start, or its engine does not answer within START_TIMEOUT seconds.
        """
        # Named by us: what is made although its making was not answered can be removed all the same.
        name = f"docker-notes-{secrets.token_hex(6)}"
        silence = _SILENCE if client.endpoint.remote else 0
        try:
            container = client.containers.create(
                image,
                name=name,
                privileged=True,
                stdin_open=True,
                hostname="sandbox",
                auto_remove=True,
                labels=dict(labels),
                command=[str(silence), *_forbidden(client.endpoint)],
                read_only=True,
                tmpfs={path: options.replace("80%", str(memory * 4 // 5)) for path, options in _WRITABLE.items()},
                pids_limit=PIDS,
                mem_limit=memory,
                memswap_limit=memory,
                use_config_proxy=False,  # a proxy's address may hold a password
            )
            attached = container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        except BaseException:
            _remove(client, name)
            client.close()
            raise
        sandbox = cls(client, container, Stream(client, attached, "the sandbox's own input"))
        try:
            container.start()
            if silence:
                threading.Thread(target=sandbox._beat, name="heartbeat", daemon=True).start()
            sandbox._await_engine()
        except BaseException as error:
            said = sandbox._last_words()
            sandbox.close()
            if isinstance(error, DockerNotesError) and not isinstance(error, Unreachable):
                raise EngineError(f"the sandbox does not start: {error}{said}") from error
            raise
        return sandbox

    def _await_engine(self) -> None:
        status, said = self.sh(_API + _READY, str(int(START_TIMEOUT)), timeout=START_TIMEOUT + _ASK_TIMEOUT)
        if status:
            raise EngineError(f"its engine does not answer after {START_TIMEOUT:.0f} s; its log ends:\n{said}")
        bases, _, networks = said.partition("\n")
        with border(self.client.endpoint, "the list of base images"):
            found = [str(image["Id"]) for image in json.loads(bases)]
        if not found:
            raise EngineError("its engine has no base images; `docker-notes images` makes its image anew")
        self._bases, self._networks = bases, networks.strip()

    def _last_words(self) -> str:
        """What PID 1 printed, for an error: it prints only what went wrong."""
        frames, heard = Frames(), b""
        with contextlib.suppress(EngineError):
            while piece := self._stdin.receive(0.1):
                heard += frames.feed(piece)
        lines = heard.decode(errors="replace").strip().split("\n")[-8:]
        return "".join(f"\n    {line}" for line in lines if line)

    def _beat(self) -> None:
        """Tell the sandbox that we are there."""
        with contextlib.suppress(EngineError):
            while not self._ended.wait(_BEAT):
                self._stdin.send(b"\n")

    def close(self) -> None:
        """End the sandbox and all that is in it. May be called twice."""
        if "state" in vars(self):
            self.state.close()
        self._ended.set()
        if self._control:
            self._control.close()
        self._stdin.close()
        _remove(self.client, str(self.container.id))
        self.client.close()

    def sh(
        self,
        script: str,
        *args: str,
        user: str = "",
        env: Mapping[str, str] | None = None,
        data: bytes = b"",
        timeout: float = _ASK_TIMEOUT,
    ) -> tuple[int, str]:
        """Run a script in the sandbox, unseen by the page. One round trip.

        Args:
            script: for bash.
            args: its `$1`, `$2`, …
            user: whose it is to be; root's where empty.
            env: further variables of its environment.
            data: its standard input.
            timeout: seconds.

        Returns:
            Exit status, and what it printed.

        Raises:
            ConnectionBroke: where the connection to the engine around it ended.
            SandboxGone: where the sandbox does not answer.
        """
        with reached():
            # Twice: a page that ends every process it can reach ends the control shell, but not the sandbox.
            for last in (False, True):
                try:
                    if self._control is None:
                        self._control = Control(self.client, str(self.container.id))
                    status, output = self._control.ask(script, *args, user=user, env=env, data=data, timeout=timeout)
                except ControlEnded as error:
                    self._control = None
                    if last or error.silent or self._ended.is_set():
                        raise self.gone(f"its control shell {error}") from error
                except Refused as error:  # of an exec: it does not run
                    raise self.gone(str(error)) from error
                else:
                    return status, output.decode(errors="replace")
        raise AssertionError

    def gone(self, seen: str) -> SandboxGone:
        """The error for a connection into the sandbox that ended: what became of it.

        Args:
            seen: what is told where it still runs.
        """
        try:
            state = self.client.api.inspect_container(str(self.container.id))["State"]
        except NotFound:
            return SandboxGone("the sandbox is gone: its container has ended")
        except Unreachable as error:
            return ConnectionBroke(f"the sandbox is gone: {error}")
        except EngineError as error:
            return SandboxGone(f"the sandbox is gone: {error}")
        if state.get("Running"):
            return SandboxGone(f"the sandbox is gone: {seen}")
        return SandboxGone(
            f"the sandbox is gone: its container has ended{', for want of memory' if state.get('OOMKilled') else ''}"
        )

    def put(self, folder: Path, files: Sequence[Path]) -> None:
        """Copy files of an example's folder to a folder of that name in the reader's home.

        Raises:
            SandboxGone: where they can not be copied.
        """
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
        # Not by the engine's archive call, which does not reach what lies in memory.
        unpack = f"tar --extract --same-owner --same-permissions --directory={HOME}"
        status, said = self.sh(unpack, data=archive.getvalue(), timeout=_RESET_TIMEOUT)
        if status:
            raise SandboxGone(f"the example cannot be copied into the sandbox: {said.strip()}")

    def running(self) -> set[str]:
        """The containers that run inside, each by the process that stands behind it: started anew, it has another one.

        Raises:
            SandboxGone: where the sandbox no longer answers.
        """
        return set(self.sh(_RUNNING)[1].split())

    def cpu_seconds(self) -> float:
        """Seconds of processors that everything in it has used so far. Where the kernel counts none, as if one were always busy.

        Raises:
            SandboxGone: where the sandbox no longer answers.
        """
        told = self.sh(_CPU)[1].strip()
        return float(told) / 1e9 if told.isdecimal() else time.monotonic()

    def answers(self, target: str, timeout: float) -> bool:
        """Wait until a URL or port of the sandbox answers, at most `timeout` seconds."""
        script = _ANSWERS_PORT if target.isdigit() else _ANSWERS_URL
        loop = f"end=$((SECONDS + {int(timeout) + 1})); until ( {script} ) 2>/dev/null; do [ $SECONDS -lt $end ] || exit 1; sleep 0.05; done"
        return self.sh(loop, target, user=USER, timeout=timeout + _ASK_TIMEOUT)[0] == 0

    def engine_answers(self) -> bool:
        """Whether the engine inside still does."""
        try:
            return self.sh("timeout 5 docker version >/dev/null 2>&1")[0] == 0
        except SandboxGone:
            return False

    @cached_property
    def versions(self) -> tuple[str, str]:
        """Versions of the engine and of buildx inside."""
        server = self.sh("docker version --format '{{.Server.Version}}'")[1].strip()
        status, buildx = self.sh("docker buildx version")
        return server, buildx.split()[1] if status == 0 else "none"

    @cached_property
    def state(self) -> EngineState:
        """What the engine inside holds."""
        from docker_notes.engine.state import EngineState  # noqa: PLC0415  # it is made of a sandbox

        return EngineState(self)

    def reset(self) -> bool:
        """Bring the engine back to just its base images, with a cold build cache and an empty home.

        Returns:
            Whether that succeeded; otherwise the sandbox is to be closed.
        """
        if self.tainted:
            return False
        images = json.loads(self._bases)
        keep = "\n".join(image["Id"] for image in images)
        tags = "\n".join(tag for image in images for tag in image.get("RepoTags") or [])
        script = _API + _RESET.format(user=USER, home=HOME)
        env = {"KEEP": keep, "TAGS": tags, "BASES": self._bases, "NETWORKS": self._networks}
        try:
            return self.sh(script, env=env, timeout=_RESET_TIMEOUT)[0] == 0
        except SandboxGone:
            return False


def _remove(client: Client, name: str) -> None:
    """Twice, as nobody else would before the process ends."""
    for _ in range(2):
        try:
            client.api.remove_container(name, force=True, v=True)
        except NotFound:
            return
        except EngineError:
            continue
        else:
            return


def _forbidden(endpoint: Endpoint) -> list[str]:
    """The address and port of the outer engine's API, where it has one on a network, as `ADDRESS PORT` each."""
    url = urlsplit(endpoint.url)
    if endpoint.scheme != "tcp" or not url.hostname or not url.port:
        return []
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(url.hostname, url.port, socket.AF_INET)}
    except OSError:
        found = set()
    return [f"{address} {url.port}" for address in sorted(found)]
