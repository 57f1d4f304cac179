"""What comes out of a printer, and what a reader takes along."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from typing import TYPE_CHECKING

import html5lib
import pytest
from docker_notes.page import examples

from tests.browser.conftest import ROOT
from tests.browser.pages import GUIDE, PRINT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.browser import Browser


def _sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_cheat_sheet_is_one_sheet(browser: Browser, base: str) -> None:
    browser.open(base + "cheat-sheet.html")
    browser.settled()
    assert _sheets(browser.pdf()) == 1


def test_whole_guide_prints(browser: Browser, base: str) -> None:
    browser.open(base + PRINT)
    browser.settled()
    assert _sheets(browser.pdf()) >= 2 * len(GUIDE)


def test_whole_guide_is_whole(site: Path) -> None:
    whole = html5lib.parse((site / PRINT).read_text(), namespaceHTMLElements=False)
    sections = {section[0].get("id"): section for section in whole.iter("section")}
    assert len(sections) == len(GUIDE)
    for page in GUIDE:
        article = html5lib.parse((site / page).read_text(), namespaceHTMLElements=False).find(".//article")
        section = sections["page-" + page.removesuffix(".html")]
        for kind in ("console-command", "console-output", "figure"):
            texts = [
                ["".join(e.itertext()) for e in part.iter() if kind in e.get("class", "").split()] for part in (article, section)
            ]
            assert texts[0] == texts[1]


@pytest.mark.parametrize("name", examples.names(ROOT / "examples"))
def test_example_can_be_taken_along(site: Path, name: str) -> None:
    folder = ROOT / "examples" / name
    with zipfile.ZipFile(io.BytesIO((site / "assets/examples" / f"{name}.zip").read_bytes())) as archive:
        assert archive.testzip() is None
        held = {
            entry.filename: (archive.read(entry), entry.external_attr >> 16) for entry in archive.infolist() if not entry.is_dir()
        }
    files = [path for path in examples.files(folder) if path.is_file()]
    assert set(held) == {f"{name}/{path.relative_to(folder).as_posix()}" for path in files}
    for path in files:
        data, mode = held[f"{name}/{path.relative_to(folder).as_posix()}"]
        assert data == path.read_bytes()
        assert bool(mode & stat.S_IXUSR) == bool(path.stat().st_mode & stat.S_IXUSR)


def test_pages_offer_each_example_once(site: Path) -> None:
    offered = {}
    for page in GUIDE:
        html = (site / page).read_text()
        offered[page] = re.findall(r'class="console-files" href="assets/examples/([\w-]+)\.zip"', html)
        assert len(offered[page]) == len(set(offered[page])), page
    assert {name for names in offered.values() for name in names} <= set(examples.names(ROOT / "examples"))
    assert offered["index.html"] == ["hello-node"]
