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
from docker_notes.project.project import Mode, Told
from docker_notes.errors import DockerNotesError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from docker_notes.project.project import Book, Chapter
    from docker_notes.recording.model import Ground
    from docker_notes.runner.page_run import Outcome

# Seconds for which the first build waits to learn what this machine has already run.
PATIENCE = 1.5


@dataclass(frozen=True)
class _Wanted:
    """A chapter in one form."""

    key: str
    chapter: Chapter
    ground: Ground


def _wanted(chapter: Chapter, ground: Ground) -> _Wanted:
    return _Wanted(recording.key_of(chapter.walkthrough, ground, chapter.kinds), chapter, ground)


class Ahead:
    """Runs the pages of one clone ahead of the reader.

    Args:
        book: the clone's walkthroughs.
        changed: called, from any thread, when a page has something new to show.
        say: told what happens, for the terminal.
    """

    def __init__(self, book: Book, changed: Callable[[], None], say: Callable[[str], None]) -> None:
        self._book = book
        self._changed = changed
        self._say = say
        self._lock = threading.Lock()
        self._wanted: dict[str, _Wanted] = {}
        self._told: dict[str, tuple[str, Told]] = {}
        self._futures: dict[str, tuple[str, Future[Outcome] | None]] = {}
        self._worker: threading.Thread | None = None
        self._begun = self._asked = False
        self._without_engine = False

    def tell(self, chapters: Mapping[str, Chapter], mode: Mode) -> dict[str, Told]:
        """What each page shows now; what is not known yet is run behind the caller's back."""
        ground = self._book.ground()
        replayed = self._book.replay(chapters.values(), ground)
        if mode is Mode.REPLAY:
            return replayed
        with self._lock:
            self._wanted = {page: _wanted(chapter, ground) for page, chapter in chapters.items()}
        self._work()
        with self._lock:
            return replayed if self._without_engine else {page: self._now(page, replayed[page]) for page in chapters}

    def edited(self, page: str) -> None:
        """Run a page that was told before as it now stands in its file; the build that shows it comes later."""
        try:
            text = (self._book.docs / page).read_text(encoding="utf-8")
            chapters, failures = self._book.read({page: text})
            ground = self._book.ground()
        except (OSError, UnicodeDecodeError, DockerNotesError):
            return  # gone again, or not to be read: the build says so, and whoever told of the edit goes on
        if failures or page not in chapters:
            return
        with self._lock:
            if page not in self._wanted:
                return
            self._wanted[page] = _wanted(chapters[page], ground)
        self._work()

    def _now(self, page: str, replayed: Told) -> Told:
        key, told = self._told.get(page, ("", replayed))
        if key == self._wanted[page].key:
            return told
        return Told(told.recording, live=False, running=True)

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
            pool = self._book.pool(self._say)
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
            ran = self._book.ran(want.chapter, want.ground)
            if ran:
                known = True
                with self._lock:
                    self._futures[page] = (want.key, None)
                    self._told[page] = (want.key, Told(ran, live=False))
                continue
            future = pool.submit(self._book.job(want.chapter, want.ground), progress.Lines())
            self._futures[page] = (want.key, future)
            future.add_done_callback(partial(self._done, page, want))
        if known:
            self._changed()
        try:
            pool.warm()
        except DockerNotesError as error:
            self._say(str(error))

    def _done(self, page: str, want: _Wanted, future: Future[Outcome]) -> None:
        if future.cancelled():
            return
        outcome = future.result()
        told = Told.of(outcome)
        with self._lock:
            wanted = self._wanted.get(page)
            newest = wanted is not None and wanted.key == want.key
            if newest:
                self._told[page] = (want.key, told)
        if newest:
            self._changed()
        # Files are written while the page is built.
        self._book.keep(outcome)
        if not newest:
            return
        for failure in told.failures:
            self._say(str(failure))
        if not told.failures and self._book.save([told]):
            self._say(f"recorded {page}")
