"""The folders of examples/: which files a reader gets, and a hash of them."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docker_notes.errors import DockerNotesError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["CHECK", "Check", "ExampleError", "checks", "files", "hash_of", "names"]

CHECK = "check.toml"
# Never part of an example, though npm and editors put them there.
_NOT_COPIED = {CHECK, "node_modules", ".DS_Store", "__pycache__"}


class ExampleError(DockerNotesError):
    """A check.toml that says something unknown."""


@dataclass(frozen=True)
class Check:
    """What a test holds an example to. Seconds for `never_ends`.

    Args:
        dockerfile: the file that is built.
        port: a container port on which GET / must answer with `answers`.
        prints: text that a run prints, ending with `exit_status`.
        fails: text with which the build fails.
        stops: the program does not end by itself: it is stopped once it has printed its text.
        never_ends: the build is still running after these seconds.
        warns: what linters say of a Dockerfile that is wrong on purpose: rules of hadolint (DL…, SC…)
            and of `docker build --check` (in letters, such as JSONArgsRecommended).
    """

    dockerfile: str = "Dockerfile"
    port: int = 0
    answers: str = ""
    prints: str = ""
    exit_status: int = 0
    stops: bool = False
    fails: str = ""
    never_ends: float = 0.0
    warns: Sequence[str] = ()


def names(folder: Path) -> tuple[str, ...]:
    """The examples there are, in alphabetical order."""
    return (
        tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")))
        if folder.is_dir()
        else ()
    )


def files(example: Path) -> tuple[Path, ...]:
    """The folders and files of an example that a reader gets, parents first."""
    return tuple(
        path
        for path in sorted(example.rglob("*"))
        if not _NOT_COPIED & set(path.relative_to(example).parts) and not path.is_symlink()
    )


def hash_of(example: Path) -> str:
    """A hash of names, contents and executable bits of an example's files."""
    told = hashlib.sha256()
    for path in files(example):
        if path.is_file():
            mark = b"x" if path.stat().st_mode & 0o100 else b"-"
            data = path.read_bytes()
            if b"\0" not in data:  # a text, whose lines a check-out on Windows ends otherwise
                data = data.replace(b"\r\n", b"\n")
            told.update(path.relative_to(example).as_posix().encode() + b"\0" + mark + hashlib.sha256(data).digest())
    return told.hexdigest()[:16]


def checks(example: Path) -> tuple[Check, ...]:
    """What the example's check.toml says; that its Dockerfile builds, where there is none.

    Raises:
        ExampleError: where the file says something unknown.
    """
    path = example / CHECK
    if not path.exists():
        return (Check(),)
    try:
        tables = tomllib.loads(path.read_text())
        if set(tables) != {"check"}:
            raise ValueError(f"holds {', '.join(tables) or 'nothing'}")
        found = tuple(Check(**table) for table in tables["check"])
        if not found:
            raise ValueError("checks nothing")
    except (ValueError, TypeError) as error:
        known = ", ".join(Check.__dataclass_fields__)
        raise ExampleError(f"{example.name}/{CHECK}: {error}\n    write [[check]] tables with {known}") from error
    return found
