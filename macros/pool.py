"""Many walkthroughs at once: sandboxes, kept warm, and the pages that run in them."""

from __future__ import annotations

import os
import queue
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from macros import engine, owner, walkthrough
from macros.errors import DockerNotesError, StepError
from macros.images import ensure_sandbox
from macros.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from docker import DockerClient

    from macros.console import Step, Walkthrough
    from macros.recording import Ground
    from macros.volatile import Kind
    from macros.walkthrough import Outcome


@dataclass(frozen=True)
class Job:
    """A walkthrough to run. `seconds` is how long it took the last time, 0 where unknown."""

    walkthrough: Walkthrough
    ground: Ground
    kinds: tuple[Kind, ...] = ()
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
        size: how many sandboxes at most; by default one a core.
        say: told what is done to have the images.

    Raises:
        ImageError: where the sandbox's image can not be had.
    """

    def __init__(
        self, folder: Path, *, client: DockerClient | None = None, size: int = 0, say: Callable[[str], None] = print
    ) -> None:
        self._folder = folder
        self._client = client or engine.connect()
        self.size = size or os.cpu_count() or 1
        owner.sweep(self._client)
        owner.hire_janitor(self._client)
        self.image, self.bases = ensure_sandbox(self._client, say)
        self._free: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
        self._all: set[Sandbox] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, jobs: Sequence[Job], progress: Progress) -> Iterator[Outcome]:
        """Run walkthroughs side by side, longest first; outcomes come as they end."""
        longest_first = sorted(jobs, key=lambda job: (-job.seconds, job.walkthrough.page))
        executor = ThreadPoolExecutor(min(self.size, len(jobs)) or 1, thread_name_prefix="sandbox")
        try:
            waiting: set[Future[Outcome]] = {executor.submit(self._run, job, progress) for job in longest_first}
            while waiting:
                # With a time limit, so that Ctrl-C is seen at once.
                ended, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            self.close()
            raise
        executor.shutdown(wait=True)

    def close(self) -> None:
        """End all sandboxes, also those at work."""
        with self._lock:
            self._closed = True
            everything = list(self._all)
            self._all.clear()
        for sandbox in everything:
            sandbox.close()

    def warm(self, count: int = 1) -> None:
        """Have that many sandboxes waiting."""
        missing = count - self._free.qsize()
        for _ in range(missing):
            self._free.put(self._start())

    def _run(self, job: Job, progress: Progress) -> Outcome:
        page = job.walkthrough.page
        try:
            sandbox = self._take()
            outcome = walkthrough.run(
                job.walkthrough,
                sandbox,
                folder=self._folder,
                ground=job.ground,
                bases=self.bases,
                kinds=job.kinds,
                on_step=lambda step: progress.step(page, step),
            )
        except DockerNotesError as error:
            outcome = walkthrough.never_began(job.walkthrough, job.ground, error)
        else:
            self._give_back(sandbox)
        progress.done(page, outcome.seconds, len(outcome.failures))
        return outcome

    def _take(self) -> Sandbox:
        try:
            return self._free.get_nowait()
        except queue.Empty:
            return self._start()

    def _start(self) -> Sandbox:
        # A client of its own: requests' sessions are not for many threads.
        sandbox = Sandbox.start(self.image, engine.another(self._client), owner.labels("sandbox"))
        with self._lock:
            self._all.add(sandbox)
            closed = self._closed
        if closed:
            self._drop(sandbox)
            raise StepError("", 0, "the build was stopped")
        return sandbox

    def _give_back(self, sandbox: Sandbox) -> None:
        if sandbox.reset():
            self._free.put(sandbox)
        else:
            self._drop(sandbox)

    def _drop(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._all.discard(sandbox)
        sandbox.close()
