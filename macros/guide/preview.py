"""The picture that links to the site are shown with elsewhere: its name, and commands with what they printed."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docker_notes.recording.model import StepResult

__all__ = ["SIZE", "draw"]

SIZE = (1200, 630)
"""Pixels, in the proportions that https://ogp.me/ readers cut pictures to."""

_EDGE, _ROW, _LINES, _LONG = 64, 40, 8, 3
_GROUND, _BOX, _TITLE, _TEXT, _SOFT, _PROMPT = "#0c3550", "#161c22", "#ffffff", "#e3e8ed", "#a9b4bf", "#7fd6a0"


def draw(title: str, note: str, steps: Iterable[StepResult]) -> bytes:
    """A PNG with a terminal.

    Args:
        title: what stands on top.
        note: the line at the foot.
        steps: what was run; the first that fit are shown, of a long output its first line.
    """
    image = Image.new("RGB", SIZE, _GROUND)
    pen = ImageDraw.Draw(image)
    pen.text((_EDGE, 52), _fitting(title, 64), _TITLE, _font(64))
    top, foot = 160, SIZE[1] - 84
    pen.rounded_rectangle((_EDGE, top, SIZE[0] - _EDGE, foot - 16), 14, _BOX)
    for row, (prompt, text) in enumerate(_rows(steps)):
        y = top + 24 + row * _ROW
        if prompt:
            pen.text((_EDGE + 28, y), "$", _PROMPT, _font(27))
        pen.text((_EDGE + 56, y), _fitting(text, 27, 84), _TEXT if prompt else _SOFT, _font(27))
    pen.text((_EDGE, foot + 8), _fitting(note, 27), _SOFT, _font(27))
    file = io.BytesIO()
    image.quantize(32).save(file, "PNG", optimize=True)
    return file.getvalue()


def _rows(steps: Iterable[StepResult]) -> Sequence[tuple[bool, str]]:
    rows: list[tuple[bool, str]] = []
    for step in steps:
        # The type is not of fixed width, so columns are closed up.
        printed = [re.sub(r"\s{3,}", "   ", line.text.strip()) for line in step.lines if line.text.strip()]
        if len(printed) > _LONG:
            del printed[1:]
        if len(rows) + 1 + len(printed) > _LINES:
            break
        rows += [(True, step.command.split("\n")[0]), *((False, text) for text in printed)]
    return rows


def _fitting(text: str, size: int, taken: int = 0) -> str:
    room = SIZE[0] - 2 * _EDGE - taken
    font = _font(size)
    if len(text) <= room and font.getlength(text) <= room:
        return text
    # A letter is no narrower than a pixel, so of a line of megabytes its beginning is enough to look at.
    lengths = range(min(len(text), room))
    fitting = bisect_right(lengths, float(room), key=lambda length: font.getlength(text[:length] + "…"))
    return text[: fitting - 1] + "…"


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own, so that every machine draws the same."""
    return ImageFont.load_default(size)
