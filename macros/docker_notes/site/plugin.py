"""MkDocs' side: what happens to a page on its way from Markdown to the site.

A page goes through MkDocs as any page does. Its console blocks, and what its macros say of them, are placeholders until
all pages are rendered; then it is known what is to run. So a block is what a reader sees as one, wherever it came from.
Nothing is written, or removed, before all that ran did what its page says.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock
from jinja2 import FileSystemBytecodeCache
from mkdocs.config.base import Config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority, get_plugin_logger
from mkdocs.structure.files import File
from mkdocs.utils import CountHandler, get_relative_url

from docker_notes.errors import DockerNotesError, GrammarError, PageError, in_page_order
from docker_notes.html import asciicast, blocks, panel
from docker_notes.page import examples
from docker_notes.page.fences import LANGUAGE
from docker_notes.page.front_matter import Declared, declared
from docker_notes.page.grammar import page_of
from docker_notes.page.jinja import Hiding, restore
from docker_notes.page.markdown import PLACEHOLDER, ConsoleExtension, Fences
from docker_notes.project.report import annotate
from docker_notes.project.results import executions
from docker_notes.project.settings import Mode
from docker_notes.recording.files import write_atomic
from docker_notes.recording.redact import redact
from docker_notes.runner import progress
from docker_notes.site import asset_files, downloads
from docker_notes.site.cleaning import LateCleaning
from docker_notes.site.macros import PageMacros
from docker_notes.site.pages import Pages
from docker_notes.site.values import WORD, Values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page as MkDocsPage
    from watchdog.observers.api import BaseObserver

    from docker_notes.page.markdown import Fence
    from docker_notes.project.project import Project
    from docker_notes.site.background import BackgroundRuns

__all__ = ["NAME", "Collected", "NoOptions", "Plugin"]

NAME = "docker-notes"
"""Under which the plugin is found in MkDocs' `config.plugins`."""

log = get_plugin_logger(NAME)
EXECUTIONS = "executions.json"
CASTS = "assets/casts"
_FIRST, _LAST = 1000, -1000  # priorities of events: 1000 comes first
_TURN = 600.0  # seconds for which a build waits for another one to be written
# What mkdocs-macros puts in place of a page, mkdocs_macros/errors.py (1.3 to 1.5).
_MACRO_FAILED = re.compile(
    r"# _Macro (?:Syntax|Rendering) Error_\s+_File_: `[^`]*`\s+(?P<what>(?:_Line (?P<line>\d+) )?.*)", re.MULTILINE
)
_TEXTS = {".html", ".htm", ".xml", ".json", ".js", ".txt", ".md", ".atom", ".rss"}
_LEFT = re.compile(rb"data-docker-notes|dockernotes\d+value")
_ESCAPED = re.compile(
    r"""(?:<|&lt;|\\u003c)div data-docker-notes=(?P<quote>\\?"|&quot;|&#34;)(?P<number>\d+)(?P=quote)(?:>|&gt;|\\u003e)(?:<|&lt;|\\u003c)\\?/div(?:>|&gt;|\\u003e)"""
)


class Collected(Exception):  # no error: a build that was to read pages only has read them
    """The pages of a site are known."""


class NoOptions(Config):  # type: ignore[no-untyped-call]  # MkDocs' own hook
    """There is nothing to set: settings stand below `extra:`."""


