"""No page holds an output that somebody typed: what looks like one stands in a block that was run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docker_notes.errors import BuildFailed
from docker_notes.page.fences import LANGUAGE
from docker_notes.page.grammar import parse

from tests.reading import fences

DOCS = Path(__file__).parents[3] / "docs"

# Languages in which a page may show a file or a line that is not run.
SOURCES = {
    "dockerfile",
    "js",
    "javascript",
    "json",
    "yaml",
    "yml",
    "toml",
    "ini",
    "md",
    "markdown",
    "python",
    "html",
    "css",
    "diff",
}
OUTPUTS: dict[str, str] = {
    "a table of docker": r"^\s*(CONTAINER ID|IMAGE ID|REPOSITORY|IMAGE|NETWORK ID|VOLUME NAME|DRIVER|NAMES?|UID|TYPE) {2,}[A-Z]{2}",
    "progress of a build": r"^\s*(\[\+\] \w+|=> (CACHED |ERROR |=> )?[\[a-z]|#\d+ (\[|DONE|CACHED|sha256))",
    "progress of the classic builder": r"^\s*(Step \d+/\d+ :|---> |Sending build context|Successfully (built|tagged) )",
    "progress of a pull": r"^\s*(Status: (Downloaded|Image)|[0-9a-f]{12}: (Pull|Already|Download)|\S+: Pulling from )",
    "an id of docker": r"(?<![\w./:-])(?=[a-f]*\d)(?=\d*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{12})(?![\w-])",
    "a digest": r"\bsha256:[0-9a-f]{6,}",
    "a message of docker": r"^\s*(docker: |Error response from daemon|ERROR: |Error: No such|Unable to find image|Cannot connect to the Docker)",
    "a status of docker": r"\b(Up (About an? |Less than a |\d+ )(second|minute|hour|day|week|month)s?\b|Exited \(\d+\)|(second|minute|hour|day|week|month)s? ago\b)",
    "a prompt": r"^\s*([\w.-]+@[\w.-]+:\S*[$#] |[$#] (docker|npm|node|curl|sudo|cd|ls) |PS [A-Z]:\\.*> |C:\\\S*>)",
}
_SPAN = re.compile(r"<(?:pre|samp|kbd)\b", re.IGNORECASE)


def hand_written(text: str) -> list[str]:
    """What looks like an output, or an output's place, in the Markdown of a page: `line: what`."""
    found = []
    lines = text.split("\n")
    for fence in fences(lines):
        language = fence.language.strip("{}. ")
        if fence.language == LANGUAGE or language in SOURCES:
            continue
        if language.lower() == LANGUAGE or re.search(r"session|pycon|console", language, re.IGNORECASE):
            found.append(f"{fence.first + 1}: a fence of another spelling of {LANGUAGE}")
        source = _source_of_blocks(fence.body)
        for number, line in enumerate(fence.body, fence.first + 2):
            if number - fence.first - 2 in source:
                continue
            found += [f"{number}: {what}" for what, pattern in OUTPUTS.items() if re.search(pattern, line)]
    inside = {number for fence in fences(lines) for number in range(fence.first, fence.last + 1)}
    indented = [(n, line) for n, line in enumerate(lines) if n not in inside and re.match(r" {4}|\t", line)]
    found += [
        f"{number + 1}: {what}"
        for number, line in indented
        for what, pattern in OUTPUTS.items()
        if what in {"a table of docker", "progress of a build", "a prompt"} and re.search(pattern, line)
    ]
    found += [f"{n + 1}: an output's element" for n, line in enumerate(lines) if n not in inside and _SPAN.search(line)]
    return found


def _source_of_blocks(body: tuple[str, ...]) -> set[int]:
    """Lines of a fence that show how a block is written: it must be one that could be run."""
    try:
        parse("page.md", "\n".join(body))
    except BuildFailed:
        return set()
    nested = (fence for fence in fences(list(body)) if fence.language == LANGUAGE)
    return {number for fence in nested for number in range(fence.first, fence.last + 1)}


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_no_output_of_a_page_was_typed(page: Path) -> None:
    assert hand_written(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("CONTAINER ID   IMAGE     COMMAND", "a table of docker"),
        ("IMAGE          CREATED         CREATED BY", "a table of docker"),
        ("REPOSITORY   TAG       IMAGE ID", "a table of docker"),
        ("[+] Building 2.2s (9/9) FINISHED", "progress of a build"),
        (" => [2/4] WORKDIR /app      0.0s", "progress of a build"),
        (" => CACHED [2/4] WORKDIR /app", "progress of a build"),
        (" => => exporting layers", "progress of a build"),
        ("#7 [2/4] WORKDIR /app", "progress of a build"),
        ("Step 1/4 : FROM node", "progress of the classic builder"),
        ("Successfully built 834f9c7dacc8", "progress of the classic builder"),
        ("latest: Pulling from library/node", "progress of a pull"),
        ("834f9c7dacc8", "an id of docker"),
        ("8eb03d2e7365a99cab332f733c6bbfbbf97126a8829facc799d993171b950b9b", "an id of docker"),
        ("sha256:834f9c7dacc8", "a digest"),
        ("docker: Error response from daemon: Conflict.", "a message of docker"),
        ("Error: No such container: web", "a message of docker"),
        ("web   Up 3 minutes", "a status of docker"),
        ("web   Exited (0) 2 seconds ago", "a status of docker"),
        ("$ docker ps", "a prompt"),
        ("me@laptop:~/app$ docker ps", "a prompt"),
        ("# npm ci", "a prompt"),
    ],
)
@pytest.mark.parametrize("fence", ["```text", "    ```sh", "~~~", "````bash"])
def test_an_output_in_any_fence_is_found(fence: str, line: str, what: str) -> None:
    indent = " " * (len(fence) - len(fence.lstrip()))
    text = f"# A page\n\n{fence}\n{indent}{line}\n{indent}{fence.strip().rstrip('abcdefghijklmnopqrstuvwxyz')}\n"
    assert f"4: {what}" in hand_written(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```Console\nhello\n```", ["1: a fence of another spelling of console"]),
        ("```shell-session\nhello\n```", ["1: a fence of another spelling of console"]),
        ("```pycon\n>>> 1\n```", ["1: a fence of another spelling of console"]),
        ("text\n\n    CONTAINER ID   IMAGE\n", ["3: a table of docker"]),
        ("text\n<pre>\n834f\n</pre>", ["2: an output's element"]),
        ("````text\n```console\n$ docker ps\nweb   Up 2 hours\n```\n````", ["3: a prompt", "4: a status of docker"]),
        ("<samp>hello</samp>", ["1: an output's element"]),
    ],
)
def test_other_ways_to_paste_are_found(text: str, found: list[str]) -> None:
    assert hand_written(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "```console\n$ docker ps\n```",
        "```sh\ndocker run --rm -it node  # a comment\n```",
        "```dockerfile\nFROM node@sha256:834f9c7dacc8\n# npm ci\n```",
        '```json\n{"id": "834f9c7dacc8"}\n```',
        "```sh\ndocker ps --format 'table {{.Names}}'\ncd app\n```",
        "Prose says that `docker ps` shows a CONTAINER ID and `Exited (0)`.\n\n    and goes on in a list\n",
        "````text\n```console\n$ docker ps\n? 1\n```\n````",
        "```text\nPort 3000 of the machine\nUp and running\n000000000000\n```",
    ],
)
def test_what_was_not_printed_is_left_alone(text: str) -> None:
    assert hand_written(text) == []
