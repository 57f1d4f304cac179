"""Numbers and words for prose: rounded as a writer would, exact beside it, and never made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docker_notes.html import blocks as render
from docker_notes.html import facts
from docker_notes.html.blocks import Shown
from docker_notes.html.facts import Missing
from docker_notes.html.tables import BuildStep
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.samples import page, ran, recorded

if TYPE_CHECKING:
    from docker_notes.recording.model import StepResult


def shown() -> Shown:
    """A block with two steps."""
    return render.shown(page(), recorded())[0]


def took(seconds: float) -> StepResult:
    return ran("make", seconds=seconds)


# ---------------------------------------------------------------------------------------- steps


@pytest.mark.parametrize(("step", "command"), [(1, "make"), (2, "run \\\n    -it"), (None, "run \\\n    -it")])
def test_a_step_is_counted_from_one_and_the_last_one_unless_named(step: int | None, command: str) -> None:
    assert facts.one(shown(), step).command == command


@pytest.mark.parametrize("step", [0, -1, 3])
def test_a_step_that_the_block_does_not_have(step: int) -> None:
    with pytest.raises(Missing, match=rf"^the block 'first' has 2 steps, not {step}$"):
        facts.one(shown(), step)


def test_a_step_that_did_not_run() -> None:
    block = shown()
    with pytest.raises(Missing, match=r"^step 2 of the block 'first' did not run$"):
        facts.one(Shown(block.block, (block.steps[0], None)), None)


# --------------------------------------------------------------------------------------- seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "next to no time"), (0.049, "next to no time"), (0.05, "0.05 seconds"), (0.094, "0.09 seconds"),
        (0.096, "0.1 seconds"), (0.1, "0.1 seconds"), (0.34, "0.3 seconds"), (0.949, "0.9 seconds"), (0.95, "about a second"),
        (1.4, "about a second"), (1.6, "about 2 seconds"), (9.4, "about 9 seconds"), (9.6, "about 10 seconds"),
        (12.4, "about 12 seconds"), (89.4, "about 89 seconds"), (90, "about 2 minutes"), (130, "about 2 minutes"), (600, "about 10 minutes"),
    ],
)  # fmt: skip
def test_seconds_are_rounded_as_a_writer_would(seconds: float, words: str) -> None:
    assert facts.about_seconds(seconds) == words
    assert facts.seconds(took(seconds)) == (words, f"{seconds:.3f} s")


@given(st.floats(0, 3600))
def test_rounded_seconds_are_near(seconds: float) -> None:
    words = facts.about_seconds(seconds).removeprefix("about ")
    number = {"next": 0.0, "a": 1.0}.get(words.split()[0]) if words[0].isalpha() else float(words.split()[0])
    assert number is not None
    unit = 60 if "minute" in words else 1
    assert abs(number * unit - seconds) <= max(0.05, 0.34 * seconds)


# ----------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("slow", "fast", "words"),
    [
        (1.05, 1.0, "1.1 times"), (1.5, 1.0, "1.5 times"), (1.94, 1.0, "1.9 times"), (1.96, 1.0, "2 times"), (14.3, 1.0, "14 times"),
        (99.4, 1.0, "99 times"), (137.2, 1.0, "140 times"), (1.0, 0.0, "1000 times"),
    ],
)  # fmt: skip
def test_times_are_told_in_two_digits(slow: float, fast: float, words: str) -> None:
    assert facts.times(took(slow), took(fast)) == (words, f"{slow:.2f} s against {fast:.2f} s")


@pytest.mark.parametrize(("slow", "fast"), [(1.0, 1.0), (1.0, 2.0), (1.04, 1.0), (0.0, 0.0)])
def test_what_is_not_faster_is_not_said_to_be(slow: float, fast: float) -> None:
    with pytest.raises(Missing, match=rf"^it took {fast:.2f} s, the one said to be slower {slow:.2f} s$"):
        facts.times(took(slow), took(fast))


# ----------------------------------------------------------------------------------------- sizes


def test_the_first_size_is_told_rounded_and_as_printed() -> None:
    assert facts.size(ran("docker images", "REPOSITORY   SIZE", "web   228.4MB", "db   12kB")) == ("228 MB", "228.4MB")


@pytest.mark.parametrize("text", ["", "node:24B2", "no size at all", "12 apples"])
def test_an_output_without_a_size(text: str) -> None:
    with pytest.raises(Missing, match=r"^`docker images` printed no size such as 12MB$"):
        facts.size(ran("docker images", text))


@given(st.floats(0, 1e12))
def test_a_rounded_size_is_near_and_short(size: float) -> None:
    number, unit = facts.about_bytes(size).split()
    bytes_ = float(number) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]
    assert abs(bytes_ - size) <= max(0.5, 0.051 * size)
    assert unit == "GB" or float(number) < 1000


# ----------------------------------------------------------------------------------- cached, lines


def test_a_base_image_is_no_cached_step() -> None:
    steps = [
        BuildStep(1, 3, "FROM node", 0, cached=True),
        BuildStep(2, 3, "COPY . .", 0, cached=True),
        BuildStep(3, 3, "RUN npm ci", 2, cached=False),
    ]
    assert facts.cached(steps) == "1 of 2"


def test_a_line_is_found_by_a_text_and_its_columns_closed_up() -> None:
    step = ran("docker ps", "ID     NAME", "ab12   web", "cd34   web-2")
    assert facts.line(step, "web") == "ab12 web"
    assert facts.line(step, "web", 2) == "cd34 web-2"


@pytest.mark.parametrize(("text", "which", "found"), [("db", 1, 0), ("web", 3, 2), ("web", 0, 2)])
def test_a_line_that_is_not_there(text: str, which: int, found: int) -> None:
    step = ran("docker ps", "ab12   web", "cd34   web-2")
    with pytest.raises(Missing, match=rf"^{found} lines of `docker ps` contain '{text}', number {which} is asked for$"):
        facts.line(step, text, which)
