"""Each small site, replayed from its recordings without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sites import harness

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("site", harness.SITES, ids=lambda path: path.name)
def test_a_site_shows_its_answers(site: Path, tmp_path: Path) -> None:
    harness.check(site, tmp_path, "replay")
