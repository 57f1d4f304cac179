"""Many walkthroughs at once: sandboxes, kept warm, and the pages that run in them."""

from __future__ import annotations

import queue
import threading
import traceback
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

from docker_notes.engine import client as engine
from docker_notes.engine import fitness
from docker_notes.engine import reaper as owner
from docker_notes.engine.base_images import ensure_sandbox
from docker_notes.engine.border import Unreachable
from docker_notes.engine.sandbox import LEAST_MEMORY, MEMORY, Sandbox, SandboxGone
from docker_notes.errors import DockerNotesError, EngineError
from docker_notes.runner import page_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from docker_notes.engine.client import Client
    from docker_notes.page.model import Page, Step
    from docker_notes.recording.model import Inputs
    from docker_notes.runner.page_run import PageRun

__all__ = ["Job", "Pool", "Progress"]

# Of the engine's memory, what all sandboxes together may take.
_SHARE = 0.8
# Seconds between two looks of who waits for a sandbox.
_LOOK = 1.0


@dataclass(frozen=True)
class Job:
    """A page to run. `seconds` is how long it took the last time, 0 where unknown."""

    page: Page
    inputs: Inputs
    seconds: float = 0.0


class Progress(Protocol):
    """Who is told how it goes; called from many threads."""

    def step(self, page: str, step: Step) -> None:
        """A page's step begins."""

    def done(self, page: str, seconds: float, failures: int) -> None:
        """A page ended."""


