"""For `mkdocs serve`: what the file system tells of. Apart, as no other command needs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

if TYPE_CHECKING:
    from collections.abc import Callable

    from mkdocs.livereload import LiveReloadServer
    from watchdog.observers.api import BaseObserver

__all__ = ["listen"]


def listen(server: LiveReloadServer, signal: Path, docs: Path, edited: Callable[[str], None]) -> BaseObserver | None:
    """Have MkDocs build when `signal` changes, and be told of edited pages before MkDocs knows.

    MkDocs looks at files twice a second, as not every file system tells of changes. Of `signal`, which is
    written by this very process, the system does tell; and of pages, where it can.

    Args:
        server: MkDocs' own.
        signal: the file.
        docs: the folder of the pages.
        edited: called, from another thread, with the path of a page below `docs` that was just written.

    Returns:
        What is to be stopped in the end; None where the system has no more notices to give, and MkDocs looks at `signal` as well.
    """
    polling, observer = server.observer, Observer()
    try:
        # Of these alone: a build opens every page.
        kinds: list[type[FileSystemEvent]] = [FileClosedEvent, FileMovedEvent]
        observer.schedule(_Edits(docs, edited), str(docs), recursive=True, event_filter=kinds)
        observer.start()
    except OSError:
        server.watch(str(signal))
        return None
    server.observer = observer  # type: ignore[assignment]  # any of watchdog's
    server.watch(str(signal))
    server.observer = polling
    return observer


class _Edits(FileSystemEventHandler):
    def __init__(self, docs: Path, edited: Callable[[str], None]) -> None:
        self._docs = docs
        self._edited = edited

    def on_closed(self, event: FileSystemEvent) -> None:
        """A file was written to its end."""
        self._tell(event.src_path)

    def on_moved(self, event: FileSystemEvent) -> None:
        """A file was put in another's place."""
        self._tell(event.dest_path)

    def _tell(self, path: bytes | str) -> None:
        file = Path(os.fsdecode(path))
        if file.suffix == ".md":
            self._edited(file.relative_to(self._docs).as_posix())
