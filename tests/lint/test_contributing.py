"""The map of the house in CONTRIBUTING.md is the house."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAP = re.search(r"<!-- map.*?<!-- /map -->", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)[0]  # type: ignore[index]  # else it fails here
FOLDERS = re.findall(r"^\| `(\w+)` \|", MAP, re.MULTILINE)


def test_every_folder_is_on_the_map_once() -> None:
    found = {path.parent.name for path in ROOT.glob("macros/docker_notes/*/__init__.py")}
    assert sorted(FOLDERS) == sorted(found)


def test_the_map_is_in_the_order_of_the_layers() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    height = {
        part.strip().removeprefix("docker_notes."): number
        for number, layer in enumerate(contract["layers"])
        for part in layer.split("|")
    }
    assert [height[folder] for folder in FOLDERS] == sorted(height[folder] for folder in FOLDERS)
    assert set(FOLDERS) <= set(height)
