"""A recording → an asciicast, version 2 (https://docs.asciinema.org/manual/asciicast/v2/).

Commands are typed at an even pace, made up; each line of output comes when it really came, in its colours.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import accumulate, groupby
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from docker_notes.terminal.lines import is_link
from docker_notes.terminal.style import sgr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker_notes.recording.model import Recording
    from docker_notes.terminal.lines import Line

__all__ = ["PAUSE", "PER_KEY", "PROMPT", "ROWS", "asciicast"]

PER_KEY = 0.03  # seconds
PAUSE = 0.8  # seconds between an output and the next command
ROWS = 30
PROMPT = "\x1b[1;32m$\x1b[0m "


def asciicast(recording: Recording, title: str) -> str:
    """The page of a page, to be played."""
    columns = max((step.columns for step in recording.steps), default=80)
    head = {
        "version": 2,
        "width": columns,
        "height": ROWS,
        "timestamp": int(datetime.fromisoformat(recording.provenance.date).timestamp()),
        "title": title,
        "env": {"TERM": "xterm-256color", "SHELL": "/bin/bash"},
    }
    rows = [json.dumps(head, ensure_ascii=False) + "\n"]
    now = 0.0
    for step in recording.steps:
        rows.append(_event(now, PROMPT))
        for key in step.command:
            now += PER_KEY
            rows.append(_event(now, "\r\n" if key == "\n" else key))
        rows.append(_event(now, "\r\n"))
        for at, lines in groupby(_timed(step.lines), key=lambda timed: timed[0]):
            rows.append(_event(now + at, "".join(_painted(line) + "\r\n" for _, line in lines)))
        now += step.seconds + PAUSE
    return "".join(rows)


def _event(at: float, text: str) -> str:
    # By one of json's own pieces: its whole is slow for an event a key.
    return f'[{at:.3f}, "o", {encode_basestring(text)}]\n'


def _timed(lines: Sequence[Line]) -> list[tuple[float, Line]]:
    """Each line with its second: no later than those below it, as a line may have taken its last form after them."""
    seconds = list(accumulate((line.at for line in reversed(lines)), min))
    return list(zip(reversed(seconds), lines, strict=True))


def _painted(line: Line) -> str:
    """The text of a line with its styles and links, as a terminal is told them (ECMA-48, SGR; OSC 8)."""
    parts, at = [], 0
    for span in line.spans:
        text = line.text[span.start : span.end]
        if span.style:
            text = f"\x1b[{sgr(span.style)}m{text}\x1b[0m"
        if is_link(span.link):
            text = f"\x1b]8;;{span.link}\x1b\\{text}\x1b]8;;\x1b\\"
        parts += [line.text[at : span.start], text]
        at = span.end
    return "".join([*parts, line.text[at:]])
