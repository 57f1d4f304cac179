"""What the tests read the pages with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from docker_notes.page.fences import closes
from docker_notes.page.grammar import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docker_notes.page.model import Page
    from docker_notes.project.project import Project

PATH = (
    "images-and-containers.md", "running-containers.md", "interactive-containers.md", "writing-a-dockerfile.md", "run-and-cmd.md",
    "publishing-ports.md", "images-are-read-only.md", "layers-and-cache.md", "getting-help.md", "stopping-and-restarting.md",
)  # fmt: skip
"""The pages that are read in order, from the first to the tenth."""

_FENCE = re.compile(r"^( *)(`{3,})[^`\n]*\n.*?^\1\2 *$", re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    """A Markdown text with spaces for what is in its fences; all else keeps its place."""
    return _FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


class Fence(NamedTuple):
    """A fence of a page: its first and last line, from 0, its language, and the lines between."""

    first: int
    last: int
    language: str
    body: tuple[str, ...]


def fences(lines: Sequence[str]) -> Iterator[Fence]:
    """The fences of a page's lines, as CommonMark pairs them, whatever their indent."""
    number = 0
    while number < len(lines):
        opened = re.fullmatch(r"(?P<indent>[ \t]*)(?P<fence>`{3,}(?=[^`]*$)|~{3,})[ \t]*(?P<info>.*)", lines[number])
        if opened:
            last = next((n for n in range(number + 1, len(lines)) if closes(lines[n], opened["fence"])), number)
            body = tuple(line.removeprefix(opened["indent"]) for line in lines[number + 1 : last])
            yield Fence(number, last, (opened["info"].split() or [""])[0], body)
            number = last
        number += 1


def pages_of(project: Project) -> dict[str, Page]:
    """The pages of a site whose blocks no macros make, by path."""
    found = {}
    docs = project.settings.docs
    for path in sorted(docs.rglob("*.md")):
        page = parse(path.relative_to(docs).as_posix(), path.read_text(encoding="utf-8"))
        if page.blocks:
            found[page.path] = page
    return found
