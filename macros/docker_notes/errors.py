"""Everything that can go wrong, as one tree.

    DockerNotesError
    ├── PageError            something an author wrote, at page:line
    │   ├── GrammarError     a block that does not follow the grammar
    │   ├── StepError        a command that did not do what the page says
    │   ├── RecordingError   a recording that is missing, stale or unreadable
    │   └── FigureError      a number or figure that its output does not hold
    ├── EngineError          no Docker Engine, or one that cannot be used
    ├── ImageError           a base image that can neither be pulled nor built
    ├── TerminalError        an output that no terminal emulator here can show
    └── BuildFailed          all failures of one build, listed

Every message says where, what happened, and how to fix it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "BuildFailed",
    "DockerNotesError",
    "EngineError",
    "FigureError",
    "GrammarError",
    "ImageError",
    "PageError",
    "RecordingError",
    "StepError",
    "TerminalError",
    "in_page_order",
]


class DockerNotesError(Exception):
    """The root: whatever this package raises on purpose."""


class PageError(DockerNotesError):
    """Something at a line of a page.

    Args:
        page: the page's path below `docs/`, with slashes.
        line: the line in that file, counted from 1.
        what: what happened, in one sentence or a few lines.
        fix: how to mend it; empty where `what` already says so.
    """

    def __init__(self, page: str, line: int, what: str, fix: str = "") -> None:
        self.page, self.line, self.what, self.fix = page, line, what, fix
        super().__init__(f"{page}:{line}: {what}" + (f"\n    {fix}" if fix else ""))


class GrammarError(PageError):
    """A block, an option or a line that the grammar does not know."""


class StepError(PageError):
    """A command that failed, never ended, or printed something unexpected."""


class RecordingError(PageError):
    """A recording that cannot serve: missing, stale, cut short, or too new."""


class FigureError(PageError):
    """A macro that asks an output for something it does not hold."""


class EngineError(DockerNotesError):
    """No Docker Engine answers, or the one that does cannot be used."""


class ImageError(DockerNotesError):
    """A base image could neither be pulled nor built."""


class TerminalError(DockerNotesError):
    """What a command printed cannot be shown: there is no terminal emulator, or it broke at these bytes.

    The page goes on with the next command or ends, as its caller likes; other pages do not notice.

    Args:
        what: what happened, in one sentence.
        fix: how to mend it.
    """

    def __init__(self, what: str, fix: str) -> None:
        self.what, self.fix = what, fix
        super().__init__(f"{what}; {fix}")


def in_page_order(failures: Iterable[PageError]) -> BuildFailed:
    """The error that lists failures by page and line."""
    ordered: list[PageError] = sorted(failures, key=lambda failure: (failure.page, failure.line))
    return BuildFailed(ordered)


class BuildFailed(DockerNotesError):
    """All failures of one build.

    Args:
        failures: every failure found, in page order.
    """

    def __init__(self, failures: Sequence[DockerNotesError]) -> None:
        self.failures = tuple(failures)
        count = len(self.failures)
        head = "1 failure" if count == 1 else f"{count} failures"
        super().__init__("\n\n".join([head, *map(str, self.failures)]))
