"""For `mkdocs serve`: pages run in the background, and an edit never waits for them.

A page is shown at once with what is known of it. When a run ends, `changed` is called, and the
next build shows it. Of each page only the newest form counts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from docker_notes.runner import progress
from docker_notes.recording import model as recording
from docker_notes.project.project import Mode, PageResult
from docker_notes.errors import DockerNotesError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from docker_notes.page.model import Page
    from docker_notes.project.project import Project
    from docker_notes.recording.model import Inputs
    from docker_notes.runner.page_run import PageRun

# Seconds for which the first build waits to learn what this machine has already run.
PATIENCE = 1.5


@dataclass(frozen=True)
class _Wanted:
    """A page in one form."""

    key: str
    page: Page
    inputs: Inputs


def _wanted(page: Page, inputs: Inputs) -> _Wanted:
    return _Wanted(recording.key_of(page, inputs, page.kinds), page, inputs)


class BackgroundRuns:
    """Runs the pages of one clone ahead of the reader.

    Args:
        project: the clone's walkthroughs.
        changed: called, from any thread, when a page has something new to show.
        say: told what happens, for the terminal.
    """

    def __init__(self, project: Project, changed: Callable[[], None], say: Callable[[str], None]) -> None:
        self._project = project
        self._changed = changed
        self._say = say
        self._lock = threading.Lock()
        self._wanted: dict[str, _Wanted] = {}
        self._told: dict[str, tuple[str, PageResult]] = {}
        self._futures: dict[str, tuple[str, Future[PageRun] | None]] = {}
        self._worker: threading.Thread | None = None
        self._begun = self._asked = False
        self._without_engine = False

    def tell(self, pages: Mapping[str, Page], mode: Mode) -> dict[str, PageResult]:
        """What each page shows now; what is not known yet is run behind the caller's back."""
        inputs = self._project.inputs()
        replayed = self._project.replay(pages.values(), inputs)
        if mode is Mode.REPLAY:
            return replayed
        with self._lock:
            self._wanted = {page: _wanted(page, inputs) for page, page in pages.items()}
        self._work()
        with self._lock:
            return replayed if self._without_engine else {page: self._now(page, replayed[page]) for page in pages}

    def edited(self, page: str) -> None:
        """Run a page that was told before as it now stands in its file; the build that shows it comes later."""
        try:
            text = (self._project.docs / page).read_text(encoding="utf-8")
            pages, failures = self._project.read({page: text})
            inputs = self._project.inputs()
        except (OSError, UnicodeDecodeError, DockerNotesError):
            return  # gone again, or not to be read: the build says so, and whoever told of the edit goes on
        if failures or page not in pages:
            return
        with self._lock:
            if page not in self._wanted:
                return
            self._wanted[page] = _wanted(pages[page], inputs)
        self._work()

    def _now(self, page: str, replayed: PageResult) -> PageResult:
        key, told = self._told.get(page, ("", replayed))
        if key == self._wanted[page].key:
            return told
        return PageResult(told.recording, live=False, running=True)

    def _work(self) -> None:
        with self._lock:
            self._asked = True
            if self._worker:
                return
            first, self._begun = not self._begun, True
            self._worker = worker = threading.Thread(target=self._submit_all, name="ahead", daemon=True)
        worker.start()
        if first:
            worker.join(PATIENCE)

    def _submit_all(self) -> None:
        """Submit what is wanted, until nothing was asked meanwhile."""
        while True:
            with self._lock:
                if not self._asked:
                    self._worker = None
                    return
                self._asked = False
            self._submit()

    def _submit(self) -> None:
        """Have every wanted page that is not known yet under way; those that just changed before those that wait."""
        try:
            pool = self._project.pool(self._say)
        except DockerNotesError as error:
            with self._lock:
                new, self._without_engine = not self._without_engine, True
            if new:
                self._say(f"Replaying the recordings: {error}")
                self._changed()
            return
        self._without_engine = False
        with self._lock:
            wanted = dict(self._wanted)
        changed = [page for page, want in wanted.items() if self._futures.get(page, ("", None))[0] != want.key]
        # What has not begun is taken back, and comes behind.
        waiting = [page for page, (_, future) in self._futures.items() if changed and future and future.cancel()]
        known = False
        for page in dict.fromkeys([*changed, *waiting]):
            if page not in wanted:
                continue
            want = wanted[page]
            ran = self._project.ran(want.page, want.inputs)
            if ran:
                known = True
                with self._lock:
                    self._futures[page] = (want.key, None)
                    self._told[page] = (want.key, PageResult(ran, live=False))
                continue
            future = pool.submit(self._project.job(want.page, want.inputs), progress.Lines())
            self._futures[page] = (want.key, future)
            future.add_done_callback(partial(self._done, page, want))
        if known:
            self._changed()
        try:
            pool.warm()
        except DockerNotesError as error:
            self._say(str(error))

    def _done(self, page: str, want: _Wanted, future: Future[PageRun]) -> None:
        if future.cancelled():
            return
        outcome = future.result()
        told = PageResult.of(outcome)
        with self._lock:
            wanted = self._wanted.get(page)
            newest = wanted is not None and wanted.key == want.key
            if newest:
                self._told[page] = (want.key, told)
        if newest:
            self._changed()
        # Files are written while the page is built.
        self._project.keep(outcome)
        if not newest:
            return
        for failure in told.failures:
            self._say(str(failure))
        if not told.failures and self._project.save([told]):
            self._say(f"recorded {page}")
