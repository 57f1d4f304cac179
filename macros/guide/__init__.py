"""What belongs to this site alone: two macros, the page for print, the preview picture, fixes of the theme."""

from __future__ import annotations

from typing import Any

from guide.macros import GuideMacros, Source, source_of

__all__ = ["define_env"]


def define_env(env: Any) -> None:
    """Add this site's own macros; called by mkdocs-macros once a build, by Zensical once a page, behind docker_notes."""
    own = GuideMacros(_zensical(env) if type(env).__module__.startswith("zensical.") else source_of(env.conf))
    env.macro(own.failures, "failures")
    env.macro(own.source.macros.deferred(own.totals), "totals")


def _zensical(env: Any) -> Source:
    from pathlib import Path  # noqa: PLC0415  # for Zensical alone

    from docker_notes.site import zensical  # noqa: PLC0415

    docs = Path(env.project_dir) / "docs"
    texts = {path.relative_to(docs).as_posix(): path.read_text(encoding="utf-8") for path in sorted(docs.rglob("*.md"))}
    urls = {page: page.removesuffix(".md") + ".html" for page in texts}
    return Source(zensical.page_macros(env), zensical.site_pages(Path(env.project_dir)), lambda: texts, lambda: urls)
