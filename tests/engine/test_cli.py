"""The command `docker-notes` on files of a repository that has no site."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from junitparser import JUnitXml

from tests.engine.conftest import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

README = """\
# A tool that is written in no Python

```console
$ echo 'a [/] b' | sed 's/[/]/x/'
$ docker run --rm node:24-slim node --print '6 * 7'
$ false
? 1
```
"""
USAGE = """\
# Its usage

```console example="hello-node"
$ ls
```
"""
Told = subprocess.CompletedProcess[str]


@pytest.fixture
def repository(tmp_path: Path, sandbox_image: str) -> Path:
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "tool"\n')
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "doc").mkdir()
    (tmp_path / "doc/usage.md").write_text(USAGE)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


@pytest.fixture
def told(repository: Path) -> Callable[..., Told]:
    def tell(*words: str, folder: Path = repository, **environment: str) -> Told:
        command = [sys.executable, "-m", "docker_notes", *words]
        here = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        done = subprocess.run(command, cwd=folder, env={**here, **environment}, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        return done

    return tell


def changed(repository: Path) -> list[str]:
    """What git would take into its next commit."""
    words = ["git", "-C", str(repository), "status", "--porcelain", "--untracked-files=all"]
    listing = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return sorted(line[3:] for line in listing.splitlines())


def test_run_shows_and_saves_nothing(repository: Path, told: Callable[..., Told]) -> None:
    before = changed(repository)
    done = told("run", "README.md")
    assert done.returncode == 0, done.stderr
    shown = re.sub(r"\[\d+\.\d\d s\]", "[time]", done.stdout)
    assert shown == (
        "README.md:4: $ echo 'a [/] b' | sed 's/[/]/x/'   [time]\na [x] b\n\n"
        "README.md:5: $ docker run --rm node:24-slim node --print '6 * 7'   [time]\n42\n"
        "  · a container of node:24-slim ran, exited (0) and was removed\n\n"
        "README.md:6: $ false   [time]   [exit status 1]\n\n"
    )
    assert re.fullmatch(r"README.md: ok in \d+\.\d s\n", done.stderr)
    steps = json.loads(told("run", "--json", "README.md", "doc/usage.md", "--examples", str(EXAMPLES)).stdout)
    assert [(step["page"], step["line"], step["exit_status"], step["output"].split()) for step in steps] == [
        ("README.md", 4, 0, ["a", "[x]", "b"]),
        ("README.md", 5, 0, ["42"]),
        ("README.md", 6, 1, []),
        ("doc/usage.md", 4, 0, ["Dockerfile", "README.md", "package-lock.json", "package.json", "server.js"]),
    ]
    assert changed(repository) == before


def test_a_terminal_shows_a_command_as_it_is(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """With a file that is not below this folder."""
    # rich takes what stands in brackets for markup, and writes to terminals alone: script(1) is one.
    command = f"{sys.executable} -m docker_notes run {repository / 'README.md'}"
    words = ["script", "--quiet", "--return", "--command", command, "/dev/null"]
    environment = {**os.environ, "TERM": "xterm-256color"}
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = subprocess.run(words, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "MarkupError" not in done.stdout
    assert "pages done" in done.stdout
    assert "$ echo 'a [/] b' | sed 's/[/]/x/'" in done.stdout
    assert re.search(r"^42\r?$", done.stdout, re.MULTILINE)


def test_record_verify_and_a_change(repository: Path, told: Callable[..., Told]) -> None:
    examples = ("--examples", str(EXAMPLES))
    assert told("verify", "README.md").returncode == 1, "it has no recording"
    done = told("record", "--all", "README.md", "doc/usage.md", *examples)
    assert (done.returncode, done.stdout) == (0, "recorded README.md\nrecorded doc/usage.md\n"), done.stderr
    recordings = [name for name in changed(repository) if name.startswith("recordings/")]
    assert recordings == ["recordings/.docs", "recordings/README.yml", "recordings/doc/usage.yml"]
    assert not [name for name in changed(repository) if name.startswith(".cache")]

    again = told("record", "--all", "README.md", "doc/usage.md", *examples)
    assert (again.returncode, again.stdout) == (0, ""), "nothing really changed"
    done = told("verify", *examples)
    assert (done.returncode, done.stdout) == (0, "2 pages still do what their recordings say.\n"), done.stderr
    # From a folder below the same name would be another page's.
    done = told("verify", "usage.md", "--recordings", "../recordings", *examples, folder=repository / "doc")
    assert done.returncode == 1
    assert "usage.md:3: ../recordings/ holds the recordings of ./, and the pages here lie in doc/" in done.stderr

    recording = repository / "recordings/README.yml"
    recording.write_text(recording.read_text().replace("a [x] b", "a [y] b"))
    kept = recording.read_bytes()
    done = told("verify", "README.md", "--junit", "junit.xml", GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(repository))
    assert done.returncode == 1
    assert "README.md:4: the output of `echo 'a [/] b' | sed 's/[/]/x/'` changed:\n" in done.stderr
    assert re.search(r"^ *- *a \[y\] b$", done.stderr, re.MULTILINE)
    assert re.search(r"^ *\+ *a \[x\] b$", done.stderr, re.MULTILINE)
    assert "::error file=README.md,line=4,title=the output of " in done.stderr
    assert recording.read_bytes() == kept, "verify writes nothing but reports"
    [suite] = JUnitXml.fromfile(str(repository / "junit.xml"))
    assert [case.is_passed for case in suite] == [False, True, True]

    (repository / "doc/usage.md").unlink()
    done = told("verify", *examples)
    assert done.returncode == 1
    assert "recordings/doc/usage.yml is the recording of a page that is gone" in done.stderr


def test_a_failing_command_is_told_at_its_line(repository: Path, told: Callable[..., Told]) -> None:
    (repository / "README.md").write_text(README.replace("? 1\n", ""))
    done = told("record", "--all", "README.md", GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(repository))
    assert done.returncode == 1
    assert "README.md:6: `false` ended with exit status 1, expected 0" in done.stderr
    assert "::error file=README.md,line=6,title=`false` ended with exit status 1%2C expected 0" in done.stderr
    assert not (repository / "recordings/README.yml").exists()


def test_pages_of_a_site_and_a_file_beside_it(repository: Path, told: Callable[..., Told]) -> None:
    (repository / "mkdocs.yml").write_text(
        "site_name: A site\nplugins: [{macros: {modules: [docker_notes]}}]\nmarkdown_extensions: [pymdownx.superfences]\n"
    )
    (repository / "docs").mkdir()
    (repository / "docs/index.md").write_text("# A page\n\n```console\n$ echo one\n```\n")
    done = told("run", "--json", "docs/index.md", "README.md")
    assert done.returncode == 0, done.stderr
    assert [(step["page"], step["line"]) for step in json.loads(done.stdout)] == [
        ("index.md", 4),
        ("README.md", 4),
        ("README.md", 5),
        ("README.md", 6),
    ]


def test_the_engine_that_answers_is_named(repository: Path, told: Callable[..., Told]) -> None:
    done = told("engine")
    assert done.returncode == 0
    last = done.stdout.splitlines()[-1]
    assert last.startswith("DOCKER_HOST=")
    asked = told("with-engine", "sh", "-c", 'echo "of $DOCKER_HOST"; exit 7', DOCKER_HOST=last.partition("=")[2])
    assert (asked.returncode, asked.stdout) == (7, f"of {last.partition('=')[2]}\n")
