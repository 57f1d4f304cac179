"""Random streams, shown by the emulator and by tmux.

`DOCKER_NOTES_STREAMS=3000` tries as many, new ones each time; the suite's few are always the same.

What is left out is where tmux is not the reference, as other terminals (newer tmux, VTE, xterm.js) agree on something else:
- in tmux 3.3a: bytes that are not UTF-8, clusters of more than 21 bytes, ZERO WIDTH JOINER, REP of what is not ASCII;
- in all of tmux: scroll regions below the first row, erasing of the whole screen and ESC c, half of a wide character that is
  overwritten or erased, a backspace behind the last column, HPR, VPR, CHT, a full screen while a broken line is half in the history;
- in libghostty-vt: a character without width that follows no other;
- where terminals do not agree: REP, erasing and wide characters at the edge, widths of emoji with a variation selector.
So cursors move by lines and to columns, and rows that the edge broke are not edited.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from docker_notes.terminal.emulator import Terminal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.terminal.tmux import Tmux

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMS = int(os.environ.get("DOCKER_NOTES_STREAMS", "0"))
few = settings(
    max_examples=STREAMS or 25, derandomize=not STREAMS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def tmux() -> Iterator[Tmux]:
    with Tmux() as server:
        yield server


words = st.sampled_from(
    ["a", "word ", "two words", "=> CACHED ", "é", "ñ", "n\u0303", "漢字", "中", "한국", "नमस्ते", "ภาษา", "😀", "👍", "→", "─", "a\u200b", "b\u2060", "c\u200e",
     "\t", "0123456789" * 4, "x" * 59, "x" * 60, "y" * 61, "z" * 130, "漢" * 31],
)  # fmt: skip
styles = st.sampled_from(
    [
        "\x1b[m",
        "\x1b[1m",
        "\x1b[31m",
        "\x1b[4:3m",
        "\x1b[38;5;208m",
        "\x1b[48:2::1:2:3m",
        "\x1b[>4;2m",
        "\x1b[?4m",
        "\x1b[58;5;1m",
        "\x1b[9;2m",
    ]
)
silent = st.sampled_from(
    ["\x1b]0;title\x07", "\x1bPq#0\x1b\\", "\x1b_Gx\x1b\\", "\x1b^pm\x1b\\", "\x1b[?25l", "\x1b[?25h", "\x1b[?2026h", "\x1b[?2026l", "\x1b[c",
     "\x1b[6n", "\x1b[>1u", "\x1b[<u", "\x07", "\x00", "\x7f", "\x1b]8;;https://example.com/\x1b\\", "\x1b]8;;\x1b\\", "\x1b[?2004h", "\x1b[2 q"],
)  # fmt: skip
short = st.sampled_from(["a", "word", "é", "done", "0.1s", "中", "=> "])
column = st.integers(1, 40).map(lambda number: f"\x1b[{number}G")
edits = st.sampled_from(
    ["\x1b[K", "\x1b[0K", "\x1b[2K", "\x1b[J", "\x1b[3D", "\x1b[2C", "\x1b[5X", "\x1b[2@", "\x1b[2P", "a\x1b[3b", "\b"]
)
ascii_short = st.sampled_from(["a", "word", "done", "0.1s", "=> ", " "])

full_screen = st.lists(short | column | edits | st.just("\r\n"), max_size=8).map(
    lambda parts: f"\x1b[?1049h{''.join(parts)}\x1b[?1049l"
)
printed = st.lists(words | styles | silent, max_size=8).map("".join).map(lambda text: text + "\r\n")
"""A line of any length, printed and not touched again."""
edited = (
    st.lists(ascii_short | column | edits | styles | silent | st.just("\r"), max_size=10)
    .map("".join)
    .map(lambda text: text + "\r\n")
)
"""A line that is edited, and ends before the edge."""
repainted = st.tuples(st.integers(1, 4), st.lists(ascii_short, min_size=1, max_size=4)).map(
    lambda drawn: (
        "".join(f"{word}\r\n" for word in drawn[1]) + f"\x1b[{min(drawn[0], len(drawn[1]))}A\x1b[2Kagain\x1b[K\r\n" + "\x1b[4B\r"
    )
)
"""A picture of some lines, of which one is painted again."""
fitting = st.lists(short | styles | silent, max_size=6).map("".join).map(lambda text: text + "\r\n")
"""A line that the edge does not break."""
streams = (
    st.lists(printed | edited | repainted, max_size=14) | st.lists(fitting | edited | repainted | full_screen, max_size=14)
).map(lambda parts: "".join(parts).encode())


def shown(stream: list[bytes | tuple[int, int]], columns: int = 60, rows: int = 12) -> list[str]:
    terminal = Terminal(columns, rows, row=1)
    for part in stream:
        if isinstance(part, bytes):
            terminal.feed(part)
        else:
            terminal.resize(*part)
    return [line.text for line in terminal.lines()]


def without_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines.pop()
    return lines


@few
@given(stream=streams, columns=st.sampled_from([60, 80, 100]))
def test_a_stream_is_shown_as_by_tmux(stream: bytes, columns: int, tmux: Tmux) -> None:
    assert shown([stream], columns) == without_end(tmux.shows([stream], columns, 12))


@few
@given(stream=streams, cuts=st.lists(st.integers(0, 400), max_size=9))
def test_a_stream_in_pieces_is_shown_as_by_tmux(stream: bytes, cuts: list[int], tmux: Tmux) -> None:
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces: list[bytes | tuple[int, int]] = [stream[start:end] for start, end in pairwise(edges)]
    assert shown(pieces) == without_end(tmux.shows([stream], 60, 12))


@few
@given(st.lists(st.tuples(printed.map(str.encode), st.sampled_from([(60, 12), (80, 12), (100, 12), (60, 24)])), max_size=5))
def test_a_change_of_size_is_shown_as_by_tmux(tmux: Tmux, parts: list[tuple[bytes, tuple[int, int]]]) -> None:
    stream: list[bytes | tuple[int, int]] = [part for pair in parts for part in pair]
    assert shown(stream) == without_end(tmux.shows(stream, 60, 12))
