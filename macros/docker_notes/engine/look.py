"""What can be seen of a shell and of what runs beside it, from outside."""

from __future__ import annotations

from dataclasses import dataclass

from docker_notes.errors import DockerNotesError

__all__ = ["Look", "TerminalEnded"]


class TerminalEnded(DockerNotesError):
    """The process behind a terminal ended."""


@dataclass(frozen=True)
class Look:
    """One look at the processes around a shell.

    Args:
        used: seconds of processors that all of them have used so far.
        wanting: how many threads want a processor, or wait for a disk, at this moment.
        beside: how many processes of the shell's session there are besides itself: what it runs, and its jobs in the background.
        replaced: whether another program stands in the shell's place (`exec`).
        stopped: whether the shell is stopped (`suspend`).
        reading: whether the shell sleeps in its terminal's foreground with no process of its own, so that only a line can wake it.
    """

    used: float
    wanting: int
    beside: int
    replaced: bool = False
    stopped: bool = False
    reading: bool = False
