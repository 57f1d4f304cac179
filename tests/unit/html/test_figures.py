"""Figures hold what the outputs say: every row, size and second, in the picture and in its text; drawn inside their frame."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from docker_notes.html import figures
from docker_notes.html import tables as outputs
from docker_notes.html.figures import WIDTH
from docker_notes.html.tables import BuildStep, Layer, Port
from docker_notes.recording import model as recording
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docker_notes.recording.model import StepResult

SVG = "{http://www.w3.org/2000/svg}"
RECORDINGS = Path(__file__).parents[3] / "recordings"


def recorded(pattern: str) -> pytest.MarkDecorator:
    """The recorded steps whose command is like that, ended well and printed something."""
    found = {
        f"{path.stem} {number}": step
        for path in sorted(RECORDINGS.glob("*.yml"))
        for number, step in enumerate(recording.load(path, path.name).steps, 1)  # type: ignore[union-attr]  # the file is there
        if re.match(pattern, step.command) and not step.exit_status and step.lines
    }
    return pytest.mark.parametrize("step", found.values(), ids=found)


def lines(step: StepResult) -> list[str]:
    return [line.text for line in step.lines]


def drawn(html: str) -> ET.Element:
    """The picture in a figure; its whole HTML must be well-formed, and everything inside the frame."""
    figure = ET.fromstring(html)
    assert (figure.tag, figure.get("class")) == ("figure", "figure")
    picture = figure.find(f"{SVG}svg")
    assert picture is not None
    caption = figure.find("figcaption")
    assert caption is not None
    told = picture.get("aria-label", "")
    assert caption.text
    assert told.startswith(f"{caption.text}. ")
    left, top, width, height = map(float, picture.get("viewBox", "").split())
    assert (left, top, width) == (0, 0, WIDTH)
    for element in picture.iter():
        x, y = float(element.get("x") or 0), float(element.get("y") or 0)
        assert 0 <= x <= WIDTH
        assert 0 <= y <= height
        if element.tag == f"{SVG}rect":
            assert x + float(element.get("width", "nan")) <= WIDTH + 0.1
            assert y + float(element.get("height", "nan")) <= height
    return picture


def texts(picture: ET.Element, *classes: str) -> list[str]:
    """The words of a picture, of these classes or all."""
    found = picture.iter(f"{SVG}text")
    return [text.text or "" for text in found if not classes or text.get("class") in classes]


def bars(picture: ET.Element, kind: str) -> list[float]:
    """The widths of a picture's bars of one kind, without the tracks below them."""
    return [float(rect.get("width") or 0) for rect in picture.iter(f"{SVG}rect") if rect.get("class") == kind]


def tracks(picture: ET.Element) -> list[str]:
    """The kind of each row."""
    kinds = (rect.get("class", "").split() for rect in picture.iter(f"{SVG}rect"))
    return [words[0] for words in kinds if words[-1] == "fig-track"]


# ---------------------------------------------------------------------------------------- layers


def layer(instruction: str, size: float, digest: str = "") -> Layer:
    return Layer(instruction, size, f"{size:g}B", digest)


BASE = (layer("CMD node", 0), layer("COPY node /usr", 200, "n"), layer("imported files", 100, "i"))
ONE = (layer("CMD a", 0), layer("COPY . .", 5, "c"), layer("RUN npm ci", 50, "r"), *BASE)
OTHER = (layer("CMD a", 0), layer("COPY . .", 5, "d"), layer("RUN npm ci", 50, "r"), *BASE)


@recorded(r"docker history [\w:.-]+$")
def test_a_recorded_history_is_drawn_row_by_row(step: StepResult) -> None:
    rows = outputs.history(lines(step))
    picture = drawn(figures.layers({"image": rows}))
    assert len(rows) == len(step.lines) - 1
    assert texts(picture, "fig-head") == ["image"]
    words = texts(picture, "fig-code", "fig-meta")
    assert words[1::2] == [row.printed for row in rows]
    for row, word in zip(rows, words[::2], strict=True):
        assert row.instruction.startswith(word.removesuffix("…"))
    told = picture.get("aria-label", "")
    assert all(f"{row.instruction} {row.printed}" in told for row in rows)
    assert f"image: {len(rows)} rows, " in told
    assert len(texts(picture, "fig-meta")) == 2 * sum(row.is_metadata for row in rows)


def test_bars_are_as_long_as_layers_are_large() -> None:
    picture = drawn(figures.layers({"one": BASE}))
    assert bars(picture, "fig-own") == [WIDTH, WIDTH / 2]
    assert texts(picture, "fig-note") == [], "one kind needs no legend"


