"""What the steps of one page change of its engine: looks at it, before and behind each step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from docker_notes.recording.state import Look, Telling, tell

if TYPE_CHECKING:
    from docker_notes.engine.state import EngineState
    from docker_notes.page.model import Page
    from docker_notes.recording.state import Change

__all__ = ["Observer"]


class Observer:
    """Looks at a sandbox's engine while a page runs.

    Args:
        state: of that engine.
        page: the page; only where it prunes the build cache that is of interest.
    """

    def __init__(self, state: EngineState, page: Page) -> None:
        self._state = state
        self._cache = any("prune" in step.command for _, step in page.steps)
        self._looks: list[Look] = []
        self._step = 0
        state.begin()
        self._look(-1)

    def before(self) -> None:
        """A step is about to be typed: what is different by now no command did."""
        if self._state.has_news:
            self._look(self._step, before=True)

    def after(self) -> None:
        """A step has ended."""
        self._look(self._step)
        self._step += 1

    def again(self) -> None:
        """It was waited for what the last step started."""
        self._look(self._step - 1)

    def told(self, steps: int) -> tuple[tuple[Change, ...] | None, list[Telling]]:
        """What was there at the start, and what each step changed; None where the engine did not say."""
        if not self._looks or self._looks[0].step >= 0:
            return None, [Telling()] * steps
        self._state.settle()
        return tell(self._looks, self._state.events, steps)

    def _look(self, step: int, *, before: bool = False) -> None:
        found = self._state.look(cache=self._cache)
        if found is not None:
            self._looks.append(Look(found, time.monotonic_ns(), step, before))
