"""hadolint's remarks on every Dockerfile: none, but for those that an example's check.toml announces."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from docker_notes.page import examples

ROOT = Path(__file__).parents[2]
HADOLINT = Path(sys.executable).with_name("hadolint")
DOCKERFILES = sorted([*ROOT.glob("examples/*/Dockerfile*"), *ROOT.glob("macros/docker_notes/engine/*_image/Dockerfile")])


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_only_announced_remarks(path: Path) -> None:
    done = subprocess.run([HADOLINT, "--no-color", "--format=json", path], cwd=ROOT, capture_output=True, text=True, check=False)
    found = {
        remark["code"]: f"{path.relative_to(ROOT)}:{remark['line']}: {remark['message']}" for remark in json.loads(done.stdout)
    }
    announced = {
        code
        for check in examples.checks(path.parent)
        if check.dockerfile == path.name
        for code in check.warns
        if code.startswith(("DL", "SC"))
    }
    assert found.keys() == announced, "\n".join([*found.values(), "write the code into `warns` of check.toml if it is meant"])


def test_every_dockerfile_of_an_example_is_checked() -> None:
    built = {(path, check.dockerfile) for path in ROOT.glob("examples/*") for check in examples.checks(path)}
    assert built == {(path.parent, path.name) for path in ROOT.glob("examples/*/Dockerfile*")}
