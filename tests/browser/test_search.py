"""Search finds an error by a piece of its text; outputs do not drown the prose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import html5lib
import pytest
from markdown.extensions.toc import slugify

from tests.browser.pages import FAILURES, GUIDE, RUN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.browser import Browser

_FIRST = ".md-search-result__list > .md-search-result__item a"


def _search(browser: Browser, text: str) -> list[str]:
    """The addresses that a search lists, best first."""
    field = browser.one("[data-md-component=search-query]")
    field.click()
    field.clear()
    told = browser.one(".md-search-result__meta")
    browser.until(lambda: told.text.startswith("Type to"), "the index is there")
    field.send_keys(text)
    browser.until(lambda: re.search(r"\d|No ", told.text), f"an answer for {text!r}")
    found: list[str] = browser.run(f"return [...document.querySelectorAll('{_FIRST}')].map(link => link.href)")
    return found


@pytest.fixture(params=["http", "file"])
def start(request: pytest.FixtureRequest, browser: Browser, base: str, site: Path) -> str:
    """The start page, from a server and from the disk."""
    url: str = base + "index.html" if request.param == "http" else (site / "index.html").as_uri()
    browser.open(url)
    browser.settled()
    return url


def test_error_leads_to_its_explanation(browser: Browser, start: str) -> None:
    lost = []
    # One text may be the sign of several failures.
    for wanted in {text for _, _, text in FAILURES}:
        titles = {f"#{slugify(title, '-')}" for _, title, text in FAILURES if text == wanted}
        found = _search(browser, wanted)
        # The page stands above its sections.
        if not any("troubleshooting.html" in link and link[link.rfind("#") :] in titles for link in found[:4]):
            lost.append((wanted, titles, found[:4]))
    assert FAILURES
    assert lost == []


def test_result_opens_its_page(browser: Browser, start: str) -> None:
    assert _search(browser, "layers")
    browser.one(_FIRST).click()
    browser.until(lambda: browser.driver.current_url.partition("?")[0] != start, "another page")
    assert "layer" in browser.one("article").text.lower()


def test_outputs_are_not_searched(site: Path) -> None:
    index = (site / "search/search_index.json").read_text()
    indexed = set(re.findall(r"\w+", index))
    printed: set[str] = set()
    told: set[str] = set()
    for source in RUN:
        _sort(html5lib.parse((site / (source[:-3] + ".html")).read_text(), namespaceHTMLElements=False), printed, told)
    for page in GUIDE:
        _sort(html5lib.parse((site / page).read_text(), namespaceHTMLElements=False), set(), told)
    alone = {word for word in printed - told if len(word) > 5}
    assert len(alone) > 100, "outputs have words of their own"
    assert alone & indexed == set()


def _sort(element: Any, printed: set[str], told: set[str], *, inside: bool = False) -> None:
    """The words of a page: those that stand in outputs, and all others."""
    inside = inside or "console-output" in element.get("class", "").split()
    words = re.findall(r"\w+", f"{element.text or ''} {' '.join(element.attrib.values()) if not inside else ''}")
    (printed if inside else told).update(words)
    for child in element:
        _sort(child, printed, told, inside=inside)
        (printed if inside else told).update(re.findall(r"\w+", child.tail or ""))
