"""What a sandbox's engine answers at its start, where that is no list of base images."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from docker_notes.engine.endpoint import Endpoint
from docker_notes.engine.sandbox import Sandbox
from docker_notes.errors import EngineError

CLIENT: Any = SimpleNamespace(endpoint=Endpoint("n", "unix:///x"))


def answering(status: int, said: str) -> Sandbox:
    sandbox = Sandbox(CLIENT, SimpleNamespace(id="1"), SimpleNamespace())  # type: ignore[arg-type]
    sandbox.sh = lambda *_, **__: (status, said)  # type: ignore[method-assign]
    return sandbox


@pytest.mark.parametrize(
    ("status", "said", "says"),
    [
        (0, "curl: (7) Failed to connect\n", "can not be read"),
        (0, "", "can not be read"),
        (0, "null\n", "can not be read"),
        (0, '[{"Id": "sha256:1"', "can not be read"),
        (0, '[{"RepoTags": null}]\n', "can not be read"),
        (0, '{"message": "no"}\n', "can not be read"),
        (0, "[]\nnetwork\n", "has no base images"),
        (1, "dockerd: no space", "its log ends:\ndockerd: no space"),
    ],
    ids=["curl", "nothing", "null", "half", "no id", "message", "empty", "log"],
)
def test_no_list_of_base_images(status: int, said: str, says: str) -> None:
    with pytest.raises(EngineError) as raised:
        answering(status, said)._await_engine()
    assert says in str(raised.value)


def test_one_without_names_is_one() -> None:
    sandbox = answering(0, '[{"Id": "sha256:1", "RepoTags": null}]\nbridge\nhost')
    sandbox._await_engine()
    asked: dict[str, str] = {}
    sandbox.sh = lambda *_, env, **__: (asked.update(env) or 0, "")  # type: ignore[method-assign]
    assert sandbox.reset()
    assert (asked["KEEP"], asked["TAGS"], asked["NETWORKS"]) == ("sha256:1", "", "bridge\nhost")
