"""What cannot be shown by a folder of files: another version of a plugin, and what verify sees of a site."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.site import wiring
from mkdocs.exceptions import PluginError

from tests.sites import harness

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("found", ["0.7.0", "1.0.5", "1.2.9"])
def test_mkdocs_macros_can_be_too_old(monkeypatch: pytest.MonkeyPatch, found: str) -> None:
    monkeypatch.setattr(wiring, "version", lambda _: found)
    env: Any = None  # it is not looked at
    with pytest.raises(PluginError, match=rf"^mkdocs-macros-plugin {found} is too old; docker-notes needs 1\.3: pip install -U "):
        wiring.define(env)


@pytest.mark.parametrize(
    ("site", "pages"),
    [
        ("i18n", ["index.de.md", "index.md", "other.md"]),
        ("monorepo", ["index.md", "part/index.md"]),
        ("gen_files", ["index.md", "made.md"]),
        ("blog", ["blog/posts/answers.md", "index.md"]),
        ("not_a_page", ["index.md"]),
    ],
)
def test_verify_sees_the_pages_that_a_build_runs(site: str, pages: list[str], tmp_path: Path) -> None:
    root = harness.copy(harness.HERE / site, tmp_path)
    before = harness.tree(root)
    status, said = harness.run("tests.sites.seen", [], root, "replay")
    assert status == 0, said
    assert json.loads(said.strip().rpartition("\n")[2]) == {"pages": pages, "failures": [], "orphans": []}
    assert harness.tree(root) == before
