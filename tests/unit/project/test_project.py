"""Which pages run, which are replayed, what is kept; no engine is asked: what runs would tell is handed in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from docker_notes.errors import DockerNotesError, EngineError, RecordingError, StepError
from docker_notes.page.front_matter import split
from docker_notes.page.grammar import read
from docker_notes.project import project
from docker_notes.project.project import Project
from docker_notes.project.settings import Mode, Settings
from docker_notes.recording import model as recording
from docker_notes.runner.page_run import PageRun
from docker_notes.runner.progress import Lines

from tests.unit.samples import PAGE, PROVENANCE, STEPS, lines, recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from docker_notes.errors import PageError
    from docker_notes.page.model import Page
    from docker_notes.recording.model import Recording
    from docker_notes.runner.pool import Job, Pool, Progress

OTHER = "```console\n$ list\n```\n"


class Runs:
    """Stands where the sandboxes are: hands out what each page's run is to tell, and notes which were asked for."""

    image = "docker-notes-sandbox:1234"

    def __init__(self, outcomes: dict[str, PageRun]) -> None:
        self._outcomes = outcomes
        self.ran: list[str] = []
        self.seconds: dict[str, float] = {}
        self.closed = 0

    def run(self, jobs: Sequence[Job], progress: Progress) -> Iterator[PageRun]:
        for job in jobs:
            page = job.page.path
            self.ran.append(page)
            self.seconds[page] = job.seconds
            progress.done(page, self._outcomes[page].seconds, len(self._outcomes[page].failures))
            yield self._outcomes[page]

    def close(self) -> None:
        self.closed += 1


class Shelf(Project):
    """A project whose runs are handed in, as if its sandboxes had been there from the beginning."""

    runs: Runs

    def pool(self, say: Callable[[str], None] = print) -> Pool:  # noqa: ARG002  # as Project has it
        self._pool = cast("Pool", self.runs)
        self._image = self.runs.image
        return self._pool


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "examples" / "app").mkdir(parents=True)
    (tmp_path / "examples" / "app" / "Dockerfile").write_text("FROM node:24-slim\n")
    found = Shelf(Settings.at(tmp_path))
    found.runs = Runs({"page.md": outcome(found, "page.md"), "other.md": outcome(found, "other.md", STEPS[2:])})
    found.pool()
    return found


def pages(shelf: Project, **texts: str) -> dict[str, Page]:
    found, failures = every(shelf, {f"{name}.md": text for name, text in (texts or {"page": PAGE, "other": OTHER}).items()})
    assert not failures
    return found


def every(shelf: Project, texts: dict[str, str]) -> tuple[dict[str, Page], list[PageError]]:
    """The pages with blocks among texts, and every mistake in them."""
    found: dict[str, Page] = {}
    failures: list[PageError] = []
    for path, text in texts.items():
        page, mistakes = read(path, text)
        wrong = [*mistakes, *shelf.unknown_examples(page)]
        failures += wrong
        if page.blocks and not wrong:
            found[path] = page
    return found, failures


def outcome(shelf: Project, page: str, steps: Sequence[object] = STEPS, *failures: str, **more: object) -> PageRun:
    inputs = replace(shelf.inputs(), examples=shelf.inputs().examples if page == "page.md" else {})
    found = recorded(*steps, page=page, inputs=inputs, **more)  # type: ignore[arg-type]
    return PageRun(found, tuple(StepError(page, 4, what) for what in failures), 1.0)


def printed(steps: Sequence[object], number: int, *texts: str) -> list[object]:
    found = list(steps)
    found[number] = replace(found[number], lines=lines(*texts))  # type: ignore[type-var]
    return found


# ------------------------------------------------------------------------------------------ modes


