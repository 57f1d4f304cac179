"""What changed: a page against its recording, a run against its page, a run against an older one."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from docker_notes.errors import PageError, RecordingError, StepError
from docker_notes.page.kinds import Holds, Kind
from docker_notes.recording import model as recordings
from docker_notes.recording import normalise as volatile
from docker_notes.recording.model import RUN_LIVE
from docker_notes.recording.state import CONTAINER, NETWORK, VOLUME, folded
from docker_notes.recording.wording import NEW, things_named, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from docker_notes.page.model import Page, Step
    from docker_notes.recording.model import Inputs, Recording, StepResult
    from docker_notes.recording.state import Change, Things
    from docker_notes.recording.wording import Told
    from docker_notes.terminal.lines import Line

__all__ = ["differences", "judge", "quiet", "save", "stale", "tail", "wrong_status"]

# Digits of an id, in full and as tables show it.
_FULL, _SHORT = 64, 12
# A port that the engine chose, as changes show it.
_CHOSEN = Kind("published port", r"\b(?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[45]\d{4}|60\d{3})(?=→)", Holds.IDENTITY)


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


def judge(page: Page, steps: Sequence[StepResult], at_start: tuple[Change, ...] | None = None) -> list[PageError]:
    """Hold exit statuses, and texts of `expect` and `leaves`, of a page against what its steps did.

    Args:
        page: the page.
        steps: those that ran.
        at_start: what its engine held before them; None where that is not known.
    """
    found: list[PageError] = []
    printed: dict[int, str] = {}
    things = folded({}, at_start or ())
    for (block, step), ran in zip(page.steps, steps, strict=False):
        things = folded(folded(things, ran.meanwhile), ran.changes)
        printed[block.index] = printed.get(block.index, "") + ran.output
        if step.expected_status not in {None, ran.exit_status}:
            found.append(wrong_status(page.path, step, ran))
            continue
        if step is block.steps[-1] and block.options.expect not in printed[block.index]:
            what = f"the block's output does not contain {block.options.expect!r}"
            found.append(StepError(page.path, block.line, f"{what}; its last lines:\n{tail(printed[block.index])}"))
        if step is block.steps[-1] and block.options.leaves == "nothing":
            found += _left(page.path, block.line, None if at_start is None else things)
    return found


def _left(page: str, line: int, things: Things | None) -> list[PageError]:
    """The error of a block that is to leave nothing, and does."""
    if things is None:
        return [RecordingError(page, line, 'leaves="nothing": it is not known what the engine holds here', RUN_LIVE)]
    left = [item for item in things.items() if item[0][0] in {CONTAINER, VOLUME, NETWORK}]
    if not left:
        return []
    what = f'the page leaves {", ".join(things_named(left))}, and its block says leaves="nothing"'
    return [
        StepError(page, line, what, "remove them there (`docker rm -f`, `docker volume rm`, `docker network rm`), or drop `leaves`")
    ]


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
        The number of each step that differs, with a unified diff of its masked output, and of what it changed.
    """
    found = []
    changed = _changes_differ(old, new)
    for number, (before, after) in enumerate(zip(old.steps, new.steps, strict=True)):
        was, now = old.masked[number], new.masked[number]
        diff = list(difflib.unified_diff(was.lines, now.lines, "recorded", "now", lineterm="", n=2))
        if not diff and not was.matches(now):
            pairs = zip(was.sizes, now.sizes, strict=True)
            diff = [f"-{a:.0f} B\n+{b:.0f} B (sizes may differ by {volatile.SIZE_TOLERANCE:.0%})" for a, b in pairs if a != b]
        if before.exit_status != after.exit_status:
            diff = [f"-exit status {before.exit_status}", f"+exit status {after.exit_status}", *diff]
        diff += changed.get(number, [])
        if diff:
            found.append((number, "\n".join(diff)))
    return found


