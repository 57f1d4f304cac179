"""MkDocs' side: when walkthroughs run, what fences and macros become, what is written beside the pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from mkdocs.config.base import Config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.structure.files import File, get_files
from mkdocs.utils import get_relative_url
from pymdownx.superfences import SuperFencesException

from macros import casts, console, downloads, examples, markup, preview, printing, progress, render
from macros.book import Book, Mode, tell
from macros.errors import DockerNotesError, PageError, in_page_order
from macros.pages import Pages
from macros.prose import Prose

if TYPE_CHECKING:
    from pathlib import Path

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

log = get_plugin_logger("docker-notes")
EXECUTIONS = "executions.json"
CASTS = "assets/casts"


class FenceError(SuperFencesException, PluginError):  # type: ignore[misc]  # superfences lets its own kind through only
    """A block that can not be shown; of both kinds, so that neither superfences nor MkDocs swallows it."""


class _NoOptions(Config):  # type: ignore[no-untyped-call]  # MkDocs' own hook
    """There is nothing to set."""


class Site(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call]  # MkDocs' own hook
    """One build of the site.

    Args:
        book: the walkthroughs of this clone.
        env: the environment of mkdocs-macros, which knows the page at work.
    """

    def __init__(self, book: Book, env: Any) -> None:
        super().__init__()
        self.book = book
        self._env = env
        self.pages = Pages()
        self.prose = Prose(self.pages, env)

    # ------------------------------------------------------------------------ events of MkDocs

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Read, run or replay every page before anything is written."""
        files = get_files(config)
        self.pages.texts = {file.src_uri: file.content_string for file in files.documentation_pages()}
        self.pages.chapters, failures = self.book.read(self.pages.texts)
        try:
            if not failures:
                with progress.shown() as shown:
                    self.pages.told = tell(self.book, self.pages.chapters, Mode.from_environment(), shown, log.info)
                failures = [failure for told in self.pages.told.values() for failure in told.failures]
        except DockerNotesError as error:
            raise PluginError(str(error)) from error
        finally:
            self.book.close()
        _raise(failures)

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Add what is made of the recordings."""
        for page, told in self.pages.told.items():
            text = casts.asciicast(told.recording, page)
            files.append(File.generated(config, _cast(page), content=text))
        for name in examples.names(self.book.examples):
            files.append(File.generated(config, downloads.address(name), content=downloads.archive(self.book.examples / name)))
        files.append(printing.file(config))
        for told in list(self.pages.told.values())[:1]:
            about = told.recording.provenance
            note = f"Docker Engine {about.engine} · {render.day(about.date)}"
            picture = preview.draw(str(config.site_name), note, told.recording.steps)
            files.append(File.generated(config, preview.ADDRESS, content=picture))
        listing = json.dumps(self.pages.executions(), ensure_ascii=False, indent=1) + "\n"
        files.append(File.generated(config, EXECUTIONS, content=listing))
        return files

    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002  # MkDocs' names
        """Begin a page with its engine and date, and end it with its provenance."""
        told = self.pages.told.get(page.file.src_uri)
        if told is None:
            return html
        cast = get_relative_url(_cast(page.file.src_uri), page.url)
        head, title, rest = html.partition("</h1>")
        body = head + title + render.stamp(told.recording) + rest if title else html
        return body + render.provenance(told.recording, live=told.live, cast=cast)

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> Any:  # noqa: ARG002  # MkDocs' names
        """Before anything is written: every macro was asked, so what they miss is known."""
        _raise(self.prose.missed)
        for page in self.book.save(self.pages.told.values()):
            log.info(f"recorded {page}")
        printing.bind(files)
        return env

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG002  # MkDocs' names
        """Mend what the theme wrote."""
        return markup.repaired(output)

    def on_post_template(self, output: str, *, template_name: str, config: MkDocsConfig) -> str:  # noqa: ARG002  # MkDocs' names
        """The same for pages that are no page, such as 404.html."""
        return markup.repaired(output) if template_name.endswith(".html") else output

    # --------------------------------------------------------------------------------- fences

    def shield(self, env: Any) -> None:
        """Before macros are rendered: code is not theirs."""
        env.markdown = console.shield(env.markdown)

    def validate(self, language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, str], md: Any) -> bool:  # noqa: ARG002  # superfences' names
        """Take the stand-in of a block that `shield` put there."""
        if "block" not in inputs:
            raise FenceError(f"{self._page()}: a console block that the macros did not see; let the page render macros")
        options["block"] = int(inputs["block"])
        return True

    def format(self, source: str, language: str, css_class: str, options: dict[str, Any], md: Any, **kwargs: Any) -> str:  # noqa: ARG002  # superfences' names
        """A block's HTML."""
        shown = self.pages.shown(self._page())
        block = shown[options["block"]].block
        name = block.options.example
        # Where a page first uses an example, it offers the files.
        first = name and all(other.block.options.example != name for other in shown[: block.index])
        archive = get_relative_url(downloads.address(name), self._env.page.url) if first else ""
        return render.block(shown[block.index], archive=archive)

    def _page(self) -> str:
        return str(self._env.page.file.src_uri)


def _raise(failures: list[PageError]) -> None:
    if failures:
        raise PluginError(str(in_page_order(failures)))


def _cast(page: str) -> str:
    return f"{CASTS}/{page.removesuffix('.md').replace('/', '--')}.cast"


_books: dict[Path, Book] = {}


def book(root: Path) -> Book:
    """The book of a clone: one a process, so that `mkdocs serve` keeps its sandboxes."""
    return _books.setdefault(root, Book(root))


def is_serving() -> bool:
    """Whether `mkdocs serve` is what runs."""
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name == "serve"
