"""The macros for pages: numbers, lines and figures in prose, taken from named blocks."""

from __future__ import annotations

import re
import sys
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from markdown.extensions.toc import slugify

from docker_notes.html import facts
from docker_notes.html import tables as outputs
from docker_notes.html import blocks as render
from docker_notes.project.project import front_matter
from docker_notes.errors import FigureError, PageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docker_notes.project.cache import Cache
    from docker_notes.site.pages import Pages
    from docker_notes.recording.model import StepResult
    from docker_notes.html.blocks import Shown

T = TypeVar("T")


class Prose:
    """The macros of one build.

    Args:
        pages: what the build knows; filled before the first macro is asked.
        env: the environment of mkdocs-macros, which knows the page at work.
        kept: where figures are kept from build to build.
    """

    def __init__(self, pages: Pages, env: Any, kept: Cache) -> None:
        self._pages = pages
        self._env = env
        self._cache = kept
        self.missed: list[PageError] = []
        """What macros asked for in vain, each at its page:line."""
        self._asked = ""  # the page whose outputs the macro at work asks for

    def macros(self) -> dict[str, Callable[..., str]]:
        """The macros for pages, by name."""
        own: list[Callable[..., str]] = [
            self.seconds, self.size, self.exit_status, self.output_line, self.times_faster, self.cached,
            self.layers, self.build_steps, self.ports, self.lifecycle, self.failures, self.totals,
        ]  # fmt: skip
        return {macro.__name__: self._guarded(macro) for macro in own}

    def seconds(self, name: str, step: int | None = None) -> str:
        """How long a step of a block took."""
        return _hover(*facts.seconds(self._ran(name, step)))

    def size(self, name: str, step: int | None = None) -> str:
        """The first size that a block's step printed."""
        return _hover(*self._read(name, step, facts.size))

    def exit_status(self, name: str, step: int | None = None) -> str:
        """The exit status of a block's step."""
        return str(self._ran(name, step).exit_status)

    def output_line(self, name: str, text: str, step: int | None = None, which: int = 1) -> str:
        """A line that contains a text: the first one of the step that printed it, or the second, …"""
        return f"<code>{escape(self._read(name, step, lambda ran: facts.line(ran, text, which)))}</code>"

    def times_faster(self, slow: str, fast: str, step: int | None = None) -> str:
        """How many times faster a step of one block was than the same step of another; the last one unless named."""
        return _hover(*facts.times(self._ran(slow, step), self._ran(fast, step)))

    def cached(self, name: str, step: int | None = None) -> str:
        """How many of a build's steps came from the cache: "3 of 4". FROM, which a build never runs, is not among them."""
        return facts.cached(self._read(name, step, _build))

    def layers(self, *names: str, base: str = "") -> str:
        """A figure of `docker history`: of one block's image; or of two, each block with the digests of its layers, too."""
        _distinct(names, most=2)
        found = [self._read(name, None, _history) for name in names]
        stacks = [rows for _, rows in found]
        if len(names) > 1:
            stacks = [outputs.identified(rows, self._read(name, None, _digests)) for name, rows in zip(names, stacks, strict=True)]
        images = _by_label(names, [image for image, _ in found], stacks)
        base_name, below = self._read(base, None, _history) if base else ("", [])
        return self._figure("layers", images, below, base_name)

    def build_steps(self, *names: str) -> str:
        """A figure of the steps of builds."""
        _distinct(names)
        builds = [self._read(name, None, _build) for name in names]
        return self._figure("build_steps", _by_label(names, [self._title(name) for name in names], builds))

    def ports(self, name: str) -> str:
        """A figure of published ports."""
        return self._figure("ports", self._read(name, None, lambda ran: outputs.ports(_lines(ran))))

    def lifecycle(self) -> str:
        """A figure of a container's states, from the commands that this page ran."""
        runs: dict[str, str] = {}
        for shown in self._pages.shown(self._page()):
            for ran in filter(None, shown.steps):
                for verb in outputs.changes(ran.command) if not ran.exit_status else ():
                    runs.setdefault(verb, f"#{render.anchor(shown.block)}")
        try:
            return self._figure("lifecycle", runs)
        except KeyError as error:
            raise facts.Missing(f"no command of this page ran `docker {error.args[0]}`") from error

    def failures(self) -> str:
        """Every failure that a page shows, as Markdown: its text, what it means, where it happened."""
        parts = []
        for page, text in self._pages.texts.items():
            parts += [self._failure(page, entry) for entry in front_matter(text).get("failures") or ()]
        return "\n\n".join(parts)

    def totals(self) -> str:
        """What was run for this site: all of it, then a row a page."""
        rows = []
        for page, told in self._pages.told.items():
            steps = told.recording.steps
            builds = sum(bool(re.search(r"\bdocker (?:buildx )?build\b", step.command)) for step in steps)
            title = self._pages.title(page)
            rows.append(
                (sum(step.seconds for step in steps), f"[{title}]({page})", len(steps), builds, told.recording.provenance.engine)
            )
        rows.sort(key=lambda row: -row[0])
        seconds = sum(row[0] for row in rows)
        engines = sorted({row[4] for row in rows})
        lines = [
            f"**{sum(row[2] for row in rows)} commands** were run for this site, **{sum(row[3] for row in rows)} builds** among them"
            + (f", on Docker Engine {', '.join(engines)}" if rows else "")
            + f". They took {seconds:.0f} seconds"
            + (f"; the slowest page is {rows[0][1]}." if rows else "."),
            "",
            "| Page | Commands | Builds | Seconds |",
            "|---|--:|--:|--:|",
            *(f"| {title} | {count} | {builds} | {took:.1f} |" for took, title, count, builds, _ in rows),
        ]
        return "\n".join(lines)

    def _figure(self, function: str, *words: object) -> str:
        return str(self._cache.get("docker_notes.html.figures", function, *words))

    def _guarded(self, macro: Callable[..., str]) -> Callable[..., str]:
        """The macro, with what it misses told by page:line, all of them at the end."""

        def guarded(*words: Any, **named: Any) -> str:
            self._asked = self._page()
            try:
                return macro(*words, **named)
            except (facts.Missing, outputs.Unreadable, TypeError) as error:
                given = [*map(repr, words), *(f"{name}={value!r}" for name, value in named.items())]
                call = f"{{{{ {macro.__name__}({', '.join(given)}) }}}}"
                failure = FigureError(self._page(), self._macro_line(), f"{call}: {error}")
                # Of a page that failed or runs again, not what follows from that.
                if not self._unsettled(self._asked):
                    self.missed.append(failure)
                return f'<span class="fact-missing">{escape(str(failure))}</span>'

        guarded.__doc__ = macro.__doc__
        return guarded

    def _unsettled(self, page: str) -> bool:
        told = self._pages.told.get(page)
        return bool(self._pages.failures.get(page) or (told and told.running))

    def _macro_line(self) -> int:
        """The line of the page that calls a macro, from the frame of Jinja's template."""
        frame = sys._getframe()  # noqa: SLF001  # the only way to the template's line
        while frame is not None:
            template = frame.f_globals.get("__jinja_template__")
            if template is not None:
                whole = self._pages.texts[self._page()]
                body = self._env.page.markdown or ""
                return int(template.get_corresponding_lineno(frame.f_lineno)) + _front_lines(whole, body)
            frame = frame.f_back  # type: ignore[assignment]
        return 1

    def _ran(self, name: str, step: int | None = None) -> StepResult:
        return facts.one(self._named(name), step)

    def _read(self, name: str, step: int | None, read: Callable[[StepResult], T]) -> T:
        """What is read from a step; where none is named, from the last step that holds such a thing."""
        if step is not None:
            return read(self._ran(name, step))
        last = self._ran(name)
        for ran in filter(None, reversed(self._named(name).steps)):
            try:
                return read(ran)
            except (facts.Missing, outputs.Unreadable):
                continue
        return read(last)

    def _named(self, name: str) -> Shown:
        page, _, block = name.rpartition("#")
        self._asked = page = page or self._page()
        if page not in self._pages.told:
            raise facts.Missing(f"the page {page} has no blocks")
        found = [shown for shown in self._pages.shown(page) if block and shown.block.options.name == block]
        if not found:
            names = sorted(filter(None, (shown.block.options.name for shown in self._pages.shown(page))))
            raise facts.Missing(f"no block of {page} is named {block!r}; its names: {', '.join(names) or 'none'}")
        return found[0]

    def _title(self, name: str) -> str:
        options = self._named(name).block.options
        return options.title or options.name

    def _failure(self, page: str, entry: Mapping[str, str]) -> str:
        missing = {"block", "title", "text", "means", "fix"} - set(entry)
        if missing:
            raise facts.Missing(f"a failure of {page} lacks {', '.join(sorted(missing))}")
        shown = self._named(f"{page}#{entry['block']}")
        printed = (ran for ran in shown.steps if ran and entry["text"] in ran.output)
        line = next((facts.line(ran, entry["text"], int(entry.get("which", 1))) for ran in printed), None)
        if line is None:
            raise facts.Missing(f"the block {entry['block']!r} of {page} does not print {entry['text']!r}")
        title = self._pages.title(page)
        marked = re.sub(rf"{re.escape(escape(entry['text']))}\w*", r"<mark>\g<0></mark>", escape(line), count=1)
        # The piece that a reader searches for is a part of the heading, though not seen there: search ranks those first.
        plain = entry["title"].replace("`", "")
        heading = f"## {entry['title']} `` {entry['text']} ``{{ .visually-hidden }}"
        marks = f'{{ #{slugify(plain, "-")} data-toc-label="{escape(plain)}" }}'
        return (
            f'{heading} {marks}\n\n<pre class="failure-text"><code>{marked}</code></pre>\n\n'
            f"{entry['means'].strip()}\n\n**The way out:** {entry['fix'].strip()}\n\n"
            f"It happens on [{title}]({page}#{render.anchor(shown.block)})."
        )

    def _page(self) -> str:
        return str(self._env.page.file.src_uri)


