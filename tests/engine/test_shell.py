"""What is typed into a program comes when a person would type it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docker_notes.page.model import Typed
from docker_notes.runner.shell import Shell
from docker_notes.terminal.lines import text_of

if TYPE_CHECKING:
    from docker_notes.engine.sandbox import Sandbox

# Says whether a line was there before it asked for one.
_ASK = "read -t 0 && echo early; read -r line; echo got $line"


def typed_into(sandbox: Sandbox, program: str) -> str:
    with Shell(sandbox) as shell:
        return text_of(shell.run(f"bash -c '{program}'", [Typed(1, "a line")], timeout=30, columns=80).lines)


def test_a_silent_program_that_waits_gets_its_line(sandbox: Sandbox) -> None:
    assert "got a line" in typed_into(sandbox, _ASK)


def test_a_program_that_is_still_starting_does_not(sandbox: Sandbox) -> None:
    said = typed_into(sandbox, f"end=$((SECONDS + 2)); until [ $SECONDS -ge $end ]; do :; done; {_ASK}")
    assert "early" not in said
    assert "got a line" in said


def test_one_that_never_rests_gets_it_all_the_same(sandbox: Sandbox) -> None:
    assert "got a line" in typed_into(sandbox, f"while :; do :; done & {_ASK}; kill $!")
