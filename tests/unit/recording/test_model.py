"""The file of a recording: written whole, read back as it was, or refused with a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docker_notes.errors import DockerNotesError, RecordingError
from docker_notes.page.kinds import Kind
from docker_notes.recording import model as recording
from docker_notes.recording.model import (
    SCHEMA,
    BaseImage,
    Inputs,
    Provenance,
    Recording,
    as_json,
    dump,
    key_of,
    load,
    write,
)
from docker_notes.recording.normalise import RULES
from docker_notes.terminal.lines import Line, Span
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.samples import BASES, INPUTS, PAGE, PROVENANCE, STEPS, coloured, page, ran, recorded

RECORDINGS = sorted((Path(__file__).parents[3] / "recordings").glob("*.yml"))
SCHEMA_FILE = Path(recording.__file__).with_name("recording.schema.json")


def there_and_back(one: Recording, folder: Path) -> Recording:
    path = folder / "page.yml"
    path.write_text(dump(one), encoding="utf-8")
    found = load(path, one.page)
    assert found
    return found


def refused(text: str | bytes, folder: Path) -> str:
    path = folder / "recordings" / "page.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RecordingError) as caught:
        load(path, "page.md")
    assert (caught.value.page, caught.value.line) == ("page.md", 1)
    return str(caught.value).removeprefix("page.md:1: its recording recordings/page.yml ")


def test_a_recording_comes_back_as_it_was(tmp_path: Path) -> None:
    full = recorded(
        ran(
            "cat <<EOF\n  a\nEOF", typed=("x", "", "^C"), example="app", wait="3000", columns=120, dropped=7, status=130,
            lines=(Line("", (), 0.0), coloured(" indented", (0, 1, "red"), (1, 9, "bold on-#010203")), Line("", (), 0.1), Line("end", (), 2.25)),
        ),
        ran("true"),
        kinds=(Kind("ticket", r"T-\d+"),),
    )  # fmt: skip
    assert there_and_back(full, tmp_path) == full
    assert there_and_back(recorded(), tmp_path) == recorded()


def test_the_file_reads_from_top_to_bottom() -> None:
    text = dump(recorded(ran("list", "ID", " web", example="app", lines=(coloured("ID", (0, 2, "bold")), Line(" web", (), 1.5)))))
    assert (
        text
        == """\
# Made by a live build; not to be edited by hand. `docker-notes verify` holds it against an engine.
schema: 1
page: page.md
provenance:
  engine: 28.5.2
  buildx: 0.29.1
  date: '2026-11-25T04:14:15+00:00'
  base images:
  - name: node:24-slim
    origin: stand-in
    digest: sha256:5555555555555555555555555555555555555555555555555555555555555555
    made from: packages
  - name: node:latest
    origin: registry
    digest: sha256:6666666666666666666666666666666666666666666666666666666666666666
depends on:
  rules: 1
  sandbox: recipe
  examples:
    app: aaaa
steps:
- command: list
  example: app
  columns: 100
  exit status: 0
  seconds: 1.5
  at: 0.25
  output: |
    ID
     web
  colours: 1:0-2 bold
  line seconds: 0.5 1.5
end: 1
"""
    )


STYLED = (
    Line("bold, a link", (Span(0, 4, "bold brightred on-#5f00af"), Span(6, 12, "", "https://example.com/a,b?c=1:2"))),
    Line("both", (Span(0, 2, "dim strike", "mailto:a@example.com"), Span(2, 4, "curly-underscore under-brown"))),
    Line(""),
)


def test_styles_and_links_come_back(tmp_path: Path) -> None:
    made = recorded(ran("show", lines=STYLED))
    write(made, tmp_path / "page.yml")
    assert load(tmp_path / "page.yml", "page.md") == made
    assert """\
  colours: 1:0-4 bold brightred on-#5f00af, 2:0-2 dim strike, 2:2-4 curly-underscore under-brown
  links:
  - 1:6-12 https://example.com/a,b?c=1:2
  - 2:0-2 mailto:a@example.com
