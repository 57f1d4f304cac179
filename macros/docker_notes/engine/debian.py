"""Debian's packages: those that this machine lacks, and where it has them from."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from docker_notes.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["apt", "install", "mirror"]


def install(packages: list[str], say: Callable[[str], None] = print) -> None:
    """Install Debian packages from the machine's own suite; nothing where the list is empty.

    Raises:
        EngineError: where apt fails; the message holds its last lines.
    """
    if packages:
        say(f"Installing Debian packages: {' '.join(packages)}")
        apt("update", "-qq")
        apt("install", "-qq", "--yes", "--no-install-recommends", *packages)


def apt(*words: str, cwd: Path | None = None) -> str:
    """Run apt-get.

    Args:
        words: its arguments.
        cwd: the folder that it runs in.

    Returns:
        What it printed.

    Raises:
        EngineError: where it fails; the message holds its last lines.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["apt-get", *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().split("\n")[-8:])
        raise EngineError(f"`apt-get {' '.join(words)}` failed:\n{last}")
    return done.stdout


def mirror() -> str:
    """The address of the Debian mirror that this machine uses, read from apt; never to be published."""
    targets = apt("indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages")
    for line in targets.splitlines():
        site, _, release = line.partition(" ")
        if "security" not in site and "security" not in release:
            return site
    raise EngineError("apt names no Debian mirror; look at /etc/apt/sources.list and /etc/apt/sources.list.d/")