def test_a_small_layer_is_seen() -> None:
    picture = drawn(figures.layers({"one": [layer("COPY . .", 1), layer("RUN", 1e9)]}))
    assert min(bars(picture, "fig-own")) == 3


def test_what_two_images_share_is_drawn_once_below_both() -> None:
    picture = drawn(figures.layers({"one": ONE, "other": OTHER}))
    assert tracks(picture) == [*4 * ["fig-own"], *4 * ["fig-shared"]]
    assert texts(picture, "fig-head") == ["one", "other"]
    assert texts(picture, "fig-note") == ["its own", "in both, stored once"]
    rows = [rect for rect in picture.iter(f"{SVG}rect") if "fig-track" in rect.get("class", "")]
    assert [(float(rect.get("x", "nan")), float(rect.get("width", "nan"))) for rect in rows] == [
        *2 * [(0, 175)], *2 * [(185, 175)], *4 * [(0, WIDTH)],
    ]  # fmt: skip
    told = picture.get("aria-label", "")
    assert "one: 6 rows, 355 B; its own are CMD a 0B, COPY . . 5B. other: 6 rows" in told
    assert told.endswith("Both have RUN npm ci 50B, CMD node 0B, COPY node /usr 200B, imported files 100B.")


def test_the_same_words_with_other_contents_are_not_shared() -> None:
    rebuilt = (*OTHER[:2], layer("RUN npm ci", 50, "again"), *BASE)
    picture = drawn(figures.layers({"one": ONE, "other": rebuilt}))
    assert tracks(picture) == [*6 * ["fig-own"], *3 * ["fig-shared"]]


def test_images_of_other_heights_stand_on_one_ground() -> None:
    picture = drawn(figures.layers({"one": ONE, "other": [layer("CMD b", 0), *ONE[2:]]}))
    own = [rect for rect in picture.iter(f"{SVG}rect") if rect.get("class") == "fig-own fig-track"]
    assert [float(rect.get("y", "nan")) for rect in own if float(rect.get("x", "nan")) == 185] == [float(own[1].get("y", "nan"))]


def test_images_that_share_nothing_say_so() -> None:
    picture = drawn(figures.layers({"one": ONE, "other": [layer("RUN x", 5, "x")]}))
    assert set(tracks(picture)) == {"fig-own"}
    assert texts(picture, "fig-note") == []
    assert "Both have nothing in common" in picture.get("aria-label", "")


def test_the_base_image_is_told_apart() -> None:
    picture = drawn(figures.layers({"one": ONE}, BASE, "node"))
    assert tracks(picture) == [*3 * ["fig-own"], *3 * ["fig-base"]]
    assert texts(picture, "fig-note") == ["its own", "the base image"]


def test_of_two_images_the_base_is_one_row() -> None:
    picture = drawn(figures.layers({"one": ONE, "other": OTHER}, BASE, "node"))
    assert tracks(picture) == [*4 * ["fig-own"], "fig-shared", "fig-base"]
    assert texts(picture, "fig-code", "fig-meta")[-2:] == ["node, 2 layers", "300 B"]
    assert texts(picture, "fig-note") == ["its own", "in both, stored once", "the base image"]


def test_what_is_not_below_both_images_is_no_base_of_theirs() -> None:
    picture = drawn(figures.layers({"one": ONE, "other": OTHER}, [layer("CMD x", 0), *BASE[1:]], "node"))
    assert "fig-base" not in tracks(picture)
    assert texts(picture, "fig-note") == ["its own", "in both, stored once"]


def test_an_image_of_metadata_alone() -> None:
    picture = drawn(figures.layers({"one": [layer("CMD a", 0)]}))
    assert bars(picture, "fig-own") == []
    assert "one: 1 rows, 0 B; its own are CMD a 0B." in picture.get("aria-label", "")


WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=80)


@given(WORDS, WORDS)
def test_any_words_are_shown_as_they_are(name: str, instruction: str) -> None:
    picture = drawn(figures.layers({name: [Layer(instruction, 5e6, "5MB")]}))
    head, shown, size = texts(picture)
    assert (head, size) == (name, "5MB")
    assert instruction.startswith(shown.removesuffix("…"))
    assert len(shown) * figures._CHAR <= WIDTH


# ---------------------------------------------------------------------------------------- builds


def build(*seconds: float, cached: int = 0) -> Sequence[BuildStep]:
    """A build of as many steps, the first ones from the cache."""
    return [BuildStep(n, len(seconds), f"RUN {n}", took, cached=n <= cached) for n, took in enumerate(seconds, 1)]


