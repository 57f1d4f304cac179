"""What is published: a wheel and an archive of sources, for every Python from Debian 12's on."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import distributions, packages_distributions
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.lint.test_committed import ROOT, committed

if TYPE_CHECKING:
    from pathlib import Path

PYTHONS = ("3.11.2", "3.12.0", "3.13.0", "3.14.0")
"""The oldest is that of Debian 12."""
PACKAGE = "macros/docker_notes/"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Both, built from what is committed, and what that printed."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for path in committed():
        if path.is_relative_to(ROOT / PACKAGE) or path.parent == ROOT:
            target = source / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out, done.stdout + done.stderr


def wheel(built: tuple[Path, str]) -> zipfile.ZipFile:
    [path] = built[0].glob("*.whl")
    return zipfile.ZipFile(path)


def test_a_build_warns_of_nothing(built: tuple[Path, str]) -> None:
    assert [line for line in built[1].splitlines() if "warn" in line.lower() or "deprecat" in line.lower()] == []


def test_the_wheel_holds_the_package_whole_and_nothing_else(built: tuple[Path, str]) -> None:
    names = {path.relative_to(ROOT / "macros").as_posix() for path in committed() if path.is_relative_to(ROOT / PACKAGE)}
    with wheel(built) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == names, "what is no Python is listed in pyproject.toml, package-data"
    assert "docker_notes/py.typed" in found


def test_the_sources_hold_no_more(built: tuple[Path, str]) -> None:
    [path] = built[0].glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = [name.partition("/")[2] for name in archive.getnames() if "egg-info" not in name]
    tops = {name.split("/")[0] for name in names if name}
    assert tops == {"LICENSE", "PKG-INFO", "README.md", "macros", "pyproject.toml", "setup.cfg"}
    assert {name.split("/")[1] for name in names if name.startswith("macros/")} == {"docker_notes"}


def test_it_would_be_taken_by_an_index(built: tuple[Path, str]) -> None:
    words = [sys.executable, "-m", "twine", "--no-color", "check", "--strict", *map(str, built[0].iterdir())]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2


def test_all_licences_come_along(built: tuple[Path, str]) -> None:
    with wheel(built) as archive:
        held = {name.partition(".dist-info/licenses/")[2] for name in archive.namelist()} - {""}
    # With its path, as PEP 639 has it.
    assert held == {
        path.relative_to(ROOT).as_posix() for path in committed() if "LICENSE" in path.name and "docs" not in path.parts
    }


@pytest.mark.parametrize("python", PYTHONS)
def test_the_pinned_versions_are_for_every_python(python: str) -> None:
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    looked_at = 0
    for found in distributions():
        if pinned.get(canonicalize_name(found.name)) == found.version:
            looked_at += 1
            asks = found.metadata["Requires-Python"] or ""
            assert SpecifierSet(asks).contains(python), f"{found.name} {found.version} needs Python {asks}"
    assert looked_at > 60


def test_what_is_named_is_pinned() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [*config["project"]["dependencies"], *config["dependency-groups"]["dev"], *config["dependency-groups"]["bench"]]
    pins = {canonicalize_name(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().split()}
    assert {canonicalize_name(Requirement(line).name) for line in named} <= pins, "run `make upgrade` with the oldest Python"


def imported() -> set[str]:
    """The top names of what the package's modules import."""
    found: set[str] = set()
    for path in (ROOT / PACKAGE).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"docker_notes", "zensical"}  # Zensical is there where it calls


def test_what_is_imported_is_named() -> None:
    """A library that another one happens to bring may be gone with its next version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    of = packages_distributions()
    names = {name: {canonicalize_name(each) for each in of.get(name, [])} for name in imported()}
    assert len(names) > 10
    assert {name: packages for name, packages in names.items() if not packages & named} == {}


def test_nobody_is_told_to_make() -> None:
    """Other sites have no Makefile: a message names `docker-notes` and its options."""
    told = [path for path in committed() if path.is_relative_to(ROOT / PACKAGE) and "`make " in path.read_text(errors="replace")]
    assert told == []