class Plugin(BasePlugin[NoOptions]):  # type: ignore[no-untyped-call]  # MkDocs' own hook
    """One build of a site.

    Args:
        project: the site's pages and recordings.
        env: the environment of mkdocs-macros.
        background: under `mkdocs serve`, what runs pages behind the reader's back.
        collect: whether the build ends when its pages are known; it then raises Collected.
    """

    def __init__(self, project: Project, env: Any, background: BackgroundRuns | None = None, *, collect: bool = False) -> None:
        super().__init__()
        self.project = project
        self.background = background
        self.pages = Pages()
        self.fences = Fences(lambda: self._path)
        self.values = Values(lambda page: not self.pages.settled(page))
        self.macros = PageMacros(self.pages, self.values, project.cache, self.where)
        self._env = env
        self._hiding: Hiding | None = None
        self._collect = collect
        self._cleaning = LateCleaning()
        # Two builds of one site at once write it one after the other; one may start another, as of a further language.
        self._writing = FileLock(project.settings.cache / "site.lock", timeout=_TURN, is_singleton=True)
        self._observer: BaseObserver | None = None
        self._path = ""  # of the page at work
        self._above = 0  # lines of its file that are not in its Markdown
        self._numbers: dict[int, tuple[str, int]] = {}  # of placeholders: page, index of the block
        self._places: dict[int, tuple[str, int]] = {}  # of marks: the same, of the first block that bears it

    def begin(self) -> None:
        """Forget the build before this one, of the same configuration."""
        for known in (self.pages, self.values, self.fences.all, self.fences.places.found, self._numbers, self._places):
            known.clear()
        self._hiding = None

    def extend(self, config: MkDocsConfig) -> None:
        """Add what Markdown and the theme need; called while MkDocs reads its configuration."""
        if not any(isinstance(extension, ConsoleExtension) for extension in config.markdown_extensions):
            config.markdown_extensions.append(ConsoleExtension(self.fences))  # type: ignore[arg-type]  # Markdown takes these, too
        asset_files.link(config)

    # ------------------------------------------------------------------------ events of MkDocs

    @event_priority(_LAST)
    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Keep what is there until it is known that something better comes."""
        if config.strict:
            _hear_warnings()
        self._cleaning.put_off()

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:  # noqa: ARG002  # MkDocs' names
        """Build again when a page's run has ended, and have an edited page run before MkDocs knows of the edit."""
        if self.background:
            from docker_notes.site.watch import listen  # noqa: PLC0415  # of no use to a build

            docs = self.project.settings.docs
            self._observer = listen(server, self.background.signal, docs, self.background.edited)
        return server

    def on_shutdown(self) -> None:
        """End the sandboxes that were kept warm."""
        if self._observer:
            self._observer.stop()
        self.project.close()

    def on_build_error(self, *, error: Exception) -> None:  # noqa: ARG002  # MkDocs' names
        """Leave what was there as it was."""
        self._cleaning.give_up()
        self._writing.release(force=True)
        if not self.background:
            self.project.close()

    @event_priority(_LAST)
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Add what every page needs, and what is known of all of them."""
        made = [*asset_files.files(config), File.generated(config, EXECUTIONS, abs_src_path=str(self._made(EXECUTIONS)))]
        for name in examples.names(self.project.settings.examples):
            archive = downloads.archive(self.project.settings.examples / name)
            made.append(self._file(config, downloads.address(name), archive))
        for file in made:
            there = files.get_file_from_path(file.src_uri)
            if there is not None and there.generated_by != file.generated_by:
                raise PluginError(f"{there.src_uri} is in the way of a file that docker-notes makes\n    give it another name")
            if there is not None:
                files.remove(there)
            files.append(file)
        for path in _outside(config.nav):
            name, docs = Path(config.config_file_path).name, Path(config.docs_dir).name
            raise PluginError(
                f"{name}: nav: {path} lies outside of {docs}/, so it is no page\n    move it there, or include it in one"
            )
        return files

    @event_priority(_FIRST)
    def _before_macros(self, markdown: str, *, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002  # MkDocs' names
        """Mark what may become a block, and hide code from Jinja."""
        self._path = page.file.src_uri
        self._above = 0
        if page.meta:
            whole = page.file.content_string
            self._above = whole.count("\n") - markdown.count("\n") if whole.rstrip().endswith(markdown.rstrip()) else 0
        if self._hiding is None:
            self._hiding = Hiding(self._env.env, lambda: self._env.variables)
        return self._hiding(self.fences.places.mark(self._path, markdown, self._above + 1))

    @event_priority(_LAST)
    def _behind_macros(self, markdown: str, *, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002  # MkDocs' names
        """Show what was hidden, and see whether mkdocs-macros failed, which it may have shown in place of the page."""
        failed = _MACRO_FAILED.match(markdown)
        if failed and LANGUAGE in page.file.content_string:
            what = f"a macro of this page failed, so its blocks were not run: {' '.join(failed['what'].replace('_', '').split())}"
            line = self._above + int(failed["line"] or 1)
            self.pages.fail(GrammarError(self._path, line, what))
        return restore(markdown)

    on_page_markdown = CombinedEvent(_before_macros, _behind_macros)

    @event_priority(_LAST)
    def on_page_content(self, html: str, *, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002  # MkDocs' names
        """Take down a page's blocks, in the order in which its HTML shows them."""
        path = page.file.src_uri
        found = self.fences.seen(html)
        self.pages.fail(*found.missed)
        try:
            said = declared(path, page.meta)
        except GrammarError as error:
            self.pages.fail(error)
            said = Declared()
        if not found.fences:
            return found.html
        read, mistakes = page_of(path, [self._placed(self.fences.all[number], page) for number in found.fences], said)
        self.pages.fail(*mistakes, *self.project.unknown_examples(read))
        for index, number in enumerate(found.fences):
            self._numbers[number] = path, index
            self._places.setdefault(self.fences.all[number].place, (path, index))
        # Markdown keeps a fence's HTML aside, so MkDocs, which checks links, does not see the ids in it.
        page.present_anchor_ids = (page.present_anchor_ids or set()) | set(map(blocks.anchor, read.blocks))
        self.pages.pages[path] = read
        return found.html

    @event_priority(_FIRST)
    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> Any:
        """All pages are rendered: run or replay them, and fill in what they show."""
        if self._collect:
            raise Collected
        if config.strict and _warned() and not self.background:
            raise PluginError("Aborted with warnings in strict mode; nothing was run, and the site is as it was")
        right = [page for path, page in self.pages.pages.items() if not self.pages.failures.get(path)]
        try:
            mode = Mode.chosen(self.project.settings.engine)
            if self.background:
                self.pages.results = self.background.results(right, mode)
            else:
                with progress.shown(len(right)) as shown:
                    self.pages.results = self.project.results(right, mode, shown, log.info)
        except DockerNotesError as error:
            raise PluginError(redact(str(error))) from error
        finally:
            if not self.background:
                self.project.close()
        for result in self.pages.results.values():
            self.pages.fail(*result.failures)
        for file in files.documentation_pages():
            if file.page is not None:
                self._fill(file.page, config)
                if file.page.title and WORD.search(file.page.title):
                    file.page.title = self.values.plain(file.page.title)
        self._judge()
        self.project.settings.cache.mkdir(parents=True, exist_ok=True)
        self._writing.acquire()
        self._cleaning.do()
        self._add_results(config, files)
        # Templates are compiled once a machine, and not once a build.
        compiled = self.project.settings.cache / "templates"
        compiled.mkdir(parents=True, exist_ok=True)
        env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
        return env

    @event_priority(-900)  # before what makes a page smaller
    def on_post_page(self, output: str, *, page: MkDocsPage, config: MkDocsConfig) -> str:  # noqa: ARG002  # MkDocs' names
        """Fill in what came into the page from elsewhere, such as a post's beginning."""
        output = self._filled(output, "")
        return asset_files.linked(output, page.url) if 'class="console' in output else output

    @event_priority(_LAST)
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Fill in what other plugins wrote by themselves; a block that did not run is never published."""
        self._sweep(Path(config.site_dir))
        self._writing.release()

    def _sweep(self, site: Path) -> None:
        for path in site.rglob("*.*"):
            if path.suffix in _TEXTS and path.is_file():
                data = path.read_bytes()
                if not _LEFT.search(data):
                    continue
                text = self._filled(data.decode(), "") if path.suffix == ".html" else self._filled_in_code(data.decode())
                path.write_text(text, encoding="utf-8")
                if b"data-docker-notes" in text.encode():
                    path.unlink()
                    name = path.relative_to(site).as_posix()
                    raise PluginError(f"{name}: a plugin wrote a block in a form of its own, so what it showed could not be put in")

    # ----------------------------------------------------------------------------------- pieces

    def where(self) -> tuple[str, int]:
        """The path of the page at work, and how many lines of its file stand above its Markdown."""
        return self._path, self._above

    def _placed(self, fence: Fence, page: MkDocsPage) -> Fence:
        """A fence of this page; of one that the page includes, with the line at which it does."""
        if fence.line and fence.page == page.file.src_uri:
            return fence
        lines = page.file.content_string.split("\n")
        including = (n for n, line in enumerate(lines, 1) if "-8<-" in line or "include" in line)
        return type(fence)(page.file.src_uri, next(including, 1), fence.header, fence.body, fence.place)

    def _fill(self, page: MkDocsPage, config: MkDocsConfig) -> None:
        """A page as its readers see it, with its engine and date at its beginning, and its provenance at its end."""
        path = page.file.src_uri
        html = self._filled(page.content or "", path, page.url)
        for item in page.toc:
            _in_contents(item, self.values)
        read = self.pages.pages.get(path)
        here = read.blocks if read else ()
        elsewhere = [str(failure) for failure in self.pages.failures.get(path, ()) if not blocks.at(here, failure.line)]
        if elsewhere:
            html = blocks.failures(elsewhere) + html
        result = self.pages.results.get(path)
        if result and result.has_run:
            if page.is_homepage:
                # The address that readers know, not that of the file.
                page.canonical_url = config.site_url
            head, title, rest = html.partition("</h1>")
            stamp = blocks.stamp(result.recording)
            cast = get_relative_url(_cast(path), page.url)
            html = (head + title + stamp + rest) if title else stamp + html
            html += panel.panel(result.recording)
            html += blocks.provenance(result.recording, live=result.live, cast=cast)
        page.content = html

    def _filled(self, html: str, path: str, url: str = "") -> str:
        if "data-docker-notes=" in html:
            html = PLACEHOLDER.sub(lambda found: self._block(int(found["number"]), path, url), html)
        return self.values.fill(html)

    def _filled_in_code(self, text: str) -> str:
        """Of a feed, an index or a script: with what is shown escaped as the placeholder is."""

        def block(found: re.Match[str]) -> str:
            html = self.values.fill(self._block(int(found["number"]), "", ""))
            if found["quote"] == '"':
                return html
            return json.dumps(html)[1:-1] if found["quote"] == '\\"' else escape(html)

        filled = _ESCAPED.sub(block, text)
        return WORD.sub(lambda word: json.dumps(self.values.plain(word.group()))[1:-1], filled)

    def _block(self, number: int, path: str, url: str) -> str:
        """A block's HTML: on its own page, with its id; elsewhere without, as others may have the same there."""
        at = self._numbers.get(number) or self._places.get(self.fences.all[number].place)
        if at is None:
            fence = self.fences.all[number]
            failure = GrammarError(fence.page, fence.line or 1, "this block was rendered apart from its page, and did not run")
            self._complain([failure])
            raise PluginError(str(failure))
        page, index = at
        if page not in self.pages.results:  # its mistakes stand on top of the page
            return blocks.notice("this page has mistakes, so its commands were not run")
        found = self.pages.shown(page)
        shown = found[index]
        notices = [str(f) for f in self.pages.failures.get(page, ()) if blocks.at([shown.block], f.line)]
        name = shown.block.options.example
        # Where a page first uses an example, it offers the files.
        first = name and page == path and all(other.block.options.example != name for other in found[:index])
        archive = get_relative_url(downloads.address(name), url) if first else ""
        running = self.pages.results[page].running
        return blocks.block(shown, notices, running=running, archive=archive, anchored=page == path)

    def _judge(self) -> None:
        """Tell what is wrong; nothing is written where something is."""
        failures = [*self.pages.all_failures, *self.values.missed]
        self._complain(failures)
        if self.background:
            return
        if failures:
            count = len(failures)
            raise PluginError(f"{count} failure{'s' * (count > 1)}, told above; the site and its recordings are as they were")
        try:
            for page in self.project.save(self.pages.results.values()):
                log.info(f"recorded {page}")
        except DockerNotesError as error:
            raise PluginError(redact(str(error))) from error

    def _add_results(self, config: MkDocsConfig, files: Files) -> None:
        """Add what is made of the recordings."""
        listing = executions((self.pages.pages[path], result) for path, result in self.pages.results.items())
        write_atomic((json.dumps(listing, ensure_ascii=False, indent=1) + "\n").encode(), self._made(EXECUTIONS))
        for path, result in self.pages.results.items():
            if result.has_run:
                files.append(self._file(config, _cast(path), asciicast.asciicast(result.recording, path).encode()))

    def _file(self, config: MkDocsConfig, name: str, data: bytes) -> File:
        """A file of the site, kept on disk, as not every plugin can do with one that is not."""
        made = self._made(name)
        if not made.exists() or made.read_bytes() != data:
            write_atomic(data, made)
        return File.generated(config, name, abs_src_path=str(made))

    def _made(self, name: str) -> Path:
        return self.project.settings.cache / "site" / name

    def _complain(self, failures: Sequence[PageError]) -> None:
        if failures and self.background:
            to_terminal(str(in_page_order(failures)))
        elif failures:
            log.error(str(in_page_order(failures)))
            for failure in failures:
                annotate(failure, self.project.settings.docs / failure.page)


