"""What is costly to make, kept on this machine by what it was made of.

A build with nothing changed then neither makes it nor loads the libraries that do.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from docker_notes.recording.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Cache", "ignored"]


_DAY = 86_400.0  # seconds
_UNUSED = 30 * _DAY


class Cache:
    """Things made by functions of modules.

    Args:
        folder: where they are kept; may be removed at any time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, module: str, function: str, *words: object) -> str | bytes:
        """What a function makes of its words; made only where it, or a word, is new.

        Args:
            module: its full name. It is loaded only where something is to be made.
            function: its name; it returns a text or bytes, and the same for the same words.
            words: plain data, told apart by their `repr`.
        """
        name = hashlib.sha256(_sources() + repr((module, function, words)).encode()).hexdigest()[:32]
        for kind, read in ((".txt", Path.read_text), (".bin", Path.read_bytes)):
            path = self._folder / (name + kind)
            if path.exists():
                if path.stat().st_mtime < time.time() - _DAY:
                    path.touch()
                kept: str | bytes = read(path)
                return kept
        make: Callable[..., str | bytes] = getattr(import_module(module), function)
        made = make(*words)
        self._keep(name, made)
        return made

    def _keep(self, name: str, made: str | bytes) -> None:
        if isinstance(made, str):
            write_atomic(made.encode(), self._folder / f"{name}.txt")
        else:
            write_atomic(made, self._folder / f"{name}.bin")
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - _UNUSED:
                    path.unlink()


def ignored(folder: Path) -> None:
    """Make a folder that git takes no notice of, whatever the repository's own .gitignore says."""
    mark = folder / ".gitignore"
    if not mark.exists():
        write_atomic(b"*\n", mark)


@cache
def _sources() -> bytes:
    """A hash of this package's own code: what other code made is not to be shown."""
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).digest()
