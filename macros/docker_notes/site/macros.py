"""The macros for pages: numbers, lines and figures in prose, taken from named blocks."""

from __future__ import annotations

import sys
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from docker_notes.html import blocks, facts, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docker_notes.html.blocks import Shown
    from docker_notes.project.cache import Cache
    from docker_notes.recording.model import StepResult
    from docker_notes.site.pages import Pages
    from docker_notes.site.values import Values

__all__ = ["PageMacros"]

T = TypeVar("T")


class PageMacros:
    """The macros of one build. Each says a word, in whose place its value comes when all pages have run.

    Args:
        pages: what the build knows of its pages.
        values: where values wait until then.
        cache: where figures are kept from build to build.
        where: the path of the page at work, and how many lines of its file stand above what Jinja is given.
    """

    def __init__(self, pages: Pages, values: Values, cache: Cache, where: Callable[[], tuple[str, int]]) -> None:
        self._pages = pages
        self._values = values
        self._cache = cache
        self._where = where
        self.page = ""
        """The page that the value at work is for."""

    def macros(self) -> dict[str, Callable[..., str]]:
        """The macros for pages, by name."""
        own: list[Callable[..., str]] = [
            self.seconds, self.size, self.exit_status, self.output_line, self.times_faster, self.cached,
            self.layers, self.build_steps, self.ports, self.lifecycle,
        ]  # fmt: skip
        return {macro.__name__: self.deferred(macro) for macro in own}

    def deferred(self, macro: Callable[..., str]) -> Callable[..., str]:
        """A macro whose value comes later; what it misses is told by page:line."""

        def asked(*words: Any, **named: Any) -> str:
            page, above = self._where()
            given = [*map(repr, words), *(f"{name}={value!r}" for name, value in named.items())]
            call = f"{macro.__name__}({', '.join(given)})"

            def make() -> str:
                self.page = page
                try:
                    return macro(*words, **named)
                except TypeError as error:
                    raise facts.Missing(str(error)) from error

            source = next((str(word).rpartition("#")[0] for word in words if "#" in str(word)), "")
            return self._values.later(page, _template_line() + above, call, make, source)

        asked.__doc__ = macro.__doc__
        asked.__name__ = macro.__name__
        return asked

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
            stacks = [tables.identified(rows, self._read(name, None, _digests)) for name, rows in zip(names, stacks, strict=True)]
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
        return self._figure("ports", self._read(name, None, lambda ran: tables.ports(_lines(ran))))

    def lifecycle(self) -> str:
        """A figure of a container's states, from the commands that this page ran."""
        runs: dict[str, str] = {}
        for shown in self._pages.shown(self.page):
            for ran in filter(None, shown.steps):
                for verb in tables.changes(ran.command) if not ran.exit_status else ():
                    runs.setdefault(verb, f"#{blocks.anchor(shown.block)}")
        try:
            return self._figure("lifecycle", runs)
        except KeyError as error:
            raise facts.Missing(f"no command of this page ran `docker {error.args[0]}`") from error

    def _figure(self, function: str, *words: object) -> str:
        return str(self._cache.get("docker_notes.html.figures", function, *words))

    def _ran(self, name: str, step: int | None = None) -> StepResult:
        return facts.one(self.named(name), step)

    def _read(self, name: str, step: int | None, read: Callable[[StepResult], T]) -> T:
        """What is read from a step; where none is named, from the last step that holds such a thing."""
        if step is not None:
            return read(self._ran(name, step))
        last = self._ran(name)
        for ran in filter(None, reversed(self.named(name).steps)):
            try:
                return read(ran)
            except (facts.Missing, tables.Unreadable):
                continue
        return read(last)

    def named(self, name: str) -> Shown:
        """A block by its name, of another page as `page.md#name`.

        Raises:
            Missing: where there is none.
        """
        page, _, block = name.rpartition("#")
        page = page or self.page
        if page not in self._pages.results:
            raise facts.Missing(f"the page {page} has no blocks")
        found = [shown for shown in self._pages.shown(page) if block and shown.block.options.name == block]
        if not found:
            names = sorted(filter(None, (shown.block.options.name for shown in self._pages.shown(page))))
            raise facts.Missing(f"no block of {page} is named {block!r}; its names: {', '.join(names) or 'none'}")
        return found[0]

    def _title(self, name: str) -> str:
        options = self.named(name).block.options
        return options.title or options.name


def _template_line() -> int:
    """The line at which a page's template calls a macro, from the frame of Jinja's code; 1 where there is none."""
    frame = sys._getframe()  # noqa: SLF001  # the only way to the template's line
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            return int(template.get_corresponding_lineno(frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    return 1


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


def _history(ran: StepResult) -> tuple[str, list[tables.Layer]]:
    """The image that `docker history` was asked for, and its layers."""
    rows = tables.history(_lines(ran))
    _, _, rest = ran.command.partition("history ")
    words = [word for word in rest.split() if not word.startswith("-")]
    if not words:
        raise facts.Missing(f"`{ran.command}` names no image behind `history`")
    return words[0], rows


def _digests(ran: StepResult) -> list[str]:
    return tables.digests(_lines(ran))


def _build(ran: StepResult) -> list[tables.BuildStep]:
    return tables.build(_lines(ran))
