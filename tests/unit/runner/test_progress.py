"""How far a build is: a line a page in a log, a picture in a terminal."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from docker_notes.page.model import Step
from docker_notes.runner import progress
from rich.console import Console

from tests.unit.samples import page

if TYPE_CHECKING:
    import pytest

[(_, MAKE), (_, RUN), (_, LIST)] = page().steps


def seen(picture: progress.Picture) -> list[str]:
    """The rows of the picture, their columns closed up."""
    file = io.StringIO()
    Console(file=file, width=120).print(picture)
    return [" ".join(row.split()) for row in file.getvalue().splitlines()]


def test_a_log_gets_a_line_a_page_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    lines = progress.Lines()
    lines.step("a.md", MAKE)
    lines.done("a.md", 1.25, 0)
    lines.done("b.md", 2.0, 1)
    lines.done("c.md", 0.04, 3)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "a.md: ok in 1.2 s\nb.md: 1 failure in 2.0 s\nc.md: 3 failures in 0.0 s\n"


def test_a_picture_shows_the_pages_at_work_and_what_each_runs() -> None:
    picture = progress.Picture(3)
    assert seen(picture) == ["0 of 3 pages done 0 s"]
    picture.step("b.md", LIST)
    picture.step("a.md", MAKE)
    assert seen(picture) == ["a.md $ make 0 s", "b.md $ list 0 s", "0 of 3 pages done 0 s"]
    picture.step("a.md", RUN)
    picture.done("b.md", 1.0, 0)
    assert seen(picture) == ["a.md $ run \\ 0 s", "1 of 3 pages done 0 s"]
    picture.done("a.md", 1.0, 2)
    assert seen(picture) == ["2 of 3 pages done, 2 failures so far 0 s"]


def test_brackets_of_a_command_are_no_markup() -> None:
    picture = progress.Picture(1)
    picture.step("a[b].md", Step(1, "sed 's/[/]/x/' f; echo [red]x[/red] [/]"))
    assert seen(picture)[0] == "a[b].md $ sed 's/[/]/x/' f; echo [red]x[/red] [/] 0 s"


def test_a_page_that_ends_before_it_began() -> None:
    picture = progress.Picture(1)
    picture.done("a.md", 0.0, 1)
    assert seen(picture) == ["1 of 1 pages done, 1 failures so far 0 s"]


def test_without_a_terminal_there_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.shown(2) as shown:
        shown.step("a.md", MAKE)
        shown.done("a.md", 1.0, 0)
    assert capsys.readouterr().err == "a.md: ok in 1.0 s\n"


def test_in_a_terminal_there_is_a_picture(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown(2) as shown:
        shown.step("a.md", MAKE)
    said = capsys.readouterr()
    assert said.out == ""
    assert "$ make" in said.err
    assert "0 of 2 pages done" in said.err
