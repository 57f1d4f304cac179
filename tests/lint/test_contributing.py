"""The map of CONTRIBUTING.md is that of the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "CONTRIBUTING.md").read_text().split("<!-- rooms")[1].split("<!-- /rooms")[0]
ROOMS = [name for line in LINES.split("\n") if (cells := line.split("|"))[3:] for name in re.findall(r"`(\w+)`", cells[2])]


def test_every_room_is_on_the_map_once() -> None:
    assert sorted(ROOMS) == sorted(path.stem for path in ROOT.glob("macros/*.py"))


def test_rooms_stand_above_what_they_import() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    height = {room.strip().removeprefix("macros."): -n for n, layer in enumerate(contract["layers"]) for room in layer.split("|")}
    heights = [height[room] for room in ROOMS if room != "__init__"]
    assert heights == sorted(heights, reverse=True)


def test_links_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text()):
            assert (ROOT / target).exists(), f"{name}: {target}"


def test_every_target_that_is_told_of_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        told = set(re.findall(r"(?:^|`|=[\w/]+ )make ([a-z-]+)", (ROOT / name).read_text(), re.MULTILINE))
        assert told <= targets, name
