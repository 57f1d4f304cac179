"""Bytes of a terminal → the lines that a person sees."""

from __future__ import annotations

import tracemalloc

import pytest
from docker_notes.terminal.emulator import MAX_BYTES, MAX_LINES, Terminal
from docker_notes.terminal.lines import Line, Span, text_of
from hypothesis import given
from hypothesis import strategies as st


def seen(*data: bytes | str, columns: int = 20, rows: int = 50) -> list[str]:
    terminal = Terminal(columns, rows)
    for part in data:
        terminal.feed(part.encode() if isinstance(part, str) else part)
    return [line.text for line in terminal.lines()]


def spans(data: str) -> tuple[Span, ...]:
    terminal = Terminal(40)
    terminal.feed(data.encode())
    return terminal.lines()[0].spans


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("\r\n\r\na\r\n\r\n\r\n", ["", "", "a"]),
        ("trailing   \r\n", ["trailing"]),
        ("a\tb", ["a       b"]),
        ("10%\r20%\r100%\r\ndone", ["100%", "done"]),
        ("downloading\rdone\x1b[K", ["done"]),
        ("abc\b\bX", ["aXc"]),
        ("bell\a\x00", ["bell"]),
        ("<script>alert(1)</script>", ["<script>alert(1)</script>"]),
        ("é ü 中文", ["é ü 中文"]),
        ("e\u0301", ["é"]),
        ("\x1b]0;title\x07text", ["text"]),
        ("\x1b[?25lhidden cursor\x1b[?25h", ["hidden cursor"]),
        ("\x1b[>4;2mnot a colour", ["not a colour"]),
        ("\x1b[c\x1b[6n\x1b[?6nasked", ["asked"]),
    ],
)
def test_what_a_person_sees(data: str, lines: list[str]) -> None:
    assert seen(data, columns=40) == lines


def test_buildkit_repaints_and_the_last_picture_stays() -> None:
    first = "[+] Building 0.1s (0/2)\r\n => one    0.1s\r\n => two    0.0s\r\n"
    second = "\x1b[3A\x1b[0G\x1b[?25l[+] Building 0.2s (2/2)\x1b[0K\r\n => CACHED one    0.1s\r\n => two    0.2s\r\n\x1b[?25h"
    assert seen("before\r\n", first, second, "after\r\n", columns=60) == [
        "before", "[+] Building 0.2s (2/2)", " => CACHED one    0.1s", " => two    0.2s", "after",
    ]  # fmt: skip


def test_buildkit_begins_below_the_command() -> None:
    assert seen("\x1b[1A\x1b[1B\x1b[0G[+] Building 0.1s\r\n") == ["[+] Building 0.1s"]
    assert seen("\r\na") == ["", "a"], "an empty line of the output's own"
    assert seen("gone\x1b[H\x1b[2Jtop") == ["top"]


def test_lines_that_scroll_off_the_screen_are_cache() -> None:
    assert seen("".join(f"{n}\r\n" for n in range(120)), rows=10) == [str(n) for n in range(120)]


def test_bytes_may_come_in_any_pieces() -> None:
    data = "\x1b[31mréd\x1b[0m 中\r\nend".encode()
    assert seen(*(data[n : n + 1] for n in range(len(data)))) == seen(data) == ["réd 中", "end"]


# ------------------------------------------------------------------------------------- its edge


def test_a_line_that_the_edge_broke_is_one_line() -> None:
    assert seen("x" * 20 + "y" * 20 + "z\r\nnext") == ["x" * 20 + "y" * 20 + "z", "next"]
    assert seen("x" * 20 + "\r\nnext") == ["x" * 20, "next"]
    assert seen("ab cd" + " " * 15 + "ef") == ["ab cd" + " " * 15 + "ef"]
    assert seen("x" * 25 + " " * 20 + "\r\nnext") == ["x" * 25, "next"]


def test_a_broken_line_that_scrolls_off_is_one_line() -> None:
    assert seen("\r\n".join(["x" * 30] * 20), rows=5) == ["x" * 30] * 20


@pytest.mark.parametrize(
    "then",
    [
        "\x1b[H\x1b[2Ja\x1b[2;1Hb",
        "\x1b[H\x1b[2J\x1b[3Ja\x1b[2;1Hb",
        "\x1bca\x1b[2;1Hb",
        "\x1b[1A\r\x1b[2Ka\x1b[1B\r\x1b[2Kb",
        "\x1b[1A\r\x1b[Ka\x1b[1B\r\x1b[Kb",
    ],
)
def test_an_erased_row_no_longer_belongs_to_the_row_above(then: str) -> None:
    assert seen("x" * 30 + then) == ["a", "b"]


def test_erasing_a_part_leaves_a_line_whole() -> None:
    assert seen("x" * 30 + "\x1b[5D\x1b[K") == ["x" * 25]
    assert seen("x" * 30 + "\x1b[1K") == ["x" * 20]
    assert seen("x" * 30 + "\x1b[J") == ["x" * 30]


def test_erasing_keeps_what_scrolled_off() -> None:
    assert seen("y" * 30 + "\r\n" * 10 + "x" * 30 + "\x1b[2J\x1b[H", rows=5)[0] == "y" * 30


# ---------------------------------------------------------------------------------------- colours


@pytest.mark.parametrize(
    ("code", "style"),
    [
        ("31", "red"), ("1;31", "bold red"), ("3", "italics"), ("4", "underscore"), ("7", "reverse"), ("44", "on-blue"),
        ("92", "brightgreen"), ("33;45", "brown on-magenta"), ("38;5;196", "#ff0000"), ("48;2;1;2;3", "on-#010203"),
        ("105", "on-brightmagenta"),
    ],
)  # fmt: skip
def test_colours_become_spans(code: str, style: str) -> None:
    assert spans(f"ab\x1b[{code}mcd\x1b[0mef") == (Span(2, 4, style),)


