"""Which pages a command line names: those of a site, and Markdown files of none."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from docker_notes.errors import DockerNotesError, PageError
from docker_notes.page.grammar import read
from docker_notes.project.project import Project
from docker_notes.project.settings import Settings
from docker_notes.recording.model import read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker_notes.page.model import Page

__all__ = ["Selection", "select"]


@dataclass
class Selection:
    """Pages of one project.

    Args:
        project: theirs.
        pages: those with blocks and without mistakes, by path.
        failures: the mistakes of the others.
        whole: whether these are all pages of the project.
    """

    project: Project
    pages: dict[str, Page]
    failures: list[PageError] = field(default_factory=list)
    whole: bool = False

    def file(self, page: str) -> str:
        """A page's file, as a person in this folder would name it."""
        return Path(os.path.relpath(self.project.settings.docs / page)).as_posix()


def select(
    files: Sequence[Path], site: Selection | None, examples: Path | None = None, recordings: Path | None = None
) -> list[Selection]:
    """The pages that files name; all of the site, or all that have a recording here, where none is named.

    Args:
        files: Markdown files.
        site: the site of this folder, where there is one.
        examples: the folder of examples for files of no site.
        recordings: the folder of recordings for them.

    Raises:
        DockerNotesError: where a file is none, or cannot be read.
    """
    if site and not files:
        return [site]
    alone = _alone(examples, recordings)
    paths = [_file(path) for path in files] or _recorded(alone.project)
    chosen: list[Selection] = []
    if site:
        docs = site.project.settings.docs.resolve()
        own = {path.relative_to(docs).as_posix() for path in paths if path.is_relative_to(docs)}
        paths = [path for path in paths if not path.is_relative_to(docs)]
        if own:
            pages = {name: page for name, page in site.pages.items() if name in own}
            chosen.append(Selection(site.project, pages, [failure for failure in site.failures if failure.page in own]))
    root = alone.project.settings.root
    for path in paths:
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix().lstrip("/")
        try:
            page, mistakes = read(name, path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise DockerNotesError(f"{name} cannot be read: {error}") from error
        wrong = [*mistakes, *alone.project.unknown_examples(page)]
        alone.failures += wrong
        if page.blocks and not wrong:
            alone.pages[name] = page
    alone.whole = not files
    return [*chosen, alone] if paths else chosen


def _alone(examples: Path | None, recordings: Path | None) -> Selection:
    root = Path.cwd()
    settings = Settings(root, root, root / (examples or "examples"), root / (recordings or "recordings"))
    return Selection(Project(settings), {})


def _file(path: Path) -> Path:
    if not path.is_file():
        raise DockerNotesError(f"{path} is no file\n    name a Markdown file, such as README.md")
    return path.resolve()


def _recorded(project: Project) -> list[Path]:
    """The files whose recordings are in the folder of recordings."""
    folder = project.settings.recordings
    pages = []
    for path in sorted(folder.rglob("*.yml")) if folder.is_dir() else ():
        data = read_yaml(path.read_text(encoding="utf-8"))
        page = project.settings.root / str(data.get("page", "")) if isinstance(data, dict) else None
        if page is None or not page.is_file():
            raise DockerNotesError(
                f"{path.relative_to(project.settings.root)} is the recording of a page that is gone\n    delete it"
            )
        pages.append(page.resolve())
    return pages
