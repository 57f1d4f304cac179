"""The same pages by Zensical, from their recordings: every block, number and figure, and no page in spite of a mistake."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docker_notes.html import blocks as render
from docker_notes.project.project import Project
from docker_notes.project.settings import Mode, Settings
from docker_notes.runner import progress
from docker_notes.site import zensical

from tests.reading import pages_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone")
    for name in ("docs", "examples", "includes", "macros", "overrides", "recordings"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", folder)
    return folder


def build(clone: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DOCKER_NOTES_ENGINE": "replay"}
    words = [sys.executable, "-m", "docker_notes.site.zensical"]
    return subprocess.run(words, cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_every_block_is_shown_as_mkdocs_shows_it(clone: Path) -> None:
    done = build(clone)
    assert done.returncode == 0, done.stdout + done.stderr
    project = Project(Settings.at(ROOT))
    pages = pages_of(project)
    results = project.results(pages.values(), Mode.REPLAY, progress.Lines())
    assert len(pages) > 1
    for path, page in pages.items():
        html = (clone / zensical.SITE / path).with_suffix(".html").read_text()
        for shown in render.shown(page, results[path].recording):
            # Zensical's search reads that attribute and takes it away.
            assert render.block(shown).replace(" data-search-exclude", "") in html, f"{path}:{shown.block.line}"
        assert html.count('class="provenance"') == 1
    assert "commands</strong> were run" in (clone / zensical.SITE / "how-this-site-is-made.html").read_text()
    html = (clone / zensical.SITE / "layers-and-cache.html").read_text()
    calls = re.findall(r"\{\{ (?:layers|build_steps)\(", (ROOT / "docs/layers-and-cache.md").read_text())
    assert html.count('<figure class="figure">') == len(calls) > 1


def test_a_page_that_changed_since_its_recording_fails_the_build(clone: Path) -> None:
    page = clone / "docs/index.md"
    page.write_text(page.read_text() + "\n```console\n$ docker info\n```\n")
    done = build(clone)
    assert done.returncode
    assert "`docker info` is not what was recorded" in done.stdout + done.stderr
    assert not (clone / zensical.CONFIG).exists()
