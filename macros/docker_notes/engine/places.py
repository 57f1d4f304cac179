"""Folders of this machine that the tool keeps things in."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["cache", "docker_config", "runtime", "started_socket"]


def cache() -> Path:
    """The folder for what can be made again: packages, base images, the started engine's data."""
    return platformdirs.user_cache_path("docker-notes", appauthor=False)


def runtime() -> Path:
    """The folder for sockets and pid files: in memory, so that a reboot leaves no stale ones."""
    return Path(os.environ.get("XDG_RUNTIME_DIR") or "/run") / "docker-notes"


def started_socket() -> Path:
    """The socket of the engine that `daemon.start` starts."""
    return runtime() / "docker.sock"


def docker_config() -> Path:
    """The folder of the Docker CLI's settings, contexts and certificates."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
