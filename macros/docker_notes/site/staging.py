"""A site is built aside and put in place whole: a build that fails changes nothing on disk.

Two builds of one clone at once do not get into each other's way either: the later one stays.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
from pathlib import Path


class Aside:
    """A folder beside the site's, which takes its place at the end.

    Args:
        site: where the site is to be.
    """

    def __init__(self, site: Path) -> None:
        self._site = site
        self._lock = site.with_name(f".{site.name}.lock")
        self.folder = site.with_name(f".{site.name}.{os.getpid()}")
        # A name of its own: in a common one, two builds that end at once would meet.
        self._old = site.with_name(f"{self.folder.name}.old")
        site.parent.mkdir(parents=True, exist_ok=True)
        _sweep(site)
        self.drop()
        atexit.register(self.drop)  # Ctrl-C ends a build without an event of MkDocs

    def put_in_place(self) -> None:
        """Make the folder the site; what was there is gone."""
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                self._site.rename(self._old)
            self.folder.rename(self._site)
        shutil.rmtree(self._old, ignore_errors=True)

    def drop(self) -> None:
        """Remove the folder. May be called at any time, also twice."""
        for folder in (self.folder, self._old):
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(site: Path) -> None:
    """Remove what builds left that were killed."""
    for left in site.parent.glob(f".{site.name}.*"):
        pid = left.name.removeprefix(f".{site.name}.").partition(".")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc").exists():
            shutil.rmtree(left, ignore_errors=True)
