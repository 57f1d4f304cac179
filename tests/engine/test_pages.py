"""What the site says still happens: every page runs again and is held against its recording."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from docker_notes.page.model import Page
from docker_notes.project.project import PageResult, Project
from docker_notes.runner.progress import Lines

from tests.engine.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from docker_notes.errors import PageError
    from docker_notes.recording.model import Inputs

BOOK = Project(ROOT)
PAGES, MISTAKES = BOOK.read(BOOK.texts())


@pytest.fixture(scope="session")
def drifted() -> Mapping[str, list[PageError]]:
    """What changed, by page; all pages run side by side, once."""
    try:
        failures, notes = BOOK.verify(PAGES, Lines())
    finally:
        BOOK.close()
    for note in notes:
        print(note)
    return {page: [failure for failure in failures if failure.page == page] for page in PAGES}


def test_pages_have_no_mistakes() -> None:
    assert not MISTAKES
    assert len(PAGES) >= 11


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, drifted: Mapping[str, list[PageError]]) -> None:
    assert not drifted[page], "\n\n".join(map(str, drifted[page]))


def test_verify_names_what_was_edited_by_hand() -> None:
    """A word of a recorded output is changed: the run that follows tells where, and which."""
    page = "index.md"
    page = PAGES[page]
    project = _Edited(ROOT)
    try:
        failures, _ = project.verify({page: page}, Lines())
    finally:
        project.close()
    [failure] = failures
    assert "-Hello from a canister!" in str(failure)
    assert "+Hello from a container!" in str(failure)
    assert str(failure).startswith(f"{page}:{page.blocks[0].steps[2].line}: the output of `curl")


class _Edited(Project):
    """The clone's project, but for one word of one recording."""

    def replay(self, pages: Iterable[Page], inputs: Inputs) -> dict[str, PageResult]:
        told = super().replay(pages, inputs)
        for page, one in told.items():
            steps = tuple(
                replace(step, lines=tuple(replace(line, text=line.text.replace("container!", "canister!")) for line in step.lines))
                for step in one.recording.steps
            )
            told[page] = replace(one, recording=replace(one.recording, steps=steps))
        return told
