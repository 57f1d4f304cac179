"""`docker build --check` on every Dockerfile of the examples: nothing, but for what a check.toml announces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from macros import engine, examples, images, owner
from macros.sandbox import HOME, USER, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine
EXAMPLES = Path(__file__).parents[2] / "examples"
CASES = [(path, check) for path in sorted(EXAMPLES.iterdir()) for check in examples.checks(path)]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    client = engine.connect()
    image, _ = images.ensure_sandbox(client)
    running = Sandbox.start(image, client, owner.labels("sandbox"))
    yield running
    running.close()
    client.close()


@pytest.mark.parametrize(("example", "check"), CASES, ids=[f"{path.name}/{check.dockerfile}" for path, check in CASES])
def test_only_announced_warnings(sandbox: Sandbox, example: Path, check: examples.Check) -> None:
    sandbox.put(example, examples.files(example))
    script = 'cd "$1" && docker build --call=check,format=json --file="$2" . 2>/tmp/progress || [ $? = 1 ] || cat /tmp/progress'
    _, output = sandbox.sh(script, f"{HOME}/{example.name}", check.dockerfile, user=USER)
    told = json.loads(output)
    warnings = {warning["ruleName"] for warning in told["warnings"] or ()}
    assert warnings == {rule for rule in check.warns if not rule.startswith(("DL", "SC"))}
    error = told.get("buildError", {}).get("message", "")
    # Some failures show in the file, others only while it is built.
    assert not error or (check.fails and check.fails in error), error
