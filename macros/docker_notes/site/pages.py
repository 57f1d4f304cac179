"""What a build knows of its pages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docker_notes.html import blocks as render
from docker_notes.project.project import front_matter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docker_notes.page.model import Page
    from docker_notes.project.project import PageResult
    from docker_notes.errors import PageError
    from docker_notes.html.blocks import Shown


@dataclass
class Pages:
    """What a build knows of its pages, each by its path below docs/.

    Args:
        texts: their Markdown.
        pages: those with blocks.
        told: what those show.
        failures: what is wrong with each.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, Page] = field(default_factory=dict)
    told: Mapping[str, PageResult] = field(default_factory=dict)
    failures: Mapping[str, Sequence[PageError]] = field(default_factory=dict)
    _shown: dict[str, tuple[PageResult, list[Shown]]] = field(default_factory=dict, init=False, repr=False)

    def shown(self, page: str) -> list[Shown]:
        """A page's blocks, each with what its steps did."""
        told, found = self._shown.get(page, (None, []))
        if told is not self.told[page]:
            found = render.shown(self.pages[page], self.told[page].recording)
            self._shown[page] = (self.told[page], found)
        return found

    def title(self, page: str) -> str:
        """A page's title, from its front matter."""
        return str(front_matter(self.texts[page]).get("title", page))

    def executions(self) -> list[dict[str, Any]]:
        """Every step of every page: the contents of executions.json."""
        listing = []
        for page, told in self.told.items():
            for (block, step), ran in zip(self.pages[page].steps, told.recording.steps, strict=False):
                listing.append({
                    "page": page,
                    "line": step.line,
                    "block": block.index + 1,
                    "command": step.command,
                    "exit_status": ran.exit_status,
                    "expected_status": step.expected_status,
                    "seconds": ran.seconds,
                    "started_at": told.recording.started_at(ran),
                    "mode": "live" if told.live else "replay",
                    "engine": told.recording.provenance.engine,
                    "sha256": hashlib.sha256(ran.output.encode()).hexdigest(),
                })  # fmt: skip
        return listing
