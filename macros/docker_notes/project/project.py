"""A site's pages, their runs and recordings: which run, which are replayed, and what went wrong.

Knows neither MkDocs nor Docker's commands: a build of a site and the command `docker-notes` both stand on it.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from docker_notes.engine import generations
from docker_notes.errors import DockerNotesError, EngineError, GrammarError, ImageError, PageError, RecordingError, StepError
from docker_notes.page import examples
from docker_notes.project.cache import Cache, ignored
from docker_notes.project.results import PageResult, Verification
from docker_notes.project.review import Review
from docker_notes.project.settings import Mode, sandboxes
from docker_notes.recording import compare
from docker_notes.recording import model as recordings
from docker_notes.recording.files import write_atomic
from docker_notes.recording.model import RUN_LIVE, UNKNOWN, Inputs, Recording
from docker_notes.recording.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from docker_notes.page.model import Page
    from docker_notes.project.settings import Settings
    from docker_notes.runner.page_run import PageRun
    from docker_notes.runner.pool import Job, Pool, Progress

__all__ = ["Project"]

_WATCHERS = ("runner/observer.py", "engine/state.py", "recording/state.py")
"""What makes a recording of what steps change."""
_OWNER = ".docs"
"""The file of a folder of recordings that names the folder of pages which they are of."""


class Project:
    """The pages of one site or folder. Close it at the end.

    Args:
        settings: where its files lie.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # What was run on this machine, whether or not its build went through.
        self._runs = settings.cache / "runs"
        # Which run was last held against which recording, so that a build with nothing new need not do so again.
        self._saved = settings.cache / "saved"
        self.cache = Cache(settings.cache / "made")
        self._pool: Pool | None = None
        self._image = ""  # the sandbox's on the engine; empty where it is not known

    def close(self) -> None:
        """End the sandboxes."""
        if self._pool:
            self._pool.close()
            self._pool = None

    def inputs(self) -> Inputs:
        """What outputs depend on besides the pages, as it is now."""
        folder = self.settings.examples
        hashes = {name: examples.hash_of(folder / name) for name in examples.names(folder)}
        return Inputs(generations.recipe_hash(), generations.NODE, hashes)

    def unknown_examples(self, page: Page) -> list[PageError]:
        """An error for each block that names an example which is not there."""
        known = examples.names(self.settings.examples)
        folder = self._shown(self.settings.examples)
        fix = f"examples: {', '.join(known) or 'none'}"
        return [
            GrammarError(page.path, block.line, f"there is no {folder}/{block.options.example}/", fix)
            for block in page.blocks
            if block.options.example and block.options.example not in known
        ]

    def results(
        self, pages: Iterable[Page], mode: Mode, progress: Progress, say: Callable[[str], None] = print
    ) -> dict[str, PageResult]:
        """What each page shows in a mode, by its path. In auto mode an engine that can not be used means replay.

        Raises:
            EngineError: in live mode, where no engine answers.
            ImageError: in live mode, where the sandbox's image can not be had.
        """
        ignored(self.settings.cache)
        wanted = list(pages)
        inputs = self.inputs()
        if mode is not Mode.REPLAY and wanted:
            from docker_notes.engine import client  # noqa: PLC0415  # Docker's library is not loaded for a replay

            try:
                if mode is Mode.LIVE or client.find() is not None:
                    return self.run(wanted, inputs, progress, again=mode is Mode.LIVE, say=say)
            except (EngineError, ImageError) as error:
                if mode is Mode.LIVE:
                    raise
                say(f"Replaying the recordings: {redact(str(error))}")
        return self.replay(wanted, inputs)

    def replay(self, pages: Iterable[Page], inputs: Inputs) -> dict[str, PageResult]:
        """Each page's recording, held against the page as it is now."""
        results: dict[str, PageResult] = {}
        owner = self._owner()
        for page in pages:
            try:
                if owner:
                    raise RecordingError(page.path, page.blocks[0].line, *owner)
                found = self._load(self.recording_file(page.path), page.path)
                if found is None:
                    raise RecordingError(page.path, page.blocks[0].line, "this page has no recording", RUN_LIVE)
            except RecordingError as error:
                results[page.path] = PageResult(nothing_of(page, inputs), live=False, failures=(error,))
                continue
            failures = compare.stale(found, page, inputs)
            wrong = tuple(failures or compare.judge(page, found.steps, found.at_start))
            results[page.path] = PageResult(found, live=False, failures=wrong, replayed=True)
        return results

    def run(
        self, pages: Iterable[Page], inputs: Inputs, progress: Progress, *, again: bool, say: Callable[[str], None] = print
    ) -> dict[str, PageResult]:
        """Run pages on an engine.

        Args:
            pages: those to have.
            inputs: what outputs depend on besides the pages.
            progress: told how it goes.
            again: whether to run also what this machine has run in its present form.
            say: told what is done to have an engine's images.

        Raises:
            EngineError: where no engine answers.
            ImageError: where the sandbox's image can not be had.
        """
        ignored(self.settings.cache)
        if not again and self._pool is None:
            from docker_notes.engine import base_images, client  # noqa: PLC0415  # as in `results`

            self._image = base_images.ready(client.connect())
        results: dict[str, PageResult] = {}
        jobs: list[Job] = []
        for page in pages:
            known = None if again else self.ran(page, inputs)
            if known:
                results[page.path] = PageResult(known, live=False)
            else:
                jobs.append(self.job(page, inputs))
        # Where nothing is to run, nothing is started.
        for run in self.pool(say).run(jobs, progress) if jobs else ():
            for note in run.notes:
                say(note)
            results[run.recording.page] = self.keep(run)
        return results

    def job(self, page: Page, inputs: Inputs) -> Job:
        """A page as a job for the pool."""
        from docker_notes.runner.pool import Job  # noqa: PLC0415  # as in `results`

        return Job(page, inputs, self._seconds(page.path))

    def keep(self, run: PageRun) -> PageResult:
        """What a run shows; kept for later builds of this machine where nothing failed."""
        if not run.failures:
            recordings.write(run.recording, self._run_file(run.recording.page))
        return PageResult.of(run)

    def pool(self, say: Callable[[str], None] = print) -> Pool:
        """The sandboxes, kept from build to build.

        Raises:
            EngineError: where no engine answers.
            ImageError: where the sandbox's image can not be had.
        """
        if self._pool is None:
            from docker_notes.runner.pool import Pool  # noqa: PLC0415  # as in `results`

            self._pool = Pool(self.settings.examples, size=sandboxes(), say=say)
            self._image = self._pool.image
        return self._pool

    def save(self, results: Iterable[PageResult]) -> list[str]:
        """Write recordings whose outputs really changed; the pages whose files did.

        Raises:
            DockerNotesError: where the folder of recordings is another site's.
        """
        new = [result.recording for result in results if not result.replayed]
        if not new:
            return []
        owner = self._owner()
        if owner:
            raise DockerNotesError("\n    ".join(owner))
        changed = [recording.page for recording in new if self._save(recording)]
        self.own()
        return changed

    def own(self) -> None:
        """Write down whose the recordings are, where that is not said yet."""
        mark = self.settings.recordings / _OWNER
        if not mark.exists():
            write_atomic(f"{self._docs()}\n".encode(), mark)

    def review(self, pages: Iterable[str]) -> Review:
        """A review of pages, by their paths; also one that was interrupted.

        Raises:
            DockerNotesError: where the folder of recordings is another site's.
        """
        owner = self._owner()
        if owner:
            raise DockerNotesError("\n    ".join(owner))
        return Review(self.settings.cache / "pending", {page: self.recording_file(page) for page in pages})

    def _save(self, recording: Recording) -> bool:
        path = self.recording_file(recording.page)
        mark = self._saved / path.relative_to(self.settings.recordings)
        if mark.exists() and path.exists() and mark.read_text() == _mark(recording, path):
            return False
        changed = compare.save(recording, path)
        write_atomic(_mark(recording, path).encode(), mark)
        return changed

    def verify(self, pages: Mapping[str, Page], progress: Progress, say: Callable[[str], None] = print) -> Verification:
        """Run every page again and hold it against its recording; writes nothing.

        Raises:
            EngineError: where no engine answers.
            ImageError: where the sandbox's image can not be had.
        """
        inputs = self.inputs()
        recorded = self.replay(pages.values(), inputs)
        failures = [failure for result in recorded.values() for failure in result.failures]
        whole = {path: result.recording for path, result in recorded.items() if not result.failures}
        jobs = [self.job(pages[path], inputs) for path in whole]
        moved: dict[str, None] = {}
        elsewhere = 0
        for run in self.pool(say).run(jobs, progress) if jobs else ():
            path = run.recording.page
            failures += run.failures
            if run.failures:
                continue
            changes = whole[path].provenance.moved(run.recording.provenance)
            moved.update(dict.fromkeys(changes))
            drifted = _drifted(pages[path], whole[path], run.recording)
            elsewhere += len(drifted) if changes else 0
            failures += drifted
        notes = [f"The environment moved: {'; '.join(moved)}. {elsewhere or 'No'} outputs read differently there."] if moved else []
        return Verification(sorted(failures, key=lambda failure: (failure.page, failure.line)), notes)

    def orphans(self, pages: Iterable[str]) -> list[Path]:
        """Recordings of pages that are gone.

        Args:
            pages: the paths of all pages with blocks.
        """
        folder = self.settings.recordings
        known = {self.recording_file(page) for page in pages}
        return sorted(path for path in folder.rglob("*.yml") if path not in known) if folder.is_dir() else []

    def recording_file(self, page: str) -> Path:
        """The file of a page's recording: its path with another ending, so that no two pages share one."""
        return self.settings.recordings / (page.removesuffix(".md") + ".yml")

    def ran(self, page: Page, inputs: Inputs) -> Recording | None:
        """What this machine ran of a page in its present form; None where it did not, or it failed."""
        try:
            ran = self._load(self._run_file(page.path), page.path)
        except RecordingError:
            return None
        if ran is None or ran.key != recordings.key_of(page, inputs):
            return None
        return None if compare.judge(page, ran.steps, ran.at_start) else ran

    def _load(self, path: Path, page: str) -> Recording | None:
        return recordings.load(path, page, lambda text: json.loads(self.cache.get("docker_notes.recording.model", "as_json", text)))

    def _seconds(self, page: str) -> float:
        try:
            found = self._load(self.recording_file(page), page)
        except RecordingError:
            return 0.0
        return sum(step.seconds for step in found.steps) if found else 0.0

    def _run_file(self, page: str) -> Path:
        """Where a run of this machine is kept: by the sandbox's image, which the base images are part of, and by what recorded it."""
        name = self.recording_file(page).relative_to(self.settings.recordings)
        return self._runs / self._image.rpartition(":")[2] / _recorders() / name

    def _owner(self) -> tuple[str, str] | None:
        """What is wrong where the recordings are those of another folder of pages; and a way out."""
        mark = self.settings.recordings / _OWNER
        try:
            owner = mark.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        if owner == self._docs():
            return None
        what = (
            f"{self._shown(self.settings.recordings)}/ holds the recordings of {owner}/, and the pages here lie in {self._docs()}/"
        )
        if self.settings.root == self.settings.docs:
            return (
                what,
                "give these files a folder of their own: `--recordings NAME`; or run docker-notes where the others were recorded",
            )
        return what, "give each site a folder of its own: `extra: {docker_notes: {recordings: NAME}}` in its mkdocs.yml"

    def _docs(self) -> str:
        return Path(os.path.relpath(self.settings.docs, self.settings.recordings.parent)).as_posix()

    def _shown(self, folder: Path) -> str:
        return Path(os.path.relpath(folder, self.settings.root)).as_posix()


def nothing_of(page: Page, inputs: Inputs) -> Recording:
    """The recording of a page that never ran."""
    return Recording(page.path, UNKNOWN, inputs.of(page), (), page.kinds)


def _drifted(page: Page, old: Recording, new: Recording) -> list[PageError]:
    found: list[PageError] = []
    for number, diff in compare.differences(old, new):
        step = page.steps[number][1]
        indented = "\n".join(f"    {line}" for line in diff.split("\n"))
        fix = f"{RUN_LIVE};\n    where it differs in every run, name it under `volatile:` in the page's front matter"
        found.append(StepError(page.path, step.line, f"the output of `{step.command}` changed:\n{indented}", fix))
    return found


@cache
def _recorders() -> str:
    """A hash of the code that makes a recording of what was printed: other code's runs are not to replace newer recordings."""
    folder = Path(__file__).parents[1]
    typing = [folder / "runner" / f"{name}.py" for name in ("command", "marks", "page_run", "patience", "shell")]
    code = [*sorted((folder / "terminal").glob("*.py")), *typing, *(folder / name for name in _WATCHERS)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()[:16]


def _mark(run: Recording, path: Path) -> str:
    return f"{run.key} {run.provenance.date} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
