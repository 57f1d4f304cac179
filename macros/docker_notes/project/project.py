"""A site's pages, their walkthroughs and recordings: which run, which are replayed, and what went wrong.

Knows neither MkDocs nor Docker's commands: `mkdocs build`, `make verify` and `python -m macros run`
all stand on it.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from docker_notes.engine import generations as recipe
from docker_notes.errors import (
    BuildFailed,
    DockerNotesError,
    EngineError,
    GrammarError,
    ImageError,
    PageError,
    RecordingError,
    StepError,
)
from docker_notes.page import examples
from docker_notes.page import grammar as console
from docker_notes.project.cache import Cache
from docker_notes.recording import compare as drift
from docker_notes.recording import model as recording
from docker_notes.recording import normalise as volatile
from docker_notes.recording.model import Inputs, Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from docker_notes.page.model import Page
    from docker_notes.runner.page_run import PageRun
    from docker_notes.runner.pool import Job, Pool, Progress

ENVIRONMENT = "DOCKER_NOTES_ENGINE"
SANDBOXES = "DOCKER_NOTES_SANDBOXES"


class Mode(Enum):
    """How outputs are come by."""

    AUTO = "auto"
    LIVE = "live"
    REPLAY = "replay"

    @classmethod
    def from_environment(cls) -> Mode:
        """The mode that DOCKER_NOTES_ENGINE names; auto where it is not set.

        Raises:
            DockerNotesError: where it names another.
        """
        value = os.environ.get(ENVIRONMENT) or "auto"
        try:
            return cls(value)
        except ValueError:
            known = ", ".join(mode.value for mode in cls)
            raise DockerNotesError(f"{ENVIRONMENT}={value!r} is not a mode; known modes: {known}") from None


@dataclass(frozen=True)
class Page:
    """A page with blocks: what is to run, and the page's own volatile kinds."""

    page: Page
    kinds: tuple[volatile.Kind, ...] = ()


