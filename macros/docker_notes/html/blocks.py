"""A recording → HTML: blocks, provenance, notices."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from functools import cache
from html import escape
from itertools import groupby, islice
from typing import TYPE_CHECKING

from docker_notes.html import changes
from docker_notes.recording.model import STAND_IN, asks
from docker_notes.recording.wording import told
from docker_notes.terminal.lines import is_link
from docker_notes.terminal.style import COLOURS, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from docker_notes.page.model import Block, Page, Step
    from docker_notes.recording.model import BaseImage, Recording, StepResult
    from docker_notes.recording.wording import Told
    from docker_notes.terminal.lines import Line, Span

__all__ = ["FOLD_OVER", "Shown", "anchor", "anchor_of", "at", "block", "day", "failures", "notice", "provenance", "shown", "stamp"]

FOLD_OVER = 24
"""Lines; longer outputs show their beginning, their end, and what the block expects."""

_HEAD, _TAIL, _AROUND, _LEAST = 4, 12, 1, 4
_SLOW = 1.0  # seconds from which on a reader is told them
_NARROW = 34  # characters that fit a phone without scrolling
_SENTENCE = re.compile(r"\S+(?: {1,2}\S+){2,}")  # no columns, whose alignment a break would spoil

# xterm's values of the eight colours, to fit others to.
_COLOURS = dict(zip(COLOURS, (0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5), strict=True))


@dataclass(frozen=True)
class Shown:
    """A block with what each of its steps did; None for a step that did not run, or not in this form."""

    block: Block
    steps: tuple[StepResult | None, ...]
    told: tuple[Told | None, ...] = ()
    """Of each step, what it changed of its engine; none where that is not known."""


def shown(page: Page, recording: Recording) -> list[Shown]:
    """The blocks of a page, each with its part of the recording, which may be of an older form of the page."""
    found = _aligned([asks(block, step) for block, step in page.steps], recording.steps)
    words = {id(step): said for step, said in zip(recording.steps, told(recording), strict=False)}
    ran = iter(found)
    return [
        Shown(block, steps, tuple(words.get(id(step)) for step in steps) if words else ())
        for block in page.blocks
        for steps in [tuple(islice(ran, len(block.steps)))]
    ]


def _aligned(asked: list[tuple[object, ...]], steps: Sequence[StepResult]) -> list[StepResult | None]:
    recorded = [step.asks for step in steps]
    if asked == recorded:
        return list(steps)
    found: list[StepResult | None] = [None] * len(asked)
    for at, start, length in SequenceMatcher(None, asked, recorded, autojunk=False).get_matching_blocks():
        found[at : at + length] = steps[start : start + length]
    return found


def at(blocks: Iterable[Block], line: int) -> Block | None:
    """The block that a line of its page belongs to: its fence, or one of its steps; None where there is none."""
    return next((b for b in blocks if line == b.line or line in {step.line for step in b.steps}), None)


def anchor(block: Block) -> str:
    """The id of a block's element."""
    return anchor_of(block.options.name or str(block.index + 1))


def anchor_of(name: str) -> str:
    """The id of the element of a block with a name, or with a number on its page."""
    return f"run-{name}"


def block(shown: Shown, notices: Iterable[str] = (), *, running: bool = False, archive: str = "", anchored: bool = True) -> str:
    """A block's HTML: `div.console`, with a `data-exit-status` a step.

    Args:
        shown: the block and what its steps did.
        notices: what is wrong with it, to stand on top.
        running: whether it is running again, and what is shown is of the run before.
        archive: the address of the example's files, where the block is to offer them.
        anchored: whether it has its id; not so apart from its page.
    """
    block = shown.block
    options = block.options
    said = [notice("running again …")] if running else []
    said += map(notice, notices)
    hidden = " hidden" if options.show == "none" and not said else ""
    mark = " console-running" if running else ""
    name = f' id="{anchor(block)}"' if anchored else ""
    parts = [f'<div class="console{mark}"{name} data-source="{escape(block.page)}:{block.line}"{hidden}>']
    bar = ""
    if options.title:
        bar += f'<p class="console-title">{escape(options.title)}</p>'
    if archive:
        bar += f'<a class="console-files" href="{escape(archive)}" download data-search-exclude>{escape(options.example)}.zip</a>'
    if bar:
        parts.append(f'<div class="console-bar">{bar}</div>')
    parts += said
    said_of = shown.told or (None,) * len(block.steps)
    parts += [
        _step(step, ran, options.show, options.expect, words, anchored=anchored)
        for step, ran, words in zip(block.steps, shown.steps, said_of, strict=True)
    ]
    parts.append("</div>")
    return "".join(parts)


