"""A site takes its place whole, or not at all; what killed builds left is gone at the next one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from docker_notes.site.staging import Aside

ROOT = Path(__file__).parents[3]
# Two builds of one clone that end at the same moments, again and again.
RACE = """
import pathlib, sys
from docker_notes.site.staging import Aside
site = pathlib.Path(sys.argv[1])
for number in range(60):
    aside = Aside(site)
    aside.folder.mkdir()
    for name in "abcdefghij":
        (aside.folder / name).write_text(sys.argv[2])
    aside.put_in_place()
"""


def built(site: Path, text: str) -> Aside:
    aside = Aside(site)
    aside.folder.mkdir()
    (aside.folder / "index.html").write_text(text)
    return aside


@pytest.fixture(params=["site", "site.of.docs"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return tmp_path / "below" / str(request.param)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_build_is_nowhere_to_be_seen_until_it_is_whole(site: Path) -> None:
    aside = built(site, "new")
    assert not site.exists()
    aside.put_in_place()
    assert (site / "index.html").read_text() == "new"
    assert names(site.parent) == {site.name, f".{site.name}.lock"}


def test_the_next_one_takes_its_place_and_leaves_nothing_of_it(site: Path) -> None:
    built(site, "old").put_in_place()
    (site / "gone.html").touch()
    built(site, "new").put_in_place()
    assert names(site) == {"index.html"}
    assert (site / "index.html").read_text() == "new"
    assert names(site.parent) == {site.name, f".{site.name}.lock"}


def test_a_build_that_fails_leaves_what_was_there(site: Path) -> None:
    built(site, "old").put_in_place()
    aside = built(site, "new")
    aside.drop()
    aside.drop()
    assert (site / "index.html").read_text() == "old"
    assert names(site.parent) == {site.name, f".{site.name}.lock"}


def test_what_killed_builds_left_is_swept_and_nothing_else(site: Path) -> None:
    site.parent.mkdir()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    parent = site.parent
    left = [parent / f".{site.name}.{ended.pid}", parent / f".{site.name}.{ended.pid}.old"]
    kept = [parent / f".{site.name}.{os.getppid()}", parent / f".{site.name}.mine", parent / f".other.{ended.pid}"]
    for folder in (*left, *kept):
        folder.mkdir()
        (folder / "index.html").touch()
    Aside(site)
    assert names(parent) == {path.name for path in kept}


def test_two_builds_that_end_at_once_do_not_get_into_each_other_s_way(tmp_path: Path) -> None:
    site = tmp_path / "site"
    words = [[sys.executable, "-c", RACE, str(site), text] for text in ("one", "two")]
    both = [subprocess.Popen(word, cwd=ROOT, stderr=subprocess.PIPE, text=True) for word in words]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert said == ["", ""]
    assert len({path.read_text() for path in site.iterdir()}) == 1, "a site is of one build"
    assert len(names(site)) == 10
    assert names(tmp_path) == {"site", ".site.lock"}
