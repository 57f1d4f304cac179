"""Base images on the outer engine, by names that nobody else uses and no registry has."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from docker_notes.engine import base_images as images
from docker_notes.engine.border import NotFound
from docker_notes.recording.model import STAND_IN

if TYPE_CHECKING:
    import pytest
    from docker import DockerClient

OLD, NEW, LATEST = (f"docker-notes-test/node:{tag}" for tag in ("old", "new", "latest"))


def test_a_move_of_node_takes_every_stand_in_along(client: DockerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        monkeypatch.setattr(images, "NODE", (OLD, LATEST))
        images.ensure(client)
        before = client.images.get(LATEST).id
        monkeypatch.setattr(images, "NODE", (NEW, LATEST))
        monkeypatch.setattr(images, "NODE_MAJOR", 22)
        bases = images.ensure(client)
        assert client.images.get(OLD).id == before
        assert client.images.get(NEW).id == client.images.get(LATEST).id != before
        assert {base.origin for base in bases} == {STAND_IN}
        assert all(", Node 22." in base.made_from for base in bases)
    finally:
        for name in (OLD, NEW, LATEST):
            with contextlib.suppress(NotFound):
                client.images.remove(name)
