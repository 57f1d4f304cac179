"""Examples as archives that a reader can take along; made anew, and the same to the byte, in every build."""

from __future__ import annotations

import io
import stat
import zipfile
from typing import TYPE_CHECKING

from docker_notes.page import examples

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FOLDER", "address", "archive"]

FOLDER = "assets/examples"
# The first moment that a zip file can tell: a clock would make each build's archives differ.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def address(example: str) -> str:
    """Where the archive of an example is, from the top of the site."""
    return f"{FOLDER}/{example}.zip"


def archive(example: Path) -> bytes:
    """A zip file with the example's folder: what a reader gets, and executable where it is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for path in examples.files(example):
            name = f"{example.name}/{path.relative_to(example).as_posix()}"
            entry = zipfile.ZipInfo(name + "/" if path.is_dir() else name, _EPOCH)
            mode = 0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644
            entry.external_attr = ((stat.S_IFDIR if path.is_dir() else stat.S_IFREG) | mode) << 16
            entry.create_system = 3  # Unix: the mode counts
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, b"" if path.is_dir() else path.read_bytes())
    return file.getvalue()
