"""A disposable engine in a container.

The sandbox's PID 1 ends when its attached stdin closes, so it dies with the process that
started it, however that ends. The engine inside is not reachable from outside.
"""

from __future__ import annotations

import contextlib
import io
import json
import socket
import tarfile
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import docker.errors
import requests.exceptions

from docker_notes.errors import DockerNotesError, EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container


USER = "reader"
HOME = f"/home/{USER}"
START_TIMEOUT = 60.0
# What a page may use of the machine: a flood or a fork bomb is then an error of that page alone.
# All that is written lies in memory, below the limit of memory, and leaves with the sandbox.
PIDS = 2048
MEMORY, LEAST_MEMORY = 6 * 2**30, 2 * 2**30
_WRITABLE = {
    "/var/lib/docker": "exec,suid,dev,size=80%",
    HOME: "exec,uid=1000,gid=1000,mode=0755,size=1g",
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
# What a page could have done that this does not undo: say so, and be thrown away.
[ "$(images)" = "$BASES" ] && [ -z "$(find {home} /tmp /var/tmp -mindepth 1)" ] &&
    [ "$(api GET 'http://localhost/containers/json?all=1')" = "[]" ] && [ -z "$(api GET http://localhost/volumes | ids Name)" ]
"""
_ANSWERS_URL = 'curl -so /dev/null --max-time 2 "$1"'
# docker-proxy accepts before the program listens, and closes at once: a port answers when it stays open, or speaks first.
_ANSWERS_PORT = 'exec 3<>"/dev/tcp/localhost/$1" && { LC_ALL=C IFS= read -rd "" -n 1 -t 0.2 -u 3; [ $? -ne 1 ]; }'


class SandboxGone(DockerNotesError):
    """The sandbox, or its engine, ended midway."""


@contextlib.contextmanager
def reached() -> Iterator[None]:
    """For calls into a sandbox.

    Raises:
        SandboxGone: where the sandbox, or the engine around it, does not answer.
    """
    try:
        yield
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise SandboxGone(f"the sandbox is gone: {error}") from error


@dataclass(eq=False)
class Sandbox:
    """A running sandbox. Use `Sandbox.start`, and `close` at the end."""

    client: DockerClient
    container: Container
    _stdin: Any
    bases: str = ""
    tainted: bool = False

    @classmethod
    def start(cls, image: str, client: DockerClient, labels: Mapping[str, str], memory: int = MEMORY) -> Sandbox:
        """Start a sandbox and wait until its engine answers.

        Args:
            image: the sandbox's image on the outer engine.
            client: the outer engine.
            labels: labels of the container.
            memory: bytes that it may use, files included.

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
                command=_forbidden(client),
                read_only=True,
                tmpfs={path: options.replace("80%", str(memory * 4 // 5)) for path, options in _WRITABLE.items()},
                pids_limit=PIDS,
                mem_limit=memory,
                memswap_limit=memory,
                use_config_proxy=False,  # a proxy's address may hold a password
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
            sandbox.bases = sandbox.sh(f"{_API}images")[1].strip()
        except BaseException:
            sandbox.close()
            raise
        return sandbox

    def close(self) -> None:
        """End the sandbox and all that is in it. May be called twice."""
        hang_up(self._stdin)
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
        with reached():
            status, output = self.container.exec_run(command, user=user, environment=dict(env or {}))
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
        self._unpack(archive.getvalue())

    def _unpack(self, archive: bytes) -> None:
        # Not by the engine's archive call, which does not reach what lies in memory.
        script = f"head --bytes={len(archive)} | tar --extract --same-owner --same-permissions --directory={HOME}"
        api = self.client.api
        try:
            made = api.exec_create(self.container.id, ["bash", "-c", f"set -o pipefail; {script}"], stdin=True, user="root")["Id"]
            stream: Any = api.exec_start(made, socket=True)
            raw_socket(stream).sendall(archive)
            said = b"".join(iter(lambda: stream.read(65536) or b"", b""))
            hang_up(stream)
            status = api.exec_inspect(made)["ExitCode"]
        except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
            raise SandboxGone(f"the sandbox is gone: {error}") from error
        if status:
            raise SandboxGone(f"the example cannot be copied into the sandbox: {said[8:].decode(errors='replace').strip()}")

    def running(self) -> set[str]:
        """The containers that run inside, each by the process that stands behind it: started anew, it has another one.

        Raises:
            SandboxGone: where the sandbox no longer answers.
        """
        with reached():
            processes = self.container.top(ps_args="-eo pid,comm")["Processes"]
        return {pid for pid, name in processes if name.startswith("containerd-shim")}

    def cpu_seconds(self) -> float:
        """Seconds of processors that everything in it has used so far.

        Raises:
            SandboxGone: where the sandbox no longer answers.
        """
        with reached():
            stats = self.client.api.stats(str(self.container.id), stream=False, one_shot=True)
        return float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9

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

    @cached_property
    def versions(self) -> tuple[str, str]:
        """Versions of the engine and of buildx inside."""
        server = self.sh("docker version --format '{{.Server.Version}}'")[1].strip()
        status, buildx = self.sh("docker buildx version")
        return server, buildx.split()[1] if status == 0 else "none"

    def reset(self) -> bool:
        """Bring the engine back to just its base images, with a cold build cache and an empty home.

        Returns:
            Whether that succeeded; otherwise the sandbox is to be closed.
        """
        if self.tainted:
            return False
        bases = json.loads(self.bases)
        keep = "\n".join(image["Id"] for image in bases)
        tags = "\n".join(tag for image in bases for tag in image["RepoTags"])
        script = _API + _RESET.format(user=USER, home=HOME)
        try:
            return self.sh(script, env={"KEEP": keep, "TAGS": tags, "BASES": self.bases})[0] == 0
        except SandboxGone:
            return False


def raw_socket(stream: Any) -> socket.socket:
    """The socket below what the SDK hands out, which depends on how the engine is reached."""
    return cast("socket.socket", getattr(stream, "_sock", stream))


def hang_up(stream: Any) -> None:
    """Close what the SDK hands out, and the socket below, which would else stay open. May be called twice."""
    below = raw_socket(stream)
    with contextlib.suppress(OSError):
        stream.close()
    if below:  # None once a file of a socket is closed
        below.close()


def _forbidden(client: DockerClient) -> list[str]:
    """The address and port of the outer engine's API, where it has one on a network, as `ADDRESS PORT` each."""
    url = urlsplit(str(client.api.base_url))
    if not url.hostname or not url.port:
        return []
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(url.hostname, url.port, socket.AF_INET)}
    except OSError:
        found = set()
    return [f"{address} {url.port}" for address in sorted(found)]
