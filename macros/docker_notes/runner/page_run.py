"""A page's blocks, run in a sandbox → a recording, and what went wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from docker_notes.engine.exec_terminal import ExecTerminal
from docker_notes.engine.sandbox import Sandbox, SandboxGone
from docker_notes.errors import PageError, StepError, TerminalError
from docker_notes.page import examples
from docker_notes.page.model import Awaited, Step
from docker_notes.recording.compare import judge, tail
from docker_notes.recording.model import UNKNOWN, Inputs, Provenance, Recording, StepResult, entries
from docker_notes.recording.redact import Redactor, redact
from docker_notes.runner.command import NeverEnded, NotComplete, NotReady, ProgramEnded, ShellLost
from docker_notes.runner.observer import Observer
from docker_notes.runner.shell import Shell, ShellEnded
from docker_notes.terminal.lines import text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker_notes.page.model import Block, Page
    from docker_notes.recording.model import BaseImage
    from docker_notes.recording.state import Change
    from docker_notes.runner.command import Done
    from docker_notes.runner.executor import Executor
    from docker_notes.terminal.lines import Line

__all__ = ["IN_A_SHELL_OF_ITS_OWN", "PageRun", "could_not_run", "run"]


IN_A_SHELL_OF_ITS_OWN = (
    "run it in a shell of its own: `bash -c '…'`, or `$ bash` with its lines behind '> ' and `> exit` as the last"
)
# What bash says of the one variable that a page can not have.
_OWN = "PROMPT_COMMAND: readonly variable"


@dataclass(frozen=True)
class PageRun:
    """What became of a page.

    Args:
        recording: the steps that ran; all of them where there are no failures.
        failures: every step that did not do what its page says, in order.
        seconds: wall time of the whole.
        notes: what was taken out of outputs, as `page:line: …`, without what it was.
    """

    recording: Recording
    failures: tuple[PageError, ...]
    seconds: float
    notes: tuple[str, ...] = ()


def run(
    page: Page,
    sandbox: Sandbox,
    *,
    folder: Path,
    inputs: Inputs,
    bases: tuple[BaseImage, ...],
    on_step: Callable[[Step], None] = lambda _: None,
    terminal: Callable[[Sandbox], Executor] = ExecTerminal,
) -> PageRun:
    """Type a page's commands into a fresh sandbox, as a reader would, from the first to the last.

    A wrong exit status does not end the page, so that all of them are found at once; a
    command that never ends, or that takes the shell or the sandbox along, does.

    Args:
        page: the page's blocks.
        sandbox: on a clean engine; whether it can be used again is the caller's to ask of it.
        folder: the folder of the examples.
        inputs: what outputs depend on besides the page.
        bases: the base images in the sandbox.
        on_step: told of each step before it runs.
        terminal: opens the bash that is typed into.
    """
    began = time.monotonic()
    date = datetime.now(UTC).isoformat(timespec="seconds")
    done: list[StepResult] = []
    fatal: list[PageError] = []
    engine_version, buildx = sandbox.versions
    step = None
    redactor = Redactor(page.allow)
    notes: list[str] = []
    observer: Observer | None = None
    try:
        with Shell(terminal(sandbox)) as shell:
            observer = Observer(sandbox.state, page)
            typist = _Typist(sandbox, shell, folder, began, redactor, notes, done, observer)
            for block in page.blocks:
                typist.enter(block)
                for step in block.steps:
                    on_step(step)
                    typist.type(block, step)
                typist.leave(block)
            typist.finish()
    except _Fatal as error:
        fatal.append(error.failure)
    except TerminalError as error:
        line = step.line if step else page.blocks[0].line
        fatal.append(StepError(page.path, line, f"{_name(step)}{error.what}", error.fix))
    except ShellEnded as error:
        line = step.line if step else page.blocks[0].line
        fatal.append(StepError(page.path, line, f"{_name(step)}{error}", IN_A_SHELL_OF_ITS_OWN))
    except SandboxGone as error:
        line = step.line if step else page.blocks[0].line
        fatal.append(
            StepError(
                page.path, line, f"{_name(step)}{redactor.text(str(error))}", "run the build again, or mend what ends the sandbox"
            )
        )
    provenance = Provenance(engine_version, buildx, date, bases)
    start, done = _with_changes(observer, done)
    recording = Recording(page.path, provenance, inputs.of(page), tuple(done), page.kinds, page.allow, start)
    failures = judge(page, done, start)
    if failures and not fatal and not sandbox.engine_answers():
        failures = [_engine_gone(failure) for failure in failures[:1]] + failures[1:]
    everything = sorted([*failures, *fatal], key=lambda failure: failure.line)
    return PageRun(recording, tuple(everything), time.monotonic() - began, tuple(dict.fromkeys(notes)))


def could_not_run(page: Page, inputs: Inputs, error: Exception) -> PageRun:
    """The outcome of a page that no sandbox could be had for."""
    recording = Recording(page.path, UNKNOWN, inputs.of(page), ())
    failure = StepError(page.path, page.blocks[0].line, f"this page could not be run: {redact(str(error))}")
    return PageRun(recording, (failure,), 0.0)


class _Fatal(Exception):  # not an error by itself: carries one
    """Nothing more of this page can run."""

    def __init__(self, failure: PageError) -> None:
        self.failure = failure
        super().__init__(str(failure))


@dataclass
class _Typist:
    """Types the blocks of one page into one shell."""

    sandbox: Sandbox
    shell: Shell
    folder: Path
    began: float
    redactor: Redactor
    notes: list[str]
    results: list[StepResult]
    observer: Observer

    def __post_init__(self) -> None:
        self._copied: set[str] = set()
        self._running: set[str] = set()
        self._waited = False
        self._noted = 0  # notes of the steps before the last
        self._last: tuple[Block, Step] | None = None

    def enter(self, block: Block) -> None:
        """Put the block's example into the reader's home, once, and go there."""
        example = block.options.example
        if example:
            if example not in self._copied:
                folder = self.folder / example
                self.sandbox.put(folder, examples.files(folder))
                self._copied.add(example)
            self._run(block, Step(block.line, f"cd ~/{example}"), hidden=True)
        if block.options.wait:
            self._running = self.sandbox.running()
        self._waited = False

    def type(self, block: Block, step: Step) -> None:
        """Run one step; then wait for what it started, where the block says so."""
        options = block.options
        self.observer.before()
        at = time.monotonic() - self.began
        done = self._run(block, step)
        self._amend(done.before)
        self.observer.after()
        if options.wait:
            self._wait(block, step)
        self._noted, self._last = len(self.notes), (block, step)
        typed = entries(step.typed)
        further = [entry for entry in typed[: done.taken] if isinstance(entry, str)]
        result = StepResult(
            command="\n".join([step.command, *further]),
            exit_status=done.exit_status,
            seconds=done.seconds,
            at=round(at, 3),
            lines=self._redacted(done.lines),
            typed=typed[done.taken :],
            example=options.example,
            columns=options.columns,
            wait=options.wait,
            dropped=done.dropped,
        )
        self.results.append(result)
        if _OWN in result.output:
            what = f"`{step.command}` sets PROMPT_COMMAND, by which the build sees that a command has ended"
            raise _Fatal(StepError(block.page, step.line, what, IN_A_SHELL_OF_ITS_OWN))

    def finish(self) -> None:
        """Take what the page's background still prints."""
        try:
            self._amend(self.shell.finish())
        except ProgramEnded as error:
            raise (_Fatal(self._failure(*self._last, error)) if self._last else error) from error

    def _amend(self, lines: tuple[Line, ...] | None) -> None:
        """Give the last step what came of it since it ended."""
        if lines is not None and self.results:
            del self.notes[self._noted :]
            self.results[-1] = replace(self.results[-1], lines=self._redacted(lines))

    def _redacted(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        found = self.redactor.lines(lines)
        if self._last:
            block, step = self._last
            self.notes += [f"{block.page}:{step.line}: {hit}" for hit in found.hits]
        return found.lines

    def _run(self, block: Block, step: Step, *, hidden: bool = False) -> Done:
        options = block.options
        try:
            return self.shell.run(step.command, step.typed, timeout=options.timeout, columns=options.columns, hidden=hidden)
        except ShellEnded as error:
            failure = StepError(block.page, step.line, f"`{step.command}` ended the page's shell", IN_A_SHELL_OF_ITS_OWN)
            raise _Fatal(failure) from error
        except (NeverEnded, NotComplete, NotReady, ProgramEnded, ShellLost) as error:
            raise _Fatal(self._failure(block, step, error)) from error

    def _failure(
        self, block: Block, step: Step, error: NeverEnded | NotComplete | NotReady | ProgramEnded | ShellLost
    ) -> StepError:
        """What went wrong with a step, where that is, and what to write instead."""
        line, seconds = step.line, f"{block.options.timeout:g} s"
        last = f"; its last lines:\n{tail(self.redactor.text(text_of(error.done.lines)))}"
        match error:
            case NeverEnded(awaited=Awaited() as entry):
                line = entry.line
                what = f"`{step.command}` did not print {entry.text!r} within {seconds} and was stopped{last}"
                fix = "wait for a text that it prints, or give the block a longer timeout"
            case NeverEnded():
                what = f"`{step.command}` was still running after {seconds} and was stopped{last}"
                fix = "end it on the page (`-d`, `timeout`, a typed ^C), or give the block a longer timeout"
            case ProgramEnded(entry=Awaited() as entry):
                line = entry.line
                what = f"the program ended before it printed {entry.text!r}{last}"
                fix = "wait for a text that it prints"
            case ProgramEnded():
                line = error.entry.line
                what = f"the program ended before it read `{error.entry.text}`{last}"
                fix = "drop the line, or mend the command: a program has to read it"
            case NotReady():
                what = f"`{step.command}` waits for a line that nobody types{last}"
                fix = "type it: a line '> …' below the command"
            case NotComplete():
                what, fix = (
                    f"`{step.command}` is not complete: bash waits for more of it",
                    "write its next lines below it, each behind '> '",
                )
            case ShellLost():
                what, fix = f"`{step.command}` {error}", IN_A_SHELL_OF_ITS_OWN
        return StepError(block.page, line, what, fix)

    def leave(self, block: Block) -> None:
        """Wait at the end of a block whose steps started nothing."""
        if block.options.wait and not self._waited:
            self._poll(block, block.steps[-1])

    def _wait(self, block: Block, step: Step) -> None:
        running = self.sandbox.running()
        if running - self._running:
            self._poll(block, step)
        self._running = running

    def _poll(self, block: Block, step: Step) -> None:
        self._waited = True
        if not self.sandbox.answers(block.options.wait, block.options.timeout):
            what = f"after `{step.command}`, {block.options.wait} did not answer within {block.options.timeout:g} s"
            raise _Fatal(StepError(block.page, step.line, what, "look at `docker ps -a` and `docker logs` there"))
        self.observer.again()


def _with_changes(observer: Observer | None, done: list[StepResult]) -> tuple[tuple[Change, ...] | None, list[StepResult]]:
    """What was there at the start, and the steps with what they changed."""
    if observer is None:
        return None, done
    start, told = observer.told(len(done))
    steps = [
        replace(step, changes=telling.changes, meanwhile=telling.meanwhile, passing=telling.passing)
        for step, telling in zip(done, told, strict=True)
    ]
    return start, steps


def _name(step: Step | None) -> str:
    return f"during `{step.command}`: " if step else ""


def _engine_gone(failure: PageError) -> PageError:
    return type(failure)(failure.page, failure.line, f"{failure.what}\n    the sandbox's engine no longer answers", failure.fix)
