"""`docker build --check` on every Dockerfile of the examples: nothing, but for what a check.toml announces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from docker_notes.engine.sandbox import HOME, USER
from docker_notes.page import examples

from tests.engine.conftest import EXAMPLES

if TYPE_CHECKING:
    from docker_notes.engine.sandbox import Sandbox
    from docker_notes.page.examples import Check

CASES = [(name, check) for name in examples.names(EXAMPLES) for check in examples.checks(EXAMPLES / name)]


@pytest.mark.parametrize(("name", "check"), CASES, ids=[f"{name}/{check.dockerfile}" for name, check in CASES])
def test_only_announced_warnings(name: str, check: Check, sandbox: Sandbox) -> None:
    sandbox.put(EXAMPLES / name, examples.files(EXAMPLES / name))
    script = 'cd "$1" && docker build --call=check,format=json --file="$2" . 2>/tmp/progress || [ $? = 1 ] || cat /tmp/progress'
    _, output = sandbox.sh(script, f"{HOME}/{name}", check.dockerfile, user=USER)
    told = json.loads(output)
    warnings = {warning["ruleName"] for warning in told["warnings"] or ()}
    assert warnings == {rule for rule in check.warns if not rule.startswith(("DL", "SC"))}
    error = told.get("buildError", {}).get("message", "")
    # Some failures show in the file, others only while it is built.
    assert not error or (check.fails and check.fails in error), error
