"""The grammar: the text of a page → blocks and steps, with their lines.

Pure text. A block is one ```` ```console ```` fence; see README.md for
what an author may write in it. Fences follow CommonMark (spec 0.31, section 4.5) except
that they may be indented as far as a list, tab or admonition needs.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docker_notes.errors import GrammarError, in_page_order
from docker_notes.page.model import Block, Options, Page, Step, Typed

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGE = "console"
SHOW = ("all", "command", "output", "none")
# A terminal in canonical mode takes lines of 4095 bytes (termios(3)).
MAX_LINE_BYTES = 4000

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}(?=[^`]*$)|~{3,})[ \t]*(?P<info>.*)")
# Forms in which Markdown would show a block that nobody ran.
_QUOTED = re.compile(rf"[ \t]*>[> \t]*(?:`{{3,}}|~{{3,}})[ \t]*{LANGUAGE}\b")
_BACKTICK = re.compile(rf"[ \t]*`{{3,}}[ \t]*{LANGUAGE}[ \t]+[\w-]+=")
_ATTRIBUTES = re.compile(rf"\{{[^}}]*\.{LANGUAGE}\b")
_OPTION = re.compile(r'\s*(?P<key>[A-Za-z][\w-]*)=(?P<quote>["\'])(?P<value>(?:(?!(?P=quote)).)*)(?P=quote)(?=\s|$)')
_STATUS = re.compile(r"\?[ \t]*(\d{1,3})")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_JINJA = ("{{", "{%", "{#")
_ENDRAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")


@dataclass(frozen=True)
class _Fence:
    first: int  # index of the opening line
    last: int  # index of the closing line
    indent: str
    marker: str
    info: str
    body: tuple[str, ...]

    @property
    def language(self) -> str:
        return self.info.split(maxsplit=1)[0] if self.info else ""


def parse(page: str, text: str) -> Page:
    """Read a page's blocks.

    Args:
        page: the page's path below `docs/`.
        text: the page's Markdown, front matter included, so that lines count right.

    Raises:
        BuildFailed: holding a GrammarError for every line that does not follow the grammar.
    """
    errors: list[GrammarError] = []
    blocks: list[Block] = []
    names: dict[str, int] = {}
    lines = text.split("\n")
    fences = list(_fences(lines))
    inside = {number for fence in fences for number in range(fence.first, fence.last + 1)}
    for number, outside in enumerate(lines, 1):
        if number - 1 in inside:
            continue
        if _QUOTED.match(outside):
            errors.append(GrammarError(page, number, "a block in a quotation is not run", "write it without the '>'"))
        if _BACKTICK.match(outside):
            errors.append(GrammarError(page, number, "a block with a backtick in its first line is not run", "open it with ~~~"))
    for fence in fences:
        line = fence.first + 1
        if _ATTRIBUTES.match(fence.info):
            fix = f'write {fence.marker}{LANGUAGE} key="value"'
            errors.append(GrammarError(page, line, f"not the form of a block: {fence.info!r}", fix))
        if fence.language != LANGUAGE:
            continue
        if fence.last == fence.first:
            errors.append(GrammarError(page, line, "this block is never closed", f"add {fence.marker} below it"))
            continue
        options = _options(page, line, fence.info[len(LANGUAGE) :], errors)
        steps = _steps(page, line + 1, fence.body, errors)
        if options.name and options.name in names:
            what = f"the name {options.name!r} was given to the block at line {names[options.name]}"
            errors.append(GrammarError(page, line, what, "names are for one block of a page: choose another"))
        names[options.name] = line
        blocks.append(Block(page, line, len(blocks), options, steps))
    if errors:
        raise in_page_order(errors)
    return Page(page, tuple(blocks))


def shield(text: str) -> str:
    """Make code safe for Jinja, and each block a short stand-in that names its index.

    Lines keep their numbers, so that errors of Jinja and Markdown name the right one.
    """
    lines = text.split("\n")
    inside: set[int] = set()
    index = 0
    for fence in _fences(lines):
        inside.update(range(fence.first, fence.last + 1))
        if fence.language == LANGUAGE and fence.last > fence.first:
            lines[fence.first] = f'{fence.indent}{fence.marker}{LANGUAGE} block="{index}"'
            for number in range(fence.first + 1, fence.last):
                lines[number] = ""
            # superfences wants the closing fence as the opening one is; CommonMark lets it be longer.
            lines[fence.last] = f"{fence.indent}{fence.marker}"
            index += 1
        elif any(mark in line for line in fence.body for mark in _JINJA):
            for number in range(fence.first + 1, fence.last):
                lines[number] = _ENDRAW.sub(_shield_endraw, lines[number])
            lines[fence.first] = f"{fence.indent}{{% raw %}}{lines[fence.first][len(fence.indent) :]}"
            lines[fence.last] += "{% endraw %}"
    for number, line in enumerate(lines):
        if number not in inside and "`" in line and any(mark in line for mark in _JINJA):
            lines[number] = _CODE_SPAN.sub(_shield_span, line)
    return "\n".join(lines)


def _shield_span(span: re.Match[str]) -> str:
    whole = span.group()
    if not any(mark in whole for mark in _JINJA):
        return whole
    return f"{{% raw %}}{_ENDRAW.sub(_shield_endraw, whole)}{{% endraw %}}"


def _shield_endraw(tag: re.Match[str]) -> str:
    return f"{{% endraw %}}{{{{ {tag.group()!r} }}}}{{% raw %}}"


def _fences(lines: list[str]) -> Iterator[_Fence]:
    number = 0
    while number < len(lines):
        opened = _FENCE.fullmatch(lines[number])
        if not opened:
            number += 1
            continue
        indent, marker = opened["indent"], opened["fence"]
        last = next(
            (n for n in range(number + 1, len(lines)) if _closes(lines[n], marker)),
            None,
        )
        end = number if last is None else last
        body = tuple(_dedent(line, indent) for line in lines[number + 1 : end])
        yield _Fence(number, end, indent, marker, opened["info"].strip(), body)
        number = end + 1


def _closes(line: str, marker: str) -> bool:
    stripped = line.strip()
    return len(stripped) >= len(marker) and set(stripped) == {marker[0]}


def _dedent(line: str, indent: str) -> str:
    return line[len(indent) :] if line.startswith(indent) else line.lstrip(" \t")


def _options(page: str, line: int, text: str, errors: list[GrammarError]) -> Options:
    known = tuple(vars(Options()))
    values: dict[str, str | float | int] = {}
    at = 0
    while at < len(text):
        option = _OPTION.match(text, at)
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
        case "example" if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", value):
            raise ValueError("the name of a folder of examples/")
        case "name" if not re.fullmatch(r"[A-Za-z][\w.-]*", value):
            raise ValueError("a letter, then letters, digits, '-', '_' or '.'")
        case "wait" if not re.fullmatch(r"https?://\S+", value) and not (
            re.fullmatch(r"[0-9]{1,5}", value) and 0 < int(value) < 2**16
        ):
            raise ValueError("a port from 1 to 65535, or a URL with http:// or https://")
    return value


def _steps(page: str, first: int, body: tuple[str, ...], errors: list[GrammarError]) -> tuple[Step, ...]:
    steps: list[Step] = []
    before = len(errors)
    number = 0
    closed = True  # whether the step before took its status: nothing may be typed into it

    def wrong(line: int, what: str, fix: str) -> None:
        errors.append(GrammarError(page, line, what, fix))

    while number < len(body):
        line, text = first + number, body[number].rstrip()
        number += 1
        if not text:
            continue
        if _has_control(text):
            wrong(line, "a control character", "write keys as ^C, ^D, ^P^Q")
        elif text.startswith("$ "):
            command = [text[2:]]
            while _continues(command[-1]) and number < len(body):
                command.append(body[number].rstrip())
                number += 1
            if _continues(command[-1]):
                wrong(line, "the command ends in a backslash and no line follows", "add the line, or drop the '\\'")
            if any(len(part.encode()) > MAX_LINE_BYTES for part in command):
                wrong(line, f"a line of over {MAX_LINE_BYTES} bytes", "break it with '\\', or put it in a script")
            for below, part in enumerate(command[1:], 1):
                if _has_control(part):
                    wrong(line + below, "a control character", "write what makes it, such as $'\\a'")
            steps.append(Step(line, "\n".join(command)))
            closed = False
        elif text == ">" or text.startswith("> "):
            if closed:
                fix = "a typed line goes below the '$ ' command whose program reads it, and above its '? N'"
                wrong(line, "a typed line without a command to type it into", fix)
            else:
                steps[-1] = _with(steps[-1], typed=(*steps[-1].typed, Typed(line, text[2:])))
        elif text.startswith("?"):
            status = _STATUS.fullmatch(text)
            if closed:
                wrong(line, "an exit status without a command", "write it once, below its '$ ' command")
            elif not status or int(status[1]) > 255:  # noqa: PLR2004  # wait(2): eight bits
                wrong(line, f"not an exit status: {text!r}", "write '? N' with N from 0 to 255")
            else:
                steps[-1] = _with(steps[-1], expected_status=int(status[1]))
            closed = True
        else:
            fix = "write '$ command', '> typed line' or '? exit status'; outputs are never typed, they come from the run"
            wrong(line, f"neither command, typed line nor status: {text!r}", fix)
    if not steps and len(errors) == before:
        wrong(first - 1, "a block without a command", "add a line '$ command'")
    return tuple(steps)


def _has_control(text: str) -> bool:
    return any(unicodedata.category(char) == "Cc" and char != "\t" for char in text)


def _with(step: Step, **changes: object) -> Step:
    return Step(**{**vars(step), **changes})


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1
