"""Numbers and words for prose, taken from what named blocks printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docker_notes.recording.normalise import SIZE, bytes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker_notes.html.blocks import Shown
    from docker_notes.html.tables import BuildStep
    from docker_notes.recording.model import StepResult

__all__ = ["Missing", "about_bytes", "about_seconds", "cached", "line", "one", "seconds", "size", "times"]

_SIZE = re.compile(SIZE)


class Missing(ValueError):  # what is said of it
    """An output that does not hold what it is asked for."""


def one(shown: Shown, step: int | None) -> StepResult:
    """A block's step, counted from 1; its last one where none is named.

    Raises:
        Missing: where the block has no such step, or it did not run.
    """
    number = len(shown.block.steps) if step is None else step
    if not 1 <= number <= len(shown.block.steps):
        raise Missing(f"the block {shown.block.options.name!r} has {len(shown.block.steps)} steps, not {number}")
    ran = shown.steps[number - 1]
    if ran is None:
        raise Missing(f"step {number} of the block {shown.block.options.name!r} did not run")
    return ran


def seconds(ran: StepResult) -> tuple[str, str]:
    """How long a step took: as a writer would say it, and exactly."""
    return about_seconds(ran.seconds), f"{ran.seconds:.3f} s"


def about_seconds(value: float) -> str:
    """Seconds as a writer would round them."""
    if value < 0.95:  # noqa: PLR2004
        return f"{_two(value)} seconds" if value >= 0.05 else "next to no time"  # noqa: PLR2004
    if value < 9.5:  # noqa: PLR2004
        rounded = round(value)
        return "about a second" if rounded == 1 else f"about {rounded} seconds"
    return f"about {value:.0f} seconds" if value < 90 else f"about {value / 60:.0f} minutes"  # noqa: PLR2004


def _two(value: float) -> str:
    return f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"  # noqa: PLR2004


def times(slow: StepResult, fast: StepResult) -> tuple[str, str]:
    """How many times faster one step was than another, in at most two digits, and the two.

    Raises:
        Missing: where it was not faster, or by so little that no writer would say so.
    """
    factor = slow.seconds / max(fast.seconds, 0.001)
    if factor < 1.05:  # noqa: PLR2004  # it would be told as "1.0 times"
        raise Missing(f"it took {fast.seconds:.2f} s, the one said to be slower {slow.seconds:.2f} s")
    text = f"{float(f'{factor:.2g}'):.0f} times" if factor >= 1.95 else f"{factor:.1f} times"  # noqa: PLR2004
    return text, f"{slow.seconds:.2f} s against {fast.seconds:.2f} s"


def size(ran: StepResult) -> tuple[str, str]:
    """The first size that a step printed: rounded, and as printed.

    Raises:
        Missing: where it printed none.
    """
    found = _SIZE.search(ran.output)
    if not found:
        raise Missing(f"`{ran.command}` printed no size such as 12MB")
    return about_bytes(bytes_of(found.group())), found.group()


def about_bytes(value: float) -> str:
    """A size as a writer would round it, in decimal units."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        number = value / factor
        if number >= 0.9995:  # noqa: PLR2004  # less would be rounded to 1000 of the next smaller unit
            return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"  # noqa: PLR2004
    return f"{value:.0f} B"


def cached(steps: Sequence[BuildStep]) -> str:
    """How many steps of a build came from the cache, of how many that can.

    `FROM` is left out: BuildKit calls it CACHED or not by what it has at hand, and never runs it.
    """
    own = [step for step in steps if not step.instruction.startswith("FROM ")]
    return f"{sum(step.cached for step in own)} of {len(own)}"


def line(ran: StepResult, text: str, which: int = 1) -> str:
    """A line of a step's output that contains a text, its columns closed up.

    Args:
        ran: the step.
        text: what the line contains.
        which: 1 for the first such line, 2 for the second, …

    Raises:
        Missing: where there is none.
    """
    found = [" ".join(line.text.split()) for line in ran.lines if text in line.text]
    if not 1 <= which <= len(found):
        raise Missing(f"{len(found)} lines of `{ran.command}` contain {text!r}, number {which} is asked for")
    return found[which - 1]
