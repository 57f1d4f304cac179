"""A review on a terminal: what each key does, and what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docker_notes.project import reviewing
from docker_notes.project.review import Review
from docker_notes.recording import model as recordings

from tests.unit.project.test_review import PAGES, said

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def review(tmp_path: Path) -> Review:
    """Two pages: one change that stands on both, and one more on the first."""
    files = {name: tmp_path / "recordings" / f"{name}.yml" for name in PAGES}
    for name, path in files.items():
        recordings.write(said(name), path)
    found = Review(tmp_path / "pending", files)
    found.add(PAGES["a.md"], said("a.md", first="one", last="no table"))
    found.add(PAGES["b.md"], said("b.md", last="no table"))
    return found


def asked(review: Review, keys: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What is shown while these keys are pressed; more than these are not asked for."""
    pressed = iter(keys)
    monkeypatch.setattr("click.getchar", lambda: next(pressed))
    reviewing.ask(review, lambda page: f"docs/{page}")
    assert next(pressed, None) is None, "not all keys were asked for"
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("keys", "written", "left"),
    [
        ("yyy", ["a.md", "b.md"], 0),
        ("nnn", [], 0),
        ("ya", ["a.md", "b.md"], 0),
        ("dd", [], 0),
        ("yd", ["a.md"], 0),
        ("yq", [], 1),
        ("q", [], 2),
        ("?syx\x1ba", ["a.md", "b.md"], 0),
    ],
)
def test_keys(  # noqa: PLR0917  # fixtures
    keys: str, written: list[str], left: int, review: Review, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked(review, keys, monkeypatch, capsys)
    assert review.write() == written
    assert len(list(review.undecided())) == left


def test_what_is_shown(review: Review, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shown = asked(review, "?q", monkeypatch, capsys)
    assert "docs/a.md:4: $ make\n" in shown
    assert "\n+one\n" in shown
    assert "(2 left) Record this output [y,n,a,d,s,q,?]? ?" in shown
    assert "keep what is recorded on all pages" in shown
    assert "What is not decided waits" in shown
    shown = asked(review, "yq", monkeypatch, capsys)
    assert "$ list (the same in 2 places)\n" in shown


def test_an_end_of_input_quits(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended() -> str:
        raise EOFError

    monkeypatch.setattr("click.getchar", ended)
    reviewing.ask(review, str)
    assert len(list(review.undecided())) == 2