def _front_lines(whole: str, body: str) -> int:
    """How many lines of a page stand above the part that MkDocs hands to plugins."""
    at = whole.find(body.split("\n", maxsplit=1)[0]) if body else -1
    return whole.count("\n") - body.count("\n") if at >= 0 else 0


def _hover(text: str, exact: str) -> str:
    return f'<span class="fact" title="{escape(exact)}">{escape(text)}</span>'


def _distinct(names: Sequence[str], most: int = 99) -> None:
    """What a figure is drawn of has to be named, each block once."""
    if not names or len(set(names)) < len(names):
        raise facts.Missing("a figure needs the name of a block, each once")
    if len(names) > most:
        raise facts.Missing(f"{most} fit side by side, not {len(names)}")


def _by_label(names: Sequence[str], labels: Sequence[str], things: Sequence[T]) -> dict[str, T]:
    """What a figure compares, by its labels; by the blocks' names where labels would be the same."""
    return dict(zip(labels if len(set(labels)) == len(labels) else names, things, strict=True))


def _lines(ran: StepResult) -> list[str]:
    return [line.text for line in ran.lines]


def _history(ran: StepResult) -> tuple[str, list[outputs.Layer]]:
    """The image that `docker history` was asked for, and its layers."""
    rows = outputs.history(_lines(ran))
    _, _, rest = ran.command.partition("history ")
    words = [word for word in rest.split() if not word.startswith("-")]
    if not words:
        raise facts.Missing(f"`{ran.command}` names no image behind `history`")
    return words[0], rows


def _digests(ran: StepResult) -> list[str]:
    return outputs.digests(_lines(ran))


def _build(ran: StepResult) -> list[outputs.BuildStep]:
    return outputs.build(_lines(ran))
