"""Each call to the outer engine goes wrong once, in turn: over start, run, reset and end of a sandbox.

Each time it is the page's error with page:line, or a second try that works; no thread waits for ever or dies,
and no container is left. `make faults` is the long form: every call, every way.
"""

from __future__ import annotations

import faulthandler
import os
import random
import threading
import time
from typing import TYPE_CHECKING

import pytest
from docker_notes.engine import reaper
from docker_notes.engine.client import reach
from docker_notes.engine.endpoint import Endpoint
from docker_notes.errors import EngineError
from docker_notes.page.grammar import parse
from docker_notes.recording.model import Inputs
from docker_notes.runner.pool import Job, Pool
from docker_notes.runner.progress import Lines

from tests.engine.conftest import EXAMPLES
from tests.engine.faulty import FAULTS, Faulty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from docker_notes.engine.client import Client
    from docker_notes.runner.page_run import PageRun

# Seconds that one case may take: a page that goes wrong, and a sandbox that is started anew.
LIMIT = 60
SAMPLE = int(os.environ.get("FAULTS") or 14)
TEXT = '# Page\n\n```console example="hello-node" columns="90"\n$ echo one\n$ docker ps -q\n```\n'


@pytest.fixture(scope="module")
def faulty(client: Client, sandbox_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    if not client.endpoint.url.startswith("unix://"):
        pytest.fail("these tests stand in front of an engine's socket; `make engine` has one")
    # Of a short name: a socket's path may have 107 bytes.
    with Faulty(tmp_path_factory.mktemp("f") / "s", client.endpoint.address) as faulty:
        yield faulty


@pytest.fixture(scope="module")
def calls(faulty: Faulty) -> list[str]:
    """Every call of two pages, in order."""
    faulty.plan("", -1)
    outcomes = build(faulty)
    assert [outcome.failures for outcome in outcomes] == [(), ()]
    return list(faulty.calls)


def build(faulty: Faulty) -> list[PageRun]:
    """Two pages, one after the other, in one sandbox where all goes well."""
    client = reach(Endpoint("the faulty one", f"unix://{faulty.path}"))
    jobs = [Job(parse(f"{name}.md", TEXT), Inputs("recipe", (), {"hello-node": "hash"})) for name in "ab"]
    try:
        with Pool(EXAMPLES, client=client, size=1, say=lambda _: None) as pool:
            return list(pool.run(jobs, Lines()))
    finally:
        client.close()


def within(seconds: float, faulty: Faulty) -> list[PageRun] | EngineError:
    """What a build came to, in a thread of its own, so that one that hangs is told."""
    came: list[list[PageRun] | EngineError] = []

    def run() -> None:
        try:
            came.append(build(faulty))
        except EngineError as error:
            came.append(error)

    thread = threading.Thread(target=run, name="build", daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), f"still at work after {seconds} s; calls: {faulty.calls[-5:]}"
    assert came, "ended by an exception that is not ours"
    return came[0]


def mine_left(client: DockerClient) -> list[str]:
    found = client.api.containers(all=True, filters={"label": [f"{reaper.OWNER}={reaper.me()}", f"{reaper.LABEL}=sandbox"]})
    return [container["Id"] for container in found]


def settled(client: DockerClient, before: set[str]) -> None:
    """No container of these builds is left, and no thread."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        threads = [t.name for t in threading.enumerate() if t.name.startswith(("sandbox", "reset", "heartbeat"))]
        if not threads and set(mine_left(client)) <= before:
            return
        time.sleep(0.05)
    faulthandler.dump_traceback(file=2)
    pytest.fail(f"left: threads {threads}, containers {set(mine_left(client)) - before}")


def cases(count: int) -> list[tuple[str, int]]:
    everything = [(fault, number) for number in range(count) for fault in FAULTS]
    seed = int(os.environ.get("FAULTS_SEED") or 1)
    return everything if len(everything) <= SAMPLE else random.Random(seed).sample(everything, SAMPLE)


def test_each_call_fails_once(faulty: Faulty, calls: list[str], client: Client) -> None:
    before = set(mine_left(client))
    wrong: list[str] = []
    for fault, number in cases(len(calls)):
        faulty.plan(fault, number)
        began = time.monotonic()
        came = within(LIMIT, faulty)
        took = time.monotonic() - began
        call = faulty.calls[number] if number < len(faulty.calls) else "not made this time"
        line = f"{fault:8} {number:3} {call:60.60} {took:5.1f} s  {_told(came)[:200]}"
        print(line)
        settled(client, before)
        outcomes = came if isinstance(came, list) else []
        failures = [failure for outcome in outcomes for failure in outcome.failures]
        if outcomes and all(outcome.failures for outcome in outcomes):
            wrong.append(f"no page was built: {line}")
        if any(failure.line < 3 or "a mistake in docker-notes" in str(failure) for failure in failures):
            wrong.append(f"no error of that page: {line}")
    assert not wrong, "\n".join(wrong)


def _told(came: list[PageRun] | EngineError) -> str:
    if isinstance(came, EngineError):
        return f"build: {came}".replace("\n", " ")
    return " | ".join(str(failure).replace("\n", " ") for outcome in came for failure in outcome.failures) or "all well"
