"""Builds with nothing changed, against plain MkDocs: this site, and sites of 10, 100 and 1,000 pages."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.benchmarks import grown, plain
from tests.benchmarks.measure import Row, Taken, in_turns, process, row

if TYPE_CHECKING:
    from pathlib import Path

PAGES = (10, 100, 1000)


def rows(root: Path, folder: Path, turns: int) -> list[Row]:
    """Measure this site: replayed, and where an engine answers."""
    pasted = plain.pasted(root, folder / "pasted")
    # What the machine has run is then known, and the next builds run nothing.
    build(root, folder / "site", "auto")
    replayed = in_turns(lambda: build(root, folder / "site"), lambda: build(pasted, folder / "plain"), turns)
    answered = in_turns(lambda: build(root, folder / "site", "auto"), lambda: build(pasted, folder / "plain"), turns)
    return [
        row("nothing changed: a build of this site", "plain MkDocs, outputs pasted in", "1.05", replayed),
        row("the same, peak memory", "plain MkDocs, outputs pasted in", "1.15", replayed, memory=True),
        row("nothing changed, and an engine answers", "plain MkDocs, outputs pasted in", "", answered),
    ]


def growth(root: Path, folder: Path, turns: int) -> list[Row]:
    """Measure sites of many pages, and the share of the build that looks for blocks."""
    found = []
    for count in PAGES:
        ours, pasted = many(root, folder, count)
        few = max(3, turns * 10 // count) if count > min(PAGES) else turns
        pairs = in_turns(lambda: build(ours, folder / "site"), lambda: build(pasted, folder / "plain"), few)  # noqa: B023  # called at once
        found.append(row(f"{count} pages of {grown.BLOCKS} blocks, replayed", "plain MkDocs, outputs pasted in", "flat", pairs))
    return found


def many(root: Path, folder: Path, count: int) -> tuple[Path, Path]:
    """A site of many pages, and its plain form, made where they are not yet."""
    ours = folder / f"ours-{count}"
    if not ours.exists():
        grown.grow(root, ours, count)
    return ours, plain.pasted(ours, folder / f"pasted-{count}")


def build(folder: Path, site: Path, mode: str = "replay") -> Taken:
    """Build a site by a process of its own."""
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(site)]
    return process(words, folder, DOCKER_NOTES_ENGINE=mode)
