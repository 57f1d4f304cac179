"""All walkthroughs, cold, by the pool; and one after the other, against a bare shell."""

from __future__ import annotations

import statistics
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from docker_notes.project.project import Project
from docker_notes.project.settings import Settings
from docker_notes.runner import page_run
from docker_notes.runner.pool import Pool

from tests.benchmarks import bare
from tests.benchmarks.measure import Row, Taken, row
from tests.reading import pages_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docker_notes.engine.sandbox import Sandbox
    from docker_notes.page.model import Page, Step


def rows(root: Path, turns: int) -> list[Row]:
    """Measure."""
    project = Project(Settings.at(root))
    pages = list(pages_of(project).values())
    pairs, overheads = [], []
    for _ in range(turns):
        pool = Taken(_by_the_pool(project, pages))
        with bare.sandbox() as alone:
            typed = [_typed(page, alone, project.settings.examples) for page in pages]
            ours = [_ours(project, page, alone) for page in pages]
        floor = [seconds for page in typed for seconds in page]
        pairs.append((pool, Taken(sum(floor))))
        above = [1000 * (a - b) for a, b in zip((s for page in ours for s in page), floor, strict=True)]
        overheads.append((statistics.median(above), sum(above) / 1000))
    commands = sum(len(page.steps) for page in pages)
    return [
        row(f"live, cold: all {commands} commands of the site", "typed into one bash", "0.6 on 2 cores", pairs),
        Row(
            "one command, median",
            "typed into one bash",
            "10 ms more",
            statistics.median(median for median, _ in overheads),
            0.0,
            "ms more",
        ),
        Row(
            "all commands in one sandbox",
            "typed into one bash",
            "",
            statistics.median(total for _, total in overheads),
            0.0,
            "s more",
        ),
    ]


class _Silent:
    def step(self, page: str, step: Step) -> None:
        """Nobody looks."""

    def done(self, page: str, seconds: float, failures: int) -> None:
        """Nobody looks."""


def _by_the_pool(project: Project, pages: Sequence[Page]) -> float:
    """Seconds from nothing to all recordings: sandboxes are started and ended in it."""
    inputs = project.inputs()
    began = time.perf_counter()
    with Pool(project.settings.examples, say=lambda _: None) as pool:
        for outcome in pool.run([project.job(page, inputs) for page in pages], _Silent()):
            assert not outcome.failures, outcome.failures
    return time.perf_counter() - began


def _typed(page: Page, sandbox: Sandbox, folder: Path) -> list[float]:
    taken = bare.walk(page, sandbox, folder)
    assert sandbox.reset()
    return taken


def _ours(project: Project, page: Page, sandbox: Sandbox) -> list[float]:
    """Seconds from the start of each step to that of the next."""
    moments: list[float] = []
    outcome = page_run.run(
        page,
        sandbox,
        folder=project.settings.examples,
        inputs=project.inputs(),
        bases=(),
        on_step=lambda _: moments.append(time.perf_counter()),
    )
    moments.append(time.perf_counter())
    assert not outcome.failures, outcome.failures
    assert sandbox.reset()
    return [after - before for before, after in pairwise(moments)]
