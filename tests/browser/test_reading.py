"""Reading: by keyboard, in the scheme one likes, on a phone, without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import html5lib
import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.pages import PAGES, RUN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.browser import Browser

BUSY = "stopping-and-restarting.html"
"""The page with most of everything: figures, folds, hidden solutions."""

_GROUND = "return getComputedStyle(document.body).backgroundColor"


def _press(browser: Browser, *keys: str) -> None:
    browser.driver.switch_to.active_element.send_keys(*keys)


class TestScheme:
    def test_follows_the_system(self, browser: Browser, base: str) -> None:
        browser.open(base + "index.html")
        grounds = []
        for scheme in ("light", "dark", "light"):
            browser.scheme(scheme)
            browser.until(lambda: browser.one("body").get_attribute("data-md-color-scheme") == _NAMES[scheme], scheme)  # noqa: B023
            grounds.append(browser.run(_GROUND))
        assert grounds[0] == grounds[2] != grounds[1]

    def test_switch_goes_round_and_is_cache(self, browser: Browser, base: str) -> None:
        browser.open(base + "index.html")
        seen = []
        for _ in range(3):
            switch = next(label for label in browser.all("[data-md-component=palette] label") if label.is_displayed())
            assert switch.get_attribute("title")
            switch.click()
            seen.append(browser.one("body").get_attribute("data-md-color-scheme"))
            if seen[-1] == "slate":
                dark = browser.run(_GROUND)
                browser.open(base + "run-and-cmd.html")
                assert browser.run(_GROUND) == dark, "the next page is dark, too"
        assert seen == ["default", "slate", "default"]


_NAMES = {"light": "default", "dark": "slate"}


class TestKeyboard:
    def test_first_key_skips_to_the_content(self, browser: Browser, base: str) -> None:
        browser.open(base + BUSY)
        _press(browser, Keys.TAB)
        link = browser.driver.switch_to.active_element
        assert "md-skip" in (link.get_attribute("class") or "")
        link.send_keys(Keys.ENTER)
        browser.until(lambda: "#" in browser.driver.current_url, "the skip link leads to the content")

    def test_everything_to_press_is_reached_and_seen(self, browser: Browser, base: str) -> None:
        browser.open(base + BUSY)
        browser.settled()
        wanted = browser.run(_REACHABLE)
        assert len(wanted) > 50
        _press(browser, Keys.TAB * (len(wanted) + 60))
        reached = dict(browser.run("return window.reached"))
        assert [name for number, name in wanted if number not in reached] == []
        assert [name for number, name in wanted if not reached[number]] == []

    def test_search_opens_and_closes(self, browser: Browser, base: str) -> None:
        browser.open(base + "index.html")
        browser.settled()
        _press(browser, "/")
        toggle = browser.one("[data-md-toggle=search]")
        browser.until(toggle.is_selected, "search is open")
        _press(browser, "port")
        browser.until(lambda: browser.all(".md-search-result__item a"), "results")
        _press(browser, Keys.ESCAPE)
        browser.until(lambda: not toggle.is_selected(), "search is closed")

    def test_next_and_previous_page(self, browser: Browser, base: str) -> None:
        browser.open(base + "index.html")
        browser.settled()
        for key, page in (
            ("n", "images-and-containers.html"),
            ("n", "running-containers.html"),
            ("p", "images-and-containers.html"),
        ):
            _press(browser, key)
            browser.until(lambda: browser.driver.current_url.endswith(page), f"{key} leads to {page}")  # noqa: B023
            browser.settled()

    def test_details_open(self, browser: Browser, base: str) -> None:
        browser.open(base + BUSY)
        browser.settled()
        found = [details for details in browser.all("article details:not(.engine)") if details.is_displayed()]
        assert found
        for details in found:
            summary = details.find_element("css selector", "summary")
            summary.send_keys(Keys.ENTER)
            assert details.get_property("open"), summary.text
            inside = details.find_elements("css selector", "summary ~ *")
            assert inside
            assert all(part.is_displayed() for part in inside), summary.text


# What can be pressed and is on the screen, numbered; and, from now on, what the focus reached and whether one sees it there.
_REACHABLE = """
  const found = [];
  window.reached = [];
  document.querySelectorAll("a[href], button, summary, [tabindex='0']").forEach((element, number) => {
    const box = element.getBoundingClientRect();
    const there = element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && box.width > 2 && box.right > 0;
    if (!there || element.closest(".md-search, .md-top, .md-skip")) return;
    found.push([number, element.outerHTML.slice(0, 120)]);
    element.addEventListener("focus", () => {
      const style = getComputedStyle(element);
      window.reached.push([number, style.outlineStyle !== "none" || style.boxShadow !== "none"]);
    });
  });
  return found;
"""


@pytest.mark.parametrize("source", RUN)
def test_page_can_be_watched(browser: Browser, base: str, source: str) -> None:
    browser.open(base + source.removesuffix(".md") + ".html")
    browser.settled()
    assert not browser.run("return performance.getEntriesByType('resource').some(entry => /asciinema|[.]cast/.test(entry.name))")
    browser.one(".watch-start").click()
    screen = browser.until(lambda: browser.all(".screen .ap-term, .screen .ap-terminal"), "the player is there")[0]
    first = browser.until(lambda: " ".join(screen.text.split()), "the player shows something")
    browser.until(lambda: " ".join(screen.text.split()) != first, "the player goes on")
    said, events = browser.logs()
    assert said == []
    urls = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert [url for url in urls if not url.startswith((base, "data:", "blob:"))] == []


@pytest.mark.parametrize("page", PAGES)
def test_page_does_not_scroll_sideways(browser: Browser, base: str, page: str) -> None:
    browser.resize(320)
    browser.open(base + page)
    browser.settled()
    browser.run("document.querySelectorAll('details').forEach(details => (details.open = true))")
    wide = "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 321).map(e => e.outerHTML.slice(0, 200))"
    assert browser.run("return document.documentElement.scrollWidth") <= 320, browser.run(wide)[:5]


@pytest.mark.parametrize("source", RUN)
def test_everything_is_read_without_scripts(browser: Browser, base: str, site: Path, source: str) -> None:
    page = source.removesuffix(".md") + ".html"
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(base + page)
        for fold in browser.all("article details"):
            if fold.is_displayed() and not fold.get_property("open"):
                fold.find_element("css selector", "summary").click()
        seen = _close(browser.one("article").text)
        assert browser.one(".md-nav--primary").is_displayed()
        assert browser.one(".md-footer__link--next, .md-footer__link--prev").is_displayed()
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
    tree = html5lib.parse((site / page).read_text(), namespaceHTMLElements=False)
    written = [_close(text) for text in _visible(tree.find(".//article"))]
    assert len(written) > 50
    assert [text for text in written if text not in seen] == []


def _close(text: str) -> str:
    return "".join(text.split())


def _visible(element: Any) -> list[str]:
    """The texts of an element that its source does not hide."""
    names = element.get("class", "").split()
    if (
        element.tag in {"svg", "script", "style"}
        or "hidden" in element.attrib
        or {"visually-hidden", "path", "headerlink"} & set(names)
    ):
        return [element.tail or ""]
    return [element.text or "", *(part for child in element for part in _visible(child)), element.tail or ""]
