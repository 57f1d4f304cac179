from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import tools
from tests.browser.browser import Browser
from tests.browser.crawl import Crawl
from tests.browser.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PREFIX = "/some/guide/"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from the recordings."""
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "DOCKER_NOTES_ENGINE": "replay", "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def executions(site: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((site / "executions.json").read_text())
    return found


@pytest.fixture(scope="session")
def server(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The site below a path, not at the top; and an empty place for a bare one."""
    with Server({PREFIX: site, "/bare/": tmp_path_factory.mktemp("bare")}) as started:
        yield started


@pytest.fixture(scope="session")
def top(site: Path) -> Iterator[str]:
    """The address of the site where it is published: at the top, as site_url says."""
    with Server({"/": site}) as started:
        yield started.origin + "/"


@pytest.fixture(scope="session")
def base(server: Server) -> str:
    """The address of the site."""
    return server.origin + PREFIX


@pytest.fixture(scope="session")
def modules() -> Path:
    tools.have_browser()
    return tools.node_modules()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    tools.have_browser()
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.quit()


@pytest.fixture
def browser(chromium: Browser, base: str) -> Browser:
    """Chromium as a new reader would have it: nothing kept, a wide window, the light scheme."""
    chromium.command("Storage.clearDataForOrigin", origin=base, storageTypes="all")
    chromium.resize(1280)
    chromium.scheme("light")
    return chromium


@pytest.fixture(scope="session")
def crawled(chromium: Browser, base: str) -> Crawl:
    """Every page that can be reached by links, as the browser saw it."""
    chromium.resize(1280)
    chromium.scheme("light")
    return Crawl(chromium, base)