def _step(step: Step, ran: StepResult | None, show: str, expect: str, words: Told | None, *, anchored: bool) -> str:
    status = "" if ran is None else str(ran.exit_status)
    name = f' id="{changes.anchor(words.number)}"' if words and anchored else ""
    parts = [f'<div class="console-step"{name} data-exit-status="{status}">']
    # A command that is not shown is there to be copied all the same: the next ones may need what it did.
    hidden = "" if show in {"all", "command"} else " hidden data-search-exclude"
    # With the lines that complete it: bash itself told these apart from what its program reads.
    typed = ran.command if ran else step.command
    command = f'<pre class="console-command"><kbd>{escape(typed, quote=False)}</kbd></pre>'
    parts.append(f'<div class="console-line"{hidden}>{command}</div>')
    if ran and show in {"all", "output"}:
        if ran.lines:
            parts.append(_output(ran, expect))
        if ran.dropped:
            parts.append(f'<p class="console-note">{_bytes(ran.dropped)} more were printed and are not shown.</p>')
        about = []
        if ran.exit_status:
            about.append(f'<span class="console-status">exit status {ran.exit_status}</span>')
        if ran.seconds >= _SLOW:
            about.append(f'<span class="console-seconds">{ran.seconds:.1f} s</span>')
        if about:
            parts.append(f'<p class="console-note">{" ".join(about)}</p>')
    parts += [changes.line(words, anchored=anchored), "</div>"]
    return "".join(parts)


def _output(ran: StepResult, expect: str) -> str:
    parts = []
    for folded, lines in _segments(ran.lines, expect):
        broken = [_breaks(line, ran) for line in lines]
        text = "\n".join(map(_line, lines, broken))
        # What may have to be scrolled can be reached by keyboard.
        scrolls = any(len(line.text) > _NARROW and not breaks for line, breaks in zip(lines, broken, strict=True))
        wide = ' tabindex="0"' if scrolls else ""
        pre = f'<pre class="console-output" data-search-exclude{wide}><samp>{text}\n</samp></pre>'
        if folded:
            pre = f'<details class="console-fold"><summary>{len(lines)} more lines</summary>{pre}</details>'
        parts.append(pre)
    return "".join(parts)


def _segments(lines: Sequence[Line], expect: str) -> Iterator[tuple[bool, Sequence[Line]]]:
    if len(lines) <= FOLD_OVER:
        yield False, lines
        return
    tail = len(lines) - _TAIL
    # From the start of a paragraph on, where one begins in it: the end is not to begin mid-sentence.
    tail = next((n + 1 for n in range(tail, len(lines) - 2) if not lines[n].text), tail)
    keep = {n for n in range(len(lines)) if n < _HEAD or n >= tail}
    if expect:
        found = (n for n, line in enumerate(lines) if expect in line.text)
        keep.update(m for n in found for m in range(n - _AROUND, n + _AROUND + 1) if 0 <= m < len(lines))
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and (end in keep) == (start in keep):
            end += 1
        folded = start not in keep and end - start >= _LEAST
        yield folded, lines[start:end]
        start = end


def _breaks(line: Line, ran: StepResult) -> bool:
    """Whether the page breaks a line that is wider than itself.

    It breaks what the terminal broke at its edge, and what an error says, so that its end is seen at once.
    """
    return len(line.text) > ran.columns or (ran.exit_status != 0 and _SENTENCE.fullmatch(line.text) is not None)


def _line(line: Line, breaks: bool) -> str:  # noqa: FBT001  # called by map
    html = _coloured(line)
    return f'<span class="wrap">{html}</span>' if breaks else html


