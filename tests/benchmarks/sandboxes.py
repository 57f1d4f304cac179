"""The start of a sandbox, and its reset, against the least that Docker needs for the like."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from docker_notes.engine import base_images as images
from docker_notes.engine import client as engine
from docker_notes.engine import reaper as owner
from docker_notes.engine.sandbox import Sandbox

from tests.benchmarks import bare
from tests.benchmarks.measure import Row, Taken, in_turns, row

if TYPE_CHECKING:
    from docker_notes.engine.client import Client

# What a page may leave behind.
_LEAVE = """\
cd ~ && printf 'FROM node:24-slim\\nRUN echo built >/built\\nCOPY . /all\\n' >Dockerfile && docker build -qt left . >/dev/null
docker run -d --name one left sleep 100; docker run -d --init -p 3000:80 node:24-slim sleep 100; docker run node:24-slim true
docker volume create kept; docker network create between
"""
_PRUNE = "docker rm -fv $(docker ps -aq); docker system prune -f --volumes; docker rmi -f left; docker builder prune -af"
_CURL = "cd /tmp && curl -s --unix-socket /var/run/docker.sock " + " ".join(
    f"'http://localhost/{path}'" for path in ("containers/json?all=1&size=1", "images/json", "volumes", "networks")
)


def rows(turns: int) -> list[Row]:
    """Measure."""
    client = engine.connect()
    image, _ = images.ensure_sandbox(client)
    start = in_turns(lambda: _started(client, image), lambda: _bare_engine(client, image), turns)
    with bare.sandbox() as sandbox:
        reset = in_turns(lambda: _reset(sandbox), lambda: _pruned(sandbox), turns)
        sandbox.sh(_LEAVE, user="reader")
        look = in_turns(lambda: _looked(sandbox), lambda: sandbox.sh(_CURL), 10 * turns)
    return [
        row("the start of a sandbox, base images in it", "a bare `dockerd` in a container, empty", "", start),
        row("a reset between pages", "`docker rm`, `prune` and `rmi` typed there", "", reset),
        row("a look at what the engine holds, after each step", "the same lists by one `curl`", "0.005 s", look),
    ]


def _started(client: Client, image: str) -> Taken:
    began = time.perf_counter()
    sandbox = Sandbox.start(image, client, owner.labels("sandbox"))
    taken = Taken(time.perf_counter() - began)
    sandbox.close()
    return taken


def _bare_engine(client: Client, image: str) -> Taken:
    began = time.perf_counter()
    container = client.containers.run(
        image, entrypoint="dockerd", privileged=True, detach=True, labels=owner.labels("bench"), auto_remove=True
    )
    while container.exec_run(["docker", "version"]).exit_code:
        time.sleep(0.05)
    taken = Taken(time.perf_counter() - began)
    container.remove(force=True, v=True)
    return taken


def _reset(sandbox: Sandbox) -> Taken:
    sandbox.sh(_LEAVE, user="reader")
    began = time.perf_counter()
    assert sandbox.reset()
    return Taken(time.perf_counter() - began)


def _looked(sandbox: Sandbox) -> Taken:
    began = time.perf_counter()
    assert sandbox.state.look() is not None
    return Taken(time.perf_counter() - began)


def _pruned(sandbox: Sandbox) -> Taken:
    sandbox.sh(_LEAVE, user="reader")
    began = time.perf_counter()
    status, said = sandbox.sh(_PRUNE)
    taken = Taken(time.perf_counter() - began)
    assert not status, said
    assert sandbox.reset()
    return taken
