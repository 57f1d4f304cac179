"""What a page shows: its recording, where that is from, and what is wrong with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docker_notes.recording.model import UNKNOWN
from docker_notes.recording.wording import told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docker_notes.errors import PageError
    from docker_notes.page.model import Page
    from docker_notes.recording.model import Recording
    from docker_notes.runner.page_run import PageRun

__all__ = ["PageResult", "Verification", "changes", "executions"]


@dataclass(frozen=True)
class PageResult:
    """What a page shows.

    Args:
        recording: of its run.
        live: whether this build ran it.
        failures: what is wrong with it.
        running: whether a newer one is on its way.
        replayed: whether it is what recordings/ holds, so that there is nothing to save.
    """

    recording: Recording
    live: bool
    failures: tuple[PageError, ...] = ()
    running: bool = False
    replayed: bool = False

    @classmethod
    def of(cls, run: PageRun) -> PageResult:
        """What a run shows."""
        return cls(run.recording, live=True, failures=run.failures)

    @property
    def has_run(self) -> bool:
        """Whether there is anything to show; not so of a new page under serve."""
        return self.recording.provenance != UNKNOWN


@dataclass(frozen=True)
class Verification:
    """What a second run of pages found.

    Args:
        failures: every place where an output is no longer what its recording says, in page order.
        notes: what is to be said once, such as how the environment moved.
    """

    failures: list[PageError]
    notes: list[str]


def executions(results: Iterable[tuple[Page, PageResult]]) -> list[dict[str, Any]]:
    """Every step of pages: the contents of executions.json."""
    return [
        {
            "page": page.path,
            "line": step.line,
            "block": block.index + 1,
            "command": step.command,
            "exit_status": ran.exit_status,
            "expected_status": step.expected_status,
            "seconds": ran.seconds,
            "started_at": result.recording.started_at(ran),
            "mode": "live" if result.live else "replay",
            "engine": result.recording.provenance.engine,
            "sha256": hashlib.sha256(ran.output.encode()).hexdigest(),
            "changes": said,
        }
        for page, result in results
        for (block, step), ran, said in zip(page.steps, result.recording.steps, changes(result.recording), strict=False)
    ]


def changes(recording: Recording) -> list[list[str]]:
    """What each step changed of its engine, in words, one clause a thing; of an older recording nothing."""
    return [[clause.text for clause in each.clauses] for each in told(recording)] or [[] for _ in recording.steps]
