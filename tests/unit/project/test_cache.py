"""What is costly is made once, and again as soon as anything that it was made of is new."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import pytest
from docker_notes.html.tables import Port
from docker_notes.project.cache import Cache

if TYPE_CHECKING:
    from pathlib import Path


def ports(cache: Cache, published: int = 3000) -> str | bytes:
    return cache.get("docker_notes.html.figures", "ports", [Port("0.0.0.0", published, 80, "tcp")])


def test_what_was_made_is_not_made_again(tmp_path: Path) -> None:
    made = ports(Cache(tmp_path / "kept"))
    assert "0.0.0.0:3000" in str(made)
    [file] = (tmp_path / "kept").iterdir()
    file.write_text("as it was kept")
    assert ports(Cache(tmp_path / "kept")) == "as it was kept"


def test_other_words_make_another_thing(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    assert ports(kept) != ports(kept, 3001)
    assert len(list(tmp_path.iterdir())) == 2


def test_bytes_stay_bytes(tmp_path: Path) -> None:
    made = [Cache(tmp_path).get("guide.preview", "draw", "title", "note", ()) for _ in range(2)]
    assert made[0] == made[1]
    assert isinstance(made[0], bytes)
    assert made[0].startswith(b"\x89PNG")


def test_what_nobody_asks_for_is_gone_after_a_month_and_what_is_used_stays(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    ports(kept)
    ports(kept, 3001)
    for path in tmp_path.iterdir():
        os.utime(path, (time.time() - 31 * 86_400,) * 2)
    ports(kept, 3001)
    ports(kept, 3002)
    left = "".join(path.read_text() for path in tmp_path.iterdir())
    assert sorted(re.findall(r">0\.0\.0\.0:(\d+)<", left)) == ["3001", "3002"]


def test_what_fails_is_not_cache(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Cache(tmp_path).get("docker_notes.html.figures", "lifecycle", {})
    assert list(tmp_path.iterdir()) == []
