"""What changed: a page against its recording, a run against its page, a run against an older one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.errors import RecordingError, StepError
from docker_notes.page.kinds import Kind
from docker_notes.recording import model as recording
from docker_notes.recording.compare import differences, judge, quiet, save, stale, tail, wrong_status
from docker_notes.recording.model import RUN_LIVE, Recording
from docker_notes.recording.normalise import RULES
from docker_notes.terminal.lines import Line, Span

from tests.unit.samples import BASES, INPUTS, PAGE, PROVENANCE, STEPS, lines, page, ran, recorded

if TYPE_CHECKING:
    from pathlib import Path


def told(found: list[RecordingError]) -> list[str]:
    assert all(failure.fix == RUN_LIVE for failure in found)
    return [str(failure).split("\n")[0] for failure in found]


def with_output(number: int, *texts: str, of: Recording | None = None) -> Recording:
    """A recording whose step of that number printed other lines."""
    one = of or recorded()
    steps = list(one.steps)
    steps[number] = replace(steps[number], lines=lines(*texts))
    return replace(one, steps=tuple(steps))


# -------------------------------------------------------------------------------------- stale


def test_nothing_changed() -> None:
    assert stale(recorded(), page(), INPUTS) == []
    assert stale(recorded(), page("More prose.\n\n" + PAGE), INPUTS) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("$ make", "$ make all", "page.md:4: `make all` is not what was recorded from here on"),
        ("> hello", "> hallo", "page.md:5: `run \\"),
        ("```console\n$ list", '```console columns="80"\n$ list', "page.md:12: `list` is not what was recorded from here on"),
        ("```console\n$ list", '```console wait="80"\n$ list', "page.md:12: `list` is not what was recorded from here on"),
        ("$ list", "$ new\n$ list", "page.md:12: `new` is not what was recorded from here on"),
        ("$ list", "$ list\n$ new", "page.md:13: `new` is not what was recorded from here on"),
        ("\n```console\n$ list\n```\n", "", "page.md:5: `run \\"),
    ],
)
def test_a_changed_command_is_named_at_its_line(old: str, new: str, says: str) -> None:
    assert old in PAGE
    assert told(stale(recorded(), page(PAGE.replace(old, new)), INPUTS)) == [says]


@pytest.mark.parametrize("changes", [{"sandbox": "x"}, {"bases": ("node",)}, {"rules": RULES + 1}])
def test_a_changed_ground_is_named_at_the_first_block(changes: dict[str, Any]) -> None:
    assert told(stale(recorded(), page(), replace(INPUTS, **changes))) == [
        "page.md:3: the sandbox's recipe, the base images or the recording rules changed since this page was recorded"
    ]


def test_a_changed_example_is_named_where_it_is_used() -> None:
    inputs = replace(INPUTS, examples={"app": "changed", "other": "changed"})
    assert told(stale(recorded(), page(), inputs)) == ["page.md:3: examples/app/ changed since this page was recorded"]


def test_all_that_changed_is_told() -> None:
    inputs = replace(INPUTS, sandbox="x", examples={"app": "changed"})
    found = stale(recorded(), replace(page(PAGE.replace("$ list", "$ lists")), kinds=(Kind("a", "b"),)), inputs)
    assert [failure.line for failure in found] == [3, 1, 3, 12]
    assert all(isinstance(failure, RecordingError) for failure in found)
    assert "`volatile:` of the front matter changed" in str(found[1])


# -------------------------------------------------------------------------------------- judge


def test_a_run_that_does_what_the_page_says() -> None:
    assert judge(page(PAGE.replace('expect="made"', 'expect="no such"')), STEPS) == []
    assert judge(page(), STEPS) == [], "any step of the block may print what it expects"


def test_a_status_other_than_expected_tells_the_command_the_place_and_the_last_lines() -> None:
    [failure] = judge(page(), (STEPS[0], replace(STEPS[1], exit_status=4), STEPS[2]))
    assert isinstance(failure, StepError)
    assert str(failure) == (
        "page.md:5: `run \\\n    -it` ended with exit status 4, expected 3; its last lines:\n    | no such file\n"
        "    mend the command, or write '? 4' below it if it is meant to fail"
    )
    assert str(wrong_status("page.md", page().steps[0][1], ran("make", status=2))).startswith(
        "page.md:4: `make` ended with exit status 2, expected 0; its last lines:\n    (it printed nothing)\n"
    )


def test_a_text_that_no_step_of_the_block_printed_is_told_at_the_block() -> None:
    [failure] = judge(page(PAGE.replace('expect="made"', 'expect="web"')), STEPS)
    assert str(failure) == (
        "page.md:3: the block's output does not contain 'web'; its last lines:\n"
        "    | made sha256:0123456789ab\n    | in 1.5s\n    | no such file"
    )


def test_every_failure_is_listed_one_a_cause() -> None:
    steps = tuple(replace(step, exit_status=9, lines=()) for step in STEPS)
    assert [failure.line for failure in judge(page(), steps)] == [4, 5, 12]


def test_a_tail_is_the_last_lines() -> None:
    assert tail("".join(f"{n}\n" for n in range(20)), 2) == "    | 18\n    | 19"
    assert len(tail("x\n" * 99).split("\n")) == 12
    assert tail("a\n\n") == "    | a"
    assert tail("") == tail("\n\n") == "    (it printed nothing)"


# -------------------------------------------------------------------------------- differences


def test_what_may_differ_does_not() -> None:
    again = replace(recorded(), steps=(
        replace(STEPS[0], lines=lines("made sha256:ba9876543210", "in 20.5s"), seconds=20.5),
        STEPS[1],
        replace(STEPS[2], lines=lines("ID   NAME", "ba9876543210   web")),
    ))  # fmt: skip
    assert differences(recorded(), again) == []


def test_a_changed_word_is_shown_as_a_diff() -> None:
    [(number, diff)] = differences(recorded(), with_output(1, "no such folder"))
    assert number == 1
    assert diff.split("\n") == ["--- recorded", "+++ now", "@@ -1 +1 @@", "-no such file", "+no such folder"]


def test_an_id_that_is_no_longer_the_same_one_is_a_difference() -> None:
    [(number, diff)] = differences(recorded(), with_output(2, "ID   NAME", "ba9876543210   web"))
    assert number == 2
    assert "-⟨id 1⟩   web\n+⟨id 2⟩   web" in diff


def test_a_size_too_far_off_is_shown_in_bytes() -> None:
    old, new = (recorded(ran("make", f"{size}kB 5MB", example="app"), *STEPS[1:]) for size in (100, 80))
    assert differences(old, new) == [(0, "-100000 B\n+80000 B (sizes may differ by 10%)")]
    near = recorded(ran("make", "95kB 5MB", example="app"), *STEPS[1:])
    assert differences(old, near) == []


def test_a_changed_status_is_a_difference_beside_the_text() -> None:
    steps = (replace(STEPS[0], exit_status=1, lines=lines("no")), *STEPS[1:])
    [(number, diff)] = differences(recorded(), recorded(*steps))
    assert number == 0
    assert diff.startswith("-exit status 0\n+exit status 1\n--- recorded\n")
    [(_, alone)] = differences(recorded(), recorded(replace(STEPS[0], exit_status=1), *STEPS[1:]))
    assert alone == "-exit status 0\n+exit status 1"


def test_every_step_that_differs_is_listed() -> None:
    new = with_output(2, "other", of=with_output(0, "other"))
    assert [number for number, _ in differences(recorded(), new)] == [0, 2]


# ------------------------------------------------------------------------------ quiet and save


def a_later_run(**changes: tuple[str, ...]) -> Recording:
    """The same page a day later: other ids, other durations; outputs changed by verb."""
    printed = {
        "make": ("made sha256:ba9876543210", "in 20.5s"),
        "list": ("ID   NAME", "ba9876543210   web"),
        "run": ("no such file",),
    }
    printed |= changes
    steps = tuple(
        replace(step, lines=tuple(Line(text, (Span(0, 1, "red"),), 9.0) for text in printed[step.command.split()[0]]), seconds=9.0)
        for step in STEPS
    )
    return replace(recorded(), steps=steps, provenance=replace(PROVENANCE, date="2026-11-26T00:00:00+00:00"))


def test_a_run_that_says_the_same_is_the_old_recording() -> None:
    old = recorded()
    assert quiet(old, a_later_run()) is old


def test_only_what_changed_takes_new_words() -> None:
    new = quiet(recorded(), a_later_run(run=("no such folder",)))
    assert new.steps[0] is STEPS[0]
    assert new.steps[2] is STEPS[2]
    assert [line.text for line in new.steps[1].lines] == ["no such folder"]
    assert new.provenance.date.startswith("2026-11-26")


FULL, NEW_FULL = "0123456789ab" + "c" * 52, "ba9876543210" + "d" * 52


@pytest.mark.parametrize("prefix", ["", "sha256:"])
def test_a_changed_step_keeps_the_old_ids_at_every_length(prefix: str) -> None:
    old = recorded(ran("make", prefix + FULL, example="app"), STEPS[1], ran("list", f"0123456789ab   web  {FULL}"))
    new = recorded(ran("make", prefix + NEW_FULL, example="app"), STEPS[1], ran("list", f"ba9876543210   db  {NEW_FULL}"))
    merged = quiet(old, new)
    assert merged.steps[0] is old.steps[0]
    assert merged.steps[2].output == f"0123456789ab   db  {FULL}\n"


def test_no_id_is_made_up_of_two() -> None:
    old = recorded(ran("make", FULL, "a", example="app"), STEPS[1], ran("list", "0123456789ab"))
    new = recorded(ran("make", NEW_FULL, "b", example="app"), STEPS[1], ran("list", "ba9876543210"))
    assert quiet(old, new) == new, "the kept step knows twelve digits only of the id that the changed one shows whole"


def test_ids_that_changed_places_are_carried_at_once() -> None:
    old = recorded(ran("make", "0123456789ab ba9876543210", example="app"), STEPS[1], ran("list", "0123456789ab"))
    new = recorded(ran("make", "ba9876543210 0123456789ab", example="app"), STEPS[1], ran("list", "ba9876543210 x"))
    assert quiet(old, new).steps[2].output == "0123456789ab x\n"


def test_a_name_of_another_length_keeps_the_new_run_whole() -> None:
    old = recorded(ran("make", "zen_wu", example="app"), STEPS[1], ran("list", "zen_wu"))
    new = recorded(ran("make", "zen_turing", example="app"), STEPS[1], ran("list", "zen_turing x"))
    assert quiet(old, new) == new


def test_ids_of_one_length_are_carried_over() -> None:
    old = recorded(ran("make", "0123456789ab", example="app"), STEPS[1], ran("list", "0123456789ab web"))
    new = recorded(ran("make", "ba9876543210", example="app"), STEPS[1], ran("list", "ba9876543210 db"))
    merged = quiet(old, new)
    assert merged.steps[0] is old.steps[0]
    assert merged.steps[2].output == "0123456789ab db\n"


def test_a_changed_status_takes_the_whole_step() -> None:
    new = a_later_run()
    new = replace(new, steps=(replace(new.steps[0], exit_status=1), *new.steps[1:]))
    assert quiet(recorded(), new).steps[0].exit_status == 1


@pytest.mark.parametrize("engine", [{"engine": "29"}, {"bases": BASES[:1]}])
def test_another_ground_is_recorded_even_where_words_are_the_same(engine: dict[str, Any]) -> None:
    new = replace(a_later_run(), provenance=replace(PROVENANCE, **engine))
    found = quiet(recorded(), new)
    assert found.provenance == new.provenance
    assert found.steps == STEPS


def test_a_command_more_leaves_the_others_quiet() -> None:
    more = (ran("new", "text"), *a_later_run().steps)
    found = quiet(recorded(), replace(a_later_run(), steps=more))
    assert found.steps == (more[0], *STEPS)


def test_saving_the_same_leaves_every_byte_and_the_time_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    assert save(recorded(), path) is True
    before, moment = path.read_bytes(), path.stat().st_mtime_ns
    for _ in range(3):
        assert save(a_later_run(), path) is False
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == (before, moment, path.stat().st_ino)


def test_saving_a_change_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    save(recorded(), path)
    assert save(a_later_run(run=("no such folder",)), path) is True
    found = recording.load(path, "page.md")
    assert found
    assert found.steps[1].output == "no such folder\n"
    assert found.steps[0] == STEPS[0]


def test_saving_over_what_can_not_be_read_writes_it_anew(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    path.write_text("<<<<<<< HEAD\n")
    assert save(recorded(), path) is True
    assert recording.load(path, "page.md") == recorded()
