"""What the pages promise: thirty notes, seventeen failures, exercises, questions, and a folder for each example."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import markdown
import pytest
from docker_notes.page import examples
from docker_notes.page.front_matter import split
from docker_notes.page.grammar import parse
from markdown.extensions.toc import TocExtension

from tests.reading import PATH, without_code

if TYPE_CHECKING:
    from docker_notes.page.model import Block

ROOT = Path(__file__).parents[3]
DOCS, EXAMPLES, RECORDINGS = ROOT / "docs", ROOT / "examples", ROOT / "recordings"
PAGES = {path.name: path.read_text() for path in sorted(DOCS.glob("*.md"))}
VERDICTS = {"confirmed", "made precise", "corrected"}
FAILURES = {
    "ports reversed in -p": ("publishing-ports.md", "reversed", "right-way"),
    "app listens on 127.0.0.1 inside": ("publishing-ports.md", "loopback", "everywhere"),
    "EXPOSE alone": ("publishing-ports.md", "expose-alone", "published"),
    "port already allocated": ("publishing-ports.md", "allocated", "another-port"),
    "container name in use": ("running-containers.md", "name-in-use", "remove-first"),
    "rmi of an image in use": ("images-and-containers.md", "rmi-in-use", "rmi-way-out"),
    "code edited, not rebuilt": ("images-are-read-only.md", "not-rebuilt", "new-container"),
    "rebuilt, then restart": ("images-are-read-only.md", "restarted", "new-container"),
    "container exits at once": ("running-containers.md", "exits-at-once", "lasting-server"),
    "server in RUN": ("run-and-cmd.md", "server-in-run", "server-in-cmd"),
    "COPY ../x": ("writing-a-dockerfile.md", "copy-outside", "copy-outside-way-out"),
    "COPY . . above npm ci": ("layers-and-cache.md", "naive-code", "ordered-code"),
    "host node_modules copied": ("writing-a-dockerfile.md", "heavy-context", "light-context"),
    "comment behind an instruction": ("writing-a-dockerfile.md", "comment-behind", "comment-above"),
    "stop ignored by PID 1": ("stopping-and-restarting.md", "deaf-stop", "init-stop"),
    "-t without a terminal": ("interactive-containers.md", "no-tty", "no-tty-way-out"),
    "--help behind the image name": ("getting-help.md", "help-behind", "help-before"),
}
"""Each failure's page, the block that runs into it, and the block that gets out of it."""

_HEADING = re.compile(r"^(#+) .*$", re.MULTILINE)
_LINK = re.compile(r"\]\((?P<page>[\w-]+\.md)?#(?P<anchor>[\w-]+)\)")
_ROW = re.compile(
    r"^\| (?P<number>\d+) \| (?P<note>[^|]+) \| (?P<verdict>[^|]+) \| \[[^\]]+\]\((?P<link>[^)]+)\) \|$", re.MULTILINE
)
_SOURCE = re.compile(r"\]\(https://(?:docs\.docker\.com|github\.com|nodejs\.org)/")


@cache
def sections(page: str) -> dict[str, str]:
    """A page's sections by anchor, as the site's Markdown makes them: each with all that is below it."""
    text = PAGES[page]
    heads = list(_HEADING.finditer(without_code(text)))
    converter = markdown.Markdown(extensions=["attr_list", TocExtension()])
    converter.convert("\n\n".join(head.group() for head in heads))
    anchors = [token["id"] for token in flat(converter.toc_tokens)]  # type: ignore[attr-defined]
    assert len(anchors) == len(heads)
    found = {}
    for number, (head, anchor) in enumerate(zip(heads, anchors, strict=True)):
        end = next((later.start() for later in heads[number + 1 :] if len(later[1]) <= len(head[1])), len(text))
        found[anchor] = text[head.start() : end]
    return found


