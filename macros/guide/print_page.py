"""All pages of the guide, one behind the other, as one page to print."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, InclusionLevel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

__all__ = ["PAGE", "bind", "file"]

PAGE = "print.md"
_TEXT = """---
title: The whole guide
description: All pages of the guide on one page, to be printed or read without a network.
search:
  exclude: true
---
# The whole guide
"""

# Text between tags has its < escaped, so these are tags; values are quoted, by Markdown and by ourselves.
_NAMES = "id|name|for|href|src|data-cast|aria-labelledby"
_TAG = re.compile(rf"</?h[1-5]\b[^<>]*>|<[A-Za-z][^<>]*?\s(?:{_NAMES})=[^<>]*>")
_ATTRIBUTE = re.compile(rf'(?P<before>\s(?P<name>{_NAMES})=")(?P<value>[^"]*)(?=")')
_HEADING = re.compile(r"(?P<before></?h)(?P<level>[1-5])\b")


def file(config: MkDocsConfig) -> File:
    """The page's source, still empty."""
    return File.generated(config, PAGE, content=_TEXT, inclusion=InclusionLevel.NOT_IN_NAV)


def bind(files: Files) -> None:
    """Fill the page with the pages of the navigation, in its order; they are rendered by now."""
    found = [file.page for file in files.documentation_pages() if file.page is not None]
    target = next(page for page in found if page.file.src_uri == PAGE)
    pages = _in_order(next(page for page in found if page.is_homepage))
    parts = {page.url: _slug(page) for page in pages}
    whole = "".join(
        # The id is no ancestor of the page's code: Material would name all of it after that.
        f'<section class="print-page"><span id="{_slug(page)}"></span>{_within(page.content or "", page, target, parts)}</section>'
        for page in pages
    )
    target.content = (target.content or "") + whole


def _in_order(first: Page) -> list[Page]:
    pages = [first]
    while pages[-1].next_page is not None:
        pages.append(pages[-1].next_page)
    return pages


def _slug(page: Page) -> str:
    return "page-" + page.file.src_uri.removesuffix(".md").replace("/", "-")


def _within(html: str, page: Page, target: Page, parts: Mapping[str, str]) -> str:
    """A page's HTML as a part of another page: ids of its own, links to other parts, headings a level lower."""
    slug = _slug(page)

    def moved(match: re.Match[str]) -> str:
        name, value = match["name"], match["value"]
        if name in {"href", "src", "data-cast"}:
            return match["before"] + _address(value, page, target, parts)
        return match["before"] + " ".join(f"{slug}-{word}" for word in value.split())

    def tag(match: re.Match[str]) -> str:
        return _HEADING.sub(lower, _ATTRIBUTE.sub(moved, match.group()))

    def lower(match: re.Match[str]) -> str:
        return f"{match['before']}{int(match['level']) + 1}"

    return _TAG.sub(tag, html)


def _address(value: str, page: Page, target: Page, parts: Mapping[str, str]) -> str:
    if re.match(r"[a-z]+:|/", value):
        return value
    path, hash_, anchor = value.partition("#")
    url = posixpath.normpath(posixpath.join(posixpath.dirname(page.url), path)) if path else page.url
    if url in parts:
        return f"#{parts[url]}-{anchor}" if anchor else f"#{parts[url]}"
    return posixpath.relpath(url, posixpath.dirname(target.url) or ".") + hash_ + anchor