""" in dump(made)


def test_the_schema_knows_styles_and_links(tmp_path: Path) -> None:
    text = RECORDINGS[0].read_text(encoding="utf-8")
    found = load(RECORDINGS[0], "page.md")
    assert found
    styled = replace(found, steps=(replace(found.steps[0], lines=STYLED), *found.steps[1:]))
    path = tmp_path / "page.yml"
    for form, status in ((text, 0), (dump(styled), 0), (dump(styled).replace("mailto:", "file:"), 1)):
        path.write_text(form, encoding="utf-8")
        check: list[str | Path] = [Path(sys.executable).with_name("check-jsonschema"), "--schemafile", SCHEMA_FILE, path]
        assert subprocess.run(check, capture_output=True, check=False).returncode == status


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_the_files_of_this_repository_are_what_would_be_written(path: Path) -> None:
    found = load(path, path.stem)
    assert found
    assert dump(found) == path.read_text(encoding="utf-8")
    assert found.inputs.rules == RULES


def test_no_file_is_no_recording(tmp_path: Path) -> None:
    assert load(tmp_path / "none.yml", "page.md") is None


def test_a_newer_or_older_schema_says_what_to_do(tmp_path: Path) -> None:
    text = dump(recorded())
    assert refused(text.replace("schema: 1", "schema: 2"), tmp_path) == (
        f"has schema 2, this version reads {SCHEMA}\n    use a newer docker-notes"
    )
    assert refused(text.replace("schema: 1", "schema: 0"), tmp_path).endswith("run `docker-notes record`")
    assert refused(text.replace("schema: 1", "schema: one"), tmp_path).endswith("run `docker-notes record`")
    assert refused(text.replace("schema: 1\n", ""), tmp_path).startswith("cannot be read")


def test_a_file_cut_at_any_line_is_refused(tmp_path: Path) -> None:
    lines = dump(recorded()).splitlines(keepends=True)
    said = {refused("".join(lines[:count]), tmp_path) for count in range(len(lines))}
    assert said == {f"{what}\n    restore it from git, or run `docker-notes record`" for what in ("cannot be read", "is cut short")}


def test_a_step_cut_out_or_doubled_is_refused(tmp_path: Path) -> None:
    assert refused(dump(recorded()).replace("end: 3", "end: 2"), tmp_path).startswith("is cut short")
    assert refused("schema: 1\nend: 1\n", tmp_path).startswith("is cut short")
    assert refused("schema: 1\nend: 0\n", tmp_path).startswith("cannot be read ('provenance')")


@pytest.mark.parametrize("mark", ["<<<<<<< HEAD\n", ">>>>>>> branch\n"])
def test_a_merge_conflict_is_told(mark: str, tmp_path: Path) -> None:
    text = dump(recorded()).replace("steps:\n", f"{mark}steps:\n")
    assert refused(text, tmp_path) == "holds a merge conflict\n    take either side, then run `docker-notes record`"


def test_output_that_looks_like_a_conflict_is_none(tmp_path: Path) -> None:
    shown = recorded(ran("cat file", "<<<<<<< HEAD", "=======", ">>>>>>> branch"))
    assert there_and_back(shown, tmp_path) == shown


@pytest.mark.parametrize(
    "text", ["", "schema", "- schema", "schema: [", "schema: 1\n\tx: 1", "\x00", "schema: !!python/object:os.system {}"]
)
def test_what_is_no_recording_is_refused(text: str, tmp_path: Path) -> None:
    assert refused(text, tmp_path) == "cannot be read\n    restore it from git, or run `docker-notes record`"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- command: make", "- order: make"),
        ("exit status: 3", "exit: 3"),
        ("seconds: 1.5", "seconds: long"),
        ("line seconds: 0 0.1", "line seconds: 0 soon"),
        ("provenance:\n", "provenance: none\nx:\n"),
        ("  base images:\n", "  base images: 7\n  x:\n"),
        ("    origin: stand-in\n", ""),
        ("  examples:\n    app: aaaa\n", "  examples: aaaa\n"),
        ("steps:\n", "colours: 1\nvolatile:\n- name: x\nsteps:\n"),
        ("steps:\n", "volatile:\n- {name: x, pattern: '('}\nsteps:\n"),
        ("  columns: 100\n", "  columns: 100\n  colours: red\n"),
        ("  columns: 100\n", "  columns: 100\n  colours: [red]\n"),
    ],
)
def test_a_file_of_another_shape_is_refused(old: str, new: str, tmp_path: Path) -> None:
    text = dump(recorded())
    assert old in text
    said = refused(text.replace(old, new), tmp_path)
    assert said.startswith("cannot be read")
    assert said.endswith(")\n    restore it from git, or run `docker-notes record`")


def test_a_recording_of_other_rules_is_read_as_such(tmp_path: Path) -> None:
    older = recorded(inputs=replace(INPUTS.of(page()), rules=RULES - 1))
    assert there_and_back(older, tmp_path) == older


def test_lines_without_seconds_came_at_once(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    path.write_text("\n".join(line for line in dump(recorded()).split("\n") if "line seconds" not in line))
    found = load(path, "page.md")
    assert found
    assert [line.at for line in found.steps[0].lines] == [0.0, 0.0]
    assert found.steps[0].output == STEPS[0].output


def test_the_json_of_a_file_is_the_same_data(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    write(recorded(), path)
    assert load(path, "page.md", lambda text: json.loads(as_json(text))) == recorded()


def test_what_is_not_utf_8_is_told(tmp_path: Path) -> None:
    assert (
        refused(dump(recorded()).encode() + b"\xff", tmp_path)
        == "is not UTF-8\n    restore it from git, or run `docker-notes record`"
    )


def test_an_output_edited_by_hand_is_read_for_verify_to_name(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    path.write_text(dump(recorded()).replace("    in 1.5s\n", "    in 1.5s\n    a line more\n").replace("no such", "a such"))
    found = load(path, "page.md")
    assert found
    assert [line.text for line in found.steps[0].lines] == ["made sha256:0123456789ab", "in 1.5s", "a line more"]
    assert found.steps[0].lines[2].at == 0.0
    assert found.steps[1].output == "a such file\n"


# ------------------------------------------------------------------------------------- written


def test_a_file_is_written_whole_with_the_rights_of_any_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.yml"
    write(recorded(), path)
    assert path.read_text() == dump(recorded())
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_folders_are_made_and_the_file_comes_from_beside_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[tuple[Path, Path]] = []

    def replacing(source: str, target: Path) -> None:
        moved.append((Path(source), target))
        Path(source).rename(target)

    monkeypatch.setattr(os, "replace", replacing)
    path = tmp_path / "a" / "b" / "page.yml"
    write(recorded(), path)
    [(source, target)] = moved
    assert target == path
    assert source.parent == path.parent, "a rename within one folder is whole on every file system"
    assert source.name.startswith(".page.yml."), "and no glob for recordings finds it"


def test_a_machine_s_own_encoding_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    write(recorded(ran("echo", "naïve ⟨id 1⟩ 中")), path)
    code = "import pathlib, sys; from docker_notes.recording.model import *; p = pathlib.Path(sys.argv[1]); write(load(p, 'page.md'), p)"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    before = path.read_bytes()
    assert load(path, "page.md")
    subprocess.run([sys.executable, "-c", code, path], env=environment, cwd=RECORDINGS[0].parents[1], check=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("failing", ["replace", "chmod"])
def test_half_a_file_can_not_come_to_be(failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.yml"
    write(recorded(), path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(DockerNotesError, match=r"page\.yml can not be written: no space"):
        write(recorded(ran("other")), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_stop_in_the_middle_of_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.yml"
    write(recorded(), path)

    def stop(_: Recording) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(recording, "dump", stop)
    with pytest.raises(KeyboardInterrupt):
        write(recorded(ran("other")), path)
    monkeypatch.undo()
    assert load(path, "page.md") == recorded()
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    both = [recorded(*(ran(f"{name} {n}", name * 50) for n in range(20))) for name in "ab"]

    def again(one: Recording) -> None:
        for _ in range(10):
            write(one, path)
            assert load(path, "page.md") in both

    threads = [threading.Thread(target=again, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load(path, "page.md") in both
    assert list(tmp_path.iterdir()) == [path]


# ----------------------------------------------------------------------------------- its key


def test_the_key_is_that_of_the_page_it_was_made_from() -> None:
    assert recorded().key == key_of(page(), INPUTS)
    assert len(recorded().key) == 64


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("$ make", "$ make all"),
        ("> hello", "> hallo"),
        ('example="app"', 'example="other"'),
        ('name="first"', 'columns="80"'),
        ('name="first"', 'wait="3000"'),
        ("$ list", "$ list\n$ list"),
    ],
)
def test_what_an_output_depends_on_changes_the_key(old: str, new: str) -> None:
    assert old in PAGE
    assert key_of(page(PAGE.replace(old, new)), INPUTS) != recorded().key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# A page", "# Another\n\nwith prose"),
        ('name="first"', 'name="second" title="T" show="none"'),
        ('expect="made"', 'expect="more"'),
        ("? 3", "? 4"),
        ("```console\n$ list", '```console timeout="5"\n$ list'),
    ],
)
def test_what_an_output_does_not_depend_on_leaves_the_key(old: str, new: str) -> None:
    assert old in PAGE
    assert key_of(page(PAGE.replace(old, new)), INPUTS) == recorded().key


@pytest.mark.parametrize(
    "changes",
    [
        {"sandbox": "other"}, {"bases": ("node:24-slim",)}, {"rules": RULES + 1}, {"examples": {"app": "changed", "other": "bbbb"}},
    ],
)  # fmt: skip
def test_the_ground_is_part_of_the_key(changes: dict[str, Any]) -> None:
    assert key_of(page(), replace(INPUTS, **changes)) != recorded().key


def test_examples_of_other_pages_are_not() -> None:
    inputs = Inputs("recipe", INPUTS.bases, {"app": "aaaa", "other": "changed"})
    assert key_of(page(), inputs) == recorded().key
    assert INPUTS.of(page()).examples == {"app": "aaaa"}


def test_the_order_of_examples_is_no_part_of_the_key() -> None:
    one, other = (
        replace(INPUTS.of(page()), examples=dict(order)) for order in ([("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")])
    )
    assert recorded(inputs=one).key == recorded(inputs=other).key


def test_a_page_s_kinds_are_part_of_the_key() -> None:
    kinds = (Kind("ticket", r"T-\d"),)
    assert key_of(replace(page(), kinds=kinds), INPUTS) == recorded(kinds=kinds).key != recorded().key


# ------------------------------------------------------------------------------------- the rest


def test_the_same_environment_is_engine_buildx_and_images_in_any_order() -> None:
    assert not PROVENANCE.moved(replace(PROVENANCE, date="2027-01-01T00:00:00+00:00", bases=BASES[::-1]))
    assert not PROVENANCE.moved(replace(PROVENANCE, bases=(replace(BASES[0], made_from="elsewhere"), BASES[1])))
    for other in (
        replace(PROVENANCE, engine="29"), replace(PROVENANCE, buildx="1"), replace(PROVENANCE, bases=BASES[:1]),
        replace(PROVENANCE, bases=(replace(BASES[0], digest="sha256:0"), BASES[1])),
        replace(PROVENANCE, bases=(replace(BASES[0], name="node:25"), BASES[1])),
    ):  # fmt: skip
        assert PROVENANCE.moved(other)
    assert PROVENANCE.moved(replace(PROVENANCE, engine="29")) == ["Engine 28.5.2 → 29"]


def test_a_step_tells_when_it_began() -> None:
    assert recorded().started_at(STEPS[1]) == "2026-11-25T04:14:17.000+00:00"
    assert recorded().started_at(replace(STEPS[1], at=0.0005)) == "2026-11-25T04:14:15.000+00:00"


def test_steps_of_a_page_are_masked_together() -> None:
    first, _, third = recorded().masked
    assert first.lines == ("made ⟨id 1⟩", "in ⟨duration⟩")
    assert third.lines == ("ID   NAME", "⟨id 1⟩   web")
    own = recorded(kinds=(Kind("verb", "made"),)).masked
    assert own[0].lines[0] == "⟪verb⟫ ⟨id 1⟩"


# ----------------------------------------------------------------------------------- properties

# What a terminal shows: the emulator leaves no control characters, separators of lines, or halves of pairs.
shown = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffe\uffff"), max_size=30)
traps = st.sampled_from(
    [
        "",
        " ",
        "---",
        "...",
        "# x",
        "- x",
        "a: b",
        "  x",
        "\u00a0",
        "'",
        '"',
        "|",
        ">",
        "%YAML",
        "null",
        "0x10",
        "&a",
        "*a",
        "!x",
        "\ufeff",
        "{",
        "[",
        "? x",
        "é\u0301",
        "👩‍🚀",
        "x ",
    ]
)
styles = st.sampled_from(["red", "bold on-blue", "#ff0000", "on-#010203"])
seconds = st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000)


@st.composite
def any_line(draw: st.DrawFn) -> Line:
    text = draw(shown | traps)
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)))
    spans = tuple(Span(start, end, draw(styles)) for start, end in zip(edges[::2], edges[1::2], strict=False))
    return Line(text, spans, draw(seconds.map(lambda value: float(f"{value:g}"))))


any_text = (shown | traps | st.sampled_from(["a\nb", "a \n b", "\ta", "a\u2028b", "a\x85b"])).filter(bool)
any_step = st.builds(
    recording.StepResult, command=any_text, exit_status=st.integers(0, 255), seconds=seconds, at=seconds,
    lines=st.lists(any_line(), max_size=4).map(tuple), typed=st.lists(any_text, max_size=2).map(tuple),
    example=st.sampled_from(["", "app"]), columns=st.integers(20, 400), wait=st.sampled_from(["", "80", "http://x"]), dropped=st.integers(0, 9),
)  # fmt: skip
any_provenance = st.builds(
    Provenance, engine=any_text, buildx=shown, date=st.just("2026-11-25T04:14:15+00:00"),
    bases=st.lists(st.builds(BaseImage, name=any_text, origin=shown, digest=any_text, made_from=shown), max_size=2).map(tuple),
)  # fmt: skip


@given(st.lists(any_step, max_size=3), any_provenance)
def test_anything_a_terminal_shows_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any], provenance: Provenance
) -> None:
    inputs = Inputs("recipe", tuple(base.name for base in provenance.bases), {"app": "aaaa"})
    one = Recording("page.md", provenance, inputs, tuple(steps))
    back = there_and_back(one, tmp_path_factory.getbasetemp())
    assert back == one
    assert back.key == one.key
    assert dump(back) == dump(one)


@pytest.mark.parametrize("text", ["26032033e417", "1e5", "0x1f", "1.5", ".5", "12"])
def test_a_text_that_yaml_1_2_would_take_for_a_number_is_quoted(text: str) -> None:
    assert f'"{text}"' in dump(recorded(ran("list", "x", wait=text))) or f"'{text}'" in dump(recorded(ran("list", "x", wait=text)))