def flat(tokens: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A tree of headings as a list, in the order of the page."""
    return [each for token in tokens for each in (token, *flat(token["children"]))]


def blocks(page: str) -> dict[str, Block]:
    return {block.options.name: block for block in parse(page, PAGES[page]).blocks if block.options.name}


def rows() -> list[re.Match[str]]:
    return list(_ROW.finditer(PAGES["where-each-note-went.md"]))


def test_there_are_thirty_notes_in_order() -> None:
    assert [int(row["number"]) for row in rows()] == list(range(1, 31))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["number"])
def test_a_note_has_a_verdict_and_a_section_that_shows_it(row: re.Match[str]) -> None:
    assert row["verdict"] in VERDICTS
    page, _, anchor = row["link"].partition("#")
    assert page in PATH
    assert anchor == f"note-{row['number']}"
    section = sections(page).get(anchor, "")
    assert section, f"{page} has no section #{anchor}"
    assert "```console" in section or _SOURCE.search(section), f"{page}#{anchor} shows no run and names no source"


def test_every_verdict_is_used_and_explained() -> None:
    text = PAGES["where-each-note-went.md"]
    assert {row["verdict"] for row in rows()} == VERDICTS
    assert all(f"- **{verdict}**: " in text for verdict in VERDICTS)


@pytest.mark.parametrize(("page", "name", "way_out"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_asserted_explained_and_left_behind(page: str, name: str, way_out: str) -> None:
    block, left = blocks(page)[name], blocks(page)[way_out]
    assert block.options.expect, f"{page}:{block.line}: no `expect` holds the message"
    assert name in {entry["block"] for entry in split(PAGES[page])[0]["failures"]}
    assert left.options.expect, f"{page}:{left.line}: no `expect` holds the way out"
    assert left.steps[-1].expected_status == 0


@pytest.mark.parametrize("page", PATH)
def test_what_a_page_says_of_its_failures(page: str) -> None:
    entries = split(PAGES[page])[0].get("failures") or []
    assert entries, f"{page} has no `failures:`"
    named = blocks(page)
    for entry in entries:
        assert set(entry) - {"which"} == {"block", "title", "text", "means", "fix"}
        assert all(str(value).strip() for value in entry.values())
        block = named[entry["block"]]
        assert block.options.expect or any(step.expected_status for step in block.steps), f"{page}:{block.line} asserts nothing"
    titles = [entry["title"] for entry in entries]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("page", PATH)
def test_a_page_has_all_its_parts(page: str) -> None:
    text = PAGES[page]
    found = sections(page)
    assert re.search(r'^!!! abstract "You will be able to"\n    \S', text, re.MULTILINE)
    assert {"key-points", "check-yourself", "exercises"} <= set(found)
    assert len(re.findall(r"^- \S", found["key-points"], re.MULTILINE)) >= 3
    assert len(re.findall(r'^\?\?\? question "[^\n]+"\n    \S', found["check-yourself"], re.MULTILINE)) == 3
    exercises = re.split(r"^### ", found["exercises"], flags=re.MULTILINE)[1:]
    assert len(exercises) >= 2
    for number, exercise in enumerate(exercises, 1):
        assert exercise.startswith(f"{number}. ")
        assert exercise.count('??? tip "Hint"') == 1
        task, _, solution = exercise.partition('??? success "Solution"\n')
        assert "```console" not in task, f"{page}: exercise {number} shows its solution"
        assert "    ```console" in solution, f"{page}: the solution of exercise {number} is not run"


def used() -> dict[str, set[str]]:
    """The pages of each example: those that run it or show a file of it."""
    found: dict[str, set[str]] = {}
    for page, text in PAGES.items():
        shown = re.findall(r'--8<-- "examples/([\w-]+)/', text)
        for name in {*parse(page, text).examples, *shown}:
            found.setdefault(name, set()).add(page)
    return found


def test_every_example_has_a_page_and_every_page_its_examples() -> None:
    assert set(used()) == set(examples.names(EXAMPLES))


@pytest.mark.parametrize("name", examples.names(EXAMPLES))
def test_an_example_is_whole(name: str) -> None:
    folder = EXAMPLES / name
    assert (folder / "Dockerfile").is_file()
    assert (folder / ".dockerignore").read_text().strip()
    readme = (folder / "README.md").read_text()
    assert readme.count("\n") == 1, "what it shows, in one line"
    assert readme.endswith(".\n")
    told = {check.dockerfile for check in examples.checks(folder)}
    assert told == {path.name for path in folder.glob("Dockerfile*")}, "check.toml checks every Dockerfile"


@pytest.mark.parametrize("page", PAGES)
def test_links_to_sections_hold(page: str) -> None:
    text = without_code(PAGES[page])
    for link in _LINK.finditer(text):
        target = link["page"] or page
        anchor = link["anchor"]
        if anchor.startswith("run-"):
            assert anchor.removeprefix("run-") in blocks(target), f"{page}: {link.group()}"
        else:
            assert anchor in sections(target), f"{page}: {link.group()}"


def test_each_line_of_the_cheat_sheet_leads_somewhere() -> None:
    lines = [
        line
        for line in PAGES["cheat-sheet.md"].split("\n")
        if line.startswith("| ") and not line.startswith(("| Command", "| Instr"))
    ]
    assert len(lines) > 30
    for line in lines:
        assert _LINK.search(line), line


def test_every_page_with_blocks_is_recorded() -> None:
    assert {page for page, text in PAGES.items() if parse(page, text).blocks} == {
        f"{path.stem}.md" for path in RECORDINGS.glob("*.yml")
    }


def test_glossary_terms_are_used() -> None:
    terms = re.findall(r"^\*\[([^\]]+)\]: \S", (ROOT / "includes" / "glossary.md").read_text(), re.MULTILINE)
    assert len(terms) == len(set(terms))
    prose = "\n".join(without_code(text) for text in PAGES.values())
    assert [term for term in terms if not re.search(rf"\b{re.escape(term)}\b", prose)] == []
