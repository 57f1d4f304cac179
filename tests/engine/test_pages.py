"""What the site says still happens: every page runs again and is held against its recording."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from docker_notes.project.project import Project
from docker_notes.project.settings import Settings
from docker_notes.runner.progress import Lines
from docker_notes.site.loading import load

from tests.engine.conftest import ROOT
from tests.reading import pages_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from docker_notes.errors import PageError
    from docker_notes.page.model import Page
    from docker_notes.project.results import PageResult
    from docker_notes.recording.model import Inputs

PROJECT = Project(Settings.at(ROOT))
PAGES = pages_of(PROJECT)


@pytest.fixture(scope="session")
def drifted() -> Mapping[str, list[PageError]]:
    """What changed, by page; all pages run side by side, once."""
    try:
        done = PROJECT.verify(PAGES, Lines())
    finally:
        PROJECT.close()
    for note in done.notes:
        print(note)
    return {page: [failure for failure in done.failures if failure.page == page] for page in PAGES}


def test_the_site_s_build_sees_the_same_pages() -> None:
    site = load(ROOT / "mkdocs.yml")
    assert site.failures == []
    assert site.pages == PAGES
    assert len(PAGES) >= 11


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, drifted: Mapping[str, list[PageError]]) -> None:
    assert not drifted[page], "\n\n".join(map(str, drifted[page]))


def test_verify_names_what_was_edited_by_hand() -> None:
    """A word of a recorded output is changed: the run that follows tells where, and which."""
    page = PAGES["index.md"]
    project = _Edited(Settings.at(ROOT))
    try:
        done = project.verify({page.path: page}, Lines())
    finally:
        project.close()
    [failure] = done.failures
    assert "-Hello from a canister!" in str(failure)
    assert "+Hello from a container!" in str(failure)
    assert str(failure).startswith(f"index.md:{page.blocks[0].steps[2].line}: the output of `curl")


class _Edited(Project):
    """The clone's project, but for one word of one recording."""

    def replay(self, pages: Iterable[Page], inputs: Inputs) -> dict[str, PageResult]:
        results = super().replay(pages, inputs)
        for path, one in results.items():
            steps = tuple(
                replace(step, lines=tuple(replace(line, text=line.text.replace("container!", "canister!")) for line in step.lines))
                for step in one.recording.steps
            )
            results[path] = replace(one, recording=replace(one.recording, steps=steps))
        return results
