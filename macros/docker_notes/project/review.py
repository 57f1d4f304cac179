"""Changed outputs, accepted one by one.

A review holds the runs of pages against their recordings. Each place where an output really changed is accepted or kept;
a kept one stays as it was recorded. Recordings are written page by page, whole, once all of a page is decided. What is
not decided yet stays on disk beside the cache, so that a review may be interrupted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher, unified_diff
from typing import TYPE_CHECKING

from docker_notes.errors import RecordingError
from docker_notes.recording import compare
from docker_notes.recording import model as recordings
from docker_notes.recording.files import write_atomic
from docker_notes.recording.normalise import Mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from docker_notes.page.model import Page
    from docker_notes.recording.model import Recording, StepResult

__all__ = ["Change", "Review"]

_DECIDED = "decided.json"


@dataclass(frozen=True)
class Change:
    """An output that really changed.

    Args:
        page: the page's path.
        line: the line of its command, from 1.
        number: of the step on its page, from 0.
        old: as recorded.
        new: as it ran.
        kind: the same for the same change elsewhere: what differs, volatile parts masked.
    """

    page: str
    line: int
    number: int
    old: StepResult
    new: StepResult
    kind: str

    def diff(self, around: int = 2) -> list[str]:
        """A unified diff, without its head; exit statuses first where they differ."""
        old, new = ([line.text for line in step.lines] for step in (self.old, self.new))
        lines = list(unified_diff(old, new, lineterm="", n=around))[2:]
        if self.old.exit_status != self.new.exit_status:
            lines = [f"-exit status {self.old.exit_status}", f"+exit status {self.new.exit_status}", *lines]
        return lines


@dataclass
class Review:
    """The changes of some pages, and what was decided of them.

    Args:
        folder: where what is not decided waits.
        files: the file of each page's recording.
    """

    folder: Path
    files: Mapping[str, Path]
    changes: list[Change] = field(default_factory=list)
    _old: dict[str, Recording] = field(default_factory=dict)
    _new: dict[str, Recording] = field(default_factory=dict)
    _decided: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        path = self.folder / _DECIDED
        self._decided = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def pending(self, page: Page, key: str) -> Recording | None:
        """The run of a page that an earlier review did not finish; None where there is none in its present form."""
        try:
            found = recordings.load(self._waiting(page.path), page.path)
        except RecordingError:
            return None
        return found if found is not None and found.key == key else None

    def add(self, page: Page, run: Recording) -> None:
        """Take the run of a page. Where it changed nothing, or the page had no recording, nothing is asked."""
        try:
            old = recordings.load(self.files[page.path], page.path)
        except RecordingError:
            old = None
        new = compare.quiet(old, run) if old else run
        if new is old:
            self._forget(page.path)
            return
        self._new[page.path] = new
        if old is None:
            return
        self._old[page.path] = old
        self.changes += _changes(page, old, new)
        recordings.write(run, self._waiting(page.path))

    def undecided(self) -> Iterator[tuple[Change, int]]:
        """The changes that are not decided yet, each kind once, with the number of places where it stands."""
        seen: set[str] = set()
        for change in self.changes:
            if change.kind in seen or self._mark(change) in self._decided:
                continue
            seen.add(change.kind)
            yield change, sum(self._mark(other) not in self._decided for other in self.of_kind(change))

    def of_kind(self, change: Change) -> list[Change]:
        """The same change, wherever it stands."""
        return [other for other in self.changes if other.kind == change.kind]

    def decide(self, changes: Iterable[Change], *, accept: bool) -> None:
        """Accept changes, or keep what was recorded; remembered at once."""
        self._decided.update((self._mark(change), accept) for change in changes)
        write_atomic((json.dumps(self._decided, indent=1) + "\n").encode(), self.folder / _DECIDED)

    def write(self) -> list[str]:
        """Write the recordings of pages of which all is decided; the pages whose files changed."""
        written = []
        for page, new in list(self._new.items()):
            own = [change for change in self.changes if change.page == page]
            if any(self._mark(change) not in self._decided for change in own):
                continue
            kept = {change.number: change.old for change in own if not self._decided[self._mark(change)]}
            steps = tuple(kept.get(number, step) for number, step in enumerate(new.steps))
            if not kept or steps != self._old[page].steps:
                recordings.write(replace(new, steps=steps), self.files[page])
                written.append(page)
            self._forget(page)
            del self._new[page]
        if not self._new and self.folder.is_dir():
            (self.folder / _DECIDED).unlink(missing_ok=True)
        return written

    def _mark(self, change: Change) -> str:
        return f"{change.page}:{change.number}:{change.kind}"

    def _waiting(self, page: str) -> Path:
        return self.folder / f"{page}.yml"

    def _forget(self, page: str) -> None:
        self._waiting(page).unlink(missing_ok=True)


def _changes(page: Page, old: Recording, new: Recording) -> Iterator[Change]:
    """Where a step of both was recorded otherwise; a new command has nothing to be held against."""
    pairs = SequenceMatcher(None, [step.asks for step in old.steps], [step.asks for step in new.steps], autojunk=False)
    for start, at, length in pairs.get_matching_blocks():
        for before, number in zip(old.steps[start : start + length], range(at, at + length), strict=True):
            after = new.steps[number]
            was, now = (
                Mask(kinds).output([line.text for line in step.lines]) for step, kinds in ((before, old.kinds), (after, new.kinds))
            )
            if before.exit_status == after.exit_status and was.matches(now):
                continue
            lines = unified_diff(was.lines, now.lines, lineterm="", n=0)
            kind = "\n".join([f"{before.exit_status} {after.exit_status}", *(line for line in lines if not line.startswith("@@"))])
            yield Change(page.path, page.steps[number][1].line, number, before, after, kind)
