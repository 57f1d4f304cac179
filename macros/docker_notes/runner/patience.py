"""When the next line may be typed into a program: the moment at which a person would take it for ready.

A program that shows a prompt (the cursor stands in a line) is ready once it has been silent for a moment; one
that shows none may still be at work. What tells work from waiting is whether anything beside the shell wants a processor
or a disk, not how long it has been silent: on a busy machine the same work takes longer, and is waited for longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker_notes.engine.look import Look

__all__ = ["Patience"]

# Seconds for which all is to be at rest: behind a prompt, and without one.
AT_PROMPT, AT_REST = 0.3, 0.5
# Something in the background may never rest: the seconds of silence, not counting those in which work had to wait for a
# processor, after which it is not waited for any longer.
SILENT_AT_PROMPT, SILENT = 1.0, 3.0
# A program may never be silent: the seconds of light work after which a key is typed, or a line; and the seconds in any case.
KEY, LINE, LONGEST = 3.0, 8.0, 20.0
# The same for a line after a text that was waited for; a key is then typed at once.
SEEN = 1.0
# Seconds between two looks; between two at a program that prints all the time; the share of one processor that is rest, and
# the one that is light work.
GLANCE, GLANCE_WHILE_LOUD, REST, LIGHT = 0.1, 0.5, 0.1, 0.3
# Seconds of rest that one look can stand for, at most: whoever looks may have had to wait for a processor as well.
_STANDS_FOR = 0.15


class Patience:
    """Watches one program until the next line may be typed.

    Args:
        look: looks at it.
        now: seconds of a monotonic clock, as everywhere here.
        is_key: whether a key is to be typed, and no line.
        seen: whether a text was waited for just before.
    """

    def __init__(self, look: Callable[[], Look], now: float, *, is_key: bool, seen: bool) -> None:
        self._look = look
        self._is_key, self._seen = is_key, seen
        self._began = self._heard = self._looked = now
        self._rest = 0.0  # seconds for which all has been at rest
        self._last: Look | None = None
        self._light = self._held_up = self._held_up_ever = 0.0

    def heard(self, now: float) -> None:
        """The program printed something."""
        self._heard = now
        self._rest = self._held_up = 0.0

    def wait(self, now: float, *, at_prompt: bool) -> float:
        """Seconds until it is to be asked again; none where it is to be typed."""
        if self._is_key and self._seen:
            return 0.0
        silent = now - self._heard
        if silent < GLANCE:
            return min(GLANCE - silent, self._loud(now))
        if now - self._looked >= GLANCE or self._last is None:
            self._glance(now, GLANCE)
        rest, longest = (AT_PROMPT, SILENT_AT_PROMPT) if at_prompt else (AT_REST, SILENT)
        if self._rest >= rest or silent - self._held_up >= longest:
            return 0.0
        return min(max(self._looked + GLANCE - now, 0.001), self._loud(now))

    def _loud(self, now: float) -> float:
        """Seconds until a program that is never silent, or never at rest, is asked again; none once that is enough."""
        if now - self._looked >= GLANCE_WHILE_LOUD:
            self._glance(now, GLANCE_WHILE_LOUD)
        enough = SEEN if self._seen else KEY if self._is_key else LINE
        left = min(enough - self._light, self._began + LONGEST + self._held_up_ever - now)
        return 0.0 if left <= 0 else min(max(self._looked + GLANCE_WHILE_LOUD - now, 0.001), left)

    def _glance(self, now: float, after: float) -> None:
        """Look; it was to be done `after` seconds."""
        look, last = self._look(), self._last
        passed, silent = now - self._looked, now - max(self._looked, self._heard)
        used = look.used - last.used if last else 0.0
        at_rest = not look.wanting and used <= REST * passed
        self._rest = self._rest + min(silent, _STANDS_FOR) if at_rest else 0.0
        # What wants a processor and has none is held up; so is all, where this look came late.
        held_up = max(silent - after - GLANCE, passed - used if look.wanting and last else 0.0, 0.0)
        self._held_up += held_up
        self._held_up_ever += held_up
        if last is None or used < LIGHT * passed:
            self._light += passed - held_up
        self._last, self._looked = look, now