@dataclass(frozen=True)
class PageResult:
    """What a page shows.

    Args:
        recording: of its page.
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
    def of(cls, outcome: PageRun) -> PageResult:
        """What a run tells."""
        return cls(outcome.recording, live=True, failures=outcome.failures)


class Project:
    """The walkthroughs of one clone.

    Args:
        root: the clone's top, with examples/ and recordings/.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.docs = root / "docs"
        self.examples = root / "examples"
        self.recordings = root / "recordings"
        # What was run on this machine, whether or not its build went through.
        self._runs = root / ".cache" / "runs"
        # Which run was last held against which recording, so that a build with nothing new need not do so again.
        self._saved = root / ".cache" / "saved"
        self.cache = Cache(root / ".cache" / "kept")
        self._pool: Pool | None = None
        self._image = ""  # the sandbox's on the engine; empty where it is not known

    def close(self) -> None:
        """End the sandboxes."""
        if self._pool:
            self._pool.close()
            self._pool = None

    def inputs(self) -> Inputs:
        """What outputs depend on besides the pages, as it is now."""
        hashes = {name: examples.hash_of(self.examples / name) for name in examples.names(self.examples)}
        return Inputs(recipe.recipe_hash(), recipe.NODE, hashes)

    def texts(self) -> dict[str, str]:
        """The Markdown of every page, by its path below docs/."""
        return {
            path.relative_to(self.docs).as_posix(): path.read_text(encoding="utf-8") for path in sorted(self.docs.rglob("*.md"))
        }

    def read(self, pages: Mapping[str, str]) -> tuple[dict[str, Page], list[PageError]]:
        """The pages among pages, and every mistake in them.

        Args:
            pages: Markdown by path below docs/.
        """
        pages: dict[str, Page] = {}
        failures: list[PageError] = []
        known = examples.names(self.examples)
        for page, text in pages.items():
            if console.LANGUAGE not in text:
                continue
            try:
                page = console.parse(page, text)
                kinds = _kinds(page, text)
            except BuildFailed as error:
                failures += [failure for failure in error.failures if isinstance(failure, PageError)]
                continue
            fix = f"examples: {', '.join(known) or 'none'}"
            unknown = [
                GrammarError(page, block.line, f"there is no examples/{block.options.example}/", fix)
                for block in page.blocks
                if block.options.example and block.options.example not in known
            ]
            failures += unknown
            if page.blocks and not unknown:
                pages[page] = Page(page, kinds)
        return pages, failures

    def replay(self, pages: Iterable[Page], inputs: Inputs) -> dict[str, PageResult]:
        """Each page's recording, held against its page as it is now."""
        told: dict[str, PageResult] = {}
        for page in pages:
            page = page.path
            try:
                found = self._load(self._path(page), page)
                if found is None:
                    line = page.blocks[0].line
                    raise RecordingError(page, line, "this page has no recording", recording.RUN_LIVE)
            except RecordingError as error:
                told[page] = PageResult(_empty(page, inputs), live=False, failures=(error,))
                continue
            failures = drift.stale(found, page, inputs, page.kinds)
            wrong = tuple(failures or drift.judge(page, found.steps))
            told[page] = PageResult(found, live=False, failures=wrong, replayed=True)
        return told

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
        if not again and self._pool is None:
            from docker_notes.engine import base_images as images  # noqa: PLC0415  # as in `job`
            from docker_notes.engine import client as engine  # noqa: PLC0415  # as in `job`

            self._image = images.ready(engine.connect())
        told: dict[str, PageResult] = {}
        jobs: list[Job] = []
        for page in pages:
            page = page.path
            ran = None if again else self.ran(page, inputs)
            if ran:
                told[page] = PageResult(ran, live=False)
            else:
                jobs.append(self.job(page, inputs))
        # Where nothing is to run, nothing is started.
        for outcome in self.pool(say).run(jobs, progress) if jobs else ():
            told[outcome.recording.page] = self.keep(outcome)
        return told

    def job(self, page: Page, inputs: Inputs) -> Job:
        """A page as a job for the pool."""
        from docker_notes.runner.pool import Job  # noqa: PLC0415  # Docker's SDK is not loaded for a replay

        return Job(page, inputs, page.kinds, self._seconds(page.path))

    def keep(self, outcome: PageRun) -> PageResult:
        """What a run tells; kept for later builds of this machine where nothing failed."""
        if not outcome.failures:
            recording.write(outcome.recording, self._run_path(outcome.recording.page))
        return PageResult.of(outcome)

    def pool(self, say: Callable[[str], None] = print) -> Pool:
        """The sandboxes, kept from build to build.

        Raises:
            EngineError: where no engine answers.
            ImageError: where the sandbox's image can not be had.
        """
        if self._pool is None:
            from docker_notes.runner.pool import Pool  # noqa: PLC0415  # as in `job`

            self._pool = Pool(self.examples, size=_sandboxes(), say=say)
            self._image = self._pool.image
        return self._pool

    def save(self, told: Iterable[PageResult]) -> list[str]:
        """Write recordings whose outputs really changed; the pages whose files did."""
        return [t.recording.page for t in told if not t.replayed and self._save(t.recording)]

    def _save(self, run: Recording) -> bool:
        path = self._path(run.page)
        mark = self._saved / path.name
        if mark.exists() and path.exists() and mark.read_text() == _mark(run, path):
            return False
        changed = drift.save(run, path)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(_mark(run, path))
        return changed

    def verify(self, pages: Mapping[str, Page], progress: Progress) -> tuple[list[PageError], list[str]]:
        """Run every page again and hold it against its recording; writes nothing.

        Returns:
            Every place where an output changed, and what is to be said once.

        Raises:
            EngineError: where no engine answers.
            ImageError: where the sandbox's image can not be had.
        """
        inputs = self.inputs()
        recorded = self.replay(pages.values(), inputs)
        failures = [failure for told in recorded.values() for failure in told.failures]
        whole = {page: told for page, told in recorded.items() if not told.failures}
        jobs = [self.job(pages[page], inputs) for page in whole]
        elsewhere: set[str] = set()
        for outcome in self.pool().run(jobs, progress) if jobs else ():
            page = outcome.recording.page
            failures += outcome.failures
            if outcome.failures:
                continue
            if not whole[page].recording.provenance.same_environment(outcome.recording.provenance):
                elsewhere.add(page)
                continue
            failures += _drifted(pages[page], whole[page].recording, outcome.recording)
        notes = []
        if elsewhere:
            notes.append(
                f"The engine or the base images differ from those of the recordings of {len(elsewhere)} pages: their exit statuses "
                f"and `expect` texts were held, not every letter. `make live` records them anew."
            )
        return sorted(failures, key=lambda failure: (failure.page, failure.line)), notes

    def _load(self, path: Path, page: str) -> Recording | None:
        return recording.load(path, page, lambda text: json.loads(self.cache.get("docker_notes.recording.model", "as_json", text)))

    def _path(self, page: str) -> Path:
        return self.recordings / (page.removesuffix(".md").replace("/", "--") + ".yml")

    def _seconds(self, page: str) -> float:
        try:
            found = self._load(self._path(page), page)
        except RecordingError:
            return 0.0
        return sum(step.seconds for step in found.steps) if found else 0.0

    def _run_path(self, page: str) -> Path:
        """Where a run of this machine is kept: by the sandbox's image, which the base images are part of, and by what recorded it."""
        return self._runs / self._image.rpartition(":")[2] / _recorders() / self._path(page).name

    def ran(self, page: Page, inputs: Inputs) -> Recording | None:
        """What this machine ran of a page in its present form; None where it did not, or it failed."""
        page = page.path
        try:
            ran = self._load(self._run_path(page), page)
        except RecordingError:
            return None
        if ran is None or ran.key != recording.key_of(page, inputs, page.kinds):
            return None
        return None if drift.judge(page, ran.steps) else ran


