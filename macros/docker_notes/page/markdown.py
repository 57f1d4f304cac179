"""Blocks as the Markdown of a page makes them: an extension of Python-Markdown.

Whatever becomes a console block for a reader is one, with the text that Markdown sees in it, wherever it came
from: an include, a loop, a tab. Fences are those of pymdownx.superfences, which is added where a site has none.
Each block leaves a placeholder in the page's HTML, in whose order blocks are run; what the HTML does not show (a
fence in a comment, code in code) is none.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markdown import Markdown
from markdown.extensions import Extension
from pymdownx import superfences

from docker_notes.errors import GrammarError
from docker_notes.page.fences import LANGUAGE, MARK, OPTION, Places, candidates
from docker_notes.page.jinja import restore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["PLACEHOLDER", "STANDARD", "ConsoleExtension", "Fence", "Fences", "Found", "convert"]

STANDARD = ("attr_list", "md_in_html", "tables", "toc", "admonition", "pymdownx.details", "pymdownx.superfences", "pymdownx.tabbed")
"""Extensions for a file that belongs to no site."""

_LOST = re.compile("[\t\x02\x03]")
PLACEHOLDER = re.compile(r'<div data-docker-notes="(?P<number>\d+)"></div>')
_SIGHT = re.compile(
    rf"(?P<unseen><!--.*?-->|<(?P<tag>script|style|template|textarea)\b.*?</(?P=tag)>)|(?P<placeholder>{PLACEHOLDER.pattern})|(?P<mark>{MARK.pattern})|<(?P<end>/?)pre\b[^>]*>",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True)
class Fence:
    """A console fence that Markdown found.

    Args:
        page: the path of the page that it was written on.
        line: of its first line, from 1; 0 where that is not known, as of one that a page includes.
        header: what stands behind the word `console`.
        body: its lines, without the fence's indent.
        place: the number of its mark; -1 where it has none.
    """

    page: str
    line: int
    header: str
    body: tuple[str, ...]
    place: int = -1


@dataclass(frozen=True)
class Found:
    """What a page's HTML shows.

    Args:
        html: without marks, with a placeholder a block.
        fences: the numbers of the placeholders, in their order.
        missed: what looks like a block to its author, but is none to Markdown.
    """

    html: str
    fences: tuple[int, ...]
    missed: tuple[GrammarError, ...]


@dataclass
class Fences:
    """All console fences of one build.

    Args:
        places: where candidates stand.
        page: names the page that is rendered now.
    """

    page: Callable[[], str]
    places: Places = field(default_factory=Places)
    all: list[Fence] = field(default_factory=list)

    def add(self, fence: Fence) -> str:
        """Take a fence; its placeholder."""
        self.all.append(fence)
        return f'<div data-docker-notes="{len(self.all) - 1}"></div>'

    def seen(self, html: str) -> Found:
        """What a page's HTML, as Markdown made it, shows."""
        if "data-docker-notes" not in html and not MARK.search(html):
            return Found(html, (), ())
        numbers: list[int] = []
        missed: list[GrammarError] = []
        depth = 0

        def look(match: re.Match[str]) -> str:
            nonlocal depth
            if match["unseen"]:
                return MARK.sub("", PLACEHOLDER.sub("", match["unseen"]))
            if match["placeholder"]:
                numbers.append(int(match["number"]))
                return match.group()
            if match["mark"]:
                if not depth:
                    missed.append(self._missed(match["mark"]))
                return ""
            depth += -1 if match["end"] else 1
            return match.group()

        return Found(_SIGHT.sub(look, html), tuple(numbers), tuple(missed))

    def _missed(self, text: str) -> GrammarError:
        mark = MARK.fullmatch(text)
        assert mark is not None  # noqa: S101  # the pattern that found it
        _, place = self.places.of(mark)
        opening = place.lines[0]
        if not place.closed:
            fence = re.search(r"`{3,}|~{3,}", opening)
            return GrammarError(
                place.page, place.line, "this block is never closed", f"add {fence[0] if fence else '```'} below it"
            )
        if re.match(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]", opening):
            fix = "put the fence on a line of its own, below the item's text and indented by four spaces"
            return GrammarError(place.page, place.line, "a block behind the marker of a list is not run", fix)
        if "`" in opening.lstrip(" \t>").lstrip("`"):
            return GrammarError(place.page, place.line, "a block with a backtick in its first line is not run", "open it with ~~~")
        junk = OPTION.sub("", opening.partition(LANGUAGE)[2]).strip()
        if junk and not re.match(r"[ \t>]*(?:`+|~+)[ \t]*[.{]", opening):
            return GrammarError(place.page, place.line, f"not an option: {junk!r}", 'write key="value"')
        fix = f'write ```{LANGUAGE} key="value" on a line of its own, and close it with ``` at the same indent'
        return GrammarError(place.page, place.line, f"this is no block to Markdown: {opening.strip()!r}", fix)


