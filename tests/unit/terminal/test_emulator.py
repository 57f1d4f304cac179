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
        ("e\u0301", ["e\u0301"]),
        ("\x1b]0;title\x07text", ["text"]),
        ("\x1b[?25lhidden cursor\x1b[?25h", ["hidden cursor"]),
        ("\x1b[>4;2mnot a colour", ["not a colour"]),
        ("\x1b[c\x1b[6n\x1b[?6nasked", ["asked"]),
    ],
)
def test_what_a_person_sees(data: str, lines: list[str]) -> None:
    assert seen(data, columns=40) == lines


ZERO_WIDTH = [
    "⚠️ deprecated: use X", "a ⚠️ b", "1️⃣ first", "❤️‍🔥 end", "☎︎ text",
    "नमस्ते दुनिया", "বাংলা ভাষা", "ภาษาไทย น้ำ", "မြန်မာဘာသာ", "e\u0301a\u0308\u0323 n\u0303",
    "a\u200bb", "a\u2060b", "a\ufeffb", "a\u200eb\u200fc", "a \u202eb\u202c c", "a\u2066b\u2069c", "so\u00adft", "a\u061cb", "a\u180eb",
    "👩‍👩‍👧 end", "👩🏽‍🚀 end", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 end", "🇩🇪🇫🇷 end", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦 two", "🫨 new",
    "한국어 각", "\u1112\u1161\u11ab end", "שָׁלוֹם עֲלֵיכֶם", "اَلْعَرَبِيَّةُ",
]  # fmt: skip


@pytest.mark.parametrize("text", ZERO_WIDTH)
def test_nothing_is_lost_behind_a_character_without_width(text: str) -> None:
    assert seen(text, columns=60) == [text]
    assert seen(*(bytes([byte]) for byte in text.encode()), columns=60) == [text]
    assert seen(f"{text}\r\n{text}", columns=60) == [text, text]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("\x1b[4:3mcurly\x1b[0m", "curly"),
        ("\x1b[4:0m\x1b[38:2::1:2:3mcolons\x1b[0m", "colons"),
        ("\x1b[38:5:9;1mcolons\x1b[m and more", "colons and more"),
        ("\x1b[58:2::1:2:3mline\x1b[59m", "line"),
        ("\x1bP1;2qhidden\x1b\\seen", "seen"),
        ("\x1bP$qm\x1b\\seen", "seen"),
        ("\x1bP+q544e\x1b\\seen", "seen"),
        ("\x1bPtmux;\x1b\x1b]0;t\x07\x1b\\seen", "seen"),
        ("\x1b_hidden\x1b\\seen", "seen"),
        ("\x1b_Gf=100;AAAA\x1b\\seen", "seen"),
        ("\x1b^hidden\x1b\\seen", "seen"),
        ("\x1bXhidden\x1b\\seen", "seen"),
        ("\x1b]1337;File=inline=1:AAAA\x07seen", "seen"),
        ("\x1b]9;4;1;50\x1b\\seen", "seen"),
        ("\x1b]52;c;aGlkZGVu\x07seen", "seen"),
        ("a\x1b[5b", "aaaaaa"),
        ("中\x1b[2b", "中中中"),
        ("é\x1b[b", "éé"),
        ("ab\x1b[3b\x1b[2D|", "abb|b"),
        ("\x1b[>4;2mplain", "plain"),
        ("\x1b[?4mplain", "plain"),
        ("\x1b[>1uplain\x1b[<u", "plain"),
        ("\x1b[=5uplain\x1b[?u", "plain"),
        ("\x1b[2 qplain\x1b[!p", "plain"),
        ("\x1b[?2026hplain\x1b[?2026l", "plain"),
        ("ab\x7fcd\x7f", "abcd"),
        ("\x1b]133;A\x07prompt \x1b]133;B\x1b\\typed\x1b]133;C\x07", "prompt typed"),
        ("x" * 40 + "\x1b[K", "x" * 40),
        ("x" * 40 + "\x1b[m\x1b[0K\r\n", "x" * 40),
        ("\x1b(0lqk\x1b(B box", "┌─┐ box"),
        ("\x1b(0q中é😀q\x1b(B", "─中é😀─"),
        ("\x1b)0\x0eq中\x0fq", "─中q"),
        ("\x1b(0\u200b|\u2060x\x1b(B", "≠\u2060│"),
        ("\x1b(0x\u0301q👩‍👩‍👧q1️⃣x👍🏽q🇩🇪q\x1b(B", "│\u0301─👩‍👩‍👧─1️⃣│👍🏽─🇩🇪─"),
        ("\x1b(A#中", "£中"),
    ],
)
def test_sequences_of_all_kinds(data: str, line: str) -> None:
    assert seen(data, columns=40) == [line]
    assert seen(*(bytes([byte]) for byte in data.encode()), columns=40) == [line]


