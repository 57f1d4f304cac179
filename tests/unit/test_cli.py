"""The command `docker-notes`, as far as it goes without an engine: words, exit statuses, help, completion."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from docker_notes.cli import main
from junitparser import JUnitXml

if TYPE_CHECKING:
    from click import Command
    from click.testing import Result

SITE = """\
site_name: A site
plugins: [{macros: {modules: [docker_notes]}}]
markdown_extensions: [pymdownx.superfences]
"""
PROSE = "# A page\n\nNo block.\n"
MISTAKE = "# A page\n\n```console\nout\n```\n"
NOWHERE = {"DOCKER_HOST": "unix:///nowhere.sock"}
COMMANDS = sorted(main.commands)
SHELLS = {"bash": "complete ", "zsh": "compdef ", "fish": "complete "}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return tmp_path


def told(*words: str, **environment: str) -> Result:
    """What a command line prints; no engine can be had."""
    result = CliRunner().invoke(main, words, env={**NOWHERE, **environment})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def examples(command: Command) -> list[str]:
    return re.findall(r"^ *((?:\w+ \"\$\()?docker-notes .*)$", command.help or "", re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_two_examples_that_can_be_typed(name: str) -> None:
    shown = told(name, "--help")
    assert shown.exit_code == 0
    lines = examples(main.commands[name])
    assert len(lines) >= 2
    typed: list[str] = []
    for line in lines:
        assert line in shown.output, "as it was written, not wrapped"
        for call in re.findall(r"docker-notes ([^|&)]*)", line):
            verb, *words = shlex.split(call)
            command = main.commands[verb]
            command.make_context(verb, words, resilient_parsing=False)
            typed.append(verb)
    assert name in typed


def test_help_has_every_command() -> None:
    shown = told("--help").output
    assert [name for name in COMMANDS if not re.search(rf"^  {name} +\S", shown, re.MULTILINE)] == []
    assert {"run", "verify", "record", "engine", "engine-down", "with-engine", "images"} <= set(COMMANDS)


def test_help_says_make_to_nobody() -> None:
    assert [name for name in COMMANDS if re.search(r"\bmake [a-z]", told(name, "--help").output)] == []


@pytest.mark.parametrize(("words", "says"), [
    (["run"], "name a Markdown file, such as README.md"),
    (["run", "--colour"], "No such option"),
    (["verify", "--junit"], "requires an argument"),
    (["sweep"], "No such command"),
    (["with-engine"], "Missing argument 'PROGRAM'"),
])  # fmt: skip
def test_a_command_line_that_is_none(words: list[str], says: str) -> None:
    result = told(*words)
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("verb", [["run"], ["verify"], ["record", "--all"]])
@pytest.mark.parametrize("name", ["no-such-page.md", "docs"])
def test_a_file_that_is_none_is_named(verb: list[str], name: str, folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "README.md").write_text(PROSE)
    result = told(*verb, "README.md", name)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{name} is no file\n")


@pytest.mark.parametrize("verb", [["run"], ["verify"], ["record", "--all"]])
def test_a_file_without_a_block_is_nothing_to_do(verb: list[str], folder: Path) -> None:
    (folder / "README.md").write_text(PROSE)
    result = told(*verb, "README.md")
    assert result.exit_code == 2
    assert re.search("no(thing to|thing was| console block)", result.stderr)


@pytest.mark.parametrize("site", ["", SITE])
def test_nothing_to_verify_is_no_success(site: str, folder: Path) -> None:
    if site:
        (folder / "mkdocs.yml").write_text(site)
        (folder / "docs").mkdir()
        (folder / "docs/page.md").write_text(PROSE)
    assert told("verify").exit_code == 2
    assert told("verify").stderr == "nothing to verify: no page with a console block\n"
    assert told("verify", "--allow-empty").exit_code == 0
    assert told("record", "--all").exit_code == 2


@pytest.mark.parametrize("verb", [["run", "README.md"], ["verify", "README.md"], ["record", "--all", "README.md"]])
def test_a_mistake_is_told_at_its_line(verb: list[str], folder: Path) -> None:
    (folder / "README.md").write_text(MISTAKE)
    result = told(*verb)
    assert result.exit_code == 1
    assert "README.md:4: neither command, typed line, text to wait for nor status: 'out'" in result.stderr
    assert "::error" not in result.stderr
    annotated = told(*verb, GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(folder.parent))
    assert f"::error file={folder.name}/README.md,line=4,title=neither command%2C typed line" in annotated.stderr


def test_a_page_without_a_recording(folder: Path) -> None:
    (folder / "README.md").write_text("```console\n$ true\n```\n")
    result = told("verify", "README.md", "--junit", "reports/junit.xml")
    assert result.exit_code == 1
    assert "README.md:1: this page has no recording\n    run `docker-notes record`" in result.stderr
    [suite] = JUnitXml.fromfile(str(folder / "reports/junit.xml"))
    assert (suite.name, suite.tests, suite.failures) == ("README.md", 2, 1)
    as_json = told("verify", "README.md", "--json")
    [failure] = json.loads(as_json.stdout)["failures"]
    assert (failure["page"], failure["line"], failure["what"]) == ("README.md", 1, "this page has no recording")


def test_a_report_that_cannot_be_written(folder: Path) -> None:
    (folder / "README.md").write_text("```console\n$ true\n```\n")
    result = told("verify", "README.md", "--junit", ".")
    assert result.exit_code == 1
    assert result.stderr == ". cannot be written: Is a directory\n"


def test_the_recording_of_a_page_that_is_gone(folder: Path) -> None:
    (folder / "mkdocs.yml").write_text(SITE)
    for name, text in {"docs/page.md": PROSE, "recordings/orphan.yml": "page: orphan.md\n"}.items():
        (folder / name).parent.mkdir()
        (folder / name).write_text(text)
    result = told("verify", "--junit", "junit.xml")
    assert result.exit_code == 1
    assert "recordings/orphan.yml is the recording of a page that is gone, or has no blocks\n    delete it" in result.stderr
    assert [suite.name for suite in JUnitXml.fromfile("junit.xml")] == ["orphan.yml"]


def test_a_configuration_that_is_none() -> None:
    result = told("verify", "--config-file", "nowhere.yml")
    assert result.exit_code == 1
    assert result.stderr.startswith("nowhere.yml is no file\n")


def test_a_site_that_does_not_use_the_tool(folder: Path) -> None:
    (folder / "mkdocs.yml").write_text("site_name: A site\n")
    (folder / "docs").mkdir()
    result = told("verify")
    assert result.exit_code == 1
    assert "modules: [docker_notes]" in result.stderr


def test_an_engine_that_does_not_answer_is_said_once(folder: Path) -> None:
    (folder / "README.md").write_text("```console\n$ true\n```\n")
    words = [sys.executable, "-m", "docker_notes", "run", "README.md"]
    done = subprocess.run(words, env=NOWHERE, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("DOCKER_HOST=unix:///nowhere.sock does not answer") == 1
    assert "Traceback" not in done.stderr


def test_a_program_that_is_none() -> None:
    result = told("with-engine", "no-such-program")
    assert result.exit_code == 1
    assert result.stderr.startswith("no-such-program is no program\n")


@pytest.mark.parametrize("shell", SHELLS)
def test_completion(shell: str) -> None:
    words = [Path(sys.executable).with_name("docker-notes")]
    environment = {"_DOCKER_NOTES_COMPLETE": f"{shell}_source", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert SHELLS[shell] in done.stdout
    assert "docker-notes" in done.stdout


def test_completion_knows_commands_and_options() -> None:
    words = [Path(sys.executable).with_name("docker-notes")]
    for typed, offered in (("docker-notes ver", "verify"), ("docker-notes verify --ju", "--junit")):
        asked = {"_DOCKER_NOTES_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
        done = subprocess.run(words, env=asked, capture_output=True, text=True, check=True)
        assert done.stdout == f"plain,{offered}\n"


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "docker_notes", "--version"], capture_output=True, text=True, check=True)
    assert re.search(r"version \d+\.\d+\.\d+", done.stdout)