def tell(
    project: Project, pages: Mapping[str, Page], mode: Mode, progress: Progress, say: Callable[[str], None]
) -> dict[str, PageResult]:
    """What each page shows in a mode. In auto mode an engine that can not be used means replay.

    Raises:
        EngineError: in live mode, where no engine answers.
        ImageError: in live mode, where the sandbox's image can not be had.
    """
    inputs = project.inputs()
    if mode is not Mode.REPLAY and pages:
        from docker_notes.engine import client as engine  # noqa: PLC0415  # as in `Project.job`

        try:
            if mode is Mode.LIVE or engine.find() is not None:
                return project.run(pages.values(), inputs, progress, again=mode is Mode.LIVE, say=say)
        except (EngineError, ImageError) as error:
            if mode is Mode.LIVE:
                raise
            say(f"Replaying the recordings: {error}")
    return project.replay(pages.values(), inputs)


def _sandboxes() -> int:
    value = os.environ.get(SANDBOXES) or "0"
    if not value.isdecimal():
        raise DockerNotesError(
            f"{SANDBOXES}={value!r} is not a number of sandboxes\n    write a whole number, or leave it out for one a core"
        )
    return int(value)


def _drifted(page: Page, old: Recording, new: Recording) -> list[PageError]:
    found: list[PageError] = []
    for number, diff in drift.differences(old, new):
        step = page.steps[number][1]
        indented = "\n".join(f"    {line}" for line in diff.split("\n"))
        fix = f"{recording.RUN_LIVE};\n    where it differs in every run, follow “Add a kind of volatile text” in CONTRIBUTING.md"
        found.append(StepError(page.path, step.line, f"the output of `{step.command}` changed:\n{indented}", fix))
    return found


@cache
def _recorders() -> str:
    """A hash of the code that makes a recording of what was printed: other code's runs are not to replace newer recordings."""
    rooms = ("terminal/lines", "runner/shell", "terminal/emulator", "runner/page_run")
    code = ((Path(__file__).parents[1] / f"{room}.py").read_bytes() for room in rooms)
    return hashlib.sha256(b"".join(code)).hexdigest()[:16]


def _mark(run: Recording, path: Path) -> str:
    return f"{run.key} {run.provenance.date} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def _empty(page: Page, inputs: Inputs) -> Recording:
    return Recording(page.path, recording.UNKNOWN, inputs.of(page), (), page.kinds)


@lru_cache(maxsize=1024)
def front_matter(text: str) -> dict[str, Any]:
    """A page's front matter, to be read only; empty where there is none, or none that can be read."""
    if not text.startswith("---\n"):
        return {}
    head, end, _ = text[4:].partition("\n---")
    try:
        found = recording.read_yaml(head) if end else {}
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _kinds(page: str, text: str) -> tuple[volatile.Kind, ...]:
    try:
        return tuple(recording.page_kinds(front_matter(text).get("volatile") or ()))
    except (ValueError, TypeError) as error:
        fix = "write `volatile:` as a list of `- {name: …, pattern: …}`"
        raise BuildFailed([GrammarError(page, 1, f"in the front matter: {error}", fix)]) from error
