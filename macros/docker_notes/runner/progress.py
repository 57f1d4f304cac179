"""How a live build goes: a picture in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from docker_notes.page.model import Step

__all__ = ["Lines", "Picture", "shown"]


class Lines:
    """A line a page, when it ends."""

    def step(self, page: str, step: Step) -> None:
        """Not told: a log of a build has no use for it."""

    def done(self, page: str, seconds: float, failures: int) -> None:
        """Say what became of a page."""
        said = "ok" if not failures else f"{failures} failure{'s' * (failures > 1)}"
        print(f"{page}: {said} in {seconds:.1f} s", file=sys.stderr, flush=True)


class Picture:
    """The pages at work, the command that each runs now, and how many are done."""

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self._lock = threading.Lock()
        self._now: dict[str, tuple[str, float]] = {}
        self._done = self._failures = 0
        self._began = time.monotonic()

    def step(self, page: str, step: Step) -> None:
        """A command begins."""
        with self._lock:
            self._now[page] = (step.command.split("\n")[0], time.monotonic())

    def done(self, page: str, seconds: float, failures: int) -> None:  # noqa: ARG002  # as Progress has it
        """A page ended."""
        with self._lock:
            self._now.pop(page, None)
            self._done += 1
            self._failures += failures

    def __rich__(self) -> Table:
        from rich.table import Table  # noqa: PLC0415  # loaded by now
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=None, show_header=False, padding=(0, 1))
        now = time.monotonic()
        with self._lock:
            for page, (command, since) in sorted(self._now.items()):
                # As text: what stands in brackets is markup to rich.
                table.add_row(Text(page), Text(f"$ {command}"), f"{now - since:.0f} s")
            failures = f", {self._failures} failures so far" if self._failures else ""
            table.add_row(f"{self._done} of {self._pages} pages done{failures}", "", f"{now - self._began:.0f} s")
        return table


@contextmanager
def shown(pages: int) -> Iterator[Lines | Picture]:
    """A progress display of a run of so many pages, for as long as the context lasts; written to stderr."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console  # noqa: PLC0415  # not loaded for a log
    from rich.live import Live  # noqa: PLC0415

    console = Console(stderr=True)
    picture = Picture(pages)
    with Live(picture, console=console, refresh_per_second=8, transient=True):
        yield picture
