"""What a sandbox is made of: its recipe, its base images, and the generations of engine there are."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from docker_notes.errors import ImageError

__all__ = ["ENVIRONMENT", "GENERATIONS", "NODE", "NODE_MAJOR", "SANDBOX_RECIPE", "SUITE", "Generation", "generation", "recipe_hash"]

SUITE = "testing"
"""Of Debian: where the newest engine is, the one started here as that in a sandbox."""
NODE = ("node:24-slim", "node:latest")
NODE_MAJOR = 24
SANDBOX_RECIPE = Path(__file__).parent / "sandbox_image"
ENVIRONMENT = "DOCKER_NOTES_GENERATION"


@dataclass(frozen=True)
class Generation:
    """A generation of Docker Engine: the Debian suite that has it, as which packages, and what a shell must set."""

    suite: str
    packages: str
    environment: tuple[str, ...] = ()


_SPLIT = "docker-buildx docker-cli docker-compose docker.io"
GENERATIONS = {
    # Its own CLI, and BuildKit where it is asked for (https://docs.docker.com/build/buildkit/).
    "20.10": Generation("bookworm", "docker.io", ("DOCKER_BUILDKIT=1",)),
    "26.1": Generation("trixie", _SPLIT),
    "28.5": Generation(SUITE, _SPLIT),
}
"""What Debian's suites held in November 2026. The last one is what is recorded and published."""


def generation() -> Generation:
    """The generation that DOCKER_NOTES_GENERATION names; the newest where it is not set.

    Raises:
        ImageError: where it names another.
    """
    name = os.environ.get(ENVIRONMENT) or list(GENERATIONS)[-1]
    if name not in GENERATIONS:
        raise ImageError(f"{ENVIRONMENT}={name!r} is not a generation of Docker Engine; known: {', '.join(GENERATIONS)}")
    return GENERATIONS[name]


def recipe_hash() -> str:
    """A hash of the sandbox's recipe; part of every recording's key."""
    files = sorted(path for path in SANDBOX_RECIPE.rglob("*") if path.is_file())
    return hashlib.sha256(b"\0".join(p.name.encode() + b"\0" + p.read_bytes() for p in files)).hexdigest()[:16]
