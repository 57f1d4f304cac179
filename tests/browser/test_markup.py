"""Valid HTML, no barrier, and what search engines and other sites are told."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import html5lib
import pytest
from PIL import Image

from tests.browser import tools
from tests.browser.pages import DOCS, GUIDE, PAGES, SETTINGS, SOURCES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.browser import Browser

_AXE = """
  document.querySelectorAll("details").forEach(details => (details.open = true));
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
  const told = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return told.violations.map(found => [found.id, found.nodes.length, found.nodes.slice(0, 4).map(node => `${node.html.slice(0, 160)} ${node.failureSummary}`)]);
"""


@pytest.fixture(scope="session")
def complaints(site: Path, modules: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What html-validate says, by page."""
    # The rules of the HTML standard, without those of taste.
    settings = tmp_path_factory.mktemp("rules") / "rules.json"
    settings.write_text(json.dumps({"root": True, "extends": ["html-validate:standard"]}))
    words: tuple[str | Path, ...] = ("--config", settings, "--formatter", "json", *sorted(site.rglob("*.html")))
    done = tools.node(modules, "html-validate/bin/html-validate.mjs", *words)
    assert done.returncode in {0, 1}, done.stderr
    return {
        file["filePath"].removeprefix(f"{site}/"): [
            f"{found['line']}: {found['ruleId']}: {found['message']}" for found in file["messages"]
        ]
        for file in json.loads(done.stdout)
    }


@pytest.mark.parametrize("page", [*PAGES, "404.html"])
def test_html_is_valid(complaints: dict[str, list[str]], page: str) -> None:
    assert complaints.get(page, []) == []


def test_validator_would_complain(modules: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text(
        '<!doctype html><html lang="en"><head><title>t</title></head><body><p><div id="a" id="b"></p></body></html>'
    )
    assert tools.node(modules, "html-validate/bin/html-validate.mjs", tmp_path / "bad.html").returncode == 1


@pytest.mark.parametrize("page", [*PAGES, "404.html"])
def test_there_is_no_barrier(browser: Browser, top: str, modules: Path, page: str) -> None:
    browser.open(top + page)
    browser.settled()
    browser.driver.execute_script((modules / "axe-core/axe.min.js").read_text())
    found = {}
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        browser.run("await new Promise(done => setTimeout(done, 300))")  # colours fade
        found[scheme] = browser.run(_AXE)
    assert found == {"light": [], "dark": []}


def _head(site: Path, page: str) -> tuple[Any, dict[str, str]]:
    head = html5lib.parse((site / page).read_text(), namespaceHTMLElements=False).find("head")
    assert head is not None
    return head, {meta.get("name") or meta.get("property"): meta.get("content") for meta in head.iter("meta")}


@pytest.mark.parametrize("page", PAGES)
def test_page_says_what_it_is(site: Path, page: str) -> None:
    head, meta = _head(site, page)
    url = SETTINGS["site_url"] + ("" if page == "index.html" else page)
    assert [link.get("href") for link in head.iter("link") if link.get("rel") == "canonical"] == [url]
    assert meta["og:url"] == url
    assert 40 <= len(meta["description"]) <= 160
    assert meta["og:description"] == meta["description"]
    assert meta["og:title"]
    picture = site / meta["og:image"].removeprefix(SETTINGS["site_url"])
    with Image.open(picture) as image:
        assert image.size == (int(meta["og:image:width"]), int(meta["og:image:height"])) == (1200, 630)
    assert picture.stat().st_size < 2**20


def test_titles_and_descriptions_tell_pages_apart(site: Path) -> None:
    heads = {page: _head(site, page) for page in PAGES}
    for name, told in (
        ("title", [head.findtext("title") for head, _ in heads.values()]),
        ("description", [meta["description"] for _, meta in heads.values()]),
    ):
        assert [text for text, count in Counter(told).items() if count > 1] == [], name


def test_sitemap_holds_every_page(site: Path) -> None:
    tree = ET.parse(site / "sitemap.xml")
    found = {element.text for element in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert found == {SETTINGS["site_url"] + ("" if page == "index.html" else page) for page in PAGES}


@pytest.mark.parametrize("source", SOURCES)
def test_edit_link_names_the_source(site: Path, source: str) -> None:
    html = (site / (source.removesuffix(".md") + ".html")).read_text()
    edit = urljoin(SETTINGS["repo_url"] + "/", SETTINGS["edit_uri"])
    found = re.findall(rf'href="{re.escape(edit)}([^"]*)"', html)
    assert found == [source]
    assert (DOCS / found[0]).is_file()


def test_every_page_of_the_guide_is_in_the_navigation() -> None:
    text = json.dumps(SETTINGS["nav"])
    assert [page for page in GUIDE if page.removesuffix(".html") + ".md" not in text] == []
