"""A disk that is full or read-only: our error with the path, what was there stays, no half file is left."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from docker_notes.errors import DockerNotesError
from docker_notes.project.cache import Cache
from docker_notes.recording import model
from docker_notes.recording.files import write_atomic

from tests.unit import samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Self

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
READ_ONLY = OSError(errno.EROFS, os.strerror(errno.EROFS))


class _FullFile:
    """A file that takes a part of what it is given."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def write(self, data: bytes) -> NoReturn:
        os.write(self._handle, data[: len(data) // 2])
        raise FULL


def _raises(error: OSError) -> Callable[..., NoReturn]:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise error

    return fail


def _full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fdopen", lambda handle, _mode: _FullFile(handle))


def _read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "mkstemp", _raises(READ_ONLY))


def _full_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", _raises(FULL))


DISKS = {
    "full": (_full, "No space left"),
    "read-only": (_read_only, "Read-only"),
    "full at the end": (_full_at_the_end, "No space left"),
}


@pytest.fixture(params=DISKS)
def said(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    breaks, says = DISKS[request.param]
    (tmp_path / "page.yml").write_text("before")
    breaks(monkeypatch)
    return says


def test_a_recording(said: str, tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    with pytest.raises(DockerNotesError) as raised:
        model.write(samples.recorded(), path)
    assert str(path) in str(raised.value)
    assert said in str(raised.value)
    assert path.read_text() == "before"
    assert [found.name for found in tmp_path.iterdir()] == ["page.yml"]


def test_a_cache(said: str, tmp_path: Path) -> None:
    with pytest.raises(DockerNotesError) as raised:
        Cache(tmp_path).get("json", "dumps", "text")
    assert str(tmp_path) in str(raised.value)
    assert said in str(raised.value)
    assert [found.name for found in tmp_path.iterdir()] == ["page.yml"]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("")
    with pytest.raises(DockerNotesError, match=r"recordings/page\.yml can not be written: "):
        write_atomic(b"text", tmp_path / "recordings" / "page.yml")


def test_whoever_else_ends_it_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(b"text", tmp_path / "page.yml")
    assert list(tmp_path.iterdir()) == []