def _in_contents(item: Any, values: Values) -> None:
    item.title = values.plain(item.title)
    for child in item.children:
        _in_contents(child, values)


def _outside(nav: Any) -> Iterator[str]:
    """The pages of a navigation that lie above the folder of pages, where MkDocs finds none."""
    if isinstance(nav, str) and nav.startswith("../") and nav.endswith((".md", ".markdown")):
        yield nav
    elif isinstance(nav, (list, dict)):
        for item in nav.values() if isinstance(nav, dict) else nav:
            yield from _outside(item)


def _cast(page: str) -> str:
    return f"{CASTS}/{page.removesuffix('.md')}.cast"


def _hear_warnings() -> None:
    """Undo the part of `--quiet` that would let warnings pass uncounted in a strict build."""
    logger = logging.getLogger("mkdocs")
    logger.setLevel(min(logger.level, logging.WARNING))


def _warned() -> bool:
    """Whether MkDocs counted a warning, for which a strict build fails after its last event."""
    counters = (handler for handler in logging.getLogger("mkdocs").handlers if isinstance(handler, CountHandler))
    return any(counter.get_counts() for counter in counters)


def to_terminal(text: str) -> None:
    """Say something under `mkdocs serve`, where a logged warning would end a strict build."""
    print(text, file=sys.stderr, flush=True)
