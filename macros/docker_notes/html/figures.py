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

from docker_notes.html.facts import about_bytes
from docker_notes.html.tables import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docker_notes.html.tables import BuildStep, Port

__all__ = ["WIDTH", "build_steps", "layers", "lifecycle", "ports"]

WIDTH = 360
_CHAR = 6.65  # width of a character of the small fixed-width type
_ROW = 21
_GAP = 10  # between two images


def layers(images: Mapping[str, Sequence[Layer]], base: Sequence[Layer] = (), base_name: str = "") -> str:
    """Layers of an image as `docker history` lists them, the newest on top; or of two, with what both have drawn once.

    Args:
        images: one or two images by name; of two, layers with their digests.
        base: the layers of the base image, where it is to be told apart.
        base_name: its name.
    """
    stacks = list(images.values())
    two = len(stacks) > 1
    shared = _shared(stacks, _identity) if two else 0
    from_base = _shared([stacks[0], base], _text_of)
    if two and not shared >= from_base == len(base):
        from_base = 0
    whole = [_whole(base_name, base)] if two and from_base else []  # of two images, the base is one row
    scale = WIDTH / (max(layer.size for stack in [*stacks, whole] for layer in stack) or 1)
    width = (WIDTH - _GAP * (len(stacks) - 1)) / len(stacks)
    tallest = max(len(stack) for stack in stacks) - shared
    elements: list[svg.Element] = []
    told = []
    for at, (name, stack) in enumerate(images.items()):
        x = at * (width + _GAP)
        own = stack[: len(stack) - shared]
        elements.append(_text(x, 12, name, "fig-head"))
        for row, layer in enumerate(own):
            kind = "fig-base" if len(stack) - row <= from_base else "fig-own"
            elements += _layer(layer, kind, scale, (x, 20 + (tallest - len(own) + row) * _ROW, width))
        told.append(f"{name}: {len(stack)} rows, {about_bytes(sum(layer.size for layer in stack))}; its own are {_listed(own)}")
    both = stacks[0][len(stacks[0]) - shared : len(stacks[0]) - from_base] if two else []
    y = 20.0 + tallest * _ROW
    for kind, rows in (("fig-shared", both), ("fig-base", whole)):
        for layer in rows:
            elements += _layer(layer, kind, scale, (0, y, WIDTH))
            y += _ROW
    if two:
        told.append(f"Both have {_listed([*both, *whole]) or 'nothing in common'}")
    legend = [("fig-own", "its own")]
    legend += [("fig-shared", "in both, stored once")] if both else []
    legend += [("fig-base", "the base image")] if from_base else []
    if len(legend) > 1:
        elements += _legend(legend, y + 12)
        y += 16
    title = f"Layers of {' and '.join(images)}, the newest on top"
    return _figure(title, ". ".join(told), elements, y)


def _layer(layer: Layer, kind: str, scale: float, place: tuple[float, float, float]) -> list[svg.Element]:
    x, y, width = place
    elements: list[svg.Element] = [svg.Rect(x=x, y=y, width=round(width, 1), height=_ROW - 3, rx=2, class_=[kind, "fig-track"])]
    if layer.size:
        share = min(width, max(3.0, layer.size * scale))
        elements.append(svg.Rect(x=x, y=y, width=round(share, 1), height=_ROW - 3, rx=2, class_=[kind]))
    room = int((width - 12 - len(layer.printed) * _CHAR) / _CHAR)
    style = "fig-meta" if layer.is_metadata else "fig-code"
    return [
        *elements,
        _text(x + 4, y + 13, _clip(layer.instruction, room), style),
        _text(x + width - 4, y + 13, layer.printed, style, end=True),
    ]


def _whole(name: str, stack: Sequence[Layer]) -> Layer:
    """An image as one row."""
    count = sum(not layer.is_metadata for layer in stack)
    total = sum(layer.size for layer in stack)
    return Layer(f"{name}, {count} layers", total, about_bytes(total))


def _listed(stack: Sequence[Layer]) -> str:
    return ", ".join(f"{layer.instruction} {layer.printed}" for layer in stack)


def _text_of(layer: Layer) -> tuple[str, ...]:
    return layer.instruction, layer.printed


def _identity(layer: Layer) -> tuple[str, ...]:
    """What makes two rows the same: for a layer its contents, whatever its instruction says."""
    return (layer.digest,) if layer.digest else _text_of(layer)


def _shared(stacks: Sequence[Sequence[Layer]], same: Callable[[Layer], tuple[str, ...]]) -> int:
    """How many rows are the same, from the lowest up."""
    count = 0
    for rows in zip(*(reversed(stack) for stack in stacks), strict=False):
        if len({same(row) for row in rows}) > 1:
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
        y += 19
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
            elements.append(_text(4, y + 13, _clip(f"{place} {step.instruction}", room), style))
            elements.append(_text(WIDTH - 4, y + 13, note, style, end=True))
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
    places = {port: 44.0 + number * 34 for number, port in enumerate(rows)}
    for inside in dict.fromkeys((port.container, port.protocol) for port in rows):
        led = [port for port in rows if (port.container, port.protocol) == inside]
        middle = sum(places[port] for port in led) / len(led)
        elements += [
            svg.Rect(x=240, y=middle - 12, width=110, height=24, rx=4, class_=["fig-base"]),
            _text(295, middle + 4, f"{inside[0]}/{inside[1]}", "fig-code", middle=True),
        ]
        for port in led:
            y = places[port]
            elements += [
                svg.Rect(x=10, y=y - 12, width=150, height=24, rx=4, class_=["fig-own"]),
                _text(85, y + 4, f"{port.address}:{port.published}", "fig-code", middle=True),
                *_arrow((163, y), (237, middle + (y - middle) / 4)),
            ]
            told.append(f"{port.address} port {port.published} leads to port {port.container} ({port.protocol}) of the container")
    return _figure("Published ports", "; ".join(told), elements, height)


