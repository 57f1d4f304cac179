"""For `mkdocs serve`: pages run in the background, and an edit never waits for them.

A page is shown at once with what is known of it. When a run ends, `changed` is called, and the
next build shows it. Of each page only the newest form counts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from docker_notes.errors import DockerNotesError
from docker_notes.page.grammar import read
from docker_notes.project.results import PageResult
from docker_notes.project.settings import Mode
from docker_notes.recording import model as recordings
from docker_notes.recording.model import UNKNOWN
from docker_notes.recording.redact import redact
from docker_notes.runner import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from pathlib import Path

    from docker_notes.page.model import Page
    from docker_notes.project.project import Project
    from docker_notes.recording.model import Inputs
    from docker_notes.runner.page_run import PageRun

__all__ = ["BackgroundRuns"]

# Seconds for which the first build waits to learn what this machine has already run.
PATIENCE = 1.5
# Seconds until a page that no sandbox could be had for is tried again; each time twice as long.
RETRY, RETRY_AT_MOST = 5.0, 80.0


@dataclass(frozen=True)
class _Wanted:
    """A page in one form."""

    key: str
    page: Page
    inputs: Inputs


def _wanted(page: Page, inputs: Inputs) -> _Wanted:
    return _Wanted(recordings.key_of(page, inputs), page, inputs)


class BackgroundRuns:
    """Runs the pages of one site ahead of the reader.

    Args:
        project: the site's pages.
        signal: the file whose change has `mkdocs serve` build again.
        changed: called, from any thread, when a page has something new to show.
        say: told what happens, for the terminal.
    """

    def __init__(self, project: Project, signal: Path, changed: Callable[[], None], say: Callable[[str], None]) -> None:
        self.signal = signal
        self._project = project
        self._changed = changed
        self._say = say
        self._lock = threading.Lock()
        self._wanted: dict[str, _Wanted] = {}
        self._known: dict[str, tuple[str, PageResult]] = {}
        self._futures: dict[str, tuple[str, Future[PageRun] | None]] = {}
        self._worker: threading.Thread | None = None
        self._begun = self._asked = False
        self._without_engine = False
        self._delay = RETRY

    def results(self, pages: Iterable[Page], mode: Mode) -> dict[str, PageResult]:
        """What each page shows now; what is not known yet is run behind the caller's back."""
        inputs = self._project.inputs()
        now = {page.path: page for page in pages}
        replayed = self._project.replay(now.values(), inputs)
        if mode is Mode.REPLAY:
            return replayed
        with self._lock:
            self._wanted = {path: _wanted(page, inputs) for path, page in now.items()}
        self._work()
        with self._lock:
            return replayed if self._without_engine else {path: self._now(path, replayed[path]) for path in now}

    def edited(self, path: str) -> None:
        """Run a page that was shown before as it now stands in its file; the build that shows it comes later."""
        try:
            text = (self._project.settings.docs / path).read_text(encoding="utf-8")
            page, mistakes = read(path, text)
            inputs = self._project.inputs()
        except (OSError, UnicodeDecodeError, DockerNotesError):
            return  # gone again, or not to be read: the build says so, and whoever told of the edit goes on
        if mistakes or not page.blocks or self._project.unknown_examples(page):
            return
        with self._lock:
            if path not in self._wanted:
                return
            self._wanted[path] = _wanted(page, inputs)
        self._work()

    def _now(self, path: str, replayed: PageResult) -> PageResult:
        key, result = self._known.get(path, ("", replayed))
        if key == self._wanted[path].key:
            return result
        return PageResult(result.recording, live=False, running=True)

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
                self._say(f"Replaying the recordings: {redact(str(error))}")
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
                    self._known[page] = (want.key, PageResult(ran, live=False))
                continue
            future = pool.submit(self._project.job(want.page, want.inputs), progress.Lines())
            self._futures[page] = (want.key, future)
            future.add_done_callback(partial(self._done, page, want))
        if known:
            self._changed()
        try:
            pool.warm()
        except DockerNotesError as error:
            self._say(redact(str(error)))

    def _done(self, path: str, want: _Wanted, future: Future[PageRun]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            self._say(f"{path}: this page could not be run: {redact(str(error))}")
            self._again(path, want.key)
            return
        run = future.result()
        result = PageResult.of(run)
        with self._lock:
            wanted = self._wanted.get(path)
            newest = wanted is not None and wanted.key == want.key
            if newest:
                self._known[path] = (want.key, result)
        if newest:
            self._changed()
        try:
            # Files are written while the page is built.
            self._project.keep(run)
            if not newest:
                return
            for note in (*run.notes, *map(str, result.failures)):
                self._say(note)
            if run.recording.provenance == UNKNOWN:
                self._again(path, want.key)
            elif not result.failures and self._project.save([result]):
                self._say(f"recorded {path}")
        except DockerNotesError as wrong:
            self._say(redact(str(wrong)))

    def _again(self, path: str, key: str) -> None:
        """Try a page again that no sandbox could be had for."""
        with self._lock:
            if self._futures.get(path, ("", None))[0] == key:
                del self._futures[path]
            delay, self._delay = self._delay, min(2 * self._delay, RETRY_AT_MOST)
        timer = threading.Timer(delay, self._work)
        timer.daemon = True
        timer.start()