@pytest.mark.parametrize(("value", "mode"), [("", Mode.AUTO), ("auto", Mode.AUTO), ("live", Mode.LIVE), ("replay", Mode.REPLAY)])
def test_the_mode_is_named_by_the_environment(value: str, mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_NOTES_ENGINE", value)
    assert Mode.chosen() is mode
    monkeypatch.delenv("DOCKER_NOTES_ENGINE")
    assert Mode.chosen() is Mode.AUTO


def test_another_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_NOTES_ENGINE", "Live")
    with pytest.raises(DockerNotesError, match=r"^DOCKER_NOTES_ENGINE='Live' is not a mode; known modes: auto, live, replay$"):
        Mode.chosen()


def test_a_number_of_sandboxes_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_NOTES_SANDBOXES", "-1")
    with pytest.raises(DockerNotesError, match=r"^DOCKER_NOTES_SANDBOXES='-1' is not a number of sandboxes\n    write a whole"):
        Project(Settings.at(tmp_path)).pool()


# -------------------------------------------------------------------------------------- reading


def test_pages_without_blocks_are_left_out(shelf: Shelf) -> None:
    found = pages(shelf, page=PAGE, prose="# Prose on the console\n", plain="# Prose\n")
    assert list(found) == ["page.md"]
    assert found["page.md"].kinds == ()


def test_a_page_s_own_volatile_kinds_are_read(shelf: Shelf) -> None:
    text = "---\nvolatile:\n  - {name: a word, pattern: 'a|b'}\n---\n" + OTHER
    assert [(kind.name, kind.pattern) for kind in pages(shelf, page=text)["page.md"].kinds] == [("a word", "a|b")]


def test_every_mistake_of_every_page_is_told(shelf: Shelf) -> None:
    found, failures = every(shelf, {
        "a.md": '```console example="nobody"\n$ a\n```\n```console example="app"\n$ a\n```\n```console example="nothing"\n$ a\n```\n',
        "b.md": "```console\nout\nput\n```\n",
        "c.md": "---\nvolatile: [{name: x}]\n---\n" + OTHER,
        "d.md": "---\nvolatile: 3\n---\n" + OTHER,
        "e.md": OTHER,
    })  # fmt: skip
    assert list(found) == ["e.md"]
    assert [str(failure).partition(": ")[0] for failure in failures] == [
        "a.md:1", "a.md:7", "b.md:2", "b.md:3", "c.md:1", "d.md:1",
    ]  # fmt: skip
    assert str(failures[0]) == "a.md:1: there is no examples/nobody/\n    examples: app"
    assert str(failures[4]).endswith("\n    write `volatile:` as a list of `- {name: …, pattern: …}`")


def test_a_clone_without_examples(tmp_path: Path) -> None:
    _, [failure] = every(Project(Settings.at(tmp_path)), {"a.md": '```console example="x"\n$ a\n```\n'})
    assert str(failure).endswith("\n    examples: none")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("---\ntitle: A\n---\n# B\n", {"title": "A"}),
        ("# B\n---\ntitle: A\n---\n", {}),
        ("---\ntitle: A\n", {}),
        ("---\ntitle: [\n---\n", {}),
        ("---\n- a\n---\n", {}),
        ("---\n\n---\n", {}),
        ("", {}),
    ],
)
def test_front_matter(text: str, found: dict[str, str]) -> None:
    assert split(text)[0] == found


def test_the_ground_tells_each_example(shelf: Shelf) -> None:
    before = shelf.inputs()
    assert set(before.examples) == {"app"}
    (shelf.settings.examples / "app" / "Dockerfile").write_text("FROM node\n")
    assert shelf.inputs() != before
    assert shelf.inputs().sandbox == before.sandbox


# ---------------------------------------------------------------------------------------- replay


def test_a_recording_serves_its_page(shelf: Shelf) -> None:
    found = pages(shelf)
    told = shelf.run(found.values(), shelf.inputs(), Lines(), again=True)
    assert shelf.save(told.values()) == ["page.md", "other.md"]
    replayed = shelf.replay(found.values(), shelf.inputs())
    assert {page: one.recording for page, one in replayed.items()} == {page: one.recording for page, one in told.items()}
    assert not any(one.live or one.failures or one.running for one in replayed.values())
    assert shelf.save(replayed.values()) == [], "nothing changed"


