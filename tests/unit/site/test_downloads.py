"""An example as a reader takes it along: the same files, whatever machine made the archive."""

from __future__ import annotations

import io
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from docker_notes.page import examples
from docker_notes.page.examples import Check, ExampleError
from docker_notes.site import downloads

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """An example with all that can lie in a folder."""
    folder = tmp_path / "hello"
    (folder / "src" / "empty").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM node:24-slim\n")
    (folder / "src" / "grüße.js").write_bytes(b"\0\xff")
    (folder / "start.sh").write_text("#!/bin/sh\n")
    (folder / "start.sh").chmod(0o700)
    (folder / ".dockerignore").write_text("node_modules\n")
    (folder / "check.toml").write_text("")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "left.js").touch()
    (folder / "src" / ".DS_Store").touch()
    (folder / "passwd").symlink_to("/etc/passwd")
    return folder


def unpacked(archive: bytes, into: Path) -> Path:
    """The folder in an archive, with its modes, as `unzip` makes them."""
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        assert found.testzip() is None
        for entry in found.infolist():
            path = Path(found.extract(entry, into))
            path.chmod(stat.S_IMODE(entry.external_attr >> 16))
    [folder] = into.iterdir()
    return folder


def test_a_reader_gets_the_files_and_not_what_npm_and_editors_left(example: Path) -> None:
    told = [path.relative_to(example).as_posix() for path in examples.files(example)]
    assert told == [".dockerignore", "Dockerfile", "src", "src/empty", "src/grüße.js", "start.sh"]
    with zipfile.ZipFile(io.BytesIO(downloads.archive(example))) as found:
        assert [name.removeprefix("hello/").removesuffix("/") for name in found.namelist()] == told


def test_what_is_unpacked_is_the_example(example: Path, tmp_path: Path) -> None:
    folder = unpacked(downloads.archive(example), tmp_path / "out")
    assert folder.name == "hello"
    assert examples.hash_of(folder) == examples.hash_of(example)
    assert (folder / "src" / "empty").is_dir()
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.rglob("*")}
    assert modes["start.sh"] == modes["src"] == "0o755"
    assert modes["Dockerfile"] == "0o644"


@pytest.mark.parametrize("name", examples.names(EXAMPLES))
def test_every_example_survives_its_archive(name: str, tmp_path: Path) -> None:
    folder = unpacked(downloads.archive(EXAMPLES / name), tmp_path)
    assert folder.name == name
    assert examples.hash_of(folder) == examples.hash_of(EXAMPLES / name)


def test_an_archive_depends_on_names_and_contents_alone(example: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "hello"
    shutil.copytree(example, other, symlinks=True)
    for path in other.rglob("*"):
        os.utime(path, (2e9, 2e9), follow_symlinks=False)
    assert downloads.archive(other) == downloads.archive(example)
    (other / "Dockerfile").write_text("FROM node\n")
    assert downloads.archive(other) != downloads.archive(example)


@pytest.mark.parametrize("change", ["name", "contents", "mode", "new file"])
def test_every_change_of_a_file_changes_the_hash(example: Path, change: str) -> None:
    before = examples.hash_of(example)
    file = example / "Dockerfile"
    match change:
        case "name":
            file.rename(example / "Dockerfile2")
        case "contents":
            file.write_text("FROM node\n")
        case "mode":
            file.chmod(0o755)
        case _:
            (example / "new").touch()
    assert examples.hash_of(example) != before


def test_what_a_reader_does_not_get_changes_no_hash(example: Path) -> None:
    before = examples.hash_of(example)
    (example / "node_modules" / "more.js").touch()
    (example / "check.toml").write_text("# other\n")
    (example / "Dockerfile").touch()
    assert examples.hash_of(example) == before


def test_examples_are_the_folders_in_order(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "README.md").touch()
    assert examples.names(tmp_path) == ("a", "b")
    assert examples.names(tmp_path / "none") == ()


def test_an_example_without_a_check_has_to_build(tmp_path: Path) -> None:
    assert examples.checks(tmp_path) == (Check(),)


def test_checks_are_read(tmp_path: Path) -> None:
    (tmp_path / "check.toml").write_text(
        '[[check]]\nport = 80\nanswers = "Hello"\n[[check]]\ndockerfile = "Dockerfile.bad"\nfails = "no"\n'
    )
    assert examples.checks(tmp_path) == (Check(port=80, answers="Hello"), Check(dockerfile="Dockerfile.bad", fails="no"))


@pytest.mark.parametrize("text", ["[[check]]\ncolour = 1", "[check]", "port = 1", "[[check", "check = 3", "check = []", ""])
def test_a_check_that_says_something_unknown_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "check.toml").write_text(text)
    with pytest.raises(
        ExampleError, match=rf"(?s)^{tmp_path.name}/check.toml: .*\n    write \[\[check\]\] tables with dockerfile, port"
    ):
        examples.checks(tmp_path)