class ConsoleExtension(Extension):
    """Console blocks for one Markdown instance.

    Args:
        fences: those of the build.
    """

    def __init__(self, fences: Fences) -> None:
        super().__init__()
        self._fences = fences

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  # Python-Markdown's name
        """Have superfences hand over its console fences; the others stay as they are."""
        fenced = [e for e in md.registeredExtensions if isinstance(e, superfences.SuperFencesCodeExtension)]
        if not fenced:
            highlight = {} if "pymdownx.highlight" in _names(md) else {"pymdownx.highlight": {"use_pygments": False}}
            md.registerExtensions([*highlight, "pymdownx.superfences"], highlight)
            fenced = [e for e in md.registeredExtensions if isinstance(e, superfences.SuperFencesCodeExtension)]
        others = any(fence["name"] in {LANGUAGE, "*"} for fence in fenced[-1].superfences)
        finder = _Finder(self._fences, md.preprocessors["fenced_code_block"], others=others)
        fenced[-1].extend_super_fences(LANGUAGE, finder.format, finder.validate, None)


def _names(md: Markdown) -> set[str]:
    return {type(e).__module__ for e in md.registeredExtensions}


class _Finder:
    """Follows superfences through the lines of one page.

    Its preprocessor knows where in them each fence begins, but tells no formatter: two of its calls are listened to.

    Args:
        fences: where fences are taken down.
        preprocessor: that of superfences.
        others: whether another tool of the site takes console fences, too.
    """

    def __init__(self, fences: Fences, preprocessor: Any, *, others: bool) -> None:
        self._fences = fences
        self._others = others
        self._preprocessor = preprocessor
        self._search, self._process = preprocessor.search_nested, preprocessor.process_nested_block
        self._marks: dict[int, int] = {}
        self._start = 0
        self._taken: set[int] = set()
        preprocessor.search_nested = self._searched
        preprocessor.process_nested_block = self._processed

    def _searched(self, lines: list[str]) -> list[str]:
        self._marks, self._taken = {}, set()
        bare = []
        for number, line in enumerate(lines):
            mark = MARK.search(line)
            if mark:
                self._marks[number], _ = self._fences.places.of(mark)
                line = line[: mark.start()] + line[mark.end() :]  # noqa: PLW2901
            bare.append(line)
        return self._marked_again(bare, self._search(bare))

    def _marked_again(self, before: Sequence[str], after: list[str]) -> list[str]:
        """Marks behind the candidates that no fence took: they are followed into the page's HTML."""
        waiting: dict[str, deque[int]] = {}
        for number, place in self._marks.items():
            if place not in self._taken:
                waiting.setdefault(before[number], deque()).append(place)
        if waiting:
            for candidate in candidates(after):
                text = after[candidate.first]
                if waiting.get(text):
                    after[candidate.first] = text + self._fences.places.text(waiting[text].popleft())
        return after

    def _processed(self, ws: str, content: str, start: int, end: int) -> None:
        self._start = start
        self._process(ws, content, start, end)

    def validate(self, language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, str], md: Markdown) -> bool:  # noqa: ARG002  # superfences' names
        """Whether a console fence is ours: one that asks another tool of the site to run it is not."""
        # The words are those of markdown-exec.
        return not (self._others and inputs.get("exec", "no").lower() not in {"", "no", "off", "false", "0"})

    def format(self, src: str = "", **_: Any) -> str:
        """The placeholder of a fence."""
        first = str(self._preprocessor.first).strip(" \t>")
        header = first.lstrip("`~").strip()
        if header.startswith("{"):  # attribute lists have classes and an id as well
            header = re.sub(r"""(?:^|\s)[.#][\w-]+(?=\s|$)""", "", header[1:].rstrip("}"))
        header = header.strip().removeprefix(f".{LANGUAGE}").removeprefix(LANGUAGE).strip()
        body = restore(src).split("\n")
        number = self._marks.get(self._start, -1)
        if number < 0:
            return self._fences.add(Fence(self._fences.page(), 0, restore(header), tuple(body)))
        self._taken.add(number)
        place = self._fences.places.found[number]
        return self._fences.add(Fence(place.page, place.line, restore(header), _as_written(body, place.lines[1:-1]), number))


def _as_written(body: Sequence[str], lines: Sequence[str]) -> tuple[str, ...]:
    """The lines that Markdown saw, with what it takes from them: tabs, which become spaces, and two control characters of its own."""
    if len(body) != len(lines):
        return tuple(body)
    found = []
    for seen, line in zip(body, lines, strict=True):
        tail = line.lstrip(" \t>")
        lost = _LOST.search(tail)
        at = seen.find(tail[: lost.start()]) if lost else -1
        found.append(seen[:at] + tail if at >= 0 and not seen[:at].strip(" >") else seen)
    return tuple(found)


def convert(text: str, fences: Fences, extensions: Sequence[Any] = STANDARD, configs: dict[str, Any] | None = None) -> Found:
    """A page's text, without its front matter but with marks, through Markdown.

    Args:
        text: Markdown.
        fences: where its fences are taken down.
        extensions: of Python-Markdown.
        configs: their settings, by name.
    """
    md = Markdown(extensions=[*extensions, ConsoleExtension(fences)], extension_configs=configs or {})
    return fences.seen(md.convert(text))
