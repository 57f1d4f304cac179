"""The same pages by Zensical: `python -m docker_notes.site.zensical` builds them into site-zensical/.

Zensical reads mkdocs.yml and has macros, but no events of pages and no fences added by a macro
module. A Markdown extension stands in for both. What it cannot stand in for, files beside the
pages, is told in CONTRIBUTING.md. As it renders pages one by one, their blocks are read before by
Markdown alone: a block that macros make is an error there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from docker_notes.errors import DockerNotesError, PageError, in_page_order
from docker_notes.html import blocks, panel
from docker_notes.page.grammar import read
from docker_notes.page.jinja import Hiding, restore
from docker_notes.page.markdown import PLACEHOLDER, ConsoleExtension, Fences
from docker_notes.project.project import Project
from docker_notes.project.settings import Mode, Settings
from docker_notes.runner import progress
from docker_notes.site.macros import PageMacros
from docker_notes.site.pages import Pages
from docker_notes.site.values import Values

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from markdown import Markdown

__all__ = ["CONFIG", "EXTENSION", "SITE", "Blocks", "config", "define", "main", "makeExtension", "page_macros", "site_pages"]

SITE = "site-zensical"
CONFIG = "zensical.yml"
EXTENSION = "docker_notes.site.zensical"
# Zensical's macros have priority 35; smaller numbers come later.
_BEFORE_MACROS, _BEHIND_MACROS, _LAST = 36, 34, -100


@cache
def site_pages(root: Path) -> Pages:
    """Every page, read and run or replayed when the first one is rendered; once a process.

    Raises:
        BuildFailed: where a page has mistakes, or did not do what it says.
    """
    settings = Settings.at(root)
    project = Project(settings)
    found = Pages()
    failures: list[PageError] = []
    for path in sorted(settings.docs.rglob("*.md")):
        page, mistakes = read(path.relative_to(settings.docs).as_posix(), path.read_text(encoding="utf-8"))
        failures += [*mistakes, *project.unknown_examples(page)]
        if page.blocks:
            found.pages[page.path] = page
    if failures:
        raise in_page_order(failures)
    try:
        with progress.shown(len(found.pages)) as shown:
            found.results = project.results(found.pages.values(), Mode.chosen(), shown, print)
    finally:
        project.close()
    failures = [failure for result in found.results.values() for failure in result.failures]
    if failures:
        raise in_page_order(failures)
    project.save(found.results.values())
    return found


# The values that macros asked for, by the page at work: its macros run within the Markdown of it.
_values: dict[str, Values] = {}


def page_macros(env: Any) -> PageMacros:
    """The macros of the page at work."""
    root, path = Path(env.project_dir), env.page.path
    values = _values.setdefault(path, Values(lambda _: False))
    return PageMacros(site_pages(root), values, Project(Settings.at(root)).cache, lambda: (path, 0))


def define(env: Any) -> None:
    """Give a page its macros; called for each page."""
    for name, macro in page_macros(env).macros().items():
        env.macro(macro, name)


class _Hide(Preprocessor):
    """Code is not the macros'."""

    def run(self, lines: list[str]) -> list[str]:
        return Hiding(Environment(autoescape=True), lambda: ())("\n".join(lines)).split("\n")


class _Restore(Preprocessor):
    """Behind the macros it is code again."""

    def run(self, lines: list[str]) -> list[str]:
        return restore("\n".join(lines)).split("\n")


class _Trees(Treeprocessor):
    """Tells when all of a page is a tree: what comes before is the text of its headings."""

    done = False

    def run(self, root: Element) -> None:  # noqa: ARG002  # Python-Markdown's name
        self.done = True


class _Fill(Postprocessor):
    """Blocks and values, and around a page its engine and date, and its provenance."""

    def __init__(self, md: Markdown, found: Pages, fences: Fences, page: str) -> None:
        super().__init__(md)
        self._trees = _Trees(md)
        md.treeprocessors.register(self._trees, "console-trees", _LAST)
        self._found, self._fences, self._page = found, fences, page

    def run(self, text: str) -> str:
        seen = self._fences.seen(text)
        page = self._found.pages.get(self._page)
        whole = self._trees.done or seen.fences  # else it is the text of a heading
        if whole and len(seen.fences) != (len(page.blocks) if page else 0):
            raise DockerNotesError(f"{self._page}: macros of this page make or hide blocks, which works with MkDocs only")
        index = {number: at for at, number in enumerate(seen.fences)}
        html = PLACEHOLDER.sub(lambda found: self._block(index[int(found["number"])]), seen.html)
        values = _values.get(self._page)
        html = values.fill(html) if values else html
        if values and values.missed:
            raise in_page_order(values.missed)
        head, title, rest = html.partition("</h1>")
        result = self._found.results.get(self._page)
        if result is None or not title:  # also called for the text of each heading
            return html
        end = panel.panel(result.recording) + blocks.provenance(result.recording, live=result.live)
        return head + title + blocks.stamp(result.recording) + rest + end

    def _block(self, index: int) -> str:
        return blocks.block(self._found.shown(self._page)[index])


class Blocks(Extension):
    """Console blocks, and what stands around them."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  # Python-Markdown's name
        """Add to the Markdown of one page."""
        from zensical.extensions.context import ContextPreprocessor  # noqa: PLC0415  # Zensical alone calls this

        context = ContextPreprocessor.from_markdown(md)
        assert context is not None  # noqa: S101  # Zensical's own, always the first one
        page, found = context.page.path, site_pages(Path(context.config["root_dir"]))
        fences = Fences(lambda: page)
        md.registerExtensions([ConsoleExtension(fences)], {})
        md.preprocessors.register(_Hide(md), "console-hide", _BEFORE_MACROS)
        md.preprocessors.register(_Restore(md), "console-restore", _BEHIND_MACROS)
        md.postprocessors.register(_Fill(md, found, fences, page), "console-fill", _LAST)


def makeExtension(**options: Any) -> Blocks:  # noqa: N802  # the name that Python-Markdown looks for
    """The extension, as Python-Markdown asks for it."""
    return Blocks(**options)


def config(text: str) -> str:
    """Zensical's configuration, from that of MkDocs: without the tag that it does not know, with the extension."""
    text = re.sub(r"^(?:strict|site_dir):.*\n?", "", text.replace("[!relative $config_dir]", '["."]'), flags=re.MULTILINE)
    own = f"  - {EXTENSION}\n"
    if not re.search(r"^ *- pymdownx\.superfences\b", text, re.MULTILINE):
        own = f"  - pymdownx.superfences\n{own}"  # else it comes last, and takes the console fences back
    extensions = re.search(r"^markdown_extensions:\n(?:[ #].*\n|\n)*", text, re.MULTILINE)
    if extensions:
        text = text[: extensions.end()].rstrip("\n") + "\n" + own + text[extensions.end() :]
    else:
        text = f"{text.rstrip()}\nmarkdown_extensions:\n{own}"
    return f"{text.rstrip()}\nstrict: false\nsite_dir: {SITE}\n"


def main(root: Path) -> int:
    """Build; Zensical's exit status. Its links are not checked: it does not know anchors in HTML."""
    file = root / CONFIG
    file.write_text(config((root / "mkdocs.yml").read_text(encoding="utf-8")), encoding="utf-8")
    try:
        words = [sys.executable, "-m", "zensical", "build", "--clean", "--config-file", str(file)]
        return subprocess.run(words, cwd=root, check=False).returncode  # noqa: S603
    finally:
        file.unlink()


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
