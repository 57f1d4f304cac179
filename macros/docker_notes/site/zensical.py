"""The same pages by Zensical: `python -m docker_notes.site.zensical` builds them into site-zensical/.

Zensical reads mkdocs.yml and has macros, but no events of pages and no fences added by a macro
module. A Markdown extension stands in for both. What it cannot stand in for, files beside the
pages, is told in CONTRIBUTING.md.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from pymdownx import superfences

from docker_notes.page import grammar as console
from docker_notes.runner import progress
from docker_notes.html import blocks as render
from docker_notes.project.project import Project, Mode, tell
from docker_notes.errors import PageError, in_page_order
from docker_notes.site.pages import Pages
from docker_notes.site.macros import Prose

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown import Markdown

SITE = "site-zensical"
CONFIG = "zensical.yml"
# Zensical's macros have priority 35; smaller numbers come later.
_BEFORE_MACROS, _LAST = 36, -100


@cache
def pages(root: Path) -> Pages:
    """Every page, read and run or replayed when the first one is rendered; once a process.

    Raises:
        BuildFailed: where a page has mistakes, or did not do what it says.
    """
    project = Project(root)
    texts = project.texts()
    pages, failures = project.read(texts)
    try:
        with progress.shown(len(pages)) as shown:
            told = tell(project, pages, Mode.from_environment(), shown, print)
    finally:
        project.close()
    failures += [failure for one in told.values() for failure in one.failures]
    if failures:
        raise in_page_order(failures)
    project.save(told.values())
    return Pages(texts, pages, told)


def define(env: Any) -> None:
    """Give a page its macros; called for each page."""
    found = pages(Path(env.project_dir))
    path = env.page.path
    page = SimpleNamespace(file=SimpleNamespace(src_uri=path), markdown=found.texts[path])
    prose = Prose(found, SimpleNamespace(page=page), Project(Path(env.project_dir)).kept)
    for name, macro in prose.macros().items():
        env.macro(partial(_or_raise, macro, prose.missed), name)


def _or_raise(macro: Callable[..., str], missed: list[PageError], *words: Any, **named: Any) -> str:
    text = macro(*words, **named)
    if missed:
        raise in_page_order(missed)
    return text


class _Shield(Preprocessor):
    """Code is not the macros'."""

    def run(self, lines: list[str]) -> list[str]:
        return console.shield("\n".join(lines)).split("\n")


class _Provenance(Postprocessor):
    """Begin a page with its engine and date, and end it with its provenance."""

    def __init__(self, md: Markdown, found: Pages, page: str) -> None:
        super().__init__(md)
        self._told = found.told.get(page)

    def run(self, text: str) -> str:
        head, title, rest = text.partition("</h1>")
        if self._told is None or not title:  # also called for the text of each heading
            return text
        recording = self._told.recording
        return head + title + render.stamp(recording) + rest + render.provenance(recording, live=self._told.live)


class Blocks(Extension):
    """Console blocks, and what stands around them."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  # Python-Markdown's name
        """Add to the Markdown of one page."""
        from zensical.extensions.context import ContextPreprocessor  # noqa: PLC0415  # Zensical alone calls this

        context = ContextPreprocessor.from_markdown(md)
        assert context is not None  # noqa: S101  # Zensical's own, always the first one
        page, found = context.page.path, pages(Path(context.config["root_dir"]))

        def show(*_: Any, options: dict[str, Any], **__: Any) -> str:
            return render.block(found.shown(page)[options["block"]])

        fences = next(e for e in md.registeredExtensions if isinstance(e, superfences.SuperFencesCodeExtension))
        fences.extend_super_fences(console.LANGUAGE, show, _take, None)
        md.preprocessors.register(_Shield(md), "console-shield", _BEFORE_MACROS)
        md.postprocessors.register(_Provenance(md, found, page), "console-provenance", _LAST)


def _take(_: str, inputs: dict[str, str], options: dict[str, Any], *__: Any) -> bool:
    options["block"] = int(inputs["block"])
    return True


def makeExtension(**options: Any) -> Blocks:  # noqa: N802  # the name that Python-Markdown looks for
    """The extension, as Python-Markdown asks for it."""
    return Blocks(**options)


def config(text: str) -> str:
    """Zensical's configuration, from that of MkDocs: without the tag that it does not know, with the extension."""
    return (
        text.replace("[!relative $config_dir]", '["."]')
        .replace("  - pymdownx.superfences\n", "  - pymdownx.superfences\n  - docker_notes.site.zensical\n")
        .replace("strict: true", f"strict: false\nsite_dir: {SITE}")
    )


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
