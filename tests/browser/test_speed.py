"""Fast and light: Lighthouse, and the weight beside a bare page of the same theme with the same text."""

from __future__ import annotations

import json
import subprocess
import sys
from html import escape
from typing import TYPE_CHECKING, Any

import html5lib
import pytest

from tests.browser import tools
from tests.browser.pages import GUIDE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.browser import Browser
    from tests.browser.server import Server

WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
MOST = 1.15
"""Weight of a page, beside that of its bare twin."""
_RUNS = 3  # the machine is shared; the best counts
_NEAR = 3  # points that scores of one page lie apart


@pytest.fixture(scope="session")
def longest(site: Path) -> str:
    return max(GUIDE, key=lambda page: (site / page).stat().st_size)


@pytest.mark.parametrize("which", ["start", "longest"])
def test_lighthouse(  # noqa: PLR0917  # fixtures
    which: str, base: str, bare: str, longest: str, modules: Path, tmp_path: Path
) -> None:
    tools.have_browser()
    page = "index.html" if which == "start" else longest
    best, reasons = _scores(base + page, modules, tmp_path)
    wanted = dict(WANTED)
    if best["performance"] < wanted["performance"]:
        # So slow a machine says little: then no slower than the bare page is here.
        wanted["performance"] = min(wanted["performance"], _scores(bare + page, modules, tmp_path)[0]["performance"] - _NEAR)
    assert {name: best[name] for name, least in wanted.items() if best[name] < least} == {}, reasons


def _scores(url: str, modules: Path, folder: Path) -> tuple[dict[str, int], list[str]]:
    """The best scores of a few runs, and what the last of them found slow or wrong."""
    best: dict[str, int] = {}
    for _ in range(_RUNS):
        told = folder / "told.json"
        flags = " ".join([*tools.FLAGS, f"--user-data-dir={folder / 'profile'}"])
        words = (
            url,
            "--output=json",
            f"--output-path={told}",
            "--quiet",
            f"--chrome-flags={flags}",
            f"--only-categories={','.join(WANTED)}",
        )
        done = tools.node(modules, "lighthouse/cli/index.js", *words, cwd=folder)
        assert told.exists(), done.stderr[-2000:]
        report = json.loads(told.read_text())
        for name, category in report["categories"].items():
            best[name] = max(best.get(name, 0), round(100 * category["score"]))
        if all(best[name] >= wanted for name, wanted in WANTED.items()):
            break
    return best, _reasons(report)


def _reasons(report: dict[str, Any]) -> list[str]:
    return [
        f"{audit['id']} {audit.get('displayValue', '')}"
        for audit in report["audits"].values()
        if audit["score"] is not None and audit["score"] < 0.9
    ]


@pytest.fixture(scope="session")
def bare(site: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same texts as plain Markdown on the theme as it comes; their address."""
    folder = tmp_path_factory.mktemp("plain")
    for page in GUIDE:
        article = html5lib.parse((site / page).read_text(), namespaceHTMLElements=False).find(".//article")
        path = folder / "docs" / (page.removesuffix(".html") + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join(_plain(article)))
    settings = folder / "mkdocs.yml"
    # No font, as the theme would load it from elsewhere; addresses as ours, else all pages are `index.html`.
    settings.write_text("site_name: Docker notes\nuse_directory_urls: false\ntheme: {name: material, font: false}\n")
    target = server.folders["/bare/"]
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", str(settings), "--site-dir", str(target)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)
    assert not done.returncode, done.stderr
    return server.origin + "/bare/"


_BLOCKS = {"p", "li", "td", "th", "dt", "dd", "summary", "div", "figcaption", "label"}


def _plain(element: Any) -> list[str]:
    """An element's text as Markdown: headings, code, paragraphs."""
    text = "".join(element.itertext()).strip()
    if element.tag in {"svg", "script", "style", "button"} or not text:
        return []
    if element.tag in {"h1", "h2", "h3", "h4"}:
        return [f"{'#' * int(element.tag[1])} {text.removesuffix('¶')}"]
    if element.tag == "pre":
        return [f"~~~~~~\n{''.join(element.itertext())}~~~~~~" if text else ""]
    inner = [
        child
        for child in element
        if child.tag in _BLOCKS | {"pre", "ul", "ol", "dl", "table", "tbody", "thead", "tr", "details", "figure", "section"}
    ]
    if inner or element.tag not in _BLOCKS:
        return [part for child in element for part in _plain(child)]
    return [f"<p>{escape(text)}</p>"]


@pytest.mark.parametrize("page", GUIDE)
def test_page_is_light(browser: Browser, base: str, bare: str, page: str) -> None:
    ours, theirs = (_weight(browser, address + page) for address in (base, bare))
    assert ours <= MOST * theirs, f"{ours} bytes, a bare page {theirs}"


def _weight(browser: Browser, url: str) -> int:
    """Bytes that came over the wire until nothing more did."""
    browser.command("Network.setCacheDisabled", cacheDisabled=True)
    browser.open(url)
    browser.settled()
    _, events = browser.logs()
    return sum(int(event["params"]["encodedDataLength"]) for event in events if event["method"] == "Network.loadingFinished")
