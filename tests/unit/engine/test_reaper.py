"""Whose a thing on the engine is, and when it belongs to nobody any more."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.engine import reaper
from docker_notes.engine.border import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

ME = reaper.me()
HERE = ME.partition(":")[0]


class Engine:
    """An engine that lists what it is given, and notes what is to be removed."""

    def __init__(self, containers: Any = (), networks: Any = (), volumes: Any = ()) -> None:
        self.api = self
        self._given = {"containers": containers, "networks": networks, "volumes": volumes}
        self.removed: list[str] = []

    def containers(self, **_: Any) -> Any:
        return self._given["containers"]

    def networks(self, **_: Any) -> Any:
        return self._given["networks"]

    def volumes(self, **_: Any) -> Any:
        return {"Volumes": self._given["volumes"]}

    def remove_container(self, name: str, **_: Any) -> None:
        if name == "busy":
            raise NotFound("no such container", 404, "no such container")
        self.removed.append(name)

    remove_network = remove_volume = remove_container


def thing(name: str, owner: str | None, state: str = "running", age: float = 0.0) -> dict[str, Any]:
    return {
        "Id": name, "Name": name, "State": state, "Created": time.time() - age, "Labels": None if owner is None else {reaper.OWNER: owner},
    }  # fmt: skip


def dead_owner() -> str:
    """The name of a process of this machine that is no more."""
    script = "from docker_notes.engine import reaper; print(reaper.me())"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout.strip()


def test_who_i_am() -> None:
    assert reaper.labels("sandbox") == {"docker-notes": "sandbox", "docker-notes.owner": ME}
    assert f":{os.getpid()}:" in ME
    assert not reaper.is_gone(ME)


def test_a_process_that_ended_is_gone() -> None:
    assert reaper.is_gone(dead_owner())


def test_another_process_by_the_same_id_is_not_the_owner() -> None:
    assert reaper.is_gone(f"{HERE}:{os.getpid()}:1")


@pytest.mark.parametrize(
    "owner",
    [
        f"{HERE.partition('.')[0]}.1:{os.getpid()}:1",  # another PID namespace of this machine
        f"elsewhere.4026531836:{os.getpid()}:1",  # another machine
        f"{HERE.partition('.')[0]}:99999999:1",  # an older version's
        "",
        "nonsense",
    ],
    ids=["namespace", "machine", "version", "empty", "nonsense"],
)
def test_what_is_not_known_here_is_left_alone(owner: str) -> None:
    assert not reaper.is_gone(owner)


def left(**things: list[dict[str, Any]]) -> list[str]:
    engine = Engine(**things)
    assert reaper.sweep(engine) == len(engine.removed)  # type: ignore[arg-type]
    return engine.removed


OLD = reaper.OLD + 60
OWNERS: dict[str, Callable[[], str | None]] = {
    "gone": dead_owner,
    "mine": lambda: ME,
    "elsewhere": lambda: "elsewhere.1:1:1",
    "another namespace": lambda: f"{HERE.partition('.')[0]}.1:1:1",
    "empty": lambda: "",
    "none": lambda: None,
}


@pytest.mark.parametrize(
    ("owner", "state", "age", "goes"),
    [
        ("gone", "running", 0.0, True),
        ("gone", "created", OLD, True),
        ("mine", "running", OLD, False),
        ("mine", "created", OLD, False),
        ("elsewhere", "running", OLD, False),
        ("elsewhere", "paused", OLD, False),
        ("elsewhere", "created", 0.0, False),
        ("elsewhere", "created", OLD, True),
        ("elsewhere", "exited", OLD, True),
        ("another namespace", "running", OLD, False),
        ("another namespace", "exited", OLD, True),
        ("empty", "exited", OLD, False),
        ("none", "exited", OLD, False),
    ],
)
def test_what_is_swept(owner: str, state: str, age: float, goes: bool) -> None:  # noqa: FBT001
    assert left(containers=[thing("it", OWNERS[owner](), state, age)]) == (["it"] if goes else [])


def test_networks_and_volumes_go_with_their_owner_alone() -> None:
    gone = dead_owner()
    things = [thing("gone", gone), thing("mine", ME, age=OLD), thing("far", "elsewhere.1:1:1", age=OLD)]
    assert left(networks=things, volumes=things) == ["gone", "gone"]


@pytest.mark.parametrize("nothing", [[], None])
def test_an_engine_without_any(nothing: Any) -> None:
    assert left(volumes=nothing) == []


def test_one_that_can_not_be_removed_keeps_nothing_else() -> None:
    gone = dead_owner()
    assert left(containers=[thing("busy", gone), thing("other", gone)]) == ["other"]
