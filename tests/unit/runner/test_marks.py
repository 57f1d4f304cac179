"""The marks of a shell in what its terminal prints."""

from __future__ import annotations

import itertools

from docker_notes.runner.marks import Mark, Marks
from hypothesis import given
from hypothesis import strategies as st


def read(marks: Marks, *chunks: bytes) -> list[bytes | Mark]:
    """Text and marks, with text that came in parts as one."""
    found: list[bytes | Mark] = []
    for chunk in chunks:
        for event in marks.read(chunk):
            if isinstance(event, bytes) and found and isinstance(found[-1], bytes):
                found[-1] += event
            else:
                found.append(event)
    return found


def stream(marks: Marks) -> bytes:
    nonce = marks._nonce.encode()
    return (
        b"echo\r\n\x1b]133;P;%s\x07\x1b]133;C;%s\x07\x1b[1mout\x1b]133;D;0\x07\x1b]133;C;other\x07\x1b]0;t\x07" % (nonce, nonce)
        + b"\x1b]133;D;%s;7;1;himB;42\x07after\x1b[0m" % nonce
    )


EXPECTED = [
    b"echo\r\n",
    Mark("P"),
    Mark("C"),
    b"\x1b[1mout\x1b]133;D;0\x07\x1b]133;C;other\x07\x1b]0;t\x07",
    Mark("D", status=7, unread=True, flags="himB", shell=42),
    b"after\x1b[0m",
]


@given(st.lists(st.integers(0, 200), max_size=12))
def test_marks_are_found_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    reader = Marks()
    data = stream(reader)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assert read(reader, *(data[a:b] for a, b in itertools.pairwise(places))) == EXPECTED


def test_what_can_not_become_a_mark_is_not_held_back() -> None:
    for text in (b"\x1b[1m", b"\x1b]133;D;0", b"\x1b]133;X", b"\x1b]8;;", b"text", b"\x1b]133;C;0123456789abcdef"):
        assert read(Marks(), text) == [text]


def test_each_shell_has_marks_of_its_own() -> None:
    one, other = Marks(), Marks()
    assert one.setup != other.setup
    assert not any(isinstance(event, Mark) for event in other.read(stream(one)))
