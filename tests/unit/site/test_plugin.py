"""A whole build by MkDocs from recordings, without an engine: every page, what stands beside them, and what a mistake does."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag

import html5lib
import pytest
from docker_notes.html import blocks as render
from docker_notes.page import examples
from docker_notes.page.grammar import parse
from docker_notes.project.project import Project
from docker_notes.project.settings import Settings
from docker_notes.recording import model as recording
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from tests.unit.samples import STEPS, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from docker_notes.recording.model import Recording

ROOT = Path(__file__).parents[3]
PAGES = {path.name: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
CONFIG = """\
site_name: A small site
site_url: https://example.org/
theme: {name: material, font: false}
plugins: [{macros: {modules: [docker_notes], on_error_fail: true, on_undefined: strict}}]
markdown_extensions: [pymdownx.superfences]
"""


def built(root: Path, monkeypatch: pytest.MonkeyPatch, *, mode: str = "replay", **settings: Any) -> Path:
    """The site that a clone is built into."""
    monkeypatch.setenv("DOCKER_NOTES_ENGINE", mode)
    config = load_config(str(root / "mkdocs.yml"), **settings)
    config.plugins.on_startup(command="build", dirty=False)
    try:
        build(config)
    finally:
        config.plugins.on_shutdown()
    return root / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The real site, from a copy of its sources."""
    root = tmp_path_factory.mktemp("clone")
    for name in ("docs", "examples", "includes", "macros/guide", "overrides", "recordings"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "mkdocs.yml", root)
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield built(root, monkeypatch)


@dataclass
class Small:
    """A small clone, and what its builds log."""

    root: Path
    monkeypatch: pytest.MonkeyPatch
    log: pytest.LogCaptureFixture

    def write(self, name: str, text: str, told: Recording | None = None) -> None:
        """A page, with a recording of the present inputs where there is to be one."""
        path = self.root / "docs" / f"{name}.md"
        path.write_text(text)
        if told:
            inputs = replace(Project(Settings.at(self.root)).inputs(), examples={})
            recording.write(replace(told, inputs=inputs), self.root / "recordings" / f"{name}.yml")

    def build(self, **settings: Any) -> Path:
        return built(self.root, self.monkeypatch, **settings)

    def fails(self, says: str, **settings: Any) -> None:
        """Build, which has to end with this."""
        with pytest.raises(Abort, match=r"^Aborted with a BuildError!$"):
            self.build(**settings)
        assert any(line.startswith(says) for line in self.told()), self.told()

    def told(self) -> list[str]:
        """The lines of the log, warnings and worse."""
        records = (record for record in self.log.records if record.levelno >= logging.WARNING)
        return [line for record in records for line in record.getMessage().split("\n")]

    def files(self) -> dict[str, bytes]:
        """Every file of the finished site, and all beside it that a build may leave."""
        names = [path for path in self.root.rglob("*") if path.is_file() and path.relative_to(self.root).parts[0] != "docs"]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in names if ".cache" not in path.parts}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Small:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Start\n")
    (tmp_path / "mkdocs.yml").write_text(CONFIG)
    return Small(tmp_path, monkeypatch, caplog)


@cache
def tree(path: Path) -> Element:
    found: Element = html5lib.parse(path.read_text(), namespaceHTMLElements=False)
    return found


def ids(element: Element) -> list[str]:
    return [found for each in element.iter() if (found := each.get("id"))]


def links(element: Element) -> list[str]:
    return [found for each in element.iter() for name in ("href", "src", "data-cast") if (found := each.get(name)) is not None]


def text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def content(page: Element) -> Element:
    [article] = [each for each in page.iter("article") if "md-content__inner" in (each.get("class") or "")]
    return article


