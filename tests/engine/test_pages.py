"""What the site says still happens: every walkthrough runs again and is held against its recording."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from docker_notes.project.project import Book, Chapter, Told
from docker_notes.runner.progress import Lines

from tests.engine.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from docker_notes.errors import PageError
    from docker_notes.recording.model import Ground

BOOK = Book(ROOT)
CHAPTERS, MISTAKES = BOOK.read(BOOK.texts())


@pytest.fixture(scope="session")
def drifted() -> Mapping[str, list[PageError]]:
    """What changed, by page; all pages run side by side, once."""
    try:
        failures, notes = BOOK.verify(CHAPTERS, Lines())
    finally:
        BOOK.close()
    for note in notes:
        print(note)
    return {page: [failure for failure in failures if failure.page == page] for page in CHAPTERS}


def test_pages_have_no_mistakes() -> None:
    assert not MISTAKES
    assert len(CHAPTERS) >= 11


@pytest.mark.parametrize("page", CHAPTERS)
def test_page(page: str, drifted: Mapping[str, list[PageError]]) -> None:
    assert not drifted[page], "\n\n".join(map(str, drifted[page]))


def test_verify_names_what_was_edited_by_hand() -> None:
    """A word of a recorded output is changed: the run that follows tells where, and which."""
    page = "index.md"
    chapter = CHAPTERS[page]
    book = _Edited(ROOT)
    try:
        failures, _ = book.verify({page: chapter}, Lines())
    finally:
        book.close()
    [failure] = failures
    assert "-Hello from a canister!" in str(failure)
    assert "+Hello from a container!" in str(failure)
    assert str(failure).startswith(f"{page}:{chapter.walkthrough.blocks[0].steps[2].line}: the output of `curl")


class _Edited(Book):
    """The clone's book, but for one word of one recording."""

    def replay(self, chapters: Iterable[Chapter], ground: Ground) -> dict[str, Told]:
        told = super().replay(chapters, ground)
        for page, one in told.items():
            steps = tuple(
                replace(step, lines=tuple(replace(line, text=line.text.replace("container!", "canister!")) for line in step.lines))
                for step in one.recording.steps
            )
            told[page] = replace(one, recording=replace(one.recording, steps=steps))
        return told
