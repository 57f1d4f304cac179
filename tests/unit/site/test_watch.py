"""What `mkdocs serve` is told by the file system, and what it does where there is nothing to be told."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

import pytest
from docker_notes.site.watch import listen
from mkdocs.livereload import LiveReloadServer
from watchdog.observers import Observer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 20.0  # seconds


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs/part").mkdir(parents=True)
    (tmp_path / "signal").touch()
    return tmp_path / "docs"


@pytest.fixture
def built() -> threading.Event:
    return threading.Event()


@pytest.fixture
def server(docs: Path, built: threading.Event) -> Iterator[LiveReloadServer]:
    server = LiveReloadServer(built.set, "127.0.0.1", 0, str(docs.parent))
    loop = threading.Thread(target=server._build_loop)
    loop.start()
    yield server
    with server._rebuild_cond:
        server._shutdown = True
        server._rebuild_cond.notify_all()
    loop.join()
    server.server_close()


def test_pages_that_were_written_are_told_and_the_signal_is_built(
    server: LiveReloadServer, built: threading.Event, docs: Path
) -> None:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    polling = server.observer
    observer = listen(server, docs.parent / "signal", docs, told.put)
    assert observer is not None
    try:
        (docs / "note.txt").write_text("no page")
        (docs.parent / "another").write_text("no signal")
        (docs / "part/page.md").write_text("# Page")
        assert told.get(timeout=PATIENCE) == "part/page.md"
        (docs / "page.md.new").write_text("# Page")
        (docs / "page.md.new").replace(docs / "page.md")
        assert told.get(timeout=PATIENCE) == "page.md"
        assert not built.is_set()
        (docs.parent / "signal").touch()
        assert built.wait(PATIENCE)
    finally:
        observer.stop()
        observer.join()
    assert server.observer is polling
    assert not polling.emitters, "MkDocs does not look at the signal a second time"


def test_without_notices_mkdocs_looks_at_the_signal(server: LiveReloadServer, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: object) -> None:
        raise OSError("no more watches")

    monkeypatch.setattr(Observer, "start", start)
    assert listen(server, docs.parent / "signal", docs, print) is None
    assert len(server.observer.emitters) == 1