def test_a_page_in_a_folder_has_its_recording_in_one_of_that_name(shelf: Shelf) -> None:
    shelf.runs = Runs({"a/b.md": outcome(shelf, "a/b.md", STEPS[2:])})
    found, _ = every(shelf, {"a/b.md": OTHER})
    shelf.save(shelf.run(found.values(), shelf.inputs(), Lines(), again=True).values())
    assert [path.name for path in shelf.settings.recordings.glob("a/*")] == ["b.yml"]
    assert not shelf.replay(found.values(), shelf.inputs())["a/b.md"].failures


def test_a_page_without_a_recording(shelf: Shelf) -> None:
    told = shelf.replay(pages(shelf).values(), shelf.inputs())
    [failure] = told["page.md"].failures
    assert str(failure).startswith("page.md:3: this page has no recording\n    run `docker-notes record`")
    assert told["page.md"].recording.steps == ()
    assert told["page.md"].recording.provenance == recording.UNKNOWN


def test_a_recording_that_can_not_be_read(shelf: Shelf) -> None:
    shelf.settings.recordings.mkdir()
    (shelf.settings.recordings / "page.yml").write_text("<<<<<<< HEAD\n")
    [failure] = shelf.replay(pages(shelf).values(), shelf.inputs())["page.md"].failures
    assert "recordings/page.yml holds a merge conflict" in str(failure)


def test_a_page_that_changed_and_one_that_never_did_what_it_says(shelf: Shelf) -> None:
    found = pages(shelf)
    shelf.save(shelf.run(found.values(), shelf.inputs(), Lines(), again=True).values())
    later = pages(shelf, page=PAGE.replace('expect="made"', 'expect="no word"'), other=OTHER.replace("list", "lists"))
    told = shelf.replay(later.values(), shelf.inputs())
    assert [type(failure) for failure in told["page.md"].failures] == [StepError]
    assert [type(failure) for failure in told["other.md"].failures] == [RecordingError]


# ----------------------------------------------------------------------------------------- runs


def test_what_ran_in_its_present_form_does_not_run_again(shelf: Shelf) -> None:
    found = pages(shelf)
    assert all(one.live for one in shelf.run(found.values(), shelf.inputs(), Lines(), again=False).values())
    again = shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    assert shelf.runs.ran == ["page.md", "other.md"]
    assert not any(one.live for one in again.values())
    changed = pages(shelf, page=PAGE, other=OTHER + "\nProse.\n\n```console\n$ more\n```\n")
    shelf.run(changed.values(), shelf.inputs(), Lines(), again=False)
    assert shelf.runs.ran == ["page.md", "other.md", "other.md"]
    shelf.run(found.values(), shelf.inputs(), Lines(), again=True)
    assert shelf.runs.ran[3:] == ["page.md", "other.md"]


def test_a_changed_example_runs_the_page_that_uses_it(shelf: Shelf) -> None:
    found = pages(shelf)
    shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    (shelf.settings.examples / "app" / "Dockerfile").write_text("FROM node\n")
    shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    assert shelf.runs.ran == ["page.md", "other.md", "page.md"]


