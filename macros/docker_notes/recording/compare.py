"""What changed: a page against its recording, a run against its page, a run against an older one."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from docker_notes.errors import PageError, RecordingError, StepError
from docker_notes.recording import model as recordings
from docker_notes.recording import normalise as volatile
from docker_notes.recording.model import RUN_LIVE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docker_notes.page.kinds import Kind
    from docker_notes.page.model import Page, Step
    from docker_notes.recording.model import Inputs, Recording, StepResult
    from docker_notes.terminal.lines import Line

# Digits of an id, in full and as tables show it.
_FULL, _SHORT = 64, 12


def stale(recording: Recording, page: Page, inputs: Inputs) -> list[RecordingError]:
    """What changed on the page, or below it, since it was recorded; empty where nothing did."""
    line = page.blocks[0].line
    now = inputs.of(page)
    found: list[RecordingError] = []
    if (recording.inputs.rules, recording.inputs.sandbox, recording.inputs.bases) != (now.rules, now.sandbox, now.bases):
        what = "the sandbox's recipe, the base images or the recording rules changed since this page was recorded"
        found.append(RecordingError(page.path, line, what, RUN_LIVE))
    if recording.kinds != page.kinds:
        found.append(RecordingError(page.path, 1, "`volatile:` of the front matter changed since this page was recorded", RUN_LIVE))
    if recording.allow != page.allow:
        found.append(RecordingError(page.path, 1, "`allow:` of the front matter changed since this page was recorded", RUN_LIVE))
    for block in page.blocks:
        name = block.options.example
        if name and recording.inputs.examples.get(name) != now.examples[name]:
            found.append(RecordingError(page.path, block.line, f"examples/{name}/ changed since this page was recorded", RUN_LIVE))
    pairs = zip(page.steps, recording.steps, strict=False)
    changed = next((s for (b, s), ran in pairs if recordings.asks(b, s) != ran.asks), None)
    if changed is None and len(page.steps) != len(recording.steps):
        extra = page.steps[len(recording.steps) :]
        changed = extra[0][1] if extra else page.steps[-1][1]
    if changed:
        what = f"`{changed.command}` is not what was recorded from here on"
        found.append(RecordingError(page.path, changed.line, what, RUN_LIVE))
    return found


def judge(page: Page, steps: Sequence[StepResult]) -> list[PageError]:
    """Hold exit statuses and `expect` texts of a page against what its steps did."""
    found: list[PageError] = []
    printed: dict[int, str] = {}
    for (block, step), ran in zip(page.steps, steps, strict=False):
        printed[block.index] = printed.get(block.index, "") + ran.output
        if step.expected_status not in {None, ran.exit_status}:
            found.append(wrong_status(page.path, step, ran))
            continue
        if step is block.steps[-1] and block.options.expect not in printed[block.index]:
            what = f"the block's output does not contain {block.options.expect!r}"
            found.append(StepError(page.path, block.line, f"{what}; its last lines:\n{tail(printed[block.index])}"))
    return found


def wrong_status(page: str, step: Step, ran: StepResult) -> StepError:
    """The error of a step whose exit status is not the one expected."""
    what = (
        f"`{step.command}` ended with exit status {ran.exit_status}, expected {step.expected_status}; "
        f"its last lines:\n{tail(ran.output)}"
    )
    return StepError(page, step.line, what, f"mend the command, or write '? {ran.exit_status}' below it if it is meant to fail")


def tail(output: str, lines: int = 12) -> str:
    """The last lines of an output, indented, for an error message."""
    last = output.rstrip("\n").split("\n")[-lines:]
    if last == [""]:
        return "    (it printed nothing)"
    return "\n".join(f"    | {line}" for line in last)


def differences(old: Recording, new: Recording) -> list[tuple[int, str]]:
    """Where two recordings of the same page really differ.

    Returns:
        The number of each step that differs, with a unified diff of its masked output.
    """
    found = []
    for number, (before, after) in enumerate(zip(old.steps, new.steps, strict=True)):
        was, now = old.masked[number], new.masked[number]
        diff = list(difflib.unified_diff(was.lines, now.lines, "recorded", "now", lineterm="", n=2))
        if not diff and not was.matches(now):
            pairs = zip(was.sizes, now.sizes, strict=True)
            diff = [f"-{a:.0f} B\n+{b:.0f} B (sizes may differ by {volatile.SIZE_TOLERANCE:.0%})" for a, b in pairs if a != b]
        if before.exit_status != after.exit_status:
            diff = [f"-exit status {before.exit_status}", f"+exit status {after.exit_status}", *diff]
        if diff:
            found.append((number, "\n".join(diff)))
    return found


def quiet(old: Recording, new: Recording) -> Recording:
    """The new recording in the old one's words wherever it says the same.

    Steps that differ only in what may differ keep their old text, so that a diff holds just what
    changed; ids that a changed step shares with such a step are carried over to the old ones.
    """
    if old.key == new.key and not old.provenance.moved(new.provenance) and not differences(old, new):
        return old
    carried: dict[str, str] = {}
    steps = list(new.steps)
    pairs = difflib.SequenceMatcher(None, [s.asks for s in old.steps], [s.asks for s in new.steps], autojunk=False)
    kept: set[int] = set()
    for start, at, length in pairs.get_matching_blocks():
        for before, number in zip(old.steps[start : start + length], range(at, at + length), strict=True):
            was, now = _alone(before, old.kinds), _alone(new.steps[number], new.kinds)
            if before.exit_status == new.steps[number].exit_status and was.matches(now):
                for new_name, old_name in zip(now.identities, was.identities, strict=True):
                    carried.update(_lengths(new_name, old_name))
                steps[number] = before
                kept.add(number)
    for number, step in enumerate(steps):
        if number not in kept:
            steps[number] = replace(step, lines=tuple(_carry(line, carried) for line in step.lines))
    merged = replace(new, steps=tuple(steps))
    # An id that a kept step has at other lengths than a changed one does not carry over whole.
    return new if differences(merged, new) else merged


def _alone(step: StepResult, kinds: tuple[Kind, ...]) -> volatile.Masked:
    return volatile.Mask(kinds).output([line.text for line in step.lines])


def _lengths(new: str, old: str) -> dict[str, str]:
    """Two names of one thing in each length that is seen of it: a digest, its digits, the first twelve of them."""
    pairs = {new: old}
    digits, old_digits = new.removeprefix("sha256:"), old.removeprefix("sha256:")
    if len(digits) == len(old_digits) == _FULL:
        pairs |= {digits: old_digits, digits[:_SHORT]: old_digits[:_SHORT]}
    # Other lengths would move the colours.
    return {a: b for a, b in pairs.items() if len(a) == len(b)}


def _carry(line: Line, carried: dict[str, str]) -> Line:
    if not carried:
        return line
    # Whole names only: the first digits of one id in front of the rest of another would be an id that never was.
    names = "|".join(map(re.escape, sorted(carried, key=len, reverse=True)))
    return replace(line, text=re.sub(rf"(?<!\w)(?:{names})(?!\w)", lambda name: carried[name.group()], line.text))


def save(recording: Recording, path: Path) -> bool:
    """Write the recording; untouched where only volatile parts changed.

    Returns:
        Whether the file changed.
    """
    try:
        old = recordings.load(path, recording.page)
    except RecordingError:
        old = None
    if old:
        recording = quiet(old, recording)
        if recording is old:
            return False
    recordings.write(recording, path)
    return True
