"""A sandbox dies with the process that started it, however that ends."""

from __future__ import annotations

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.engine.conftest import gone_within, left

if TYPE_CHECKING:
    import subprocess

    from docker import DockerClient

    from tests.engine.conftest import Clone

PAGES = {name: f"# Page\n\n```console\n$ docker run --name box node:24-slim sh -c 'sleep 2; echo {name}'\n```\n" for name in "abc"}
# `KILLS=50 make test` is the long form.
KILLS = int(os.environ.get("KILLS") or 6)


def kill(process: subprocess.Popen[str], number: int) -> str:
    os.killpg(process.pid, number)
    return process.communicate(timeout=30)[0]


def test_killed_at_random_moments(clone: Clone, client: DockerClient) -> None:
    clone.write(**PAGES)
    assert clone.build().returncode == 0
    before = clone.tree("recordings", "site")
    chance = random.Random()
    longest = 0.0
    for number in range(KILLS):
        process = clone.start("build", "--quiet")
        time.sleep(chance.uniform(0.2, 7.0))
        said = kill(process, signal.SIGKILL)
        longest = max(longest, gone_within(client, 10))
        after = clone.tree("recordings", "site")
        if process.returncode:
            assert {n: d for n, d in after.items() if "recordings" in n} == {
                n: d for n, d in before.items() if "recordings" in n
            }, number
            assert set(after) == set(before), said
    print(f"{KILLS} builds killed; the last container was gone after at most {longest:.1f} s")
    done = clone.build()
    assert done.returncode == 0, done.stderr


def test_ctrl_c_ends_a_build_cleanly(clone: Clone, client: DockerClient) -> None:
    clone.write(slow="# Slow\n\n```console\n$ sleep 50\n```\n")
    process = clone.start("build", "--quiet")
    deadline = time.monotonic() + 60
    while not left(client, process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(3)
    began = time.monotonic()
    said = kill(process, signal.SIGINT)
    took = time.monotonic() - began
    assert took < 5, said
    assert process.returncode
    assert "Traceback" not in said
    gone_within(client, 10)
    assert not (clone.folder / "recordings").exists()


def test_two_builds_of_one_clone_at_once(clone: Clone, client: DockerClient) -> None:
    clone.write(**PAGES)
    with ThreadPoolExecutor(2) as both:
        done = [future.result() for future in [both.submit(clone.build) for _ in range(2)]]
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    assert {step["page"] for step in clone.executions()} == {"a.md", "b.md", "c.md"}
    assert clone.build("replay").returncode == 0
    assert {path.name for path in (clone.folder / "recordings").iterdir()} == {".docs", "a.yml", "b.yml", "c.yml"}
    gone_within(client, 10)
