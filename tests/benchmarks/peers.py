"""The same commands in the same sandbox by markdown-exec and by jupyter-cache: a second build with nothing changed."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, Any

from docker_notes.engine import client as engine
from docker_notes.engine.sandbox import HOME, USER
from docker_notes.page import examples
from docker_notes.project.project import Project
from docker_notes.project.settings import Settings

from tests.benchmarks import bare, builds
from tests.benchmarks.measure import Row, Taken, in_turns, process, row
from tests.reading import pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from docker_notes.engine.sandbox import Sandbox
    from docker_notes.page.model import Page

CONFIG = """\
site_name: The same commands
theme: {name: material, font: false}
plugins: [search, markdown-exec]
markdown_extensions: [pymdownx.superfences]
"""


def rows(root: Path, folder: Path, turns: int) -> list[Row]:
    """Measure, where the `docker` command is at hand: both peers run what they run as the author does."""
    docker = shutil.which("docker")
    if not docker:
        sys.stderr.write("No `docker` command here, so nothing is held against markdown-exec and jupyter-cache.\n")
        return []
    project = Project(Settings.at(root))
    pages = pages_of(project)

    def ours() -> Taken:
        return builds.build(root, folder / "site", "auto")

    def by_markdown_exec() -> Taken:
        assert sandbox.reset()
        _put_examples(project, pages, sandbox)
        return process([sys.executable, "-m", "mkdocs", "build", "--quiet"], folder / "exec")

    with bare.sandbox() as sandbox:
        host = engine.host(sandbox.client)
        inside = f"{docker} --host {host} exec --user {USER} --workdir {HOME} {sandbox.container.id} bash -c"
        _for_markdown_exec(folder / "exec", pages, inside)
        ours()
        pairs = in_turns(ours, by_markdown_exec, max(1, turns // 3), warm=False)
        _for_jupyter_cache(folder / "jupyter", pages, inside)
        assert sandbox.reset()
        _put_examples(project, pages, sandbox)
        _by_jupyter_cache(folder / "jupyter")
        cached = in_turns(ours, lambda: _by_jupyter_cache(folder / "jupyter"), turns, warm=False)
    return [
        row("nothing changed, and an engine answers", "markdown-exec, the same commands", "0.05", pairs),
        row("nothing changed, and an engine answers", "jupyter-cache, which makes no site", "", cached),
    ]


def _put_examples(project: Project, pages: Mapping[str, Page], sandbox: Sandbox) -> None:
    for name in {name for page in pages.values() for name in page.examples}:
        sandbox.put(project.settings.examples / name, examples.files(project.settings.examples / name))


def _scripts(page: Page) -> Iterator[str]:
    """What each block types, but for what needs a terminal; no command may take longer than it does with us."""
    for block in page.blocks:
        go = f"cd ~/{block.options.example}\n" if block.options.example else ""
        commands = [step.command for step in block.steps if not step.typed]
        if commands:
            yield go + "\n".join(commands)


def _for_markdown_exec(folder: Path, pages: Mapping[str, Page], inside: str) -> None:
    (folder / "docs").mkdir(parents=True)
    (folder / "mkdocs.yml").write_text(CONFIG)
    for name, page in pages.items():
        blocks = [
            f'```bash exec="on" result="console"\n{inside} {shlex.quote(script)} 2>&1 || true\n```\n' for script in _scripts(page)
        ]
        (folder / "docs" / name).write_text(f"# {name}\n\n" + "\n".join(blocks))


def _for_jupyter_cache(folder: Path, pages: Mapping[str, Page], inside: str) -> None:
    (folder / "cache").mkdir(parents=True)  # it asks before it makes one
    for name, page in pages.items():
        cells: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": f"import subprocess\nsubprocess.run({[*shlex.split(inside), script]!r})",
            }
            for script in _scripts(page)
        ]
        kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}
        (folder / name).with_suffix(".ipynb").write_text(json.dumps(notebook))
    _jcache(folder, "notebook", "add", *(path.name for path in folder.glob("*.ipynb")))


def _by_jupyter_cache(folder: Path) -> Taken:
    return _jcache(folder, "project", "execute", "--timeout", "600")


def _jcache(folder: Path, *words: str) -> Taken:
    program = shutil.which("jcache", path=str(sys.prefix) + "/bin")
    if not program:
        raise FileNotFoundError("jcache is not installed; `make bench` does so")
    return process([program, *words], folder, JUPYTERCACHE=str(folder / "cache"))
