"""What a shell talks to: a bash behind a terminal, wherever it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from docker_notes.engine.look import Look

__all__ = ["Executor"]


class Executor(Protocol):
    """A bash behind a terminal. All times in seconds.

    Each may raise what says that the place it runs in is gone.
    """

    def send(self, data: bytes) -> None:
        """Type bytes."""

    def receive(self, timeout: float) -> bytes:
        """What the terminal printed; nothing where that is silent for so long.

        Raises:
            TerminalEnded: where the bash ended.
        """

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, in characters."""

    def look(self, shell: int) -> Look:
        """Look at the bash, whose process id is told, and at all that runs beside it in the same place."""

    def stop(self) -> None:
        """End what the bash runs, whatever it does: a time limit is over, and the place is not used again."""

    def close(self) -> None:
        """Hang up. May be called twice."""