def test_a_run_that_other_code_recorded_does_not_count(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    found = pages(shelf)
    shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    monkeypatch.setattr(project, "_recorders", lambda: "of other rooms")
    shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    assert shelf.runs.ran == ["page.md", "other.md"] * 2


def test_a_run_of_another_sandbox_s_image_does_not_count(shelf: Shelf) -> None:
    found = pages(shelf)
    shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    shelf.runs.image = "docker-notes-sandbox:5678"
    shelf.pool()
    shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    assert shelf.runs.ran == 2 * ["page.md", "other.md"]


def test_a_page_that_now_expects_more_runs_again(shelf: Shelf) -> None:
    shelf.run(pages(shelf).values(), shelf.inputs(), Lines(), again=False)
    more = pages(shelf, page=PAGE.replace('expect="made"', 'expect="never"'))
    assert shelf.ran(more["page.md"], shelf.inputs()) is None


def test_a_kept_run_that_can_not_be_read_is_none(shelf: Shelf) -> None:
    found = pages(shelf)
    shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    for path in (shelf.settings.root / ".cache").rglob("*.yml"):
        path.write_text("schema: 99\n")
    assert shelf.ran(found["page.md"], shelf.inputs()) is None


def test_a_run_that_failed_is_told_and_not_kept(shelf: Shelf) -> None:
    shelf.runs = Runs({"page.md": outcome(shelf, "page.md", STEPS, "out of luck")})
    found = pages(shelf, page=PAGE)
    told = shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    assert [failure.what for failure in told["page.md"].failures] == ["out of luck"]
    shelf.run(found.values(), shelf.inputs(), Lines(), again=False)
    assert shelf.runs.ran == 2 * ["page.md"]


def test_pages_that_took_long_are_known(shelf: Shelf) -> None:
    found = pages(shelf)
    shelf.save(shelf.run(found.values(), shelf.inputs(), Lines(), again=True).values())
    assert shelf.runs.seconds == {"page.md": 0, "other.md": 0}, "nothing was recorded"
    (shelf.settings.recordings / "other.yml").write_text("schema: 99\n")
    shelf.run(found.values(), shelf.inputs(), Lines(), again=True)
    assert shelf.runs.seconds == {"page.md": 4.5, "other.md": 0}


def test_the_sandboxes_are_ended_once(shelf: Shelf) -> None:
    shelf.close()
    shelf.close()
    assert shelf.runs.closed == 1


# -------------------------------------------------------------------------------------- verify


def verified(shelf: Shelf, **outcomes: PageRun) -> tuple[list[str], list[str]]:
    """What is said of pages that were recorded and run again, with these outcomes."""
    found = pages(shelf)
    shelf.save(shelf.run(found.values(), shelf.inputs(), Lines(), again=True).values())
    before = {path: path.read_bytes() for path in shelf.settings.recordings.iterdir()}
    fresh = {"page.md": outcome(shelf, "page.md"), "other.md": outcome(shelf, "other.md", STEPS[2:])}
    shelf.runs = Runs(fresh | {f"{name}.md": one for name, one in outcomes.items()})
    done = shelf.verify(found, Lines())
    assert {path: path.read_bytes() for path in shelf.settings.recordings.iterdir()} == before, "nothing is written"
    return [str(failure) for failure in done.failures], done.notes


def test_pages_that_still_do_what_their_recordings_say(shelf: Shelf) -> None:
    assert verified(shelf) == ([], [])
    assert shelf.runs.ran == ["page.md", "other.md"]


def test_an_output_that_changed_is_told_with_a_diff(shelf: Shelf) -> None:
    failures, notes = verified(shelf, page=outcome(shelf, "page.md", printed(STEPS, 1, "no such folder")))
    [failure] = failures
    assert failure.startswith(
        "page.md:5: the output of `run \\\n    -it` changed:\n    --- recorded\n    +++ now\n    @@ -1 +1 @@\n"
        "    -no such file\n    +no such folder\n    run `docker-notes record` where an engine answers, and commit what it writes"
    )
    assert notes == []


def test_a_failing_run_is_told_and_not_compared(shelf: Shelf) -> None:
    failures, _ = verified(shelf, page=outcome(shelf, "page.md", printed(STEPS, 1, "no such folder"), "out of luck"))
    assert failures == ["page.md:4: out of luck"]


def test_on_another_engine_every_letter_is_held_as_well(shelf: Shelf) -> None:
    newer = replace(PROVENANCE, engine="29.0")
    failures, notes = verified(shelf, page=outcome(shelf, "page.md", printed(STEPS, 1, "no such folder"), provenance=newer))
    assert [failure.partition(": the output")[0] for failure in failures] == ["page.md:5"]
    assert notes == ["The environment moved: Engine 28.5.2 → 29.0. 1 outputs read differently there."]


def test_another_engine_on_which_all_is_the_same_is_told(shelf: Shelf) -> None:
    failures, notes = verified(shelf, page=outcome(shelf, "page.md", provenance=replace(PROVENANCE, engine="29.0")))
    assert (failures, notes) == ([], ["The environment moved: Engine 28.5.2 → 29.0. No outputs read differently there."])


def test_the_recordings_of_another_folder_of_pages_are_refused(shelf: Shelf) -> None:
    found = pages(shelf)
    shelf.save(shelf.run(found.values(), shelf.inputs(), Lines(), again=True).values())
    other = Shelf(replace(shelf.settings, docs=shelf.settings.root / "more"))
    [failure] = other.replay(found.values(), other.inputs())["page.md"].failures
    assert str(failure).startswith("page.md:3: recordings/ holds the recordings of docs/, and the pages here lie in more/\n")
    other.runs = shelf.runs
    with pytest.raises(DockerNotesError, match="holds the recordings of docs/"):
        other.save(other.run(found.values(), other.inputs(), Lines(), again=True).values())


def test_a_recording_without_its_page_is_an_orphan(shelf: Shelf) -> None:
    found = pages(shelf)
    shelf.save(shelf.run(found.values(), shelf.inputs(), Lines(), again=True).values())
    assert shelf.orphans(found) == []
    assert [path.name for path in shelf.orphans(["page.md"])] == ["other.yml"]


@pytest.mark.parametrize(("one", "other"), [("a/b.md", "a--b.md"), ("a.md", "a.markdown"), ("a/b.md", "b.md")])
def test_no_two_pages_share_a_recording(shelf: Shelf, one: str, other: str) -> None:
    assert shelf.recording_file(one) != shelf.recording_file(other)


def test_a_page_that_is_not_as_recorded_does_not_run(shelf: Shelf) -> None:
    found = pages(shelf)
    shelf.save(shelf.run(found.values(), shelf.inputs(), Lines(), again=True).values())
    shelf.runs = Runs({"page.md": outcome(shelf, "page.md")})
    failures = shelf.verify(pages(shelf, page=PAGE, other=OTHER.replace("list", "lists")), Lines()).failures
    assert [str(failure).partition(": ")[0] for failure in failures] == ["other.md:2"]
    assert shelf.runs.ran == ["page.md"]


def test_nothing_to_verify_asks_no_sandbox(shelf: Shelf) -> None:
    done = shelf.verify(pages(shelf), Lines())
    assert [failure.what for failure in done.failures] == 2 * ["this page has no recording"]
    assert (done.notes, shelf.runs.ran) == ([], [])


# ------------------------------------------------------------------------------ what a page shows


def kept(shelf: Shelf) -> dict[str, Recording]:
    """Recordings in place, and no run kept; by page."""
    found = pages(shelf)
    told = shelf.run(found.values(), shelf.inputs(), Lines(), again=True)
    shelf.save(told.values())
    return {page: one.recording for page, one in told.items()}


def said_without_an_engine(shelf: Shelf, mode: Mode) -> list[str]:
    """What is said where the recordings are shown."""
    recordings = kept(shelf)
    said: list[str] = []
    told = Project(shelf.settings).results(pages(shelf).values(), mode, Lines(), said.append)
    assert {page: one.recording for page, one in told.items()} == recordings
    return said


def test_replay_asks_no_engine(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    assert said_without_an_engine(shelf, Mode.REPLAY) == []


def test_auto_falls_back_to_the_recordings_and_says_why(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    said = said_without_an_engine(shelf, Mode.AUTO)
    assert len(said) == 1
    assert said[0].startswith("Replaying the recordings: DOCKER_HOST=tcp://127.0.0.1:9 does not answer")


def test_live_without_an_engine_is_an_error(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    with pytest.raises(EngineError, match=r"^DOCKER_HOST=tcp://127.0.0.1:9 does not answer"):
        Project(shelf.settings).results(pages(shelf).values(), Mode.LIVE, Lines())


def test_live_runs_every_page(shelf: Shelf) -> None:
    for _ in range(2):
        told = shelf.results(pages(shelf).values(), Mode.LIVE, Lines())
        assert all(one.live for one in told.values())
    assert shelf.runs.ran == 2 * ["page.md", "other.md"]


def test_a_site_without_blocks_asks_no_engine(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    assert Project(shelf.settings).results([], Mode.LIVE, Lines()) == {}
