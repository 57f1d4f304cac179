"""Changed outputs are accepted or kept one by one; recordings are written whole, and what is not decided waits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from docker_notes.project.review import Review
from docker_notes.project.reviewing import words
from docker_notes.recording import model as recordings

from tests.unit.samples import STEPS, lines, page, recorded

if TYPE_CHECKING:
    from pathlib import Path

    from docker_notes.page.model import Page
    from docker_notes.recording.model import Recording

PAGES: dict[str, Page] = {name: page(path=name) for name in ("a.md", "b.md")}


def said(name: str, **changed: str) -> Recording:
    """A page's recording with other words in some of its outputs: `first` and `last`."""
    steps = list(STEPS)
    for which, number in (("first", 0), ("last", 2)):
        if which in changed:
            steps[number] = replace(steps[number], lines=lines(changed[which]))
    return recorded(*steps, page=name)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / "recordings" / f"{name}.yml" for name in PAGES}
    for name, path in found.items():
        recordings.write(said(name), path)
    return found


def reviewed(tmp_path: Path, files: dict[str, Path], *runs: Recording) -> Review:
    review = Review(tmp_path / "pending", files)
    for run in runs:
        review.add(PAGES[run.page], run)
    return review


def texts(path: Path) -> list[str]:
    found = recordings.load(path, "a.md")
    assert found
    return [step.output for step in found.steps]


def test_nothing_changed(tmp_path: Path, files: dict[str, Path]) -> None:
    before = {path: path.read_bytes() for path in files.values()}
    review = reviewed(tmp_path, files, said("a.md"), said("b.md"))
    assert list(review.undecided()) == []
    assert review.write() == []
    assert {path: path.read_bytes() for path in files.values()} == before


def test_an_accepted_output_is_recorded_and_a_kept_one_stays(tmp_path: Path, files: dict[str, Path]) -> None:
    review = reviewed(tmp_path, files, said("a.md", first="made otherwise", last="no table"))
    [(first, one), (last, _)] = review.undecided()
    assert (first.line, first.new.command, one) == (4, "make", 1)
    assert first.diff()[-1] == "+made otherwise"
    old = texts(files["a.md"])
    review.decide([first], accept=True)
    assert review.write() == [], "not all of the page is decided"
    assert texts(files["a.md"]) == old
    review.decide([last], accept=False)
    assert review.write() == ["a.md"]
    assert texts(files["a.md"]) == ["made otherwise\n", *old[1:]]


def test_a_page_of_which_all_is_kept_is_as_it_was(tmp_path: Path, files: dict[str, Path]) -> None:
    before = files["a.md"].read_bytes()
    review = reviewed(tmp_path, files, said("a.md", first="made otherwise"))
    review.decide(review.changes, accept=False)
    assert review.write() == []
    assert files["a.md"].read_bytes() == before
    assert not list((tmp_path / "pending").iterdir())


def test_the_same_change_is_asked_once_with_a_count(tmp_path: Path, files: dict[str, Path]) -> None:
    runs = [said("a.md", last="no table", first="one"), said("b.md", last="no table")]
    review = reviewed(tmp_path, files, *runs)
    assert [places for _, places in review.undecided()] == [1, 2]
    _, (change, _) = review.undecided()
    review.decide(review.of_kind(change), accept=True)
    assert review.write() == ["b.md"], "the other page has one more"
    assert [places for _, places in review.undecided()] == [1]


def test_an_interrupted_review_goes_on(tmp_path: Path, files: dict[str, Path]) -> None:
    run = said("a.md", first="made otherwise", last="no table")
    review = reviewed(tmp_path, files, run)
    review.decide(review.changes[:1], accept=True)
    later = Review(tmp_path / "pending", files)
    waiting = later.pending(PAGES["a.md"], run.key)
    assert waiting is not None
    assert later.pending(PAGES["a.md"], "another key") is None
    assert later.pending(PAGES["b.md"], run.key) is None
    later.add(PAGES["a.md"], waiting)
    assert [change.number for change, _ in later.undecided()] == [2]
    later.decide(later.changes, accept=True)
    assert later.write() == ["a.md"]
    assert not list((tmp_path / "pending").iterdir())


def test_a_page_without_a_recording_is_not_asked_about(tmp_path: Path, files: dict[str, Path]) -> None:
    files["a.md"].unlink()
    review = reviewed(tmp_path, files, said("a.md"))
    assert list(review.undecided()) == []
    assert review.write() == ["a.md"]


def test_a_changed_status_is_a_change(tmp_path: Path, files: dict[str, Path]) -> None:
    steps = (replace(STEPS[0], exit_status=1), *STEPS[1:])
    [(change, _)] = reviewed(tmp_path, files, recorded(*steps, page="a.md")).undecided()
    assert change.diff() == ["-exit status 0", "+exit status 1"]


def test_the_words_that_changed() -> None:
    assert words("-a big  cat", "+a small  cat") == [("-", False), ("a ", False), ("big", True), ("  cat", False)]
