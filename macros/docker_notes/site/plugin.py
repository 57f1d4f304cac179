"""MkDocs' side: when walkthroughs run, what fences and macros become, what is written beside the pages."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from jinja2 import FileSystemBytecodeCache
from mkdocs.config.base import Config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
from mkdocs.structure.files import File, get_files
from mkdocs.utils import CountHandler, get_relative_url
from pymdownx.superfences import SuperFencesException

from docker_notes.html import asciicast as casts
from docker_notes.page import grammar as console
from docker_notes.site import downloads
from docker_notes.page import examples
from guide import theme_fixes as markup
from guide import print_page as printing
from docker_notes.runner import progress
from docker_notes.html import blocks as render
from docker_notes.site.background import BackgroundRuns
from docker_notes.project.project import Project, Mode, tell
from docker_notes.errors import DockerNotesError, PageError, in_page_order
from docker_notes.site.pages import Pages
from docker_notes.site.macros import Prose
from docker_notes.site.staging import Aside
from docker_notes.recording.model import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page
    from watchdog.observers.api import BaseObserver

log = get_plugin_logger("docker-notes")
EXECUTIONS = "executions.json"
CASTS = "assets/casts"
PREVIEW = "assets/preview.png"
PREVIEWED = 8  # steps; more do not fit


class FenceError(SuperFencesException, PluginError):  # type: ignore[misc]  # superfences lets its own kind through only
    """A block that can not be shown; of both kinds, so that neither superfences nor MkDocs swallows it."""


class _NoOptions(Config):  # type: ignore[no-untyped-call]  # MkDocs' own hook
    """There is nothing to set."""


class Site(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call]  # MkDocs' own hook
    """One build of the site.

    Args:
        project: the walkthroughs of this clone.
        env: the environment of mkdocs-macros, which knows the page at work.
        ahead: under `mkdocs serve`, what runs pages in the background.
    """

    def __init__(self, project: Project, env: Any, ahead: BackgroundRuns | None = None) -> None:
        super().__init__()
        self.project = project
        self.ahead = ahead
        self._env = env
        self._aside: Aside | None = None
        self._observer: BaseObserver | None = None
        self.pages = Pages()
        self.prose = Prose(self.pages, env, project.cache)

    # ------------------------------------------------------------------------ events of MkDocs

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Read, run or replay every page before anything is written."""
        if config.strict:
            _hear_warnings()
        files = get_files(config)
        self.pages.texts = {file.src_uri: file.content_string for file in files.documentation_pages()}
        self.pages.pages, failures = self.project.read(self.pages.texts)
        try:
            mode = Mode.from_environment()
            if self.ahead:
                self.pages.told = self.ahead.tell(self.pages.pages, mode)
            else:
                self._aside = Aside(Path(config.site_dir))
                config.site_dir = str(self._aside.folder)
                with progress.shown(len(self.pages.pages)) as shown:
                    self.pages.told = tell(self.project, self.pages.pages, mode, shown, log.info)
        except DockerNotesError as error:
            raise PluginError(str(error)) from error
        finally:
            if not self.ahead:
                self.project.close()
        failures += [failure for told in self.pages.told.values() for failure in told.failures]
        self.pages.failures = {page: [f for f in failures if f.page == page] for page in self.pages.texts}
        self._complain(failures)

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:  # noqa: ARG002  # MkDocs' names
        """Build again when a page's run has ended, and have an edited page run before MkDocs knows of the edit."""
        if self.ahead:
            from docker_notes.site.watch import listen  # noqa: PLC0415  # of no use to a build

            self._observer = listen(server, signal_file(self.project.root), self.project.docs, self.ahead.edited)
        return server

    def on_shutdown(self) -> None:
        """End the sandboxes that were kept warm."""
        if self._observer:
            self._observer.stop()
        self.project.close()

    @event_priority(-1000)  # behind all that write into the site
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Put the finished site in place, unless a warning is about to fail the build."""
        if self._aside and not (config.strict and _warned()):
            self._aside.put_in_place()

    def on_build_error(self, *, error: Exception) -> None:  # noqa: ARG002  # MkDocs' names
        """Leave what was there as it was."""
        if self._aside:
            self._aside.drop()

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Add what is made of the recordings."""
        for page, told in self.pages.told.items():
            if told.recording.provenance == UNKNOWN:  # under serve: it has never run
                continue
            text = casts.asciicast(told.recording, page)
            files.append(File.generated(config, _cast(page), content=text))
        for name in examples.names(self.project.examples):
            files.append(File.generated(config, downloads.address(name), content=downloads.archive(self.project.examples / name)))
        files.append(printing.file(config))
        for told in list(self.pages.told.values())[: 0 if self.ahead else 1]:
            about = told.recording.provenance
            note = f"Docker Engine {about.engine} · {render.day(about.date)}"
            picture = self.project.cache.get("guide.preview", "draw", str(config.site_name), note, told.recording.steps[:PREVIEWED])
            files.append(File.generated(config, PREVIEW, content=picture))
        listing = json.dumps(self.pages.executions(), ensure_ascii=False, indent=1) + "\n"
        files.append(File.generated(config, EXECUTIONS, content=listing))
        return files

    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002  # MkDocs' names
        """Begin a page with its engine and date, and end it with its provenance."""
        if page.is_homepage:
            # The address that readers know, not that of the file.
            page.canonical_url = config.site_url
        html = markup.content(html)
        name = page.file.src_uri
        told = self.pages.told.get(name)
        blocks = self.pages.pages[name].page.blocks if told else ()
        # Markdown keeps a fence's HTML aside, so MkDocs, which checks links, does not see the ids in it.
        page.present_anchor_ids = (page.present_anchor_ids or set()) | set(map(render.anchor, blocks))
        elsewhere = [str(failure) for failure in self.pages.failures.get(name, ()) if not render.at(blocks, failure.line)]
        if elsewhere:
            html = render.failures(elsewhere) + html
        if told is None or told.recording.provenance == UNKNOWN:
            return html
        head, title, rest = html.partition("</h1>")
        body = head + title + render.stamp(told.recording) + rest if title else html
        return body + render.provenance(told.recording, live=told.live, cast=get_relative_url(_cast(name), page.url))

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> Any:  # noqa: ARG002  # MkDocs' names
        """Before anything is written: every macro was asked, so all that is wrong is known."""
        # Templates are compiled once a machine, and not once a build.
        compiled = self.project.root / ".cache" / "templates"
        compiled.mkdir(parents=True, exist_ok=True)
        env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
        printing.bind(files)
        self._complain(self.prose.missed)
        if self.ahead:
            return env
        count = len(self.prose.missed) + sum(map(len, self.pages.failures.values()))
        if count:
            raise PluginError(f"{count} failure{'s' * (count > 1)}, told above; site/ and recordings/ are as they were")
        for page in self.project.save(self.pages.told.values()):
            log.info(f"recorded {page}")
        return env

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG002  # MkDocs' names
        """Mend what the theme wrote."""
        return markup.repaired(output)

    def on_post_template(self, output: str, *, template_name: str, config: MkDocsConfig) -> str:  # noqa: ARG002  # MkDocs' names
        """The same for pages that are no page, such as 404.html."""
        return markup.repaired(output) if template_name.endswith(".html") else output

    # --------------------------------------------------------------------------------- fences

    def shield(self, env: Any) -> None:
        """Before macros are rendered, where they will be: code is not theirs."""
        file = env.page.file.src_path
        chosen = env.page.meta.get("render_macros", env.config["render_by_default"] or env.force_page_rendering(file))
        if chosen:
            env.markdown = console.shield(env.markdown)

    def validate(self, language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, str], md: Any) -> bool:  # noqa: ARG002  # superfences' names
        """Take the stand-in of a block that `shield` put there."""
        if "block" not in inputs:
            raise FenceError(f"{self._page()}: a console block that the macros did not see; let the page render macros")
        options["block"] = int(inputs["block"])
        return True

    def format(self, source: str, language: str, css_class: str, options: dict[str, Any], md: Any, **kwargs: Any) -> str:  # noqa: ARG002  # superfences' names
        """A block's HTML."""
        page = self._page()
        told = self.pages.told.get(page)
        if told is None:  # its mistakes stand on top of the page
            return render.notice("this page has mistakes, so its commands were not run")
        found = self.pages.shown(page)
        shown = found[options["block"]]
        notices = [str(f) for f in self.pages.failures.get(page, ()) if render.at([shown.block], f.line)]
        name = shown.block.options.example
        # Where a page first uses an example, it offers the files.
        first = name and all(other.block.options.example != name for other in found[: shown.block.index])
        archive = get_relative_url(downloads.address(name), self._env.page.url) if first else ""
        return render.block(shown, notices, running=told.running, archive=archive)

    def _page(self) -> str:
        return str(self._env.page.file.src_uri)

    def _complain(self, failures: Sequence[PageError]) -> None:
        if failures and self.ahead:
            _to_terminal(str(in_page_order(failures)))
        elif failures:
            log.error(str(in_page_order(failures)))


