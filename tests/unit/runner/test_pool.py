"""Sandboxes that go wrong: whatever it is, it ends as that page's error, and the next page finds a sandbox."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.engine.border import Unreachable
from docker_notes.engine.sandbox import SandboxGone
from docker_notes.errors import EngineError
from docker_notes.page.grammar import parse
from docker_notes.recording.model import Inputs
from docker_notes.runner import pool as pools
from docker_notes.runner.page_run import PageRun
from docker_notes.runner.pool import Job, Pool

from tests.unit import samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker_notes.page.model import Page

INFO = {"MemTotal": 64 * 2**30, "NCPU": 2}


class Fake:
    """A sandbox whose start, page, reset and end do what a test wants. Counts what there is."""

    starts: list[Exception | None]
    resets: list[Exception | bool]
    pages: list[Exception | None]
    closes: list[Exception | None]
    alive: set[Fake]
    made: int

    @classmethod
    def fresh(cls) -> None:
        cls.starts, cls.resets, cls.pages, cls.closes, cls.alive, cls.made = [], [], [], [], set(), 0

    @classmethod
    def start(cls, *_: Any) -> Fake:
        cls.made += 1
        _raise(cls.starts)
        one = cls()
        cls.alive.add(one)
        return one

    def reset(self) -> bool:
        answer = Fake.resets.pop(0) if Fake.resets else True
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        Fake.alive.discard(self)
        _raise(Fake.closes)


def _raise(plan: list[Exception | None]) -> None:
    error = plan.pop(0) if plan else None
    if error:
        raise error


def _run(page: Page, _sandbox: Fake, **_: Any) -> PageRun:
    time.sleep(0.01)
    _raise(Fake.pages)
    return PageRun(samples.recorded(page=page.path), (), 0.1)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Pool]:
    Fake.fresh()
    monkeypatch.setattr(pools, "Sandbox", Fake)
    monkeypatch.setattr(pools, "ensure_sandbox", lambda *_: ("image", ()))
    monkeypatch.setattr("docker_notes.runner.page_run.run", _run)
    monkeypatch.setattr("docker_notes.engine.fitness.check", lambda _: [])
    monkeypatch.setattr("docker_notes.engine.reaper.sweep", lambda _: 0)
    monkeypatch.setattr("docker_notes.engine.reaper.start_reaper", lambda _: None)
    monkeypatch.setattr("docker_notes.engine.client.another", lambda client: client)
    return lambda size: Pool(_NOWHERE, client=_CLIENT, size=size)


_CLIENT: Any = SimpleNamespace(info=lambda: INFO)
_NOWHERE: Path = SimpleNamespace()  # type: ignore[assignment]  # no page here has an example
_PROGRESS: Any = SimpleNamespace(step=lambda *_: None, done=lambda *_: None)


def outcomes(pool: Pool, count: int, seconds: float = 10) -> list[str]:
    """What became of so many pages, in their order; told if it takes too long."""
    jobs = [Job(parse(f"{n}.md", "# A\n\n```console\n$ true\n```\n"), Inputs("recipe", (), {})) for n in range(count)]
    came: list[PageRun] = []
    thread = threading.Thread(target=lambda: came.extend(pool.run(jobs, _PROGRESS)), daemon=True)
    with pool:
        thread.start()
        thread.join(seconds)
        assert not thread.is_alive(), "waits for ever"
    deadline = time.monotonic() + 5
    while Fake.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert Fake.alive == set()
    ordered = sorted(came, key=lambda outcome: outcome.recording.page)
    return ["; ".join(map(str, outcome.failures)) or "ok" for outcome in ordered]


def test_one_sandbox_serves_all(pool: Callable[[int], Pool]) -> None:
    assert outcomes(pool(1), 4) == ["ok"] * 4
    assert Fake.made == 1


@pytest.mark.parametrize(
    "reset",
    [ValueError("Expecting value: line 1 column 1"), TypeError("'NoneType' object is not iterable"), SandboxGone("gone"), False],
)
def test_a_reset_that_goes_wrong_costs_a_sandbox(reset: Exception | bool, pool: Callable[[int], Pool]) -> None:  # noqa: FBT001
    Fake.resets = [reset, reset]
    assert outcomes(pool(1), 3) == ["ok"] * 3
    assert Fake.made == 3


def test_an_end_that_goes_wrong_as_well(pool: Callable[[int], Pool]) -> None:
    Fake.resets = [False, False]
    Fake.closes = [OSError("no"), ValueError("no")]
    assert outcomes(pool(1), 3) == ["ok"] * 3
    assert Fake.made == 3


def test_a_start_is_tried_twice(pool: Callable[[int], Pool]) -> None:
    Fake.starts = [EngineError("busy"), None]
    assert outcomes(pool(1), 2) == ["ok", "ok"]


def test_a_start_that_fails_twice_is_that_page_s_error(pool: Callable[[int], Pool]) -> None:
    Fake.starts = [EngineError("first"), EngineError("second")]
    assert outcomes(pool(1), 3) == ["0.md:3: this page could not be run: first", "ok", "ok"]


def test_an_engine_that_is_gone_is_waited_for_once(pool: Callable[[int], Pool]) -> None:
    Fake.starts = [EngineError("gone"), Unreachable("the connection broke"), *[EngineError("still")] * 20]
    assert outcomes(pool(1), 4) == [f"{n}.md:3: this page could not be run: the connection broke" for n in range(4)]
    assert Fake.made == 2


@pytest.mark.parametrize("error", [ValueError("what"), KeyError("Id"), ConnectionResetError("peer"), SandboxGone("what")])
def test_an_exception_in_a_page_is_that_page_s_error(error: Exception, pool: Callable[[int], Pool]) -> None:
    Fake.pages = [error]
    first, *others = outcomes(pool(1), 3)
    assert first.startswith("0.md:3: this page could not be run: ")
    assert str(error) in first
    assert ("a mistake in docker-notes" in first) != isinstance(error, SandboxGone)
    assert others == ["ok", "ok"]


def test_an_exception_in_a_start_is_no_end(pool: Callable[[int], Pool]) -> None:
    Fake.starts = [RuntimeError("what")]
    first, second = outcomes(pool(1), 2)
    assert "a mistake in docker-notes: RuntimeError" in first
    assert second == "ok"


def test_many_faults_at_once(pool: Callable[[int], Pool]) -> None:
    Fake.starts = [None, RuntimeError("a"), None, EngineError("b"), EngineError("c")]
    Fake.resets = [ValueError("d"), False, True, TypeError("e")] * 3
    Fake.pages = [None, ValueError("f"), None, SandboxGone("g")]
    Fake.closes = [OSError("h")] * 2
    said = outcomes(pool(3), 24)
    assert len(said) == 24
    assert said.count("ok") >= 19


def test_closing_ends_those_that_wait(pool: Callable[[int], Pool], monkeypatch: pytest.MonkeyPatch) -> None:
    begun, end = threading.Event(), threading.Event()

    def run(page: Page, *_: Any, **__: Any) -> PageRun:
        begun.set()
        assert end.wait(10)
        return PageRun(samples.recorded(page=page.path), (), 0.1)

    monkeypatch.setattr("docker_notes.runner.page_run.run", run)
    one = pool(1)
    job = Job(parse("a.md", "# A\n\n```console\n$ true\n```\n"), Inputs("recipe", (), {}))
    first = one.submit(job, _PROGRESS)
    assert begun.wait(5)
    waiting = threading.Thread(target=lambda: said.append(_lend(one)), daemon=True)
    said: list[str] = []
    waiting.start()
    time.sleep(0.1)
    one.close()
    waiting.join(5)
    assert said == ["the build was stopped"]
    end.set()
    assert first.result(5).failures == ()
    assert Fake.alive == set()


def _lend(pool: Pool) -> str:
    try:
        with pool.lent():
            return "lent"
    except SandboxGone as error:
        return str(error)
