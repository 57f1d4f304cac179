"""Where a project's files lie, and how its outputs are come by."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from docker_notes.errors import DockerNotesError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ENVIRONMENT", "SANDBOXES", "Mode", "Settings", "sandboxes"]

ENVIRONMENT = "DOCKER_NOTES_ENGINE"
SANDBOXES = "DOCKER_NOTES_SANDBOXES"


class Mode(Enum):
    """How outputs are come by."""

    AUTO = "auto"
    LIVE = "live"
    REPLAY = "replay"

    @classmethod
    def chosen(cls, setting: str = "auto") -> Mode:
        """The mode that DOCKER_NOTES_ENGINE names; that of the settings where it is not set.

        Raises:
            DockerNotesError: where it names another.
        """
        value = os.environ.get(ENVIRONMENT) or setting
        try:
            return cls(value)
        except ValueError:
            known = ", ".join(mode.value for mode in cls)
            raise DockerNotesError(f"{ENVIRONMENT}={value!r} is not a mode; known modes: {known}") from None


@dataclass(frozen=True)
class Settings:
    """A project's folders, and the mode that its configuration asks for.

    Args:
        root: the folder of its configuration; caches lie in `.cache/` of it.
        docs: the folder of its pages.
        examples: the folder of its examples; it need not exist.
        recordings: the folder of its recordings; it need not exist.
        engine: `auto`, `live` or `replay`; DOCKER_NOTES_ENGINE wins over it.
    """

    root: Path
    docs: Path
    examples: Path
    recordings: Path
    engine: str = "auto"

    @classmethod
    def at(cls, root: Path, docs: str = "docs") -> Settings:
        """The defaults for a folder."""
        return cls(root, root / docs, root / "examples", root / "recordings")

    @property
    def cache(self) -> Path:
        """What can be made again."""
        return self.root / ".cache" / "docker-notes"


def sandboxes() -> int:
    """How many sandboxes DOCKER_NOTES_SANDBOXES asks for; 0 where it leaves that open.

    Raises:
        DockerNotesError: where it is no number.
    """
    value = os.environ.get(SANDBOXES) or "0"
    if not value.isdecimal():
        raise DockerNotesError(
            f"{SANDBOXES}={value!r} is not a number of sandboxes\n    write a whole number, or leave it out for one a core"
        )
    return int(value)
