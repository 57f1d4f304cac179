"""Sandboxes, reset in place and side by side: what a page prints does not depend on where and when it ran."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest
from docker_notes.page.grammar import parse
from docker_notes.project.project import Project
from docker_notes.project.settings import Settings
from docker_notes.recording import compare as drift
from docker_notes.runner.pool import Pool
from docker_notes.runner.progress import Lines

from tests.engine.conftest import EXAMPLES, ROOT

if TYPE_CHECKING:
    from docker_notes.engine.sandbox import Sandbox
    from docker_notes.recording.model import Recording

PAGES = ("index.md", "images-and-containers.md", "running-containers.md", "images-are-read-only.md", "getting-help.md")


def recordings_with(size: int) -> dict[str, Recording]:
    project = Project(Settings.at(ROOT))
    pages = [parse(page, (ROOT / "docs" / page).read_text()) for page in PAGES]
    inputs = project.inputs()
    with Pool(EXAMPLES, size=size) as pool:
        outcomes = list(pool.run([project.job(page, inputs) for page in pages], Lines()))
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    return {outcome.recording.page: outcome.recording for outcome in outcomes}


def test_one_two_and_four_sandboxes_give_the_same_recordings() -> None:
    one, two, four = (recordings_with(size) for size in (1, 2, 4))
    for page in PAGES:
        assert drift.differences(one[page], two[page]) == []
        assert drift.differences(one[page], four[page]) == []
        assert drift.quiet(one[page], four[page]) is one[page]


_BUILD = "printf 'FROM node:24-slim\\nRUN echo hello > /hello\\n' | docker build "
_LEFT = """
docker images -a --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sort; docker ps -aq; docker volume ls -q; docker network ls -q | wc -l
ls -A /home/reader /tmp
"""


def test_a_reset_leaves_just_the_base_images(sandbox: Sandbox) -> None:
    before = sandbox.sh(_LEFT)[1]
    mess = f"""
    set -e; cd; echo text > file; mkdir -p /tmp/folder
    {_BUILD} -q -t mess -
    docker tag node:latest mine:1; docker tag node:latest registry:5000/my/own
    docker volume create vol; docker network create net
    docker run -d --restart always --name box -v vol:/v --network net mess sleep 1000
    """
    status, output = sandbox.sh(mess, user="reader", env={"HOME": "/home/reader"})
    assert status == 0, output
    assert sandbox.sh(_LEFT)[1] != before
    assert sandbox.reset()
    assert sandbox.sh(_LEFT)[1] == before
    assert "CACHED" not in sandbox.sh(f"{_BUILD} --progress plain - 2>&1", user="reader")[1]


@pytest.mark.parametrize("naming", [f"{_BUILD} -q -t node:24-slim -", "docker rmi node:latest"], ids=["moved", "removed"])
def test_a_lost_name_of_a_base_image_is_more_than_a_reset_undoes(naming: str, sandbox: Sandbox) -> None:
    status, output = sandbox.sh(naming, user="reader")
    assert status == 0, output
    assert not sandbox.reset()


def test_a_swarm_is_more_than_a_reset_undoes(sandbox: Sandbox) -> None:
    status, output = sandbox.sh("docker swarm init --advertise-addr 127.0.0.1", user="reader")
    assert status == 0, output
    assert not sandbox.reset()


def test_of_a_swarm_that_was_left_nothing_is(sandbox: Sandbox) -> None:
    status, output = sandbox.sh("docker swarm init --advertise-addr 127.0.0.1; docker swarm leave --force", user="reader")
    assert status == 0, output
    assert sandbox.reset()
    assert sandbox.sh("docker info --format '{{.Swarm.LocalNodeState}}'; docker network ls --quiet | wc --lines") == (
        0,
        "inactive\n3\n",
    )


def test_base_images_without_a_name_are_no_end(sandbox: Sandbox) -> None:
    listed = json.loads(sandbox._bases)
    sandbox._bases = json.dumps([{**image, "RepoTags": None} for image in listed])
    assert not sandbox.reset()  # it is not what was there


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
