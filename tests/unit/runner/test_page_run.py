"""A page, typed into a bash of this machine: its recording, and what goes wrong at which line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from docker_notes.page.grammar import parse
from docker_notes.recording.model import dump, key_of, load
from docker_notes.runner import page_run

from tests.local_bash import LocalBash
from tests.unit.samples import BASES, INPUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from docker_notes.runner.page_run import PageRun


class NoEngine:
    """There is no engine whose state could be told."""

    has_news = False

    def begin(self) -> None:
        pass

    def look(self, *, cache: bool) -> None:  # noqa: ARG002  # as the state of an engine has it
        return None


class Place:
    """A folder of this machine in a sandbox's stead."""

    state = NoEngine()
    versions = ("28.5.2", "0.29.1")

    def __init__(self, home: Path) -> None:
        self.home = home

    def put(self, folder: Path, files: Sequence[Path]) -> None:
        (self.home / folder.name).mkdir()
        for file in files:
            (self.home / folder.name / file.name).write_bytes(file.read_bytes())

    def running(self) -> set[str]:
        return set()

    def answers(self, target: str, timeout: float) -> bool:
        return target == "3000" and timeout > 0

    def engine_answers(self) -> bool:
        return True


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., PageRun]:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "examples/app").mkdir(parents=True)
    (tmp_path / "examples/app/file.txt").write_text("from the example\n")

    def run(*bodies: str, options: str = "") -> PageRun:
        text = "".join(f"```console {options}\n{body}\n```\n\n" for body in bodies)
        page = parse("page.md", text)
        place = cast("Any", Place(home))
        return page_run.run(
            page, place, folder=tmp_path / "examples", inputs=INPUTS, bases=BASES, terminal=lambda _: LocalBash(home)
        )

    return run


def failure_of(outcome: PageRun) -> str:
    [failure] = outcome.failures
    return str(failure)


def test_a_page_of_all_that_may_be_typed(run: Callable[..., PageRun], tmp_path: Path) -> None:
    body = (
        "$ cat > Dockerfile <<'EOF'\n> FROM scratch\n>\n> CMD [\"x\"]\n> EOF\n$ cat Dockerfile\n"
        "$ bash -c 'echo ready; read -r x; echo got $x'\n~ ready\n> it\n$ false\n? 1\n$ (exit $RANDOM)\n? *\n$ cat file.txt"
    )
    outcome = run(body, options='example="app"')
    assert not outcome.failures
    steps = outcome.recording.steps
    assert [(step.command, step.typed) for step in steps[:3]] == [
        ("cat > Dockerfile <<'EOF'\nFROM scratch\n\nCMD [\"x\"]\nEOF", ()),
        ("cat Dockerfile", ()),
        ("bash -c 'echo ready; read -r x; echo got $x'", (("wait for", "ready"), "it")),
    ]
    assert [step.output for step in steps[:3]] == ["", 'FROM scratch\n\nCMD ["x"]\n', "ready\nit\ngot it\n"]
    assert steps[-1].output == "from the example\n"
    page = parse("page.md", f'```console example="app"\n{body}\n```\n')
    assert outcome.recording.key == key_of(page, INPUTS)
    path = tmp_path / "page.yml"
    path.write_text(dump(outcome.recording))
    assert load(path, "page.md") == outcome.recording


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ("$ true\n> x", 3, ["the program ended before it read `x`", "(it printed nothing)", "drop the line"]),
        ("$ sleep 0.9\n> echo never", 3, ["the program ended before it read `echo never`", "| echo never"]),
        ("$ true\n\n> ^C", 4, ["the program ended before it read `^C`"]),
        ("$ echo a\n~ b", 3, ["the program ended before it printed 'b'", "| a"]),
        ("$ echo a; sleep 9\n~ b\n> x", 3, ["did not print 'b' within 1 s and was stopped", "| a"]),
        ("$ echo a; sleep 9", 2, ["was still running after 1 s and was stopped", "| a", "`-d`"]),
        ("$ exec bash --norc", 2, ["`exec bash --norc` put another program in the place of the page's shell", "`bash -c '…'`"]),
        ("$ exit", 2, ["`exit` ended the page's shell", "`bash -c '…'`"]),
        ("$ set -v", 2, ["`set -v` makes the page's shell print each line once more"]),
        ("$ true\n$ suspend", 3, ["`suspend` stopped the page's shell"]),
        ("$ PROMPT_COMMAND=date\n? 1", 2, ["sets PROMPT_COMMAND, by which the build sees", "`bash -c '…'`"]),
        ("$ echo out; false", 2, ["ended with exit status 1, expected 0", "| out"]),
    ],
)
def test_what_goes_wrong_names_the_line_and_what_to_write(
    run: Callable[..., PageRun], body: str, line: int, says: list[str]
) -> None:
    message = failure_of(run(body, options='timeout="1"'))
    assert message.startswith(f"page.md:{line}: ")
    for text in says:
        assert text in message


def test_what_comes_late_is_in_the_recording_of_what_started_it(run: Callable[..., PageRun]) -> None:
    outcome = run("$ set +m\n$ (sleep 0.3; echo LATE) &", "$ sleep 0.1\n$ true", "$ (sleep 0.3; echo LAST) &")
    assert not outcome.failures
    outputs = [step.output for step in outcome.recording.steps]
    assert "".join(outputs).count("LATE\n") == 1
    assert outputs[-1].endswith("LAST\n")


def test_what_comes_while_a_port_is_waited_for_is_too(run: Callable[..., PageRun], monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> bool:
        import time

        time.sleep(0.5)
        return True

    monkeypatch.setattr(Place, "answers", slow)
    outcome = run("$ set +m; (sleep 0.2; echo listening) &", "$ echo next", options='wait="3000"')
    assert [step.output.splitlines()[-1:] for step in outcome.recording.steps] == [["listening"], ["next"]]
    assert outcome.recording.steps[1].output == "next\n"


def test_a_machine_without_bash_reads_the_same_key(run: Callable[..., PageRun], monkeypatch: pytest.MonkeyPatch) -> None:
    from docker_notes.page import bash_syntax

    body = '$ cat <<EOF; cat\n> a\n> EOF\n> b\n> ^D\n$ echo "c\n> d"'
    outcome = run(body)
    assert not outcome.failures
    monkeypatch.setattr(bash_syntax, "_program", lambda: "")
    bash_syntax._bash.cache_clear()
    try:
        page = parse("page.md", f"```console\n{body}\n```\n")
        assert page.steps[0][1].command == "cat <<EOF; cat"
        assert key_of(page, INPUTS) == outcome.recording.key
        # Where bash is missing only here, the one that is typed into tells the lines apart.
        again = run(body)
    finally:
        bash_syntax._bash.cache_clear()
    assert [(s.command, s.typed, s.output) for s in again.recording.steps] == [
        (s.command, s.typed, s.output) for s in outcome.recording.steps
    ]
