"""The outer engine restarted midway: the pages at work fail where they stand, the others are built.

The engine in question is one in a container, so that it can be killed.
"""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING, cast

import pytest
from docker_notes.engine import client as engine
from docker_notes.engine import reaper as owner
from docker_notes.engine.border import NotFound, Unreachable
from docker_notes.engine.endpoint import Endpoint
from docker_notes.engine.generations import NODE

from tests.engine.conftest import gone_within
from tests.engine.test_failures import message_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker.models.containers import Container
    from docker_notes.engine.client import Client

    from tests.engine.conftest import Clone

PORT = "2375/tcp"
AGAIN = "while :; do dockerd --host=unix:///var/run/docker.sock --host=tcp://0.0.0.0:2375 --tls=false; sleep 1; done"
PAGES = {name: f"# Page\n\n```console\n$ docker run --rm node:24-slim sh -c 'sleep 4; echo {name}'\n```\n" for name in "abcdef"}


@pytest.fixture
def outer(client: Client, sandbox_image: str, tmp_path: Path) -> Iterator[tuple[Container, Client]]:
    """An engine of its own that comes back when it is killed, with all that a sandbox needs on it."""
    container = client.containers.run(
        sandbox_image,
        ["-c", AGAIN],
        entrypoint="bash",
        privileged=True,
        detach=True,
        auto_remove=True,
        labels=owner.labels("test"),
        ports={PORT: ("127.0.0.1", 0)},
        use_config_proxy=False,
    )
    try:
        container.reload()
        published = container.ports[PORT]
        assert published
        port = published[0]["HostPort"]
        inner = answering(f"tcp://127.0.0.1:{port}")
        for name in (sandbox_image, "debian:testing-slim", *NODE):
            with (tmp_path / "image.tar").open("wb+") as file:
                file.writelines(client.images.get(name).save(named=name))
                file.seek(0)
                inner.images.load(file)
        yield container, inner
        inner.close()
    finally:
        with contextlib.suppress(NotFound):
            container.remove(force=True, v=True)


def answering(address: str) -> Client:
    deadline = time.monotonic() + 60
    while True:
        try:
            return engine.reach(Endpoint("an engine in a container", address))
        except Unreachable:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_the_outer_engine_restarted_midway(outer: tuple[Container, Client], clone: Clone) -> None:
    container, inner = outer
    clone.write(good="# Good\n\n```console\n$ true\n```\n")
    there = {"DOCKER_HOST": inner.endpoint.url, "DOCKER_NOTES_SANDBOXES": "2"}
    assert clone.build(**there).returncode == 0
    before = clone.tree("recordings", "site")

    clone.write(**PAGES)
    process = clone.start("build", "--quiet", **there)
    # Both sandboxes are at work: one that is still starting would be started again.
    deadline = time.monotonic() + 90
    while len(_at_work(container)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert container.exec_run(["pkill", f"-{signal.SIGKILL.value}", "-x", "dockerd"]).exit_code == 0
    said = process.communicate(timeout=180)[0]

    assert process.returncode == 1, said
    assert "Traceback" not in said
    failed = [name for name in PAGES if f"{name}.md:4: " in said]
    assert 1 <= len(failed) <= 2, said
    for name in failed:
        assert "the sandbox is gone" in message_of(said, name, 4)
    for name in set(PAGES) - set(failed):
        assert f"{name}.md: ok" in said
    assert clone.tree("recordings", "site") == before

    answering(there["DOCKER_HOST"]).close()
    gone_within(inner, 10)
    assert clone.build(**there).returncode == 0


def _at_work(container: Container) -> set[str]:
    """The pages whose command runs, seen from the container of the engine, in which all sandboxes are."""
    listed = cast("bytes", container.exec_run(["ps", "-eo", "args"]).output).decode()
    return {line[-1] for line in listed.splitlines() if line.startswith("docker run --rm node:24-slim sh -c sleep 4; echo ")}
