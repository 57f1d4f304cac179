"""Every page that links lead to, and what the browser loaded and said there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlsplit

if TYPE_CHECKING:
    from tests.browser.browser import Browser

_LOOK = """
  return {
    links: [...document.querySelectorAll("a[href], area[href]")].map(a => a.href.baseVal ? new URL(a.href.baseVal, document.baseURI).href : a.href),
    ids: [...document.querySelectorAll("[id]")].map(e => e.id),
  };
"""


@dataclass
class Visit:
    """A page as the browser saw it: what is wrong with it, and where it leads."""

    said: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


class Crawl:
    """From the start page on, by every link that stays on the site.

    Args:
        browser: with which it is done.
        base: the address of the start page's folder.
    """

    def __init__(self, browser: Browser, base: str) -> None:
        self.base = base
        self.visits: dict[str, Visit] = {}
        waiting = [base + "index.html"]
        while waiting:
            url = waiting.pop()
            name = self.name(url)
            if name in self.visits or not name.endswith(".html"):
                continue
            self.visits[name] = visit = _visit(browser, url)
            waiting += [urldefrag(link).url for link in visit.links if link.startswith(base)]

    def name(self, url: str) -> str:
        """An address below the site, without what the browser alone uses."""
        return unquote(urlsplit(urldefrag(url).url).path).removeprefix(urlsplit(self.base).path) or "index.html"


def _visit(browser: Browser, url: str) -> Visit:
    browser.open(url)
    browser.settled()
    said, events = browser.logs()
    visit = Visit(said=said, **browser.driver.execute_script(_LOOK))
    addresses: dict[str, str] = {}
    for event in events:
        about = event["params"]
        if event["method"] == "Network.requestWillBeSent":
            addresses[about["requestId"]] = about["request"]["url"]
            visit.requested.append(about["request"]["url"])
        elif event["method"] == "Network.responseReceived" and about["response"]["status"] >= 400:
            visit.failed.append(f"{about['response']['status']} {about['response']['url']}")
        elif event["method"] == "Network.loadingFailed" and not about.get("canceled"):
            visit.failed.append(f"{about['errorText']} {addresses.get(about['requestId'])}")
    return visit
