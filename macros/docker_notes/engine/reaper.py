"""Whose a thing on the outer engine is, and its end when the owner is gone.

A sandbox ends by itself when its owner does. What a kill between two calls leaves behind is
removed by the reaper, a small process that waits for its owner's end; what even that can not
do, because the engine was gone as well, is swept at the next start.

An owner is a process of one machine since its boot, in one PID namespace: builds in two containers
on one engine do not know each other's processes, so neither judges the other's by them.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from docker_notes.engine.client import reach
from docker_notes.engine.endpoint import Endpoint
from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from docker_notes.engine.client import Client

__all__ = ["LABEL", "OWNER", "is_gone", "labels", "me", "start_reaper", "sweep"]

LABEL = "docker-notes"
OWNER = f"{LABEL}.owner"
OLD = 3600.0
"""Seconds after which what does not run, and whose owner nobody here knows, is left over."""
# A call that was on its way when the owner died may still make a container.
_LATE = (0.0, 0.5, 2.0, 5.0)


@dataclass(frozen=True)
class _Owner:
    """A process: the boot and PID namespace that its id counts in, the id, and the tick at which it began."""

    boot: str
    namespace: str
    pid: int
    began: str

    def __str__(self) -> str:
        return f"{self.boot}.{self.namespace}:{self.pid}:{self.began}"

    @classmethod
    def of(cls, pid: int) -> _Owner:
        try:
            # Field 22 of proc(5)'s stat; the name before it may hold anything.
            began = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        except OSError:
            began = "0"
        return cls(*_here(), pid, began)

    @classmethod
    def read(cls, label: str) -> _Owner | None:
        found = re.fullmatch(r"([^.:]+)\.(\d+):(\d+):(\d+)", label)
        return cls(found[1], found[2], int(found[3]), found[4]) if found else None  # None: of another version


@cache
def _here() -> tuple[str, str]:
    """The boot of this machine and this process's PID namespace; elsewhere than on Linux nobody knows another process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return boot, os.readlink("/proc/self/ns/pid").removeprefix("pid:").strip("[]")  # noqa: PTH115  # no path, but text
    except OSError:
        return uuid4().hex, "0"


@cache
def me() -> str:
    """This process, as the label of what it makes tells it."""
    return str(_Owner.of(os.getpid()))


def labels(role: str) -> dict[str, str]:
    """The labels of a container, network or volume that this process makes and that ends with it."""
    return {LABEL: role, OWNER: me()}


def is_gone(owner: str) -> bool:
    """Whether an owner was a process that would be seen here, and is no more."""
    found = _Owner.read(owner)
    return found is not None and (found.boot, found.namespace) == _here() and found != _Owner.of(found.pid)


def _is_foreign(owner: str) -> bool:
    found = _Owner.read(owner)
    return found is not None and (found.boot, found.namespace) != _here()


def sweep(client: DockerClient) -> int:
    """Remove what belongs to nobody any more.

    That is what an owner seen from here left; and what does not run, is old, and belongs to somebody who is not seen from here.

    Returns:
        How many containers, networks and volumes were removed.
    """
    removed = 0
    for thing in _things(client, OWNER):
        if is_gone(thing.owner) or (_is_foreign(thing.owner) and thing.idle and thing.age > OLD):
            removed += thing.remove()
    return removed


@dataclass(frozen=True)
class _Thing:
    """Something on the engine that has an owner; `age` in seconds."""

    owner: str
    delete: Callable[[], object]
    idle: bool = False
    age: float = 0.0

    def remove(self) -> int:
        with contextlib.suppress(EngineError):
            self.delete()
            return 1
        return 0


def _things(client: DockerClient, label: str) -> Iterator[_Thing]:
    """Containers first, as they hold the others."""
    api, wanted = client.api, {"label": label}
    now = time.time()
    with contextlib.suppress(EngineError):
        for found in api.containers(all=True, filters=wanted):
            delete = partial(api.remove_container, found["Id"], force=True, v=True)
            idle = found.get("State") not in {"running", "paused", "restarting"}
            yield _Thing(_owner(found), delete, idle, now - float(found.get("Created") or now))
    with contextlib.suppress(EngineError):
        for found in api.networks(filters=wanted):
            yield _Thing(_owner(found), partial(api.remove_network, found["Id"]))
    with contextlib.suppress(EngineError):
        for found in api.volumes(filters=wanted).get("Volumes") or []:
            yield _Thing(_owner(found), partial(api.remove_volume, found["Name"], force=True))


def _owner(found: dict[str, Any]) -> str:
    return str((found.get("Labels") or {}).get(OWNER, ""))


def start_reaper(client: Client) -> None:
    """Start the process that removes what is ours when this process ends, however that happens. One an engine."""
    endpoint = client.endpoint.as_json()
    if endpoint in _started:
        return
    _started.add(endpoint)
    # The reaper reads from the pipe; its end here closes with this process, and not before.
    reading, _writing = os.pipe()
    files = [(os.POSIX_SPAWN_DUP2, reading, 0), (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_DUP2, 1, 2)]
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    os.posix_spawn(
        sys.executable,
        # The engine is handed over as it was found: what names it may be another one by then.
        [sys.executable, "-m", "docker_notes.engine.reaper", endpoint, me()],
        {**os.environ, "PYTHONPATH": path},
        file_actions=files,
        setsid=True,  # what kills our process group shall not kill it as well
    )
    os.close(reading)


_started: set[str] = set()


def _clean_up_after(endpoint: Endpoint, owner: str) -> None:
    sys.stdin.buffer.read()
    for seconds in _LATE:
        time.sleep(seconds)
        with contextlib.suppress(EngineError):
            for thing in _things(reach(endpoint), f"{OWNER}={owner}"):
                thing.remove()


if __name__ == "__main__":
    _clean_up_after(Endpoint.of_json(sys.argv[1]), sys.argv[2])
