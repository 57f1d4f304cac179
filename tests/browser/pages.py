"""The pages that there are, by their sources."""

from __future__ import annotations

from pathlib import Path

import yaml
from docker_notes.page import grammar as console
from docker_notes.page.front_matter import split

DOCS = Path(__file__).parents[2] / "docs"
SOURCES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
GUIDE = [source.removesuffix(".md") + ".html" for source in SOURCES]
PRINT = "print.html"
PAGES = [*GUIDE, PRINT]
RUN = [source for source in SOURCES if console.parse(source, (DOCS / source).read_text()).blocks]
"""Those with blocks."""

FAILURES = [
    (source, failure["title"], failure["text"])
    for source in SOURCES
    for failure in split((DOCS / source).read_text())[0].get("failures") or ()
]
"""Every failure that a page shows: its page, what it is called, a piece of its text."""


class _Settings(yaml.SafeLoader):
    """mkdocs.yml, whose own tags are of no interest here."""


_Settings.add_multi_constructor("!", lambda *_: None)
SETTINGS = yaml.load((DOCS.parent / "mkdocs.yml").read_text(), Loader=_Settings)  # a SafeLoader
