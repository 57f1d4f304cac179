"""What is committed holds no address of a package registry, no path of a machine, no large file."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEBIBYTE = 2**20
# Hosts that may be named in an address; RFC 2606 and RFC 6761 keep the last ones for examples.
HOSTS = re.compile(
    r"localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|docker|.*\.?(?:example|invalid|test)|(?:.*\.)?example\.(?:com|org|net)"
    r"|(?:docs|hub|www)\.docker\.com|(?:docs\.|api\.)?github\.com|.*\.github\.io|json-schema\.org|www\.w3\.org|www\.apache\.org"
    r"|opencollective\.com|docs\.asciinema\.org|draculatheme\.com|ethanschoonover\.com|en\.wikipedia\.org|quarto\.org|zensical\.org"
    r"|html\.spec\.whatwg\.org|ogp\.me|www\.mkdocs\.org|keepachangelog\.com|semver\.org|nodejs\.org|docs\.npmjs\.com"
)
ADDRESS = re.compile(r"\bhttps?://(?:[^\s/@]+@)?(\[[0-9a-f:]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)")
# Folders of whoever built this: homes but for the sandbox's and the Node image's, and checkouts.
MACHINE = re.compile(r"(?<![\w.…~-])/(?:home/(?!reader\b|node\b|\(|…|[{<$])|Users/|root/|work/|builds/)[\w.-]+")


@cache
def committed() -> list[Path]:
    """What git knows, and what `git add` would take."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in sorted(set(filter(None, listing.split("\0")))) if (path := ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """Those of them that are text, by path."""
    found = []
    for path in committed():
        data = path.read_bytes()
        if b"\0" not in data:
            found.append((path.relative_to(ROOT).as_posix(), data.decode()))
    return found


def found_in(pattern: re.Pattern[str], but: str = "") -> list[str]:
    """Each match as `path:line: text`, leaving out folders that start with `but`."""
    return [
        f"{path}:{number}: {match.group()}"
        for path, text in texts()
        if not (but and path.startswith(but))
        for number, line in enumerate(text.split("\n"), 1)
        for match in pattern.finditer(line)
    ]


def test_there_is_something_to_look_at() -> None:
    names = {path for path, _ in texts()}
    assert {"README.md", "constraints.txt", "macros/docker_notes/page/grammar.py", "recordings/index.yml"} <= names


def test_files_stay_below_a_mebibyte() -> None:
    assert not [(path.name, path.stat().st_size) for path in committed() if path.stat().st_size > MEBIBYTE]


def test_addresses_are_of_hosts_that_are_meant() -> None:
    # Tests of the redaction name made-up hosts.
    unknown = [hit for hit in found_in(ADDRESS, but="tests/") if not HOSTS.fullmatch(ADDRESS.search(hit)[1])]  # type: ignore[index]
    assert not unknown, "a new host is added to HOSTS, unless it is a registry or a mirror"


def test_no_paths_of_a_machine() -> None:
    assert not found_in(MACHINE, but="tests/")


def test_pins_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    assert not [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", line)]


@pytest.mark.parametrize("lock", sorted(ROOT.glob("examples/*/package-lock.json")), ids=lambda path: path.parent.name)
def test_lock_files_hold_no_download_addresses(lock: Path) -> None:
    assert '"resolved"' not in lock.read_text()


# In words, as no committed line is to hold such a path, or such an address.
@pytest.mark.parametrize("words", ["see |root|notes", "cd |work|clone", "in |home|ada|project", "'|Users|ada|x'"])
def test_a_path_of_a_machine_is_found(words: str) -> None:
    assert MACHINE.search(words.replace("|", "/"))


@pytest.mark.parametrize("words", ["registry npmjs org", "deb debian org", "pypi org", "registry-1 docker io", "mirror corp lan"])
def test_an_address_of_a_registry_is_found(words: str) -> None:
    host = words.replace(" ", ".")
    match = ADDRESS.search(f"index-url = https://{host}/simple")
    assert match
    assert not HOSTS.fullmatch(match[1])
