"""What the tests on a real engine share. `make test` brings an engine; without one they fail, never skip."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.engine import base_images as images
from docker_notes.engine import client as engine
from docker_notes.engine import reaper as owner
from docker_notes.runner.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from docker_notes.engine.client import Client
    from docker_notes.engine.sandbox import Sandbox

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
CONFIG = """\
site_name: A small site
site_url: https://example.org/
theme: {name: material, font: false}
plugins: [{macros: {modules: [docker_notes], on_error_fail: true, on_undefined: strict}}]
markdown_extensions: [admonition, pymdownx.details, pymdownx.superfences, {pymdownx.tabbed: {alternate_style: true}}]
"""


def pytest_configure() -> None:
    # A shell starts what runs in its background deaf to Ctrl-C, and so would be what is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    client = engine.connect()
    yield client
    client.close()


@pytest.fixture(scope="session")
def sandbox_image(client: DockerClient) -> str:
    return images.ensure_sandbox(client)[0]


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    with Pool(EXAMPLES) as pool:
        yield pool


@pytest.fixture
def sandbox(pool: Pool) -> Iterator[Sandbox]:
    """A sandbox with just its base images on it."""
    with pool.lent() as sandbox:
        yield sandbox


@dataclass
class Clone:
    """A small clone of its own: pages, examples, recordings."""

    folder: Path

    def write(self, **pages: str) -> None:
        for name, text in pages.items():
            path = self.folder / "docs" / f"{name}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "mkdocs", *words]

    def environment(self, mode: str = "live", **more: str) -> dict[str, str]:
        return {**os.environ, "DOCKER_NOTES_ENGINE": mode, "NO_MKDOCS_2_WARNING": "1", **more}

    def build(self, mode: str = "live", **environment: str) -> subprocess.CompletedProcess[str]:
        words = self.command("build", "--quiet")
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment(mode, **environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )

    def start(self, *words: str, mode: str = "live", **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*words),
            cwd=self.folder,
            env=self.environment(mode, **environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def executions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.folder / "site/executions.json").read_text())
        return found

    def page(self, name: str) -> str:
        return (self.folder / "site" / name / "index.html").read_text()

    def tree(self, *tops: str) -> dict[str, bytes]:
        """Every file below, with its bytes."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for top in tops
            for path in sorted((self.folder / top).rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def clone(tmp_path: Path, sandbox_image: str) -> Clone:  # has to be there before a test counts seconds
    return cloned(tmp_path)


def cloned(folder: Path) -> Clone:
    (folder / "mkdocs.yml").write_text(CONFIG)
    (folder / "docs").mkdir()
    (folder / "docs/index.md").write_text("# Start\n")
    shutil.copytree(EXAMPLES / "hello-node", folder / "examples/hello-node")
    return Clone(folder)


def left(client: DockerClient, pid: int = 0) -> list[str]:
    """Containers on the outer engine whose owner is gone, or is the process with this id."""
    found = client.api.containers(all=True, filters={"label": owner.OWNER})
    owners = {c["Id"][:12]: c["Labels"][owner.OWNER] for c in found}
    return [f"{name} {of}" for name, of in owners.items() if owner.is_gone(of) or f":{pid}:" in of]


def gone_within(client: DockerClient, seconds: float) -> float:
    began = time.monotonic()
    while left(client):
        if time.monotonic() - began > seconds:
            pytest.fail(f"left after {seconds} s: {left(client)}")
        time.sleep(0.1)
    return time.monotonic() - began