# ----------------------------------------------------------------------------------- the real site


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_its_blocks_and_where_they_came_from(site: Path, name: str) -> None:
    file = (site / name).with_suffix(".html")
    html = file.read_text()
    page = parse(name, PAGES[name])
    assert html.count('<div class="console"') == len(page.blocks)
    assert html.count('class="stamp"') == html.count('class="provenance"') == bool(page.blocks)
    if not page.blocks:
        return
    found = recording.load(ROOT / "recordings" / f"{Path(name).stem}.yml", name)
    assert found
    shown = "".join(html5lib.parseFragment(render.provenance(found, live=False, cast="x"), namespaceHTMLElements=False).itertext())
    assert " ".join(shown.split()) in text(content(tree(file)))
    assert f'data-cast="assets/casts/{Path(name).stem}.cast"' in html
    assert (site / "assets" / "casts" / f"{Path(name).stem}.cast").is_file()
    for block in page.blocks:
        assert f'data-source="{name}:{block.line}"' in html


def test_every_step_is_listed(site: Path) -> None:
    told = json.loads((site / "executions.json").read_text())
    expected: list[dict[str, Any]] = []
    for name, written in PAGES.items():
        page = parse(name, written)
        found = recording.load(ROOT / "recordings" / f"{Path(name).stem}.yml", name) if page.blocks else None
        for (block, step), ran in zip(page.steps, found.steps if found else (), strict=True):
            expected.append({
                "page": name, "line": step.line, "block": page.blocks.index(block) + 1, "command": ran.command,
                "exit_status": ran.exit_status, "expected_status": ran.exit_status, "seconds": ran.seconds, "mode": "replay",
                "sha256": hashlib.sha256(ran.output.encode()).hexdigest(),
            })  # fmt: skip
    by_page = sorted(told, key=lambda one: str(one["page"]))
    assert [{key: one[key] for key in expected[0]} for one in by_page] == expected
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", one["started_at"]) for one in told)
    assert all(one["engine"] for one in told)


def test_every_example_can_be_taken_along_where_it_is_first_used(site: Path) -> None:
    for name in examples.names(ROOT / "examples"):
        assert (site / "assets" / "examples" / f"{name}.zip").is_file()
    for page, text in PAGES.items():
        offered = [link for link in links(tree((site / page).with_suffix(".html"))) if link.endswith(".zip")]
        assert offered == [f"assets/examples/{name}.zip" for name in parse(page, text).examples]


def test_no_page_has_what_the_theme_does_wrong(site: Path) -> None:
    for path in [*site.glob("*.html")]:
        for element in tree(path).iter():
            assert element.get("tabindex") != "", path
            assert element.get("rel") != "edit", path
            assert element.get("type") != "checkbox" or element.get("autocomplete") is None, path
            assert element.get("role") != "dialog" or element.get("aria-label"), path
            code = element.find("code") if element.tag == "pre" else None
            assert code is None or element.get("tabindex") == "0" or element.get("class") == "failure-text", path


def test_the_page_for_print_is_the_whole_guide_in_order(site: Path) -> None:
    whole = tree(site / "print.html")
    sections = [each for each in whole.iter("section") if each.get("class") == "print-page"]
    titles = [text(next(each.iter("h2"))) for each in sections]
    assert len(sections) == len(PAGES)
    pages = [next(iter(ids(each))).removeprefix("page-") for each in sections]
    _, _, nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")
    assert pages == re.findall(r"([\w-]+)\.md", nav)[: len(pages)]
    for page, title, section in zip(pages, titles, sections, strict=True):
        single = content(tree(site / f"{page}.html"))
        assert title == text(next(single.iter("h1")))
        assert list(section.iter("h1")) == []
        for tag in ("kbd", "samp", "tr"):
            assert [text(each) for each in section.iter(tag)] == [text(each) for each in single.iter(tag)], page


def test_the_page_for_print_is_one_page(site: Path) -> None:
    whole = tree(site / "print.html")
    found = ids(whole)
    assert len(found) == len(set(found))
    inside = [link for section in whole.iter("section") for link in links(section)]
    assert any(link.startswith("#page-") for link in inside)
    for link in inside:
        if re.match(r"[a-z]+:", link):
            continue
        target, anchor = urldefrag(link)
        if target:
            assert (site / unquote(target)).is_file(), link
            assert not target.endswith(".html") or Path(target).stem not in {Path(page).stem for page in PAGES}, link
        else:
            assert anchor in found, link
    for element in whole.iter():
        for name in ("for", "aria-labelledby"):
            assert set((element.get(name) or "").split()) <= set(found), element.attrib