def _coloured(line: Line) -> str:
    if not line.spans:
        return escape(line.text, quote=False)
    parts, at = [], 0
    for span in line.spans:
        parts.append(escape(line.text[at : span.start], quote=False))
        parts.append(_span(span, escape(line.text[span.start : span.end], quote=False)))
        at = span.end
    parts.append(escape(line.text[at:], quote=False))
    return "".join(parts)


def _span(span: Span, text: str) -> str:
    style = f' class="{_classes(span.style)}"' if span.style else ""
    if is_link(span.link):
        return f'<a{style} rel="nofollow noopener" href="{escape(span.link)}">{text}</a>'
    return f"<span{style}>{text}</span>" if style else text


@cache
def _classes(style: str) -> str:
    names = []
    for word in style.split():
        place, colour = split(word)
        if colour.startswith("#"):
            colour = _nearest(int(colour[1:], 16))
        names.append(f"t-{place}{colour.removeprefix('bright')}")
    return escape(" ".join(names))


def _nearest(colour: int) -> str:
    def distance(name: str) -> int:
        return sum(((colour >> s & 255) - (_COLOURS[name] >> s & 255)) ** 2 for s in (0, 8, 16))

    return min(_COLOURS, key=distance)


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count} bytes"  # noqa: PLR2004


def stamp(recording: Recording) -> str:
    """The line below a page's title: which engine printed what follows, and when."""
    about = recording.provenance
    return (
        f'<p class="stamp" data-search-exclude><a href="#provenance">Run on Docker Engine {escape(about.engine)}</a> '
        f"<span>{day(about.date)}</span> <span>{len(recording.steps)} commands</span></p>"
    )


def provenance(recording: Recording, *, live: bool, cast: str = "") -> str:
    """The end of a page: where its outputs came from, short, and open to more.

    Args:
        recording: what the page shows.
        live: whether this build ran it.
        cast: the address of the page's asciicast, relative to the page.
    """
    about = recording.provenance
    seconds = sum(step.seconds for step in recording.steps)
    rows = [
        ("Engine", f"Docker Engine {escape(about.engine)}, buildx {escape(about.buildx)}"),
        *(("Base image", _base(list(same))) for _, same in groupby(about.bases, key=lambda base: replace(base, name=""))),
        ("Run", f"{day(about.date)}; {len(recording.steps)} commands in {seconds:.0f} seconds"),
        ("This build", "ran them" if live else "replayed their recording"),
    ]
    stand_in = any(base.origin == STAND_IN for base in about.bases)
    said = f"Every output on this page was printed by Docker Engine {escape(about.engine)} on {day(about.date)}"
    parts = [
        '<div data-search-exclude><details class="provenance" id="provenance">',
        f"<summary>{said}{', on stand-in base images' if stand_in else ''}.</summary><dl>",
        *(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows),
        "</dl></details>",
    ]
    if cast:
        parts.append(
            f'<div class="watch" data-cast="{escape(cast)}">'
            f'<a href="{escape(cast)}" download>The recording of this page</a> (asciicast)</div>'
        )
    parts.append("</div>")
    return "".join(parts)


def _base(bases: Sequence[BaseImage]) -> str:
    """One image with one or more names."""
    base = bases[0]
    if base.origin == STAND_IN:
        made = f"made from {escape(base.made_from)}; " if base.made_from else ""
        origin = f"a local stand-in for the official image, which could not be pulled; {made}contents"
    else:
        origin = "the official image, digest"
    names = " and ".join(f"<code>{escape(base.name)}</code>" for base in bases)
    return f"{names}: {origin} <code>{escape(base.digest[:19])}</code>"


def day(date: str) -> str:
    """An ISO 8601 moment as a reader would write its day."""
    if not date:
        return "an unknown day"
    moment = datetime.fromisoformat(date)
    return f"{moment.day} {moment:%B %Y}"


def notice(text: str) -> str:
    """A notice on top of a block: plain text, each line a line."""
    return f'<pre class="console-notice" role="status">{escape(text, quote=False)}</pre>'


def failures(lines: Iterable[str]) -> str:
    """What is wrong with a page, on top of it."""
    return f'<div class="admonition failure"><p class="admonition-title">This page fails</p>{"".join(map(notice, lines))}</div>'
