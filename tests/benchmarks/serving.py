"""Under `mkdocs serve`: from saving an edit to the page that shows it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Self

from docker_notes.page.grammar import parse

from tests.benchmarks import bare, builds, plain
from tests.benchmarks.measure import Row, Taken, in_turns, row, without_notices

if TYPE_CHECKING:
    from pathlib import Path

EDITED = "layers-and-cache.md"
# What MkDocs puts into a page, by which the browser asks to be told of the next build.
_RELOAD = re.compile(r"livereload\((\d+), (\d+)\)")
_GLANCE = 0.1
_TIMEOUT = 300.0


class Served:
    """A site under `mkdocs serve`, once its page answers."""

    def __init__(self, folder: Path, page: str, mode: str = "replay") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._page = folder / "docs" / page
        self._text = self._page.read_text()
        self._number = 0
        words = [sys.executable, "-m", "mkdocs", "serve", "--quiet", "--dev-addr", f"127.0.0.1:{port}"]
        self._process = subprocess.Popen(
            words,
            cwd=folder,
            env=without_notices(DOCKER_NOTES_ENGINE=mode),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        stem = page.removesuffix(".md")
        self._origin = f"http://127.0.0.1:{port}"
        self._paths = [stem + end for end in (".html", "/")]
        self.until("</html>")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGINT)
        self._process.wait()
        self._page.write_text(self._text)

    def until(self, text: str, without: str = "\0") -> None:
        """Look until the page shows a text, after every build as a browser does.

        Raises:
            TimeoutError: after five minutes.
        """
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            html = self._look()
            if text in html and without not in html:
                return
            assert self._process.poll() is None, "mkdocs serve ended"
            told = _RELOAD.search(html)
            if told:
                self._get(f"{self._origin}/livereload/{told[1]}/{told[2]}")
            else:
                time.sleep(_GLANCE)
        raise TimeoutError(f"{self._page.name} does not show {text!r}")

    def _look(self) -> str:
        for path in list(self._paths):
            html = self._get(f"{self._origin}/{path}")
            if html:
                self._paths = [path]
                return html
        return ""

    @staticmethod
    def _get(address: str) -> str:
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(address, timeout=_TIMEOUT) as said:
            return str(said.read().decode())
        return ""

    def prose(self) -> Taken:
        """Save a sentence more, and wait for it."""
        self._number += 1
        return self._save(f"\nSentence number {self._number} of the bench.\n", f"Sentence number {self._number} of the bench")

    def command(self) -> Taken:
        """Save a command more, and wait for its output."""
        self._number += 1
        block = f"\n```console\n$ printf 'of the %s: {self._number}\\n' bench\n```\n"
        return self._save(block, f"of the bench: {self._number}")

    def _save(self, more: str, shows: str) -> Taken:
        began = time.perf_counter()
        self._page.write_text(self._text + more)
        self.until(shows, "running again")
        taken = Taken(time.perf_counter() - began)
        time.sleep(1)  # a reset, a second build that writes what the first one learned
        return taken


def rows(root: Path, folder: Path, turns: int) -> list[Row]:
    """Measure this site, and one of 1,000 pages."""
    found = []
    ours, pasted = folder / "ours", plain.pasted(root, folder / "pasted")
    for name in ("docs", "examples", "includes", "macros/guide", "overrides", "recordings"):
        shutil.copytree(root / name, ours / name)
    shutil.copy(root / "mkdocs.yml", ours)
    # So that an edited page does not wait for pages that this copy has not run.
    builds.build(ours, folder / "site", "auto")
    with Served(ours, EDITED) as mine, Served(pasted, EDITED) as theirs:
        found.append(
            row("an edit of prose, this site", "plain MkDocs, outputs pasted in", "1.05", in_turns(mine.prose, theirs.prose, turns))
        )
    found.append(_edited_command(ours, turns))
    count = max(builds.PAGES)
    many, many_pasted = builds.many(root, folder, count)
    page = "page-0500.md"
    with Served(many, page) as mine, Served(many_pasted, page) as theirs:
        pairs = in_turns(mine.prose, theirs.prose, 3)
        found.append(row(f"an edit of prose, {count} pages", "plain MkDocs, outputs pasted in", "1.05", pairs))
    return found


def _edited_command(ours: Path, turns: int) -> Row:
    """A page whose commands changed, against the same page typed into a bare shell on a fresh engine."""
    page = parse(EDITED, (ours / "docs" / EDITED).read_text())

    def typed() -> Taken:
        began = time.perf_counter()
        bare.walk(page, sandbox, ours / "examples")
        taken = Taken(time.perf_counter() - began)
        assert sandbox.reset()
        return taken

    with bare.sandbox() as sandbox, Served(ours, EDITED, "auto") as mine:
        pairs = in_turns(mine.command, typed, turns)
    return row(f"an edited command of {EDITED}", "that page typed into a bare shell", "1.1", pairs)
