"""A file is replaced whole: written aside, then renamed, so that nobody ever sees half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

from docker_notes.errors import DockerNotesError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_atomic"]


def write_atomic(data: bytes, path: Path) -> None:
    """Write a file that all may read; its folder is made where there is none.

    Raises:
        DockerNotesError: where it can not be written (a full disk, a folder that may not be written to); what was there before stays.
    """
    aside = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(aside, 0o644)  # noqa: PTH101  # as any file of the repository
        os.replace(aside, path)  # noqa: PTH105
        aside = ""
    except OSError as error:
        fix = "make room there, or let it be written to, and build again"
        raise DockerNotesError(f"{path} can not be written: {error.strerror or error}\n    {fix}") from error
    finally:
        if aside:
            with contextlib.suppress(OSError):
                os.unlink(aside)  # noqa: PTH108
