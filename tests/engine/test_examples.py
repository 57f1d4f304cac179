"""Every Dockerfile of examples/ builds and does what its check.toml says; a new folder needs no new test."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from docker_notes.html import tables as outputs
from docker_notes.page import examples

from tests.engine.conftest import EXAMPLES

if TYPE_CHECKING:
    from docker_notes.engine.sandbox import Sandbox
    from docker_notes.page.examples import Check

CHECKS = [(name, check) for name in examples.names(EXAMPLES) for check in examples.checks(EXAMPLES / name)]


def in_home(sandbox: Sandbox, script: str) -> tuple[int, str]:
    return sandbox.sh(f"cd ~; {script}", user="reader", env={"HOME": "/home/reader"})


@pytest.mark.parametrize(("name", "check"), CHECKS, ids=[f"{name}/{check.dockerfile}" for name, check in CHECKS])
def test_example(name: str, check: Check, sandbox: Sandbox) -> None:
    sandbox.put(EXAMPLES / name, examples.files(EXAMPLES / name))
    build = f"docker build --progress plain -f {name}/{check.dockerfile} -t tried {name}"
    if check.never_ends:
        status, output = in_home(sandbox, f"timeout {check.never_ends} {build}")
        assert status == 124, output
        return
    status, output = in_home(sandbox, build)
    if check.fails:
        assert status, "the build was to fail"
        assert check.fails in output
        return
    assert status == 0, output
    if check.port:
        assert in_home(sandbox, f"docker run -d --name it -p 3000:{check.port} tried")[0] == 0
        assert sandbox.answers("http://localhost:3000", 30), in_home(sandbox, "docker logs it")[1]
        assert check.answers in in_home(sandbox, "curl -s localhost:3000")[1]
    elif check.stops:
        assert in_home(sandbox, "docker run -d --init --name it tried")[0] == 0
        printed = "timeout 30 sh -c 'until docker logs it 2>&1 | grep -qF \"$0\"; do sleep 0.1; done' " + shlex.quote(check.prints)
        assert in_home(sandbox, printed)[0] == 0, in_home(sandbox, "docker logs it")[1]
        assert in_home(sandbox, "docker stop it")[0] == 0
    elif check.prints:
        status, output = in_home(sandbox, "docker run --rm tried 2>&1")
        assert check.prints in output
        assert status == check.exit_status


@pytest.mark.parametrize("name", examples.names(EXAMPLES))
def test_layers_are_those_that_the_engine_tells(name: str, sandbox: Sandbox) -> None:
    """The data behind the figures of layers, against `docker history` as JSON and `docker image inspect`."""
    builds = [check for check in examples.checks(EXAMPLES / name) if not check.fails and not check.never_ends]
    sandbox.put(EXAMPLES / name, examples.files(EXAMPLES / name))
    for check in builds:
        assert in_home(sandbox, f"docker build -q -f {name}/{check.dockerfile} -t tried {name}")[0] == 0
        read = outputs.history(in_home(sandbox, "docker history tried")[1].splitlines())
        told = in_home(sandbox, "docker history --no-trunc --format '{{.CreatedBy}}\t{{.Size}}' tried")[1].splitlines()
        assert len(read) == len(told)
        for layer, line in zip(read, told, strict=True):
            created_by, size = line.split("\t")
            assert layer.printed == size
            whole = outputs.instruction(created_by)
            assert whole.startswith(re.sub(r"…$", "", layer.instruction)), (whole, layer.instruction)
        listed = in_home(sandbox, "docker image inspect --format '{{join .RootFS.Layers \"\\n\"}}' tried")[1].splitlines()
        found = outputs.identified(read, outputs.digests(listed))
        assert [layer.digest for layer in reversed(found) if not layer.is_metadata] == listed
