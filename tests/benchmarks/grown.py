"""Sites of any number of pages with five blocks each, whose recordings are made of those of this site."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from docker_notes.engine import generations as recipe
from docker_notes.page import grammar as console
from docker_notes.page.model import DEFAULT_COLUMNS
from docker_notes.project.project import Project
from docker_notes.project.settings import Settings
from docker_notes.recording import model as recording
from docker_notes.recording.model import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker_notes.recording.model import StepResult

BLOCKS = 5
CONFIG = """\
site_name: A site of many pages
theme: {name: material, font: false}
plugins: [search, {macros: {modules: [docker_notes], on_error_fail: true, on_undefined: strict}}]
markdown_extensions: [admonition, tables, toc, pymdownx.details, pymdownx.highlight, pymdownx.superfences]
"""
PROSE = """\
A paragraph of prose that says what the next command is for, with some `code`, a [link](index.md) and a few words in **bold**.
It goes on for a second sentence, since people write more than one, and for a third, so that it fills about three lines.

- One thing to keep in mind
- Another one, a little longer than the first
"""

BASES = tuple(recording.BaseImage(name, recording.STAND_IN, "", "packages") for name in recipe.NODE)
PROVENANCE = recording.Provenance("28.5.2", "0.29.1", "2026-11-25T00:00:00+00:00", BASES)


def grow(root: Path, folder: Path, count: int) -> None:
    """Write a site of `count` pages into `folder`, with commands and outputs of the site at `root`."""
    (folder / "docs").mkdir(parents=True)
    (folder / "recordings").mkdir()
    (folder / "examples").mkdir()
    (folder / "mkdocs.yml").write_text(CONFIG)
    (folder / "docs/index.md").write_text(f"# Start\n\n{PROSE}")
    inputs = Project(Settings.at(folder)).inputs()
    steps = _steps(root)
    for number in range(count):
        ran = [next(steps) for _ in range(BLOCKS)]
        name = f"page-{number:04}.md"
        parts = [f"## Part {part}\n\n{PROSE}\n```console\n$ {step.command}\n```\n" for part, step in enumerate(ran, 1)]
        text = f"# Page {number}\n\n" + "\n".join(parts)
        (folder / "docs" / name).write_text(text)
        page = console.parse(name, text)
        told = Recording(name, PROVENANCE, inputs.of(page), tuple(ran))
        recording.write(told, folder / "recordings" / f"page-{number:04}.yml")


def _steps(root: Path) -> Iterator[StepResult]:
    """Plain steps of this site's recordings, again and again."""
    found: list[StepResult] = []
    for path in sorted((root / "recordings").glob("*.yml")):
        told = recording.load(path, path.stem)
        assert told
        found += [
            replace(step, example="", wait="", columns=DEFAULT_COLUMNS)
            for step in told.steps
            if not step.typed and not step.exit_status and "\n" not in step.command
        ]
    return itertools.cycle(found)