class Pool:
    """Sandboxes on one engine. Close it at the end.

    Args:
        folder: the folder of the examples.
        client: the outer engine; by default the one that the CLI would use.
        size: how many sandboxes at most; by default one a core of the engine, where its memory lets them.
        say: told what is done to have the images.

    Raises:
        EngineError: where no engine answers, or it can run no sandbox.
        ImageError: where the sandbox's image can not be had.
    """

    def __init__(self, folder: Path, *, client: Client | None = None, size: int = 0, say: Callable[[str], None] = print) -> None:
        self._folder = folder
        self._client = client or engine.connect()
        for remark in fitness.check(self._client):
            say(remark)
        about = self._client.info()
        memory = int(about["MemTotal"] * _SHARE)
        self.size = size or max(1, min(int(about["NCPU"]), memory // LEAST_MEMORY))
        self._memory = min(MEMORY, memory // self.size)
        owner.sweep(self._client)
        owner.start_reaper(self._client)
        self.image, self.bases = ensure_sandbox(self._client, say)
        self._broken: DockerNotesError | None = None  # the engine is gone: told to each page at once, not after a wait each
        # Sandboxes with just their base images; None wakes whoever waits for one.
        self._free: queue.SimpleQueue[Sandbox | None] = queue.SimpleQueue()
        self._all: set[Sandbox] = set()
        self._count = 0  # of sandboxes there are or will be: those starting and resetting as well
        self._lock = threading.Lock()
        self._closed = False
        self._executor = ThreadPoolExecutor(self.size, thread_name_prefix="sandbox")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, jobs: Sequence[Job], progress: Progress) -> Iterator[PageRun]:
        """Run walkthroughs side by side, longest first; outcomes come as they end."""
        longest_first = sorted(jobs, key=lambda job: (-job.seconds, job.page.path))
        waiting: set[Future[PageRun]] = {self.submit(job, progress) for job in longest_first}
        while waiting:
            # With a time limit, so that Ctrl-C is seen at once.
            ended, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in ended:
                yield future.result()

    def submit(self, job: Job, progress: Progress) -> Future[PageRun]:
        """Run a page as soon as a sandbox is free."""
        return self._executor.submit(self._run, job, progress)

    def close(self) -> None:
        """End all sandboxes, also those at work."""
        with self._lock:
            self._closed = True
            everything = list(self._all)
            self._all.clear()
        self._executor.shutdown(wait=False, cancel_futures=True)
        for _ in range(self.size):
            self._free.put(None)
        with ThreadPoolExecutor(len(everything) or 1) as closing:
            list(closing.map(_end, everything))

    def warm(self) -> None:
        """Have a sandbox waiting."""
        with self._lock:
            if self._count or self._closed:
                return
            self._count += 1
        self._free.put(self._start())

    @contextmanager
    def lent(self) -> Iterator[Sandbox]:
        """A sandbox with just its base images on it, for as long as the context lasts."""
        sandbox = self._take()
        try:
            yield sandbox
        finally:
            # Aside, so that nobody waits for a reset who does not need this sandbox.
            threading.Thread(target=self._give_back, args=(sandbox,), name="reset", daemon=True).start()

    def _run(self, job: Job, progress: Progress) -> PageRun:
        path = job.page.path
        try:
            with self.lent() as sandbox:
                outcome = page_run.run(
                    job.page,
                    sandbox,
                    folder=self._folder,
                    inputs=job.inputs,
                    bases=self.bases,
                    on_step=lambda step: progress.step(path, step),
                )
        except DockerNotesError as error:
            outcome = page_run.could_not_run(job.page, job.inputs, error)
        except Exception as error:  # noqa: BLE001  # whatever it was: this page failed, the others go on
            outcome = page_run.could_not_run(job.page, job.inputs, _mistake(error))
        progress.done(path, outcome.seconds, len(outcome.failures))
        return outcome

    def _take(self) -> Sandbox:
        while True:
            if self._closed:
                raise SandboxGone("the build was stopped")
            sandbox = self._next()
            if sandbox is None:
                with self._lock:
                    another = self._count < self.size
                    self._count += another
                # Who waits looks again by itself: a sandbox that is lost on its way wakes nobody.
                sandbox = self._start() if another else self._next(_LOOK)
            if sandbox:
                return sandbox

    def _next(self, seconds: float = 0.0) -> Sandbox | None:
        try:
            return self._free.get(timeout=seconds) if seconds else self._free.get_nowait()
        except queue.Empty:
            return None

    def _start(self) -> Sandbox:
        """Start one; a first failure may have been a moment's."""
        try:
            if self._broken:
                raise self._broken
            try:
                sandbox = self._start_once()
            except EngineError as error:
                if self._closed:
                    raise
                try:
                    sandbox = self._start_once()
                except Unreachable as again:
                    self._broken = again
                    raise
                except EngineError:
                    raise error from None
        except BaseException:
            self._lost()
            raise
        with self._lock:
            self._all.add(sandbox)
            closed = self._closed
        if closed:
            self._drop(sandbox)
            raise SandboxGone("the build was stopped")
        return sandbox

    def _start_once(self) -> Sandbox:
        # A client of its own: requests' sessions are not for many threads.
        return Sandbox.start(self.image, engine.another(self._client), owner.labels("sandbox"), self._memory)

    def _give_back(self, sandbox: Sandbox) -> None:
        clean = False
        # Whatever a page made of it: one that can not be reset is thrown away.
        with suppress(Exception):
            clean = sandbox.reset()
        if clean and not self._closed:
            self._free.put(sandbox)
        else:
            self._drop(sandbox)

    def _drop(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._all.discard(sandbox)
        _end(sandbox)
        self._lost()

    def _lost(self) -> None:
        """There is one sandbox less; whoever waits for one may start another."""
        with self._lock:
            self._count -= 1
        self._free.put(None)


def _end(sandbox: Sandbox) -> None:
    # Whatever goes wrong there, it also ends with this process, and nobody waits for it.
    with suppress(Exception):
        sandbox.close()


def _mistake(error: Exception) -> DockerNotesError:
    """An exception that nobody thought of, as an error of the page at work; with the place in our code, to be reported."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{PurePath(place.filename).name}:{place.lineno}"
    return DockerNotesError(f"a mistake in docker-notes: {type(error).__name__} in {where}: {error}")
