"""A reader follows the pages from the first to the tenth on one machine, where each leaves behind what it made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docker_notes.page.grammar import parse
from docker_notes.page.model import Page
from docker_notes.project.project import Project
from docker_notes.project.settings import Settings
from docker_notes.runner.pool import Job
from docker_notes.runner.progress import Lines

from tests.engine.conftest import ROOT
from tests.reading import PATH

if TYPE_CHECKING:
    from docker_notes.errors import PageError
    from docker_notes.runner.pool import Pool

_FAR = 100_000  # more lines than a page has: page and line fit into one number


def test_every_command_works_when_typed_in_page_order(pool: Pool) -> None:
    blocks = [
        replace(block, steps=tuple(replace(step, line=number * _FAR + step.line) for step in block.steps))
        for number, page in enumerate(PATH)
        for block in parse(page, (ROOT / "docs" / page).read_text()).blocks
    ]
    path = Page("the path", tuple(replace(block, index=index) for index, block in enumerate(blocks)))
    [outcome] = pool.run([Job(path, Project(Settings.at(ROOT)).inputs())], Lines())
    assert not outcome.failures, "\n".join(map(_told, outcome.failures))
    assert len(outcome.recording.steps) == len(path.steps)


def _told(failure: PageError) -> str:
    number, line = divmod(failure.line, _FAR)
    return f"{PATH[number]}:{line}: {failure.what}"
