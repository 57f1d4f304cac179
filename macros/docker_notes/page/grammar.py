"""The grammar: what console fences hold → blocks and steps, with their lines. See README.md for what an author may write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docker_notes.errors import GrammarError, in_page_order
from docker_notes.page.fences import LANGUAGE, OPTION
from docker_notes.page.front_matter import Declared, declared, split
from docker_notes.page.markdown import Fences, Found, convert
from docker_notes.page.model import Block, Options, Page
from docker_notes.page.steps import parse_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker_notes.page.markdown import Fence

__all__ = ["SHOW", "page_of", "parse", "read"]

SHOW = ("all", "command", "output", "none")


def page_of(path: str, fences: Sequence[Fence], declared: Declared = Declared()) -> tuple[Page, list[GrammarError]]:  # noqa: B008  # frozen
    """A page, and every mistake in its blocks.

    Args:
        path: the page's path below `docs/`.
        fences: its console fences, in the order in which a reader meets them.
        declared: what its front matter says.
    """
    errors: list[GrammarError] = []
    blocks: list[Block] = []
    names: dict[str, int] = {}
    for fence in fences:
        line = fence.line or 1
        options = _options(path, line, fence.header, errors)
        steps = parse_steps(path, line + 1, fence.body, errors)
        if options.name and options.name in names:
            what = f"the name {options.name!r} was given to the block at line {names[options.name]}"
            errors.append(GrammarError(path, line, what, "names are for one block of a page: choose another"))
        names[options.name] = line
        blocks.append(Block(path, line, len(blocks), options, steps))
    return Page(path, tuple(blocks), declared.kinds, declared.images, declared.allow), errors


def parse(path: str, text: str) -> Page:
    """Read the blocks of a file that belongs to no site, or whose macros do not matter.

    Args:
        path: what errors call it.
        text: its Markdown, front matter included, so that lines count right.

    Raises:
        BuildFailed: holding a GrammarError for every line that does not follow the grammar.
    """
    page, errors = read(path, text)
    if errors:
        raise in_page_order(errors)
    return page


def read(path: str, text: str) -> tuple[Page, list[GrammarError]]:
    """As `parse`, with the mistakes beside what could be read."""
    meta, body, first_line = split(text)
    fences = Fences(lambda: path)
    found = convert(fences.places.mark(path, body, first_line), fences) if LANGUAGE in body else Found("", (), ())
    try:
        said, errors = declared(path, meta), list(found.missed)
    except GrammarError as error:
        said, errors = Declared(), [*found.missed, error]
    page, more = page_of(path, [fences.all[number] for number in found.fences], said)
    return page, [*errors, *more]


def _options(page: str, line: int, text: str, errors: list[GrammarError]) -> Options:
    known = tuple(vars(Options()))
    values: dict[str, str | float | int] = {}
    at = 0
    while at < len(text):
        option = OPTION.match(text, at)
        if not option:
            errors.append(GrammarError(page, line, f"not an option: {text[at:].strip()!r}", 'write key="value"'))
            break
        at = option.end()
        key, value = option["key"], option["value"]
        if key not in known:
            fix = f"known options: {', '.join(known)}"
            errors.append(GrammarError(page, line, f"unknown option {key!r}", fix))
        elif key in values:
            errors.append(GrammarError(page, line, f"option {key!r} is given twice", "keep one"))
        else:
            try:
                values[key] = _value(key, value)
            except ValueError as error:
                errors.append(GrammarError(page, line, f"{key}={value!r}: {error}"))
    return Options(**values)  # type: ignore[arg-type]  # _value gives each key its type


def _value(key: str, value: str) -> str | float | int:
    match key:
        case "timeout":
            seconds = float(value)
            if not 0 < seconds <= 3600:  # noqa: PLR2004  # an hour
                raise ValueError("seconds, above 0 and at most 3600")
            return seconds
        case "columns":
            columns = int(value)
            if not 20 <= columns <= 400:  # noqa: PLR2004
                raise ValueError("characters, from 20 to 400")
            return columns
        case "show" if value not in SHOW:
            raise ValueError(f"one of {', '.join(SHOW)}")
        case "leaves" if value != "nothing":
            raise ValueError('only leaves="nothing" can be said: no container, volume or network is there behind the block')
        case "example" if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", value):
            raise ValueError("the name of a folder of examples/")
        case "name" if not re.fullmatch(r"[A-Za-z][\w.-]*", value):
            raise ValueError("a letter, then letters, digits, '-', '_' or '.'")
        case "wait" if not re.fullmatch(r"https?://\S+", value) and not (
            re.fullmatch(r"[0-9]{1,5}", value) and 0 < int(value) < 2**16
        ):
            raise ValueError("a port from 1 to 65535, or a URL with http:// or https://")
    return value
