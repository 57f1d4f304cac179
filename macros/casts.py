"""A recording → an asciicast, version 2 (https://docs.asciinema.org/manual/asciicast/v2/).

Commands are typed at an even pace, made up; each line of output comes when it really came.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import groupby
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from macros.recording import Recording

PER_KEY = 0.03  # seconds
PAUSE = 0.8  # seconds between an output and the next command
ROWS = 30
PROMPT = "\x1b[1;32m$\x1b[0m "


def asciicast(recording: Recording, title: str) -> str:
    """The walkthrough of a page, to be played."""
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
        # A line may have taken its form later than one below it.
        lines = sorted(step.lines, key=lambda line: line.at)
        rows += [
            _event(now + at, "".join(f"{line.text}\r\n" for line in some)) for at, some in groupby(lines, lambda line: line.at)
        ]
        now += step.seconds + PAUSE
    return "".join(rows)


def _event(at: float, text: str) -> str:
    # By one of json's own pieces: its whole is slow for an event a key.
    return f'[{at:.3f}, "o", {encode_basestring(text)}]\n'
