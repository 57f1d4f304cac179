"""Every page by every link: nothing fails, nothing comes from elsewhere, no link leads nowhere."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser.pages import PAGES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.browser import Browser
    from tests.browser.crawl import Crawl


def test_links_lead_to_every_page(crawled: Crawl) -> None:
    assert set(crawled.visits) == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
class TestPage:
    def test_console_is_silent(self, crawled: Crawl, page: str) -> None:
        assert crawled.visits[page].said == []

    def test_no_request_fails(self, crawled: Crawl, page: str) -> None:
        assert crawled.visits[page].failed == []

    def test_nothing_comes_from_elsewhere(self, crawled: Crawl, page: str) -> None:
        requested = crawled.visits[page].requested
        assert requested, "the page itself was requested"
        assert [url for url in requested if not url.startswith((crawled.base, "data:", "blob:"))] == []

    def test_ids_are_unique(self, crawled: Crawl, page: str) -> None:
        assert [name for name, count in collections.Counter(crawled.visits[page].ids).items() if count > 1] == []

    def test_links_and_anchors_hold(self, crawled: Crawl, site: Path, page: str) -> None:
        lost = []
        for link in crawled.visits[page].links:
            if not link.startswith(crawled.base):
                # A path of our own server that is not below the site would be one that breaks under a sub-path.
                assert urlsplit(link).netloc != urlsplit(crawled.base).netloc, link
                continue
            name, anchor = crawled.name(link), unquote(urlsplit(link).fragment)
            if not (site / name).is_file() or (anchor and anchor not in crawled.visits[name].ids):
                lost.append(link)
        assert lost == []


def test_missing_page_says_so_and_leads_back(browser: Browser, top: str) -> None:
    browser.open(top + "no/such/page.html")
    browser.settled()
    assert browser.one("h1").text == "No such page"
    _, events = browser.logs()
    failed = [event["params"]["response"] for event in events if event["method"] == "Network.responseReceived"]
    assert [about["url"] for about in failed if about["status"] >= 400] == [top + "no/such/page.html"]
    links = [link.get_property("href") for link in browser.all("main .begin a")]
    assert links == [top + "index.html", top + "troubleshooting.html"]
