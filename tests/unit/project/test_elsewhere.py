"""A replay on a system that has not what Python has on Unix alone, such as Windows."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from docker_notes.project.project import Project
from docker_notes.project.settings import Settings
from docker_notes.recording import model as recordings
from docker_notes.recording.model import Recording

from tests.unit.samples import PROVENANCE, page, ran

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")
HIDE = f"import sys; sys.modules.update(dict.fromkeys({HIDDEN!r}))"
"""A name that stands for None there cannot be imported."""
SITE = """\
site_name: A site
plugins: [{macros: {modules: [docker_notes]}}]
markdown_extensions: [pymdownx.superfences]
"""
TEXT = "# A page\n\n```console\n$ echo one\n```\n"


def elsewhere(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", f"{HIDE}\n{code}"]
    environment = {**os.environ, "DOCKER_NOTES_ENGINE": "replay", "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", HIDDEN)
def test_they_are_hidden(name: str, tmp_path: Path) -> None:
    assert "ModuleNotFoundError" in elsewhere(f"import {name}", tmp_path).stderr


def test_a_replay(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text(SITE)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text(TEXT)
    project = Project(Settings.at(tmp_path))
    read = page(TEXT, "index.md")
    recording = Recording("index.md", PROVENANCE, project.inputs().of(read), (ran("echo one", "one"),), read.kinds)
    recordings.write(recording, project.recording_file("index.md"))
    done = elsewhere("from mkdocs.__main__ import cli\ncli(['build', '--quiet'])", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "<samp>one\n</samp>" in (tmp_path / "site/index.html").read_text()


def test_the_command(tmp_path: Path) -> None:
    done = elsewhere("from docker_notes.cli import main\nmain(['verify'], prog_name='docker-notes')", tmp_path)
    assert (done.returncode, done.stderr) == (2, "nothing to verify: no page with a console block\n")


def test_every_module_can_be_imported(tmp_path: Path) -> None:
    code = """if True:
        import docker_notes, importlib, pkgutil
        for found in pkgutil.walk_packages(docker_notes.__path__, "docker_notes."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
                print(found.name)"""
    done = elsewhere(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"docker_notes.engine.client", "docker_notes.runner.shell", "docker_notes.site.plugin"} <= set(done.stdout.split())