def _cast(page: str) -> str:
    return f"{CASTS}/{page.removesuffix('.md').replace('/', '--')}.cast"


def _hear_warnings() -> None:
    """Undo the part of `--quiet` that would let warnings pass uncounted in a strict build."""
    logger = logging.getLogger("mkdocs")
    logger.setLevel(min(logger.level, logging.WARNING))


def _warned() -> bool:
    """Whether MkDocs counted a warning, for which a strict build fails after its last event."""
    counters = (handler for handler in logging.getLogger("mkdocs").handlers if isinstance(handler, CountHandler))
    return any(counter.get_counts() for counter in counters)


def _to_terminal(text: str) -> None:
    """Say something under `mkdocs serve`, where a logged warning would end a strict build."""
    print(text, file=sys.stderr, flush=True)


def signal_file(root: Path) -> Path:
    """The file whose change has `mkdocs serve` build again."""
    return root / ".cache" / "serve"


def _serving() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name == "serve"


# One a process, so that `mkdocs serve` keeps its sandboxes and results from build to build.
_projects: dict[Path, Project] = {}
_aheads: dict[Path, BackgroundRuns] = {}


def site(root: Path, env: Any) -> Site:
    """The plugin for one build of the clone at `root`."""
    project = _projects.setdefault(root, Project(root))
    if not _serving():
        return Site(project, env)
    if root not in _aheads:
        signal = signal_file(root)
        signal.parent.mkdir(exist_ok=True)
        signal.touch()
        _aheads[root] = BackgroundRuns(project, lambda: os.utime(signal), _to_terminal)
    # A page that cannot be rendered shows why, and serve goes on.
    env.config["on_error_fail"] = False
    return Site(project, env, _aheads[root])
