"""The page for users of the tool says what is so: its files work, its tables are the code's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from docker_notes.cli import NOTHING, main
from docker_notes.page.front_matter import declared
from docker_notes.page.grammar import parse
from docker_notes.page.model import DEFAULT_COLUMNS, DEFAULT_TIMEOUT, Options
from docker_notes.project.settings import ENVIRONMENT, SANDBOXES, Mode
from docker_notes.site.settings import _Options

from tests.unit.guide.own_site import ROOT, TEXT, fences

if TYPE_CHECKING:
    from collections.abc import Sequence

TOOLS = Path(sys.executable).parent


def checked(*words: str | Path, text: str, path: Path) -> None:
    path.write_text(text)
    done = subprocess.run([*map(str, words), path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_site_is_told_in_ten_lines() -> None:
    assert fences("mkdocs.yml").count("\n") <= 10


@pytest.mark.parametrize("schema", ["github-workflows", "gitlab-ci"])
def test_recipes_have_the_form_of_their_system(schema: str, tmp_path: Path) -> None:
    name = {"github-workflows": ".github/workflows/docs.yml", "gitlab-ci": ".gitlab-ci.yml"}[schema]
    checked(TOOLS / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", text=fences(name), path=tmp_path / "ci.yml")


def test_the_recipe_of_pre_commit_names_our_hook(tmp_path: Path) -> None:
    text = fences(".pre-commit-config.yaml")
    checked(TOOLS / "pre-commit", "validate-config", text=text, path=tmp_path / "config.yaml")
    ours = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in yaml.safe_load(text)["repos"][0]["hooks"]] == [hook["id"] for hook in ours]


def test_what_the_action_takes_is_an_input_of_it() -> None:
    inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    [*_, step] = yaml.safe_load(fences(".github/workflows/docs.yml"))["jobs"]["verify"]["steps"]
    named = {*step["with"], *re.findall(r"`(packages|junit): ", TEXT)}
    assert named == {"files", "packages", "junit"}
    assert named <= set(inputs)


def test_settings_are_the_code_s_with_their_defaults() -> None:
    [told] = [found["extra"]["docker_notes"] for found in documents() if "extra" in found]
    options = _Options()
    options.load_dict({})
    options.validate()
    assert told == dict(options)
    assert listed("## Settings", "## The command") == [mode.value for mode in Mode]
    assert f"`{ENVIRONMENT}`" in TEXT
    assert f"`{SANDBOXES}`" in TEXT


def test_front_matter_is_read() -> None:
    [meta] = [found for found in documents() if "volatile" in found]
    said = declared("page.md", meta)
    assert (len(said.kinds), said.images, said.allow) == (1, ("node:24-slim",), ("not-a-secret",))
    assert list(meta) == listed("## What a page declares", "## Settings")


def test_options_are_the_grammar_s() -> None:
    table = TEXT[TEXT.index("| An option") : TEXT.index("A command with another")]
    assert sorted(re.findall(r'`(\w+)="', table)) == sorted(vars(Options()))
    assert f"; {DEFAULT_TIMEOUT:.0f} unless said" in table
    assert f"; {DEFAULT_COLUMNS} unless said" in table


@pytest.mark.parametrize("number", [0, 1])
def test_blocks_that_it_shows_follow_the_grammar(number: int) -> None:
    shown = re.findall(r"^````md.*?\n(.*?)^````$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(shown) == 2
    [block] = parse("page.md", shown[number]).blocks
    assert len(block.steps) == 2


def test_every_command_and_option_that_it_names_is_there() -> None:
    for call in re.findall(r"`docker-notes (\w+)", TEXT):
        assert call in main.commands or call == "COMMAND", call
    table = TEXT[TEXT.index("| A command | does") : TEXT.index("Without a file,")]
    for verb, row in re.findall(r"^\| `docker-notes (\w+).*?` \| (.*) \|$", table, re.MULTILINE):
        options = {option for parameter in main.commands[verb].params for option in parameter.opts}
        assert set(re.findall(r"--\w+", row)) <= options


def test_exit_statuses() -> None:
    table = TEXT[TEXT.index("| Exit status") : TEXT.index("## Recipes")]
    assert re.findall(r"^\| (\d) \|", table, re.MULTILINE) == ["0", "1", str(NOTHING)]


def listed(begin: str, end: str) -> list[str]:
    """The words that a list of a section explains."""
    return re.findall(r"^- `(\w+)`: ", TEXT[TEXT.index(begin) : TEXT.index(end)], re.MULTILINE)


def documents() -> Sequence[dict[str, Any]]:
    """What the page shows as YAML, without a file's name."""
    return [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)]
