"""What outputs say → figures, as inline SVG with a text that says the same.

Drawn 360 units wide, a phone's width, so that their words can be read there. Colours come from
the site's style sheet by class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

import svg

from macros.facts import about_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from macros.outputs import BuildStep, Layer, Port

WIDTH = 360
_CHAR = 6.1  # width of a character of the small fixed-width type
_ROW = 20


def layers(images: Mapping[str, Sequence[Layer]], base: Sequence[Layer] = ()) -> str:
    """Stacks of layers, the newest on top, as `docker history` lists them; shared ones told apart.

    Args:
        images: one or two images by name.
        base: the layers of the base image, where it is to be told apart.
    """
    names = list(images)
    width = (WIDTH - 10 * (len(names) - 1)) / len(names)
    shared = _shared([images[name] for name in names]) if len(names) > 1 else 0
    from_base = min(_shared([images[name], base]) for name in names) if base else 0
    tallest = max(len(found) for found in images.values())
    elements: list[svg.Element] = []
    told = []
    for at, name in enumerate(names):
        x = at * (width + 10)
        elements.append(_text(x, 12, name, "fig-head"))
        stack = images[name]
        total = sum(layer.size for layer in stack)
        largest = max((layer.size for layer in stack), default=1) or 1
        for row, layer in enumerate(stack):
            below = len(stack) - row
            y = 20 + (tallest - len(stack) + row) * _ROW
            kind = "fig-base" if below <= from_base else "fig-shared" if below <= shared else "fig-own"
            share = max(3.0, width * layer.size / largest) if layer.size else 0
            elements.append(svg.Rect(x=x, y=y, width=round(width, 1), height=_ROW - 3, rx=2, class_=[kind, "fig-track"]))
            if share:
                elements.append(svg.Rect(x=x, y=y, width=round(share, 1), height=_ROW - 3, rx=2, class_=[kind]))
            size = layer.printed
            room = int((width - 12 - len(size) * _CHAR) / _CHAR)
            style = "fig-meta" if layer.is_metadata else "fig-code"
            elements.append(_text(x + 4, y + 12, _clip(layer.instruction, room), style))
            elements.append(_text(x + width - 4, y + 12, size, style, end=True))
        told.append(f"{name}: {len(stack)} rows, {about_bytes(total)}; " + ", ".join(f"{x.instruction} {x.printed}" for x in stack))
    legend = [("fig-own", "this image’s own")]
    if shared:
        legend.append(("fig-shared", "shared by both"))
    if from_base:
        legend.append(("fig-base", "of the base image"))
    y = 20 + tallest * _ROW + 12
    if len(legend) > 1:
        elements += _legend(legend, y)
        y += 12
    title = f"Layers of {' and '.join(names)}, the newest on top"
    return _figure(title, ". ".join(told), elements, y)


def _shared(stacks: Sequence[Sequence[Layer]]) -> int:
    count = 0
    for rows in zip(*(reversed(stack) for stack in stacks), strict=False):
        if len({(row.instruction, row.printed) for row in rows}) > 1:
            break
        count += 1
    return count


def build_steps(builds: Mapping[str, Sequence[BuildStep]]) -> str:
    """Builds, one below the other: their steps as bars, as long as they took; cached ones told apart."""
    longest = max((step.seconds for steps in builds.values() for step in steps), default=0) or 1
    elements: list[svg.Element] = []
    told = []
    y = 0
    for name, steps in builds.items():
        total = sum(step.seconds for step in steps)
        elements.append(_text(0, y + 12, name, "fig-head"))
        elements.append(_text(WIDTH, y + 12, f"{total:.1f} s in steps", "fig-note", end=True))
        y += 18
        said = []
        for step in steps:
            elements.append(
                svg.Rect(
                    x=0, y=y, width=WIDTH, height=_ROW - 3, rx=2, class_=["fig-cached" if step.cached else "fig-ran", "fig-track"]
                )
            )
            if not step.cached:
                bar = max(2.0, WIDTH * step.seconds / longest)
                elements.append(svg.Rect(x=0, y=y, width=round(bar, 1), height=_ROW - 3, rx=2, class_=["fig-ran"]))
            note = "cached" if step.cached else f"{step.seconds:.1f} s"
            room = int((WIDTH - 16) / _CHAR) - len(note)
            style = "fig-meta" if step.cached else "fig-code"
            place = f"{step.stage} {step.number}".strip()
            elements.append(_text(4, y + 12, _clip(f"{place} {step.instruction}", room), style))
            elements.append(_text(WIDTH - 4, y + 12, note, style, end=True))
            said.append(f"step {place} {step.instruction}: {note}")
            y += _ROW
        told.append(f"{name}: " + ", ".join(said))
        y += 8
    return _figure("Steps of the build" + ("s" if len(builds) > 1 else "") + ", by seconds", ". ".join(told), elements, y - 4)


def ports(published: Sequence[Port]) -> str:
    """What `-p` joins: ports of the machine on the left, of the container on the right."""
    rows = list(dict.fromkeys(published))
    height = 34 + len(rows) * 34
    elements: list[svg.Element] = [
        svg.Rect(x=1, y=1, width=168, height=height - 2, rx=6, class_=["fig-box"]),
        svg.Rect(x=231, y=1, width=128, height=height - 2, rx=6, class_=["fig-box"]),
        _text(12, 19, "your machine", "fig-head"),
        _text(243, 19, "the container", "fig-head"),
    ]
    told = []
    for number, port in enumerate(rows):
        y = 32 + number * 34
        elements += [
            svg.Rect(x=10, y=y, width=150, height=24, rx=4, class_=["fig-own"]),
            _text(85, y + 16, f"{port.address}:{port.published}", "fig-code", middle=True),
            svg.Rect(x=240, y=y, width=110, height=24, rx=4, class_=["fig-base"]),
            _text(295, y + 16, f"{port.container}/{port.protocol}", "fig-code", middle=True),
            *_arrow(163, y + 12, 237, y + 12),
        ]
        told.append(f"{port.address} port {port.published} leads to port {port.container} ({port.protocol}) of the container")
    return _figure("Published ports", "; ".join(told), elements, height)


@dataclass(frozen=True)
class _Edge:
    verb: str
    start: str
    end: str
    at: tuple[float, float, float, float]
    label: tuple[float, float]


_STATES = {"created": (60, 40), "running": (180, 130), "paused": (300, 40), "exited": (180, 250), "removed": (60, 330)}
# What a command does to a container's state (https://docs.docker.com/reference/cli/docker/container/);
# an arrow is drawn only where a run on the page did it.
_EDGES = (
    _Edge("start", "created", "running", (82, 54, 148, 114), (86, 98)),
    _Edge("pause", "running", "paused", (212, 114, 270, 54), (218, 76)),
    _Edge("unpause", "paused", "running", (294, 54, 222, 122), (264, 108)),
    _Edge("stop", "running", "exited", (150, 144, 150, 236), (79, 212)),
    _Edge("kill", "running", "exited", (166, 144, 166, 236), (170, 226)),
    _Edge("start", "exited", "running", (212, 236, 212, 144), (216, 182)),
    _Edge("restart", "running", "running", (230, 134, 230, 126), (264, 148)),
    _Edge("rm", "exited", "removed", (148, 264, 86, 316), (124, 300)),
)  # fmt: skip


def lifecycle(runs: Mapping[str, str]) -> str:
    """The states of a container and the commands between them.

    Args:
        runs: for each verb of `docker` that ran, the address of the block that ran it.

    Raises:
        KeyError: where a verb that the figure needs did not run.
    """
    elements: list[svg.Element] = []
    labels: list[svg.Element] = []  # drawn last, so that no line runs through them
    told = []

    def label(x: float, y: float, verb: str) -> None:
        words = _text(x, y, f"docker {verb}", "fig-code")
        labels.append(svg.A(href=runs[verb], elements=[words]))

    for edge in _EDGES:
        if edge.start != edge.end:
            elements.extend(_arrow(*edge.at))
        else:
            elements.append(svg.Path(d=[svg.M(222, 144), svg.CubicBezier(262, 160, 262, 110, 224, 120)], class_=["fig-line"]))
            elements.extend(_head(224, 120, math.pi + 0.25))
        label(*edge.label, edge.verb)
        told.append(f"docker {edge.verb}: {edge.start} to {edge.end}")
    elements.extend(_arrow(8, 12, 30, 26))
    label(6, 10, "create")
    elements.extend(_arrow(90, 168, 145, 138))
    label(24, 182, "run")
    labels.append(_text(222, 238, "its program ends", "fig-note"))
    for name, (x, y) in _STATES.items():
        style = "fig-state-running" if name == "running" else "fig-state"
        elements.append(svg.Rect(x=x - 42, y=y - 14, width=84, height=28, rx=14, class_=[style]))
        elements.append(_text(x, y + 4, name, "fig-head", middle=True))
    told += ["docker create: nothing to created", "docker run: nothing to running", "when its program ends: running to exited"]
    return _figure(
        "The life of a container", "; ".join(told), [*elements, *labels], 350, role="group"
    )  # an img would hide its links


def _arrow(x1: float, y1: float, x2: float, y2: float) -> list[svg.Element]:
    return [svg.Line(x1=x1, y1=y1, x2=x2, y2=y2, class_=["fig-line"]), *_head(x2, y2, math.atan2(y2 - y1, x2 - x1))]


def _head(x: float, y: float, angle: float) -> list[svg.Element]:
    points = [(x, y)] + [(x - 8 * math.cos(angle + turn), y - 8 * math.sin(angle + turn)) for turn in (-0.45, 0.45)]
    return [svg.Polygon(points=[svg.Point(round(px, 1), round(py, 1)) for px, py in points], class_=["fig-tip"])]


def _legend(entries: Sequence[tuple[str, str]], y: float) -> list[svg.Element]:
    elements: list[svg.Element] = []
    x = 0.0
    for kind, words in entries:
        elements.append(svg.Rect(x=x, y=y - 9, width=10, height=10, rx=2, class_=[kind]))
        elements.append(_text(x + 14, y, words, "fig-note"))
        x += 24 + len(words) * _CHAR
    return elements


def _text(x: float, y: float, text: str, style: str, *, end: bool = False, middle: bool = False) -> svg.Text:
    anchor: Literal["start", "middle", "end"] | None = "end" if end else "middle" if middle else None
    return svg.Text(x=round(x, 1), y=y, text=escape(text, quote=False), class_=[style], text_anchor=anchor)


def _clip(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 1)] + "…"


def _figure(title: str, told: str, elements: Sequence[svg.Element], height: float, role: str = "img") -> str:
    picture = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, WIDTH, round(height)),
        extra={"role": role, "aria-label": escape(f"{title}. {told}.", quote=True)},
        elements=list(elements),
    )
    return f'<figure class="figure">{picture}<figcaption>{escape(title)}</figcaption></figure>'