def test_neighbours_of_one_style_are_one_span_and_others_are_two() -> None:
    assert spans("\x1b[31ma\x1b[31mb\x1b[32mc\x1b[0md\x1b[31me") == (Span(0, 2, "red"), Span(2, 3, "green"), Span(4, 5, "red"))


def test_spans_count_characters_of_the_text() -> None:
    assert spans("中\x1b[31m文a\x1b[0m") == (Span(1, 3, "red"),)
    assert spans("\x1b[44mab   \x1b[0m") == (Span(0, 2, "on-blue"),)
    assert spans("a\x1b[44m   ") == ()


def test_spans_of_a_broken_line_go_on_in_it() -> None:
    terminal = Terminal(20)
    terminal.feed(b"\x1b[31m" + b"x" * 25 + b"\x1b[0m\x1b[32my")
    assert terminal.lines() == (Line("x" * 25 + "y", (Span(0, 20, "red"), Span(20, 25, "red"), Span(25, 26, "green")), 0.0),)


# ------------------------------------------------------------------------------------------ times


def test_a_line_tells_when_it_took_its_form() -> None:
    terminal = Terminal(20, 5)
    for at, data in ((1, b"a\r\nb"), (2, b"\rB"), (3.00049, b"\r\nc"), (4, b"\r\n" * 10 + b"end")):
        terminal.feed(data, at)
    assert [(line.text, line.at) for line in terminal.lines() if line.text] == [("a", 1), ("B", 2), ("c", 3.0), ("end", 4)]


def test_the_column_tells_a_prompt() -> None:
    terminal = Terminal(20)
    assert terminal.column == 0
    terminal.feed(b"> ")
    assert terminal.column == 2
    terminal.feed(b"x\r\n")
    assert terminal.column == 0


def test_text_of_ends_each_line() -> None:
    assert text_of((Line("a"), Line(""))) == "a\n\n"
    assert text_of(()) == ""


# ----------------------------------------------------------------------------------------- floods


@pytest.mark.parametrize(
    "unit",
    [b"y\r\n", b"y\n", b"x", bytes(range(256)), "中".encode()],
    ids=["lines", "line feeds", "one line", "binary bytes", "wide"],
)
def test_fifty_megabytes_are_cut_at_the_cap_and_counted(unit: bytes) -> None:
    piece = unit * (2**16 // len(unit))
    terminal = Terminal(100)
    for _ in range(800):
        terminal.feed(piece)
    lines = terminal.lines()
    assert 0 < len(lines) <= MAX_LINES
    assert 49_000_000 < terminal.dropped < 800 * len(piece)
    assert all(char.isprintable() for line in lines for char in line.text.replace("\ufffd", ""))


def test_a_flood_takes_little_memory() -> None:
    terminal = Terminal(100)
    tracemalloc.start()
    for _ in range(800):
        terminal.feed(b"y\n" * 2**15)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 * 2**20


def test_repaints_that_never_scroll_are_cut_by_their_bytes() -> None:
    terminal = Terminal(100)
    terminal._fed = MAX_BYTES - 1
    terminal.feed(b"\rone")
    assert terminal.dropped == 0
    terminal.feed(b"\rtwo")
    assert (terminal.dropped, terminal.lines()[0].text) == (4, "one")


def test_the_last_line_before_the_cap_is_the_cap_s() -> None:
    assert seen("".join(f"{n}\r\n" for n in range(MAX_LINES)))[-1] == str(MAX_LINES - 1)
    assert len(seen("".join(f"{n}\r\n" for n in range(MAX_LINES * 3)))) == MAX_LINES


def test_a_flood_of_combining_marks_ends() -> None:
    [line] = seen("e" + "\u0301" * 200_000 + "x\u0301y", columns=100)
    assert len(line) < 20
    assert line.endswith("x\u0301y")


def test_what_has_no_shape_is_shown_as_such() -> None:
    assert seen(b"\xff\xfe ok") == ["\ufffd\ufffd ok"]
    assert seen("a\ue000b") == ["a\ufffdb"]


def test_a_malformed_sequence_is_passed_over() -> None:
    assert seen(b"a\x1b[1;;;;;999999999999zb\x1b[38;5mc\x1b[38;2;1md")[0][0] == "a"
    assert seen(b"\x1b[?5;x", b"\x1b[99999999999X\x1b[9P\x1b[9@\x1b[9M\x1b[9L", b"\r\nend")[-1].endswith("end")


controls = st.sampled_from(
    [b"\x1b[", b"\x1b]", b"\x1b", b";", b"?", b"9999", b"m", b"K", b"J", b"H", b"A", b"r", b"h", b"l", b"L", b"M"]
)


@given(st.lists(st.binary(max_size=30) | controls | st.text(max_size=10).map(str.encode), max_size=40), st.integers(20, 120))
def test_no_bytes_raise_and_lines_stay_printable(parts: list[bytes], columns: int) -> None:
    terminal = Terminal(columns, 6)
    for at, part in enumerate(parts):
        terminal.feed(part, at)
    for line in terminal.lines():
        assert "\n" not in line.text
        assert "\r" not in line.text
        assert "\x1b" not in line.text
        assert line.text == line.text.rstrip(" ")
        ends = [0, *(edge for span in line.spans for edge in (span.start, span.end)), len(line.text)]
        assert ends == sorted(ends)
        assert 0 <= line.at <= len(parts)


@given(st.lists(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=50), max_size=30))
def test_plain_lines_come_back_as_they_were(lines: list[str]) -> None:
    assert seen("".join(f"{line}\r\n" for line in lines), rows=7) == lines
