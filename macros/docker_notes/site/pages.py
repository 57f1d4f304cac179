"""What a build knows of its pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docker_notes.html import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docker_notes.errors import PageError
    from docker_notes.html.blocks import Shown
    from docker_notes.page.model import Page
    from docker_notes.project.results import PageResult

__all__ = ["Pages"]


@dataclass
class Pages:
    """What a build knows of its pages, each by its path below docs/.

    Args:
        pages: those with blocks.
        results: what those show.
        failures: what is wrong with each.
    """

    pages: dict[str, Page] = field(default_factory=dict)
    results: Mapping[str, PageResult] = field(default_factory=dict)
    failures: dict[str, list[PageError]] = field(default_factory=dict)
    _shown: dict[str, tuple[PageResult, list[Shown]]] = field(default_factory=dict, init=False, repr=False)

    def clear(self) -> None:
        """Forget all, for another build."""
        self.pages.clear()
        self.results = {}
        self.failures.clear()
        self._shown.clear()

    def shown(self, page: str) -> Sequence[Shown]:
        """A page's blocks, each with what its steps did."""
        result, found = self._shown.get(page, (None, []))
        if result is not self.results[page]:
            found = blocks.shown(self.pages[page], self.results[page].recording)
            self._shown[page] = (self.results[page], found)
        return found

    def fail(self, *failures: PageError) -> None:
        """Take down what is wrong."""
        for failure in failures:
            self.failures.setdefault(failure.page, []).append(failure)

    @property
    def all_failures(self) -> list[PageError]:
        """What is wrong with all pages."""
        return [failure for failures in self.failures.values() for failure in failures]

    def settled(self, page: str) -> bool:
        """Whether what a page shows is what it will show: it did not fail, and does not run again."""
        result = self.results.get(page)
        return not self.failures.get(page) and not (result and result.running)