def test_what_is_no_style_styles_nothing() -> None:
    assert spans("\x1b[>4;2mplain") == spans("\x1b[?4mplain") == spans("\x1b[>1mplain") == spans("\x1b[?1;4mplain") == ()


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ("before\r\n\x1b[?1049h\x1b[2J\x1b[Hfull\x1b[?1049lafter", ["before", "after"]),
        ("before\r\n\x1b[?47h\x1b[Hfull\x1b[?47lafter", ["    after", "before"]),
        ("before\r\n\x1b[?1049h" + "full\r\n" * 80 + "\x1b[?1049lafter", ["before", "after"]),
        ("before\r\n\x1b[?1049h\x1b[2J\x1b[Hfull", ["before"]),
        ("before\r\n\x1b[?1049h\x1b[?1049hfull\x1b[?1049l\x1b[?1049lafter", ["before", "after"]),
        ("\x1b[31mred\x1b[?1049h\x1b[32mfull\x1b[?1049l\r\nend", ["red", "end"]),
    ],
)
def test_a_program_that_takes_the_whole_screen_gives_it_back(data: str, lines: list[str]) -> None:
    assert seen(data) == lines


@pytest.mark.parametrize(
    "text",
    ["中文字符测试一二三四五六七八", "a中文字符测试一二三四五六七八", "漢字と仮名がまざる長い一行です", "한국어로쓴아주긴한줄입니다", "x" * 19 + "中文", "👩‍👩‍👧" * 15],
)  # fmt: skip
@pytest.mark.parametrize("columns", [20, 21])
def test_wide_characters_break_at_the_edge_without_a_gap(text: str, columns: int) -> None:
    assert seen(f"{text}\r\nend", columns=columns) == [text, "end"]


def test_a_change_of_size_breaks_anew_and_keeps_the_seconds() -> None:
    terminal = Terminal(40, 10)
    terminal.feed(b"one\r\n" + b"x" * 60, 1.0)
    terminal.feed(b"\r\nlast", 2.0)
    terminal.resize(20, 10)
    terminal.resize(100, 5)
    terminal.feed(b"!", 3.0)
    assert [(line.text, line.at) for line in terminal.lines()] == [("one", 1.0), ("x" * 60, 1.0), ("last!", 3.0)]


@pytest.mark.parametrize("rows", [3, 5, 40])
def test_a_change_of_height_loses_no_line(rows: int) -> None:
    terminal = Terminal(40, 10)
    terminal.feed(b"".join(b"%d\r\n" % n for n in range(30)), 1.0)
    terminal.resize(40, rows)
    terminal.feed(b"end", 2.0)
    assert [line.text for line in terminal.lines()] == [*map(str, range(30)), "end"]


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


@pytest.mark.parametrize(
    ("code", "style"),
    [
        ("2", "dim"), ("9", "strike"), ("1;2", "bold dim"), ("5", "blink"), ("6", "blink"), ("8", "hidden"), ("53", "overline"),
        ("21", "double-underscore"), ("4:2", "double-underscore"), ("4:3", "curly-underscore"), ("4:4", "dotted-underscore"),
        ("4:5", "dashed-underscore"), ("4:1", "underscore"), ("4:3;58:5:9", "curly-underscore under-brightred"),
        ("4;58;2;1;2;3", "underscore under-#010203"), ("4;58:2::1:2:3", "underscore under-#010203"),
        ("38;5;1", "red"), ("38;5;9", "brightred"), ("38:5:208", "#ff8700"), ("48;5;255", "on-#eeeeee"), ("38;5;232", "#080808"),
        ("38;5;16", "#000000"), ("38:2::1:2:3", "#010203"), ("93", "brightbrown"),
        ("7;3;9;4", "italics underscore reverse strike"),
    ],
)  # fmt: skip
def test_no_style_is_lost(code: str, style: str) -> None:
    assert spans(f"ab\x1b[{code}mcd\x1b[0mef") == (Span(2, 4, style),)