def _changes_differ(old: Recording, new: Recording) -> dict[int, list[str]]:
    """By the number of each step, how what it changed differs, in the words that a page shows.

    What happened by itself may be seen a step sooner or later.
    """
    found: dict[int, list[str]] = {}
    sides = told(old), told(new)
    if not all(sides):  # an older recording says nothing of the engine
        return found
    masks = volatile.Mask((*old.kinds, _CHOSEN)), volatile.Mask((*new.kinds, _CHOSEN))
    for number, steps in enumerate(zip(*sides, strict=True)):
        loose = {clause.name for step in steps for clause in step.clauses if clause.sign == NEW and clause.by_itself}
        was, now = (mask.output(_fixed(step, loose)) for mask, step in zip(masks, steps, strict=True))
        if not was.matches(now):
            before, after = ([clause.text for clause in step.clauses] for step in steps)
            lines = list(difflib.unified_diff(was.lines, now.lines, "changes recorded", "changes now", lineterm="", n=2))
            found[number] = lines or [*(f"-{line}" for line in before), *(f"+{line}" for line in after)]
    was_ended, now_ended = map(_ended, sides)
    for name in {**was_ended, **now_ended}:
        ended, now_does = was_ended.get(name, []), now_ended.get(name, [])
        pairs = zip(ended, now_does, strict=False)
        if len(ended) != len(now_does) or any(a[1] != b[1] or abs(a[0] - b[0]) > 1 for a, b in pairs):
            only = [(number, f"-{text}") for number, text in ended if (number, text) not in now_does]
            only += [(number, f"+{text}") for number, text in now_does if (number, text) not in ended]
            for number, text in only:
                found.setdefault(number, []).append(text)
    return found


def _fixed(step: Told, loose: set[str]) -> list[str]:
    """What a step's command changed. Of a container that ends by itself at once, or soon, only that it is there."""
    return [
        f"{NEW} container {clause.name}" if clause.sign == NEW and clause.name in loose else clause.text
        for clause in step.clauses
        if clause.sign == NEW or not clause.by_itself
    ]


def _ended(steps: Sequence[Told]) -> dict[str, list[tuple[int, str]]]:
    """Of each container, when it ended by itself, and how; that it is being started again is seen by chance."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, step in enumerate(steps):
        for clause in step.clauses:
            if clause.by_itself and clause.ending:
                found.setdefault(clause.name, []).append((number, clause.ending))
    return found


def quiet(old: Recording, new: Recording) -> Recording:
    """The new recording in the old one's words wherever it says the same.

    Steps that differ only in what may differ keep their old text, so that a diff holds just what
    changed; ids that a changed step shares with such a step are carried over to the old ones.
    """
    knows = old.at_start is not None and _same(old.at_start, new.at_start or ())
    if (
        old.key == new.key
        and not old.provenance.moved(new.provenance)
        and (knows or new.at_start is None)
        and not differences(old, new)
    ):
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
                if (knows or new.at_start is None) and all(
                    _same(here, there) for here, there in zip(_told(before), _told(steps[number]), strict=True)
                ):
                    carried.update(_ids(_told(before), _told(steps[number])))
                    steps[number] = before
                else:
                    changes, meanwhile, passing = _told(steps[number])
                    steps[number] = replace(before, changes=changes, meanwhile=meanwhile, passing=passing)
                kept.add(number)
    for number, step in enumerate(steps):
        if number not in kept:
            steps[number] = replace(step, lines=tuple(_carry(line, carried) for line in step.lines))
    if carried:
        steps = [_carry_changes(step, carried) if step.changes or step.meanwhile else step for step in steps]
    merged = replace(new, steps=tuple(steps), at_start=old.at_start if knows else new.at_start)
    # An id that a kept step has at other lengths than a changed one does not carry over whole.
    return new if differences(merged, new) else merged


def _told(step: StepResult) -> tuple[tuple[Change, ...], ...]:
    return step.changes, step.meanwhile, step.passing


def _same(old: Sequence[Change], new: Sequence[Change]) -> bool:
    """Whether two lists of changes are the same but for what may differ."""
    was, now = (
        volatile.Mask((_CHOSEN,)).output([f"{each.kind} {each.thing} {dict(each.fields)}" for each in side]) for side in (old, new)
    )
    return was.matches(now)


def _ids(old: Iterable[Sequence[Change]], new: Iterable[Sequence[Change]]) -> dict[str, str]:
    """The ids in new changes, and what those are in the old ones."""
    return {
        now.fields["id"]: was.fields["id"]
        for before, after in zip(old, new, strict=True)
        for was, now in zip(before, after, strict=True)
        if "id" in now.fields
    }


def _carry_changes(step: StepResult, carried: dict[str, str]) -> StepResult:
    def moved(changes: tuple[Change, ...]) -> tuple[Change, ...]:
        return tuple(
            replace(change, fields={**change.fields, "id": carried.get(change.fields["id"], change.fields["id"])})
            if "id" in change.fields
            else change
            for change in changes
        )

    return replace(step, changes=moved(step.changes), meanwhile=moved(step.meanwhile))


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