# ----------------------------------------------------------------------------------- small sites


def test_what_is_wrong_is_told_by_page_and_line_and_changes_nothing(small: Small) -> None:
    small.write("good", "# Good\n\n```console\n$ list\n```\n", recorded(STEPS[2], page="good.md"))
    assert (small.build() / "good" / "index.html").is_file()
    before = small.files()
    small.write("grammar", "# Page\n\n```console\n$ list\nout\n```\n")
    small.write("stale", "# Page\n\n```console\n$ list --all\n```\n", recorded(STEPS[2], page="stale.md"))
    small.write("none", "# Page\n\n```console\n$ list\n```\n")
    small.write(
        "macro", "---\ntitle: A\n---\n\n# Page\n\nIt took {{ seconds('first') }}\nand {{ size('good.md#list', step=1) }}.\n"
    )
    small.write("status", "# Page\n\n```console\n$ list\n? 2\n```\n", recorded(STEPS[2], page="status.md"))
    small.fails("6 failures, told above; the site and its recordings are as they were")
    told = [line for line in small.told() if re.match(r"\w+\.md:\d+: ", line)]
    assert [line.partition(": ")[0] for line in told] == [
        "grammar.md:5", "macro.md:7", "macro.md:8", "none.md:3", "stale.md:4", "status.md:4",
    ]  # fmt: skip
    assert told[1].endswith("{{ seconds('first') }}: the page macro.md has no blocks")
    assert told[2].endswith("{{ size('good.md#list', step=1) }}: no block of good.md is named 'list'; its names: none")
    assert {name: data for name, data in small.files().items() if name.startswith("site/")} == {
        name: data for name, data in before.items() if name.startswith("site/")
    }


def test_a_strict_build_hears_warnings_that_quiet_would_swallow(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("mkdocs")
    monkeypatch.setattr(logger, "level", logger.level)
    small.build(strict=True)
    before = small.files()
    small.write("index", "# Start\n\n[nowhere](gone.md)\n")
    logger.setLevel(logging.ERROR)  # what `mkdocs build --quiet` does
    with pytest.raises(Abort, match=r"^Aborted with a BuildError!$"):
        small.build(strict=True)
    assert small.files() == before
    assert (small.build(strict=False) / "index.html").read_text().count("gone.md") == 1


def test_links_to_blocks_are_checked(small: Small) -> None:
    page = '# Good\n\n[there](#run-one) [gone](#run-two)\n\n```console name="one"\n$ list\n```\n'
    small.write("good", page, recorded(STEPS[2], page="good.md"))
    with pytest.raises(Abort, match=r"^Aborted with 1 warnings"):
        small.build(strict=True, validation={"anchors": "warn"})
    assert [line for line in small.told() if "anchor" in line] == [
        "Doc file 'good.md' contains a link '#run-two', but there is no such anchor on this page."
    ]


def test_a_block_that_macros_make_is_run_as_well(small: Small) -> None:
    written = "# Good\n\n{% set fence = '```' %}\n{{ fence }}console\n$ list\n{{ fence }}\n"
    small.write("good", written, recorded(STEPS[2], page="good.md"))
    html = (small.build() / "good/index.html").read_text()
    assert 'data-source="good.md:' in html
    assert text(content(tree(small.root / "site/good/index.html"))).count("0123456789ab web") == 1


@pytest.mark.parametrize("chosen", [True, False])
def test_code_is_as_it_was_written_whether_or_not_its_page_renders_macros(chosen: bool, small: Small) -> None:  # noqa: FBT001
    small.write("good", f"---\nrender_macros: {chosen}\n---\n# Good\n\n`{{{{.Names}}}}`\n")
    assert text(content(tree(small.build() / "good/index.html"))).split() == ["Good", "{{.Names}}"]


def test_an_engine_that_is_named_and_does_not_answer_ends_a_live_build(small: Small) -> None:
    small.write("good", "# Good\n\n```console\n$ list\n```\n")
    small.monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    small.fails("DOCKER_HOST=tcp://127.0.0.1:9 does not answer", mode="live")
    assert not (small.root / "site").exists()
