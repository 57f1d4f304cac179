"""Sandboxes, reset in place and side by side: what a page prints does not depend on where and when it ran."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from macros import drift
from macros.book import Book
from macros.pool import Pool
from macros.progress import Lines
from tests.engine.conftest import EXAMPLES, ROOT

if TYPE_CHECKING:
    from macros.recording import Recording
    from macros.sandbox import Sandbox

PAGES = ("index.md", "images-and-containers.md", "running-containers.md", "images-are-read-only.md", "getting-help.md")


def recordings_with(size: int) -> dict[str, Recording]:
    book = Book(ROOT)
    chapters, _ = book.read({page: (ROOT / "docs" / page).read_text() for page in PAGES})
    ground = book.ground()
    with Pool(EXAMPLES, size=size) as pool:
        outcomes = list(pool.run([book.job(chapter, ground) for chapter in chapters.values()], Lines()))
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    return {outcome.recording.page: outcome.recording for outcome in outcomes}


def test_one_two_and_four_sandboxes_give_the_same_recordings() -> None:
    one, two, four = (recordings_with(size) for size in (1, 2, 4))
    for page in PAGES:
        assert drift.differences(one[page], two[page]) == []
        assert drift.differences(one[page], four[page]) == []
        assert drift.quiet(one[page], four[page]) is one[page]


def test_a_reset_leaves_just_the_base_images(sandbox: Sandbox) -> None:
    before = sandbox.sh("docker images -a --no-trunc | sort; docker ps -aq; docker volume ls -q; docker network ls -q | wc -l")[1]
    mess = """
    set -e; cd; echo text > file; mkdir -p /tmp/folder
    printf 'FROM node:24-slim\\nRUN echo hello > /hello\\n' | docker build -q -t mess -
    docker tag mess node:24-slim; docker tag node:latest mess:2
    docker volume create v; docker network create n
    docker run -d --restart always --name c -v v:/v --network n mess sleep 1000
    """
    assert sandbox.sh(mess, user="reader", env={"HOME": "/home/reader"})[0] == 0
    clean = sandbox.reset()
    after = sandbox.sh("docker images -a --no-trunc | sort; docker ps -aq; docker volume ls -q; docker network ls -q | wc -l")[1]
    if clean:
        assert _ids(after) == _ids(before)
        assert sandbox.sh("ls -A /tmp; docker buildx du -q 2>/dev/null")[1].strip() == ""
    # Moving a base image's own name is more than a reset undoes, and it says so.
    assert not clean


def test_a_reset_after_an_ordinary_page(sandbox: Sandbox) -> None:
    script = "printf 'FROM node:24-slim\\nRUN echo hello\\n' | docker build -q -t one - && docker run --name c one true"
    assert sandbox.sh(script, user="reader")[0] == 0
    assert sandbox.reset()
    assert sandbox.sh("docker ps -aq; docker images -q one")[1] == ""
    build = "printf 'FROM node:24-slim\\nRUN echo hello\\n' | docker build --progress plain - 2>&1"
    assert "CACHED" not in sandbox.sh(build, user="reader")[1]


def _ids(listing: str) -> set[str]:
    return {word for line in listing.splitlines() for word in line.split() if word.startswith("sha256:")}


def test_no_more_sandboxes_than_asked_for() -> None:
    with Pool(EXAMPLES, size=1) as pool:
        inside = []

        def use() -> None:
            with pool.lent() as sandbox:
                inside.append(sandbox.container.id)

        threads = [threading.Thread(target=use) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(inside) == 3
    assert len(set(inside)) == 1
