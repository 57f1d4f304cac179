"""Each small site, built live on an engine: the same answers.

    DOCKER_NOTES_SITES=record pytest tests/sites/test_live.py

also keeps what was recorded, for tests/sites/test_replay.py.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.sites import harness

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("site", harness.SITES, ids=lambda path: path.name)
def test_a_site_shows_its_answers(site: Path, tmp_path: Path) -> None:
    root = harness.check(site, tmp_path, "live")
    if os.environ.get("DOCKER_NOTES_SITES") == "record":
        for name in {name for build in harness.builds(site) for name in build.recordings}:
            shutil.rmtree(site / name, ignore_errors=True)
            if (root / name).is_dir():
                shutil.copytree(root / name, site / name)
