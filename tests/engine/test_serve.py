"""`mkdocs serve`: an edit never waits for Docker, prose runs nothing, a failure is told and serving goes on."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from docker_notes.project.project import Project
from docker_notes.project.settings import Mode, Settings
from docker_notes.site.background import BackgroundRuns
from docker_notes.terminal.lines import text_of

from tests.engine.conftest import gone_within, left
from tests.reading import pages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker_notes.project.results import PageResult

    from tests.engine.conftest import Clone

PAGE = "# Page\n\nFirst words.\n\n```console\n$ sleep 3\n$ docker run --rm node:24-slim echo 'first output'\n```\n"


class Served:
    def __init__(self, clone: Clone) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.clone = clone
        self.log: list[str] = []
        # auto is what authors have
        self.process = clone.start("serve", "--dev-addr", f"127.0.0.1:{self.port}", mode="auto")
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.log.append(line)  # each as it comes

    def page(self) -> str:
        address = f"http://127.0.0.1:{self.port}/page/"
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(address, timeout=5) as answer:
            return str(answer.read().decode())
        return ""

    def until(self, holds: Callable[[str], bool], seconds: float = 90) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            html = self.page()
            if html and holds(html):
                return html
            assert self.process.poll() is None, "".join(self.log)
            time.sleep(0.1)
        pytest.fail(f"not served within {seconds} s; the log:\n{''.join(self.log)}\nthe page:\n{self.page()[-3000:]}")

    def runs(self) -> int:
        return self.ended().count("page.md")

    def ended(self) -> list[str]:
        return [line.partition(": ")[0] for line in self.log if re.match(r"\w+\.md: (?:ok|\d+ failure)", line)]


@contextlib.contextmanager
def serving(clone: Clone) -> Iterator[Served]:
    served = Served(clone)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait()
        served.reader.join()
        assert served.process.stdout
        served.process.stdout.close()


@pytest.fixture
def served(clone: Clone) -> Iterator[Served]:
    clone.write(page=PAGE)
    with serving(clone) as served:
        yield served


def test_serve(served: Served, client: DockerClient) -> None:
    clone = served.clone
    # At once, without its output, which comes by itself.
    html = served.until(lambda html: "First words" in html)
    assert "running again" in html
    assert "first output" not in output_of(html)
    served.until(lambda html: "first output" in output_of(html) and "running again" not in html)
    served.until(lambda _: (clone.folder / "recordings/page.yml").exists())
    assert served.runs() == 1

    # Prose runs nothing.
    clone.write(page=PAGE.replace("First words", "Second words"))
    html = served.until(lambda html: "Second words" in html)
    assert "running again" not in html
    assert "first output" in output_of(html)
    assert served.runs() == 1

    # A command: the page is there at once with the output before, marked, then with the new one.
    clone.write(page=PAGE.replace("first output", "second output"))
    html = served.until(lambda html: "echo 'second output'" in html.replace("&#x27;", "'"))
    assert "running again" in html
    html = served.until(lambda html: "second output" in output_of(html))
    assert "running again" not in html
    assert served.runs() == 2

    # A failure stands in the page and in the terminal, and serving goes on.
    clone.write(page=PAGE.replace("first output'", "third'; false"))
    html = served.until(lambda html: "console-notice" in html and "running again" not in html)
    assert "page.md:7: " in html
    assert "ended with exit status 1, expected 0" in html
    assert any("ended with exit status 1, expected 0" in line for line in served.log)

    # So does a mistake, even one of Jinja.
    clone.write(page=PAGE.replace("$ sleep", "sleep"))
    html = served.until(lambda html: "neither command, typed line, text to wait for nor status" in html)
    assert any("page.md:6: neither command" in line for line in served.log)
    clone.write(page=PAGE + "\n{{ nothing_like_it }}\n")
    html = served.until(lambda html: "nothing_like_it" in html)
    clone.write(page=PAGE.replace("first output", "second output"))
    served.until(lambda html: "second output" in output_of(html) and "running again" not in html)

    # Its end takes the sandboxes along.
    assert left(client, served.process.pid)
    began = time.monotonic()
    os.killpg(served.process.pid, signal.SIGINT)
    served.process.wait(timeout=20)
    assert time.monotonic() - began < 5
    gone_within(client, 10)


def test_an_edited_page_does_not_wait_for_those_that_wait(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_NOTES_SANDBOXES", "1")
    waiting = {name: f"# Page\n\n```console\n$ sleep 4; echo {name}\n```\n" for name in ("a", "b", "c")}
    clone.write(**waiting, page=PAGE)
    with serving(clone) as served:
        served.until(lambda html: "First words" in html)
        clone.write(page=PAGE.replace("first output", "second output"))
        served.until(lambda html: "second output" in output_of(html))
        assert len(served.ended()) < len(waiting) + 1
        deadline = time.monotonic() + 60
        while len(served.ended()) < len(waiting) + 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert sorted(served.ended()) == ["a.md", "b.md", "c.md", "page.md"], "each of them runs once"


def test_an_edited_page_is_run_before_the_build_that_shows_it(clone: Clone) -> None:
    project = Project(Settings.at(clone.folder))
    changed = threading.Event()
    background = BackgroundRuns(project, clone.folder / "signal", changed.set, print)

    def told() -> PageResult:
        return background.results(pages_of(project).values(), Mode.AUTO)["page.md"]

    def edit(text: str) -> None:
        changed.clear()
        clone.write(page=text)
        background.edited("page.md")

    try:
        clone.write(page=PAGE)
        told()
        assert changed.wait(90)
        edit(PAGE.replace("first output", "second output"))
        assert changed.wait(90)
        shown = told()
        assert (shown.live, shown.running) == (True, False)
        assert "second output" in text_of(shown.recording.steps[1].lines)

        # Neither prose, nor a mistake, nor a page that no build has told of.
        edit(PAGE.replace("first output", "second output").replace("First words", "Second words"))
        edit(PAGE.replace("$ sleep", "sleep"))
        clone.write(other=PAGE)
        background.edited("other.md")
        background.edited("gone.md")
        assert not changed.wait(5)
    finally:
        project.close()


def output_of(html: str) -> str:
    return "".join(re.findall(r"<samp>(.*?)</samp>", html, re.DOTALL))
