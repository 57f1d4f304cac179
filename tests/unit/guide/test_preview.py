"""The picture of the site: of the size that readers of links expect, the same on every machine, and nothing runs over its edge."""

from __future__ import annotations

import io

import pytest
from guide import preview
from PIL import Image

from tests.unit.samples import STEPS, ran

EDGE = 64
BOX, INPUTS = (22, 28, 34), (12, 53, 80)


def picture(*steps: object, title: str = "Docker notes", note: str = "Docker Engine 28.5.2") -> Image.Image:
    return Image.open(io.BytesIO(preview.draw(title, note, steps or STEPS))).convert("RGB")  # type: ignore[arg-type]


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= 12 for a, b in zip(pixel, colour, strict=True))


def is_green(pixel: object) -> bool:
    """Whether it is of the prompt, whose colour a palette may move."""
    assert isinstance(pixel, tuple)
    return bool(pixel[1] > pixel[0] + 30 and pixel[1] > pixel[2] + 20)


def rows(image: Image.Image) -> list[str]:
    """What each of the eight rows of the terminal holds: a command, an output, or nothing."""
    found = []
    for row in range(8):
        top = 184 + row * 40
        marks = [image.getpixel((x, y)) for x in range(EDGE + 26, EDGE + 54) for y in range(top, top + 38)]
        words = [image.getpixel((x, y)) for x in range(EDGE + 56, 1100) for y in range(top, top + 38)]
        found.append("$" if any(is_green(pixel) for pixel in marks) else "-" if any(not near(p, BOX) for p in words) else "")
    return found


def test_it_is_a_small_png_of_the_size_that_is_cut_to() -> None:
    data = preview.draw("Docker notes", "a note", STEPS)
    assert data.startswith(b"\x89PNG")
    assert Image.open(io.BytesIO(data)).size == preview.SIZE == (1200, 630)
    assert len(data) < 100_000
    assert preview.draw("Docker notes", "a note", STEPS) == data


def test_commands_are_shown_with_what_they_printed() -> None:
    assert rows(picture(ran("one", "a", "b"), ran("two"), ran("three", "c", "", "d"))) == ["$", "-", "-", "$", "$", "-", "-", ""]


def test_of_a_long_output_its_first_line_is_shown() -> None:
    assert rows(picture(ran("one", *"abcd"), ran("two", *"abc"))) == ["$", "-", "$", "-", "-", "-", "", ""]


def test_a_step_that_does_not_fit_is_not_begun() -> None:
    assert rows(picture(ran("one", *"abc"), ran("two", *"ab"), ran("three", "a"))) == ["$", "-", "-", "-", "$", "-", "-", ""]


@pytest.mark.parametrize("length", [60, 200, 1_000_000])
def test_long_words_end_before_the_edge(length: int) -> None:
    words = "W" * length
    image = picture(ran(words, words), title=words, note=words)
    right = [image.getpixel((x, y)) for x in range(1200 - EDGE + 2, 1200) for y in range(0, 630, 3)]
    assert all(near(pixel, INPUTS) for pixel in right)
    inner = [image.getpixel((x, y)) for x in range(1200 - EDGE - 12, 1200 - EDGE - 2) for y in range(190, 400, 3)]
    assert all(near(pixel, BOX) for pixel in inner)


def test_other_words_make_another_picture() -> None:
    pictures = {picture().tobytes(), picture(title="Other").tobytes(), picture(note="other").tobytes(), picture(ran("x")).tobytes()}
    assert len(pictures) == 4


def test_a_command_of_many_lines_takes_one_row() -> None:
    assert rows(picture(ran("run \\\n    -it", "a")))[:3] == ["$", "-", ""]
