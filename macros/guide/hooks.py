"""This site's own events of MkDocs: the page for print, the preview picture, fixes of the theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from docker_notes.html import blocks
from docker_notes.recording.files import write_atomic
from docker_notes.site.plugin import NAME
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

from guide import print_page, theme_fixes

if TYPE_CHECKING:
    from docker_notes.site.plugin import Plugin
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

__all__ = ["PREVIEW", "PREVIEWED", "on_env", "on_files", "on_post_page", "on_post_template"]

PREVIEW = "assets/preview.png"
PREVIEWED = 8  # steps; more do not fit


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the page for print, still empty."""
    files.append(print_page.file(config))
    return files


@event_priority(-500)  # behind docker-notes, which fills in what pages show
def on_env(env: Any, *, config: MkDocsConfig, files: Files) -> Any:
    """Mend what Markdown made of the pages, put them together for print, and draw the picture."""
    for file in files.documentation_pages():
        if file.page is not None:
            file.page.content = theme_fixes.content(file.page.content or "")
    print_page.bind(files)
    plugin = cast("Plugin", config.plugins[NAME])
    results = [] if plugin.background else list(plugin.pages.results.values())
    for result in results[:1]:
        about = result.recording.provenance
        note = f"Docker Engine {about.engine} · {blocks.day(about.date)}"
        steps = result.recording.steps[:PREVIEWED]
        picture = plugin.project.cache.get("guide.preview", "draw", str(config.site_name), note, steps)
        path = plugin.project.settings.cache / "site" / PREVIEW
        write_atomic(cast("bytes", picture), path)
        files.append(File.generated(config, PREVIEW, abs_src_path=str(path)))
    return env


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG001  # MkDocs' names
    """Mend what the theme wrote."""
    return theme_fixes.repaired(output)


def on_post_template(output: str, *, template_name: str, config: MkDocsConfig) -> str:  # noqa: ARG001  # MkDocs' names
    """The same for pages that are no page, such as 404.html."""
    return theme_fixes.repaired(output) if template_name.endswith(".html") else output
