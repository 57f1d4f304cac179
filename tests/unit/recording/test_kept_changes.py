"""What steps change is kept in a recording's file, and compared as outputs are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.errors import RecordingError, StepError
from docker_notes.recording import model as recordings
from docker_notes.recording.compare import differences, judge, quiet, save
from docker_notes.recording.state import ITSELF, Change

from tests.unit.samples import lines, page, ran, recorded

if TYPE_CHECKING:
    from pathlib import Path

    from docker_notes.recording.model import Recording, StepResult

BASE = Change("image", "node:24-slim", {"names": ["node:24-slim"], "size": "221 MB", "id": "0" * 12})
_A, _B = "a1" * 6, "b2" * 6


def container(name: str = "web", /, **fields: Any) -> Change:
    return Change("container", name, {"new": True, "image": "hello", "state": "running", **fields})


def built(identity: str = _A, size: str = "221 MB") -> Change:
    return Change("image", "hello", {"new": True, "names": ["hello:latest"], "size": size, "id": identity})


def exited(status: int = 3) -> Change:
    return Change("container", "web", {"state": "exited", "exit": status, "by": ITSELF})


def with_state(*steps: StepResult, **more: Any) -> Recording:
    return recorded(*steps, **{"at_start": (BASE,), **more})


def of(*changes: tuple[Change, ...]) -> Recording:
    """A recording whose steps changed this, and printed nothing."""
    return with_state(*(ran(f"step {number}", changes=each) for number, each in enumerate(changes)))


def told(old: Recording, new: Recording) -> list[tuple[int, str]]:
    return [
        (number, "\n".join(line for line in diff.split("\n") if line[:3] not in {"---", "+++"}))
        for number, diff in differences(old, new)
    ]


EVERYTHING = with_state(
    ran(
        "make",
        changes=(
            built(),
            Change("volume", "notes", {"new": True}),
            container(ports=["3000→80"], mounts=["notes → /data"], networks=["back"], id=_B),
        ),
        meanwhile=(exited(0),),
        passing=(Change("container", "of hello", {"passed": "ran", "exit": 0, "times": 2}),),
    ),
    ran(
        "prune",
        changes=(Change("build cache", "pruned", {"records": 12, "size": "34 MB"}), Change("image", "hello", {"gone": True})),
    ),
)


def test_a_recording_keeps_what_its_steps_changed(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    recordings.write(EVERYTHING, path)
    assert recordings.load(path, "page.md") == EVERYTHING
    text = path.read_text()
    assert "- {image: 'node:24-slim', names: ['node:24-slim'], size: 221 MB, id: '000000000000'}\n" in text
    assert "  - {container: web, new: true, image: hello, state: running, ports: [3000→80], mounts: [notes → /data], " in text
    assert "  passing:\n  - {container: of hello, passed: ran, exit: 0, times: 2}\n" in text


def test_an_older_recording_says_nothing_of_its_engine(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    recordings.write(recorded(), path)
    assert "at start" not in path.read_text()
    found = recordings.load(path, "page.md")
    assert found is not None
    assert found.at_start is None
    assert not differences(found, replace(found, at_start=(BASE,)))


def test_a_change_of_an_unknown_kind_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    path.write_text(recordings.dump(EVERYTHING).replace("{volume: notes", "{folder: notes"))
    with pytest.raises(RecordingError, match="folder is no kind of thing"):
        recordings.load(path, "page.md")


def test_drift_is_told_in_the_words_of_the_page() -> None:
    assert told(of((container(),)), of((container(state="exited", exit=1),))) == [
        (0, "@@ -1 +1 @@\n-+ container web (running)\n++ container web: ran and exited (1)")
    ]
    assert told(of((), ()), of((), (Change("volume", "notes", {"new": True}),))) == [(1, "@@ -0,0 +1 @@\n++ volume notes")]


def test_what_differs_in_every_run_is_no_drift() -> None:
    assert not differences(of((built(_A),), (container(id=_A),)), of((built(_B, "230 MB"),), (container(id=_B),)))
    assert not differences(of((container(ports=["32768→80"]),)), of((container(ports=["49155→80"]),)))
    assert differences(of((container(ports=["3000→80"]),)), of((container(ports=["3001→80"]),)))


def test_a_size_that_is_not_near_is_drift() -> None:
    [(_, diff)] = differences(of((built(size="221 MB"),)), of((built(size="300 MB"),)))
    assert diff == "-+ image hello (221 MB)\n++ image hello (300 MB)"


def test_what_ends_by_itself_may_be_seen_a_step_sooner_or_later() -> None:
    first, later = of((container(),), (exited(),), ()), of((container(),), (), (exited(),))
    assert not differences(first, later)
    at_once = of((container(state="exited", exit=3, by=ITSELF),), (), ())
    assert not differences(first, at_once)
    assert not differences(at_once, first)


def test_but_not_two_steps_and_not_with_another_status() -> None:
    first = of((container(),), (exited(),), (), ())
    assert told(first, of((container(),), (), (), (exited(),))) == [
        (1, "-~ container web: exited (3), by itself"),
        (3, "+~ container web: exited (3), by itself"),
    ]
    assert [number for number, _ in differences(first, of((container(),), (exited(4),), (), ()))] == [1]
    assert [number for number, _ in differences(first, of((container(),), (), (), ()))] == [1]


def test_how_often_a_crash_loop_was_seen_to_restart_is_no_drift() -> None:
    looping = Change("container", "web", {"state": "restarting", "by": ITSELF})
    assert not differences(of((container(),), (looping,)), of((container(state="restarting", by=ITSELF),), ()))


# ------------------------------------------------------------------------------- quiet diffs


def test_a_run_again_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "page.yml"
    assert save(of((built(_A),)), path)
    assert not save(of((built(_B, "222 MB"),)), path)


def test_an_older_recording_gains_what_its_steps_changed_and_keeps_its_text() -> None:
    old = recorded(ran("make", "made sha256:" + "a1" * 32))
    new = with_state(ran("make", "made sha256:" + "b2" * 32, changes=(built(_B),)))
    merged = quiet(old, new)
    assert merged.at_start == (BASE,)
    assert merged.steps[0].lines == lines("made sha256:" + "a1" * 32)
    assert merged.steps[0].changes == (built(_A),), "with the id that stands in the old text"


def test_a_step_that_changed_something_else_keeps_its_output_alone() -> None:
    old = with_state(ran("make", "made", changes=(built(_A),)), ran("run", changes=(container(id=_A),)))
    new = with_state(ran("make", "made", changes=(built(_B),)), ran("run", changes=(container("shop", id=_B),)))
    merged = quiet(old, new)
    assert merged.steps[0] == old.steps[0]
    assert merged.steps[1].changes[0].thing == "shop"


def test_a_run_whose_engine_did_not_say_takes_nothing_away() -> None:
    old = of((built(_A),))
    assert quiet(old, replace(of(()), at_start=None)) is old


# ------------------------------------------------------------------------- leaves="nothing"

LEAVES = page('```console leaves="nothing"\n$ make\n```\n')


@pytest.mark.parametrize("left", [container(), Change("volume", "notes", {"new": True}), Change("network", "back", {"new": True})])
def test_what_is_left_fails(left: Change) -> None:
    [failure] = judge(LEAVES, [ran("make", changes=(left,))], (BASE,))
    assert isinstance(failure, StepError)
    assert failure.line == 1
    assert f"the page leaves {left.kind} {left.thing}" in failure.what
    assert "docker volume rm" in failure.fix


def test_images_may_be_left_and_what_was_removed_is_not() -> None:
    gone = replace(container(), fields={"gone": True})
    assert not judge(LEAVES, [ran("make", changes=(built(),))], (BASE,))
    leaves = page('```console\n$ run\n```\n```console leaves="nothing"\n$ make\n```\n')
    assert not judge(leaves, [ran("run", changes=(container(),)), ran("make", changes=(gone,))], (BASE,))
    assert judge(leaves, [ran("run", changes=(container(),)), ran("make")], (BASE,))


def test_it_has_to_be_known() -> None:
    [failure] = judge(LEAVES, [ran("make")])
    assert isinstance(failure, RecordingError)
    assert "not known" in failure.what
