"""What is typed into a program, in a recording: its form, and its part of the key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # check-jsonschema brings it
import pytest
import yaml
from docker_notes.errors import RecordingError
from docker_notes.page.grammar import parse
from docker_notes.recording import compare
from docker_notes.recording.model import asks, dump, load
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.samples import ran, recorded

if TYPE_CHECKING:
    from docker_notes.recording.model import StepResult

SCHEMA = json.loads((Path(__file__).parents[3] / "macros/docker_notes/recording/recording.schema.json").read_text())
TYPED = {"$ref": "#/$defs/step/properties/typed", "$defs": SCHEMA["$defs"]}


def step(**more: Any) -> StepResult:
    return ran("docker run -it node", "> 1 + 1", typed=("1 + 1", ("wait for", "2"), ".exit"), **more)


def test_a_text_that_was_waited_for_is_told_from_a_typed_line(tmp_path: Path) -> None:
    text = dump(recorded(step()))
    assert "  typed:\n  - 1 + 1\n  - wait for: '2'\n  - .exit\n" in text
    (tmp_path / "page.yml").write_text(text)
    loaded = load(tmp_path / "page.yml", "page.md")
    assert loaded == recorded(step())
    jsonschema.validate(yaml.safe_load(text)["steps"][0]["typed"], TYPED)


@pytest.mark.parametrize("typed", [[{"wait": "2"}], [{"wait for": ""}], [1], [{}], [{"wait for": "2", "more": 1}], []])
def test_the_schema_knows_no_other_form(typed: list[Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(typed, TYPED)


def test_another_form_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "page.yml").write_text(dump(recorded(step())).replace("wait for:", "waits:"))
    with pytest.raises(RecordingError, match="cannot be read"):
        load(tmp_path / "page.yml", "page.md")


def test_what_is_waited_for_is_part_of_the_key() -> None:
    without = ran("docker run -it node", "> 1 + 1", typed=("1 + 1", ".exit"))
    typed = ran("docker run -it node", "> 1 + 1", typed=("1 + 1", "~ 2", ".exit"))
    assert len({recorded(one).key for one in (step(), without, typed)}) == 3


def test_a_command_s_further_lines_are_a_block_of_text() -> None:
    text = dump(recorded(ran("cat > f <<EOF\nFROM scratch\n\nEOF")))
    assert "- command: |-\n    cat > f <<EOF\n    FROM scratch\n\n    EOF\n" in text


@pytest.mark.parametrize(
    ("body", "command", "typed"),
    [
        ("$ cat <<EOF\n> a\n> EOF", "cat <<EOF\na\nEOF", ()),
        ("$ cat <<EOF; cat\n> a\n> EOF\n> b\n~ c\n> ^D", "cat <<EOF; cat\na\nEOF", ("b", ("wait for", "c"), "^D")),
        ("$ x \\\n  y \\\n> z", "x \\\n  y \\\nz", ()),
        ('$ echo "a\n> b"', 'echo "a\nb"', ()),
    ],
)  # fmt: skip
def test_a_page_and_its_recording_ask_the_same_wherever_the_command_ends(body: str, command: str, typed: tuple[Any, ...]) -> None:
    [(block, written)] = parse("page.md", f"```console\n{body}\n```\n").steps
    assert asks(block, written) == ran(command, typed=typed).asks
    further = command.split("\n")[1:] if "\\" not in command else []
    # As a machine without bash reads the page.
    assert ran(command.split("\n", maxsplit=1)[0] if further else command, typed=(*further, *typed)).asks == asks(block, written)


@given(
    st.lists(st.text(st.sampled_from("ab \\'\"#<"), max_size=6).map(lambda text: text.rstrip("\\") + "\\"), max_size=3),
    st.text(st.sampled_from("ab '\"#<"), max_size=6),
    st.lists(st.text(max_size=4), max_size=3).map(tuple),
)
def test_what_was_recorded_before_asks_what_it_did(parts: list[str], last: str, typed: tuple[str, ...]) -> None:
    """Commands had only such further lines as a backslash brings."""
    command = "\n".join([*parts, last])
    assert ran(command, typed=typed).asks == (command, typed, "", 100, "")


def test_any_status_will_do_where_the_page_says_so() -> None:
    page = parse("page.md", "```console\n$ make\n? *\n$ make\n```\n")
    [failure] = compare.judge(page, [ran("make", status=7), ran("make", status=7)])
    assert str(failure).startswith("page.md:4: `make` ended with exit status 7, expected 0")
