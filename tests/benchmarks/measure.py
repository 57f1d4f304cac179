"""Two things measured in turns (A B A B …), and what is told of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Taken:
    """Seconds of wall time, and the peak of a process's memory in MiB where it was one."""

    seconds: float
    memory: float = 0.0


@dataclass(frozen=True)
class Row:
    """One line of the table: medians of ours and of the other, and the median of the ratios pair by pair.

    Args:
        what: what was done.
        against: what it is held against.
        goal: the ratio, or the figure, that is not to be exceeded.
        unit: of `ours` and `other`.
        ratio: ours by the other; None where the difference is what counts.
    """

    what: str
    against: str
    goal: str
    ours: float
    other: float
    unit: str = "s"
    ratio: float | None = None
    spread: tuple[float, float] | None = None

    def cells(self) -> tuple[str, ...]:
        """The row as it is printed."""
        ratio = "" if self.ratio is None else f"{self.ratio:.3g}"
        if self.spread:
            ratio += f" ({self.spread[0]:.3g} to {self.spread[1]:.3g})"
        return self.what, self.against, *(f"{value:.3g} {self.unit}" for value in (self.ours, self.other)), ratio, self.goal


def timed(act: Callable[[], Any]) -> Taken:
    """What an act takes. One that measures itself returns a `Taken`."""
    began = time.perf_counter()
    said = act()
    return said if isinstance(said, Taken) else Taken(time.perf_counter() - began)


def process(words: Sequence[str], folder: Path, **environment: str) -> Taken:
    """Run a process to its end.

    Raises:
        CalledProcessError: where it fails; what it said is its output.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        words, cwd=folder, env=without_notices(**environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        assert running.stdout
        said = running.stdout.read()
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if running.returncode:
        sys.stderr.write(said.decode(errors="replace")[-4000:])
        raise subprocess.CalledProcessError(running.returncode, words, said)
    return Taken(seconds, usage.ru_maxrss / 1024)


def without_notices(**more: str) -> Mapping[str, str]:
    """This environment, without what MkDocs and Material say about each other."""
    return {**os.environ, "NO_MKDOCS_2_WARNING": "1", **more}


def in_turns(ours: Callable[[], Any], other: Callable[[], Any], turns: int, *, warm: bool = True) -> list[tuple[Taken, Taken]]:
    """Do two things in turns; first once each without counting it, where `warm`."""
    if warm:
        ours(), other()
    # Who goes first changes from turn to turn, as the second may find warmer caches.
    pairs = []
    for turn in range(turns):
        if turn % 2:
            second, first = timed(other), timed(ours)
            pairs.append((first, second))
        else:
            pairs.append((timed(ours), timed(other)))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return pairs


def row(what: str, against: str, goal: str, pairs: Sequence[tuple[Taken, Taken]], *, memory: bool = False) -> Row:
    """The medians of what was done in turns."""
    values = [((a.memory, b.memory) if memory else (a.seconds, b.seconds)) for a, b in pairs]
    ratios = [a / b for a, b in values]
    return Row(
        what,
        against,
        goal,
        statistics.median(a for a, _ in values),
        statistics.median(b for _, b in values),
        "MiB" if memory else "s",
        statistics.median(ratios),
        (min(ratios), max(ratios)),
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown."""
    head = ("What", "against", "this", "that", "ratio (least to most)", "goal")
    lines = [head, ("---", "---", "--:", "--:", "--:", "--:"), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def as_data(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as JSON takes them."""
    return [asdict(row) for row in rows]
