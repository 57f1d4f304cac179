"""Whose a container on the outer engine is, and its end when the owner is gone.

A sandbox ends by itself when its owner does. What a kill between two calls leaves behind is
removed by a janitor, a small process that waits for its owner's end; what even that can not
do, because the engine was gone as well, is swept at the next start.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import docker.errors
import requests.exceptions

from docker_notes.engine import client as engine

if TYPE_CHECKING:
    from docker import DockerClient

LABEL = "docker-notes"
OWNER = f"{LABEL}.owner"
# A call that was on its way when the owner died may still make a container.
_LATE = (0.0, 0.5, 2.0, 5.0)


@cache
def me() -> str:
    """This process: machine since its boot, pid, and the tick at which it began."""
    return _name(os.getpid())


def labels(role: str) -> dict[str, str]:
    """The labels of a container that this process makes."""
    return {LABEL: role, OWNER: me()}


def _machine() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip() if Path("/proc").is_dir() else "elsewhere"


def _name(pid: int) -> str:
    try:
        began = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        began = "0"
    return f"{_machine()}:{pid}:{began}"


def sweep(client: DockerClient) -> int:
    """Remove containers whose owner, a process of this machine, is no more.

    Returns:
        How many were removed.
    """
    removed = 0
    for container in client.api.containers(all=True, filters={"label": OWNER}):
        if is_gone(container["Labels"][OWNER]):
            removed += _remove(client, container["Id"])
    return removed


def is_gone(owner: str) -> bool:
    """Whether an owner was a process of this machine, and is no more."""
    machine, _, rest = owner.partition(":")
    return machine == _machine() and _name(int(rest.partition(":")[0])) != owner


def start_reaper(client: DockerClient) -> None:
    """Start the process that removes what is ours when this process ends, however that happens."""
    global _hired  # noqa: PLW0603  # one a process
    if _hired:
        return
    _hired = True
    # The janitor reads from the pipe; its end here closes with this process, and not before.
    reading, _writing = os.pipe()
    files = [(os.POSIX_SPAWN_DUP2, reading, 0), (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_DUP2, 1, 2)]
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "docker_notes.engine.reaper", engine.host(client), me()],
        {**os.environ, "PYTHONPATH": path},
        file_actions=files,
        setsid=True,  # what kills our process group shall not kill it as well
    )
    os.close(reading)


_hired = False


def _remove(client: DockerClient, name: str) -> int:
    with contextlib.suppress(docker.errors.DockerException, requests.exceptions.RequestException):
        client.api.remove_container(name, force=True, v=True)
        return 1
    return 0


def _clean_up_after(host: str, owner: str) -> None:
    sys.stdin.buffer.read()
    client = docker.DockerClient(base_url=host)
    for seconds in _LATE:
        time.sleep(seconds)
        with contextlib.suppress(docker.errors.DockerException, requests.exceptions.RequestException):
            for container in client.api.containers(all=True, filters={"label": f"{OWNER}={owner}"}):
                _remove(client, container["Id"])


if __name__ == "__main__":
    _clean_up_after(*sys.argv[1:])