@pytest.mark.parametrize("address", ["https://example.com/a?b=1;c,d#e", "http://localhost:3000/", "mailto:ada@example.com"])
def test_links_keep_their_address(address: str) -> None:
    assert spans(f"see \x1b]8;;{address}\x1b\\here\x1b]8;;\x1b\\.") == (Span(4, 8, "", address),)
    assert spans(f"\x1b]8;id=1;{address}\x07a\x1b[1mb\x1b]8;;\x07c") == (
        Span(0, 1, "", address),
        Span(1, 2, "bold", address),
        Span(2, 3, "bold"),
    )
    assert spans(f"\x1b]8;;{address}\x07{'x' * 60}") == (Span(0, 60, "", address),)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "javascript:alert(1)", "https://", "x" * 9, "https://example.com/" + "x" * 2100]
)
def test_other_addresses_are_text_alone(address: str) -> None:
    assert seen(f"\x1b]8;;{address}\x07here\x1b]8;;\x07") == ["here"]
    assert spans(f"\x1b]8;;{address}\x07here\x1b]8;;\x07") == ()


def test_erasing_in_a_colour_colours_the_blanks_between() -> None:
    assert spans("a\x1b[44m\x1b[2X\x1b[m\x1b[2Cb") == (Span(1, 3, "on-blue"),)
    assert spans("a\x1b[48;2;1;2;3m\x1b[2X\x1b[m\x1b[2Cb") == (Span(1, 3, "on-#010203"),)


def test_neighbours_of_one_style_are_one_span_and_others_are_two() -> None:
    assert spans("\x1b[31ma\x1b[31mb\x1b[32mc\x1b[0md\x1b[31me") == (Span(0, 2, "red"), Span(2, 3, "green"), Span(4, 5, "red"))


def test_spans_count_characters_of_the_text() -> None:
    assert spans("中\x1b[31m文a\x1b[0m") == (Span(1, 3, "red"),)
    assert spans("\x1b[44mab   \x1b[0m") == (Span(0, 2, "on-blue"),)
    assert spans("a\x1b[44m   ") == ()


def test_spans_of_a_broken_line_go_on_in_it() -> None:
    terminal = Terminal(20)
    terminal.feed(b"\x1b[31m" + b"x" * 25 + b"\x1b[0m\x1b[32my")
    assert terminal.lines() == (Line("x" * 25 + "y", (Span(0, 25, "red"), Span(25, 26, "green")), 0.0),)


# ------------------------------------------------------------------------------------------ times


def test_a_line_tells_when_it_took_its_form() -> None:
    terminal = Terminal(20, 5)
    for at, data in ((1, b"a\r\nb"), (2, b"\rB"), (3.00049, b"\r\nc"), (4, b"\r\n" * 10 + b"end")):
        terminal.feed(data, at)
    assert [(line.text, line.at) for line in terminal.lines() if line.text] == [("a", 1), ("B", 2), ("c", 3.0), ("end", 4)]


def test_a_broken_line_is_as_old_as_its_youngest_part() -> None:
    terminal = Terminal(20, 5)
    terminal.feed(b"x" * 20, 1)
    terminal.feed(b"y", 2)
    terminal.feed(b"\r\nend", 3)
    assert [line.at for line in terminal.lines()] == [2, 3]


def test_what_a_full_screen_program_hid_is_as_old_as_before() -> None:
    terminal = Terminal(20, 5)
    for at, data in enumerate((b"a\r\n", b"\x1b[?1049h", b"full\r\n" * 9, b"\x1b[?1049l", b"b")):
        terminal.feed(data, at)
    assert [(line.text, line.at) for line in terminal.lines()] == [("a", 0), ("b", 4)]


def test_erasing_what_scrolled_off_moves_no_second() -> None:
    terminal = Terminal(20, 3)
    for at in range(6):
        terminal.feed(b"%d\r\n" % at, at)
    terminal.feed(b"\x1b[3J", 6)
    assert [(line.text, line.at) for line in terminal.lines()] == [("4", 4), ("5", 5)]


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
    assert len(line) < 50
    assert line.endswith("x\u0301y")


def test_what_has_no_shape_is_shown_as_such() -> None:
    assert seen(b"\xff\xfe ok") == ["\ufffd\ufffd ok"]
    assert seen("a\uffffb\ufdd0c") == ["a\ufffdb\ufffdc"]
    assert seen("a\ue0b0b") == ["a\ue0b0b"], "a sign of a font's own, as status lines have"


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