@dataclass(frozen=True)
class _Edge:
    verb: str
    start: str
    end: str
    path: tuple[tuple[float, float], ...]
    label: tuple[float, float]
    """The middle of the word, which stands on the line."""


_STATES = {
    "created": (60, 60, 84),
    "running": (180, 150, 150),
    "paused": (300, 60, 84),
    "restarting": (46, 232, 84),
    "exited": (180, 282, 150),
    "removed": (180, 352, 84),
}
"""Middle and width of each."""
_NOWHERE = "nothing"
# What a command does to a container's state (https://docs.docker.com/reference/cli/docker/container/);
# an arrow is drawn only where a run on the page did it.
_EDGES = (
    _Edge("create", _NOWHERE, "created", ((60, 20), (60, 44)), (60, 16)),
    _Edge("run", _NOWHERE, "running", ((150, 70), (150, 133)), (150, 66)),
    _Edge("start", "created", "running", ((60, 74), (60, 145), (103, 145)), (60, 114)),
    _Edge("pause", "running", "paused", ((225, 135), (225, 60), (256, 60)), (225, 94)),
    _Edge("unpause", "paused", "running", ((308, 74), (308, 145), (257, 145)), (308, 120)),
    _Edge("restart", "running", "running", ((255, 156), (306, 156), (306, 182), (243, 182), (243, 167)), (306, 199)),
    _Edge("stop", "running", "exited", ((125, 165), (125, 266)), (125, 210)),
    _Edge("kill", "running", "exited", ((180, 165), (180, 266)), (180, 236)),
    _Edge("start", "exited", "running", ((235, 268), (235, 167)), (235, 222)),
    _Edge("rm", "exited", "removed", ((180, 296), (180, 336)), (180, 318)),
)


def lifecycle(runs: Mapping[str, str]) -> str:
    """The states of a container and the commands between them.

    Args:
        runs: for each verb of `docker` that ran, the address of the block that ran it.

    Raises:
        KeyError: where a verb that the figure needs did not run.
    """
    lines: list[svg.Element] = []
    labels: list[svg.Element] = []  # drawn last, so that no line runs through them
    told = []
    for edge in _EDGES:
        lines += _arrow(*edge.path)
        words = _text(*edge.label, f"docker {edge.verb}", "fig-code", middle=True)
        labels.append(svg.A(href=runs[edge.verb], elements=[words]))
        told.append(f"docker {edge.verb}: {edge.start} to {edge.end}")
    for name, (x, y, width) in _STATES.items():
        style = "fig-state-running" if name == "running" else "fig-state"
        lines.append(svg.Rect(x=x - width / 2, y=y - 14, width=width, height=28, rx=14, class_=[style]))
        lines.append(_text(x, y + 4, name, "fig-head", middle=True))
    lines.append(_text(262, 286, "or its program ends", "fig-note"))
    told.append("when its program ends: running to exited")
    # No command leads into this state and out of it, so its arrows have no run to lead to.
    lines += _arrow((112, 165), (112, 190), (62, 190), (62, 216)) + _arrow((30, 218), (30, 157), (103, 157))
    lines += [_text(4, 261, "its program ends,", "fig-note"), _text(4, 274, "a policy is set", "fig-note")]
    told.append("when its program ends and a restart policy is set: running to restarting, and back to running")
    # An img would hide its links.
    return _figure("The life of a container", "; ".join(told), [*lines, *labels], 370, role="group")


def _arrow(*path: tuple[float, float]) -> list[svg.Element]:
    (x1, y1), (x2, y2) = path[-2:]
    line = svg.Polyline(points=[svg.Point(x, y) for x, y in path], class_=["fig-line"])
    return [line, *_head(x2, y2, math.atan2(y2 - y1, x2 - x1))]


def _head(x: float, y: float, angle: float) -> list[svg.Element]:
    points = [(x, y)] + [(x - 8 * math.cos(angle + turn), y - 8 * math.sin(angle + turn)) for turn in (-0.45, 0.45)]
    return [svg.Polygon(points=[svg.Point(round(px, 1), round(py, 1)) for px, py in points], class_=["fig-tip"])]


def _legend(entries: Sequence[tuple[str, str]], y: float) -> list[svg.Element]:
    elements: list[svg.Element] = []
    x = 0.0
    for kind, words in entries:
        elements.append(svg.Rect(x=x, y=y - 9, width=10, height=10, rx=2, class_=[kind]))
        elements.append(_text(x + 14, y, words, "fig-note"))
        x += 26 + len(words) * _CHAR
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
