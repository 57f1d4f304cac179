"""This site's own macros: all failures that its pages show, and what was run for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from html import escape
from typing import TYPE_CHECKING, Any, cast

from docker_notes.html import blocks, facts
from docker_notes.page.front_matter import split
from docker_notes.site.plugin import NAME
from markdown.extensions.toc import slugify
from mkdocs.structure.files import get_files
from mkdocs.utils import get_relative_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docker_notes.site.macros import PageMacros
    from docker_notes.site.pages import Pages
    from docker_notes.site.plugin import Plugin
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import File

__all__ = ["GuideMacros", "Source", "source_of"]


@dataclass(frozen=True)
class Source:
    """What this site's macros are made of.

    Args:
        macros: those of docker-notes.
        pages: what is known of the pages with blocks.
        texts: the text of every page, by its path.
        urls: its address, from the top of the site.
    """

    macros: PageMacros
    pages: Pages
    texts: Callable[[], dict[str, str]]
    urls: Callable[[], dict[str, str]]


def source_of(config: MkDocsConfig) -> Source:
    """The source of a build by MkDocs, with the plugin of docker-notes in its configuration."""
    plugin = cast("Plugin", config.plugins[NAME])

    @cache
    def files() -> Sequence[File]:
        return get_files(config).documentation_pages()

    return Source(
        plugin.macros,
        plugin.pages,
        lambda: {file.src_uri: file.content_string for file in files()},
        lambda: {file.src_uri: file.url for file in files()},
    )


class GuideMacros:
    """The macros of one build."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @cached_property
    def _declared(self) -> dict[str, dict[str, Any]]:
        return {page: split(text)[0] for page, text in self.source.texts().items()}

    @cached_property
    def _urls(self) -> dict[str, str]:
        return self.source.urls()

    def failures(self) -> str:
        """Every failure that a page shows, as Markdown: its text, what it means, where it happened."""
        parts = [self._failure(page, entry) for page, meta in self._declared.items() for entry in meta.get("failures") or ()]
        return "\n\n".join(parts)

    def totals(self) -> str:
        """What was run for this site: all of it, then a row a page."""
        here = self.source.macros.page
        rows = []
        for page, result in self.source.pages.results.items():
            steps = result.recording.steps
            builds = sum(bool(re.search(r"\bdocker (?:buildx )?build\b", step.command)) for step in steps)
            link = f'<a href="{escape(get_relative_url(self._urls[page], self._urls[here]))}">{escape(self._title(page))}</a>'
            rows.append((sum(step.seconds for step in steps), link, len(steps), builds, result.recording.provenance.engine))
        rows.sort(key=lambda row: -row[0])
        engines = ", ".join(sorted({row[4] for row in rows}))
        head = (
            f"<p><strong>{sum(row[2] for row in rows)} commands</strong> were run for this site, "
            f"<strong>{sum(row[3] for row in rows)} builds</strong> among them{f', on Docker Engine {escape(engines)}' if rows else ''}. "
            f"They took {sum(row[0] for row in rows):.0f} seconds{f'; the slowest page is {rows[0][1]}' if rows else ''}.</p>"
        )
        cells = "".join(
            f'<tr><td>{link}</td><td style="text-align: right;">{count}</td><td style="text-align: right;">{builds}</td>'
            f'<td style="text-align: right;">{took:.1f}</td></tr>'
            for took, link, count, builds, _ in rows
        )
        columns = "".join(f'<th style="text-align: right;">{name}</th>' for name in ("Commands", "Builds", "Seconds"))
        return f"{head}<table><thead><tr><th>Page</th>{columns}</tr></thead><tbody>{cells}</tbody></table>"

    def _title(self, page: str) -> str:
        return str(self._declared[page].get("title", page))

    def _failure(self, page: str, entry: Mapping[str, str]) -> str:
        missing = {"block", "title", "text", "means", "fix"} - set(entry)
        if missing:
            raise facts.Missing(f"a failure of {page} lacks {', '.join(sorted(missing))}")
        # The piece that a reader searches for is a part of the heading, though not seen there: search ranks those first.
        plain = entry["title"].replace("`", "")
        heading = f"## {entry['title']} `` {entry['text']} ``{{ .visually-hidden }}"
        marks = f'{{ #{slugify(plain, "-")} data-toc-label="{escape(plain)}" }}'
        text = self.source.macros.deferred(self.failure_text)(f"{page}#{entry['block']}", entry["text"], int(entry.get("which", 1)))
        return (
            f'{heading} {marks}\n\n<pre class="failure-text"><code>{text}</code></pre>\n\n'
            f"{entry['means'].strip()}\n\n**The way out:** {entry['fix'].strip()}\n\n"
            f"It happens on [{self._title(page)}]({page}#{blocks.anchor_of(entry['block'])})."
        )

    def failure_text(self, block: str, text: str, which: int = 1) -> str:
        """The line that a block printed for a failure, what a reader would search for marked in it."""
        shown = self.source.macros.named(block)
        printed = (ran for ran in shown.steps if ran and text in ran.output)
        line = next((facts.line(ran, text, which) for ran in printed), None)
        if line is None:
            raise facts.Missing(f"the block {block!r} does not print {text!r}")
        return re.sub(rf"{re.escape(escape(text))}\w*", r"<mark>\g<0></mark>", escape(line), count=1)