@recorded(r"docker build -t ")
def test_a_recorded_build_is_drawn_step_by_step(step: StepResult) -> None:
    found = outputs.build(lines(step))
    assert [one.number for one in found] == list(range(1, found[-1].total + 1))
    picture = drawn(figures.build_steps({"build": found}))
    notes = texts(picture, "fig-code", "fig-meta")[1::2]
    assert notes == ["cached" if one.cached else f"{one.seconds:.1f} s" for one in found]
    told = picture.get("aria-label", "")
    for one, note in zip(found, notes, strict=True):
        assert f"step {one.number} {one.instruction}: {note}" in told
    assert texts(picture, "fig-note") == [f"{sum(one.seconds for one in found):.1f} s in steps"]


def test_builds_are_drawn_to_one_scale() -> None:
    picture = drawn(figures.build_steps({"naive": build(1.0, 4.0), "ordered": build(0.5, 2.0)}))
    assert bars(picture, "fig-ran") == [WIDTH / 4, WIDTH, WIDTH / 8, WIDTH / 2]
    assert texts(picture, "fig-head") == ["naive", "ordered"]
    assert picture.get("aria-label", "").startswith("Steps of the builds, by seconds. naive: step 1 RUN 1: 1.0 s, step 2")


def test_a_cached_step_has_no_bar() -> None:
    picture = drawn(figures.build_steps({"one": build(0.0, 0.0, 3.0, cached=2)}))
    assert tracks(picture) == ["fig-cached", "fig-cached", "fig-ran"]
    assert bars(picture, "fig-cached") == []
    assert bars(picture, "fig-ran") == [WIDTH]
    assert texts(picture, "fig-meta") == ["1 RUN 1", "cached", "2 RUN 2", "cached"]
    assert picture.get("aria-label", "").startswith("Steps of the build, by seconds. ")


def test_a_build_that_took_no_time_is_drawn() -> None:
    assert bars(drawn(figures.build_steps({"one": build(0.0)})), "fig-ran") == [2]


def test_a_stage_is_named() -> None:
    picture = drawn(figures.build_steps({"one": [BuildStep(2, 3, "RUN npm ci", 1, cached=False, stage="deps")]}))
    assert texts(picture, "fig-code") == ["deps 2 RUN npm ci", "1.0 s"]


# ----------------------------------------------------------------------------------------- ports


@recorded(r"docker port \S+$")
def test_recorded_ports_are_drawn(step: StepResult) -> None:
    picture = drawn(figures.ports(outputs.ports(lines(step))))
    joined = re.findall(r"^(\S+) -> (\S+)$", step.output, re.MULTILINE)
    assert sorted(texts(picture, "fig-code")) == sorted({word for pair in joined for word in pair}), "each port is drawn once"
    assert len(list(picture.iter(f"{SVG}polyline"))) == len(joined) > 0


def test_a_port_told_twice_is_drawn_once_and_said_in_words() -> None:
    port = Port("127.0.0.1", 3000, 80, "tcp")
    picture = drawn(figures.ports([port, Port("[::]", 5353, 53, "udp"), port]))
    assert texts(picture) == ["your machine", "the container", "80/tcp", "127.0.0.1:3000", "53/udp", "[::]:5353"]
    assert picture.get("aria-label") == (
        "Published ports. 127.0.0.1 port 3000 leads to port 80 (tcp) of the container; [::] port 5353 leads to port 53 (udp) of the container."
    )


# ------------------------------------------------------------------------------------- lifecycle

VERBS = ("create", "run", "start", "pause", "unpause", "stop", "kill", "restart", "rm")


def test_every_arrow_leads_to_the_run_that_it_was_taken_from() -> None:
    picture = drawn(figures.lifecycle({verb: f"#run-{verb}" for verb in VERBS}))
    links = [(link.get("href"), "".join(link.itertext())) for link in picture.iter(f"{SVG}a")]
    assert set(links) == {(f"#run-{verb}", f"docker {verb}") for verb in VERBS}
    assert texts(picture, "fig-head") == ["created", "running", "paused", "restarting", "exited", "removed"]
    assert picture.get("role") == "group", "links inside an img are none"
    told = picture.get("aria-label", "")
    for said in (
        "docker stop: running to exited",
        "docker run: nothing to running",
        "when its program ends: running to exited",
        "when its program ends and a restart policy is set: running to restarting, and back to running",
    ):
        assert said in told


@pytest.mark.parametrize("verb", VERBS)
def test_an_arrow_that_no_run_made_is_not_drawn(verb: str) -> None:
    runs: Mapping[str, str] = {other: "#run" for other in VERBS if other != verb}
    with pytest.raises(KeyError, match=f"^'{verb}'$"):
        figures.lifecycle(runs)
