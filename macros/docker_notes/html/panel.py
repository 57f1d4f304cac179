"""The engine of a page, step by step: one picture that holds every version of every thing, and a table of what became of each.

Each version is written once, with the steps from and to which it holds; a script only hides and shows. Without one the
picture is that of the page's end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from docker_notes.html.changes import anchor
from docker_notes.recording.state import CACHE, CONTAINER, IMAGE, NETWORK, VOLUME, folded
from docker_notes.recording.wording import did, told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docker_notes.recording.model import Recording
    from docker_notes.recording.state import Change
    from docker_notes.recording.wording import Told

__all__ = ["DRAWN", "panel"]

DRAWN = 40
"""So many containers, and volumes and networks, are drawn; the table has all."""

_ICONS = {
    "created": '<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "running": '<path d="M2 .8 11.2 6 2 11.2z" fill="currentColor"/>',
    "paused": '<path d="M2 1h3v10H2zm5 0h3v10H7z" fill="currentColor"/>',
    "exited": '<path d="M1.5 1.5h9v9h-9z" fill="currentColor"/>',
    "failed": '<path d="M4 0h4l4 4v4l-4 4H4L0 8V4z" fill="currentColor"/><path d="m4 4 4 4m0-4L4 8" stroke="var(--face)" stroke-width="1.6"/>',
    "port": '<path d="M0 6h6M4 2.5 8 6 4 9.5M11 1v10" fill="none" stroke="currentColor" stroke-width="1.6"/>',
    "net": '<path d="M0 9h12M3 9V4m6 5V4" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M1.2 1h3.6v3.4H1.2zm6 0h3.6v3.4H7.2z" fill="currentColor"/>',
    "vol": '<path d="M1.5 3v6c0 1.2 2 2 4.5 2s4.5-.8 4.5-2V3" fill="none" stroke="currentColor" stroke-width="1.5"/><ellipse cx="6" cy="3" rx="4.5" ry="2" fill="currentColor"/>',
}  # fmt: skip
_CONTROLS = (
    '<div class="engine-controls" role="group" aria-label="Step through the engine" hidden>'
    '<button type="button" class="engine-back" aria-label="Back to the change before"><svg viewBox="0 0 12 12" aria-hidden="true">'
    '<path d="M8.5 1 3.5 6l5 5" fill="none" stroke="currentColor" stroke-width="2"/></svg></button>'
    '<span class="engine-track"><span class="engine-ticks" aria-hidden="true"></span>'
    '<input type="range" min="0" max="{last}" value="{last}" step="1" aria-label="Step"></span>'
    '<button type="button" class="engine-next" aria-label="On to the next change"><svg viewBox="0 0 12 12" aria-hidden="true">'
    '<path d="m3.5 1 5 5-5 5" fill="none" stroke="currentColor" stroke-width="2"/></svg></button>'
    '<label class="engine-follow"><input type="checkbox" checked> Follow<span> my reading</span></label></div>'
    '<div class="engine-what" hidden><a class="engine-command" hidden>.</a><div class="engine-told console-changes"></div></div>'
)


@dataclass
class _Life:
    """A thing from its beginning to its end.

    Args:
        kind: of the thing.
        label: its own.
        start: the step that made it, 0 where it was there before.
        fields: all that it had, with the step from which on it did.
        end: the step that removed it.
        listed: until which step an image stands in the engine's list; its containers may keep it after that.
    """

    kind: str
    label: str
    start: int
    fields: list[tuple[int, dict[str, Any]]]
    end: int | None = None
    listed: int | None = None
    on: list[_Life] = field(default_factory=list)

    @property
    def steps(self) -> list[int]:
        """The steps that changed it."""
        return [step for step, _ in self.fields[1:]]


def panel(recording: Recording) -> str:
    """A page's picture and its table; empty where nothing on it changed its engine, or that is not known."""
    steps = told(recording)
    if not any(step.clauses for step in steps):
        return ""
    lives = _lives(recording, steps)
    last = len(steps)
    return "".join((
        '<h2 id="the-engine-step-by-step" class="engine-heading" data-search-exclude>The engine, step by step</h2>',
        '<p class="engine-lead" data-search-exclude>This is what the engine holds at the end of this page, and below it what became of each thing.</p>',
        '<details class="engine" id="engine" open data-search-exclude>',
        '<summary><b>Engine</b> <span class="engine-where">at the end of this page</span><span class="engine-count"></span></summary>',
        f'<div class="engine-body">{_CONTROLS.format(last=last)}{_picture(lives, last)}</div>',
        f'<script type="application/json">{_data(recording)}</script></details>',
        _table(recording, steps),
    ))  # fmt: skip


def _data(recording: Recording) -> str:
    """What each step changed, as it was recorded, for the script."""
    changed = [
        {"step": number, "changes": [{change.kind: change.thing, **change.fields} for change in (*step.meanwhile, *step.changes)]}
        for number, step in enumerate(recording.steps, 1)
        if step.meanwhile or step.changes or step.passing
    ]
    return json.dumps(changed, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _lives(recording: Recording, steps: Sequence[Told]) -> list[_Life]:
    """Everything that there ever was, in the order in which it came."""
    lives: list[_Life] = []
    open_: dict[tuple[str, str], _Life] = {}
    moments = [(0, folded({}, recording.at_start or ())), *((step.number, step.things) for step in steps)]
    for number, things in moments:
        for key in [key for key in open_ if key not in things]:
            life = open_.pop(key)
            life.end = life.listed = number
        for key, fields in things.items():
            known = open_.get(key)
            if known is None:
                open_[key] = known = _Life(*key, number, [(number, fields)])
                lives.append(known)
            elif known.fields[-1][1] != fields:
                known.fields.append((number, fields))
    for container in [life for life in lives if life.kind == CONTAINER]:
        _place(container, lives)
    return lives


def _place(container: _Life, lives: list[_Life]) -> None:
    """Set a container on its image; one that no list ever showed is made up from its label."""
    label = container.fields[0][1].get("image", "unnamed")
    images = [life for life in lives if (life.kind, life.label) == (IMAGE, label) and life.start <= container.start]
    if not images:
        images = [
            _Life(IMAGE, label, container.start, [(container.start, {"names": [], "id": ""})], container.end, container.start)
        ]
        lives.append(images[0])
    image = images[-1]
    image.on.append(container)
    # What a container stands on stays as long as it does, listed or not.
    if image.end is not None and (container.end is None or container.end > image.end):
        image.end = container.end


# ---------------------------------------------------------------------------------- the picture


def _picture(lives: Sequence[_Life], last: int) -> str:
    nodes = [life for life in lives if life.kind in {VOLUME, NETWORK}]
    containers = [life for life in lives if life.kind == CONTAINER]
    drawn = {id(life) for life in (*containers[:DRAWN], *nodes[:DRAWN])}
    ids = {(life.kind, life.label): f"engine-{life.kind}-{number}" for number, life in enumerate(nodes) if id(life) in drawn}
    draw = _Drawing(last, ids, drawn)
    shelf = "".join(draw.node(life) for life in nodes if id(life) in drawn)
    stacks = "".join(draw.stack(life) for life in lives if life.kind == IMAGE and (life.start or life.on))
    more = [
        f"{len(all_) - DRAWN} more {word} are not drawn; the table has them."
        for all_, word in ((containers, "containers"), (nodes, "volumes and networks"))
        if len(all_) > DRAWN
    ]
    symbols = "".join(f'<symbol id="engine-i-{name}" viewBox="0 0 12 12">{shape}</symbol>' for name, shape in _ICONS.items())
    return (
        f'<svg hidden aria-hidden="true">{symbols}</svg>'
        '<div class="engine-picture" role="group" aria-label="Picture of the engine"><svg class="engine-wires" aria-hidden="true"></svg>'
        + (f'<ul class="engine-shelf" aria-label="Networks and volumes">{shelf}</ul>' if shelf else "")
        + (f'<ul class="engine-stacks" aria-label="Images, and the containers on them">{stacks}</ul>' if stacks else "")
        + "".join(f'<p class="engine-more">{text}</p>' for text in more)
        + '<p class="engine-nothing" hidden>The engine holds nothing of this page.</p></div>'
    )


@dataclass
class _Drawing:
    """Draws the things of a page.

    Args:
        last: the number of its last step.
        ids: of volumes and networks, by kind and label.
        drawn: the `id` of each life that is drawn.
    """

    last: int
    ids: dict[tuple[str, str], str]
    drawn: set[int]

    def node(self, life: _Life) -> str:
        short = "net" if life.kind == NETWORK else "vol"
        name = _base(life.label)
        return (
            f'<li class="engine-node engine-{short}" id="{self.ids[life.kind, life.label]}"{self._life(life)}>{self._flags(life)}'
            f'{_icon(short)} <span>{life.kind}</span> <b class="engine-name">{escape(name)}</b></li>'
        )

    def stack(self, life: _Life) -> str:
        listed = life.listed if life.listed != life.end else None

        def names(fields: dict[str, Any]) -> str:
            found = [escape(name.removesuffix(":latest")) for name in fields.get("names", ())]
            return "".join(f'<b class="engine-name">{name}</b> ' for name in found) or '<i class="engine-nameless">no name</i>'

        versions = [(step, names(fields)) for step, fields in life.fields]
        if listed is not None:
            versions.append((listed, '<i class="engine-nameless">not listed</i>'))
        fields = life.fields[-1][1]
        containers = "".join(self.container(each) for each in life.on if id(each) in self.drawn)
        # A base image is of interest where something stands on it.
        base = " engine-base" if life.start == 0 else ""
        empty = bool(base) and life.end is None and all(each.end is not None for each in life.on if id(each) in self.drawn)
        return (
            f'<li class="engine-stack{base}"{self._life(life)}{" hidden" if empty else ""}><div class="engine-slab">{self._flags(life)}'
            f'<p><span class="visually-hidden">image </span>{self._versions(versions)}</p>'
            f'<p class="engine-meta">{escape(fields.get("id", ""))} <span>{escape(fields.get("size", ""))}</span></p></div>'
            + (f'<ul class="engine-containers" aria-label="Containers on it">{containers}</ul>' if containers else "")
            + "</li>"
        )

    def container(self, life: _Life) -> str:
        def of(show: Callable[[dict[str, Any]], str]) -> str:
            return self._versions([(step, show(fields)) for step, fields in life.fields])

        def many(name: str, show: Callable[[str], str]) -> str:
            """Each of a list's words with a version of its own."""
            words = dict.fromkeys(word for _, fields in life.fields for word in fields.get(name, ()))
            return "".join(of(lambda fields, word=word: show(word) if word in fields.get(name, ()) else "") for word in words)  # type: ignore[misc]

        def layer(fields: dict[str, Any]) -> str:
            return '<span class="engine-written">own layer: written</span>' if fields.get("layer") else ""

        name = _base(life.label)
        return (
            f'<li class="engine-container"{self._life(life)}>{self._flags(life)}<p class="engine-row"><span class="visually-hidden">container </span>'
            f"{of(lambda fields: _named(fields.get('name', name)))}</p>"
            f'<p class="engine-row">{of(_state)}{many("ports", _port)}{many("networks", self._network)}{many("mounts", self._mount)}</p>'
            f'<p class="engine-layer">{of(layer)}</p></li>'
        )

    def _network(self, name: str) -> str:
        return _chip("net", self._link(NETWORK, name, escape(name)))

    def _mount(self, mount: str) -> str:
        source, _, target = mount.partition(" → ")
        return _chip("vol", f"{self._link(VOLUME, source, escape(_base(source)))}<wbr>→{escape(target)}")

    def _link(self, kind: str, label: str, text: str) -> str:
        name = self.ids.get((kind, label))
        return f'<a href="#{name}">{text}</a>' if name else text

    def _life(self, life: _Life) -> str:
        """When it is there, as attributes."""
        changed = f' data-changed="{" ".join(map(str, life.steps))}"' if life.steps else ""
        gone = f' data-gone="{life.end}"' if life.end is not None else ""
        return f' data-from="{life.start}"{gone}{changed}{" hidden" if gone else ""}'

    def _flags(self, life: _Life) -> str:
        """What a step did to it, as a word."""
        steps = [(life.start, "new")] if life.start else []
        steps += [(step, "changed") for step in life.steps if step != life.end]
        steps += [(life.end, "removed")] if life.end is not None else []
        return "".join(f'<b class="engine-flag" data-from="{step}" data-to="{step}" hidden>{word}</b>' for step, word in steps)

    def _versions(self, values: Sequence[tuple[int, str]]) -> str:
        """Each value once, from the step on that it holds to the one that ends it."""
        kept = [(step, value) for number, (step, value) in enumerate(values) if not number or values[number - 1][1] != value]
        ends: list[int | None] = [*(step for step, _ in kept[1:]), None]
        return "".join(
            f'<span data-from="{step}"{"" if end is None else f" data-to={chr(34)}{end}{chr(34)} hidden"}>{value}</span>'
            for (step, value), end in zip(kept, ends, strict=True)
            if value
        )


def _icon(name: str) -> str:
    return f'<svg class="engine-icon" aria-hidden="true"><use href="#engine-i-{name}"/></svg>'


def _chip(icon: str, text: str) -> str:
    return f'<span class="engine-chip">{_icon(icon)} {text}</span> '


def _port(port: str) -> str:
    outside, _, inside = port.partition("→")
    return _chip("port", f"{escape(outside)}<wbr>→{escape(inside)}")


def _named(name: str) -> str:
    of, _, image = name.partition("of ")
    return f'<b class="engine-name">{escape(name)}</b>' if of or not image else f'of <b class="engine-name">{escape(image)}</b>'


def _state(fields: dict[str, Any]) -> str:
    state, status = fields.get("state", ""), fields.get("exit")
    shown = "failed" if state in {"exited", "dead"} and status else state
    icon = {"restarting": "failed", "dead": "failed", "removing": "exited"}.get(shown, shown)
    about = [f"{state} ({status})" if status is not None else state]
    about += ["did not start"] if fields.get("start") else []
    about += [fields["health"]] if fields.get("health") else []
    return f'<span class="engine-state engine-{icon}">{_icon(icon)} {escape(", ".join(about))}</span> '


def _base(label: str) -> str:
    name, bracket, number = label.rpartition(" (")
    return name if bracket and number[:-1].isdigit() else label


# ------------------------------------------------------------------------------------ the table


def _table(recording: Recording, steps: Sequence[Told]) -> str:
    rows: dict[tuple[str, str], list[str]] = {}
    heads: dict[tuple[str, str], str] = {}
    things = folded({}, recording.at_start or ())
    for step, said in zip(recording.steps, steps, strict=True):
        middle = folded(things, step.meanwhile)
        for before, changes in ((things, step.meanwhile), (middle, (*step.changes, *step.passing))):
            for change in changes:
                if change.kind == CACHE or change.fields.get("passed") == "ran":
                    continue
                became = did(change, before.get(change.key, {}))
                link = f'<a href="#{anchor(said.number)}" aria-label="step {said.number}">{said.number}</a>'
                rows.setdefault(change.key, []).append(f"{link} {escape(became)}")
                heads.setdefault(change.key, _head(change, before.get(change.key, change.fields)))
        things = said.things
    order = {IMAGE: 0, CONTAINER: 1, NETWORK: 2, VOLUME: 3}
    body = "".join(
        f'<tr><th scope="row">{heads[key]}</th><td>{"; ".join(rows[key])}</td></tr>'
        for key in sorted(rows, key=lambda key: order[key[0]])
    )
    if not body:
        return ""
    return (
        '<div class="engine-lives" data-search-exclude><h3 id="what-became-of-each-thing">What became of each thing</h3>'
        '<table class="engine-table"><caption class="visually-hidden">Each image, container, network and volume of this page, and the steps that changed it'
        '</caption><thead><tr><th scope="col">Thing</th><th scope="col">Step, and what it did</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _head(change: Change, fields: Any) -> str:
    about = f' <span class="engine-meta">{escape(fields["id"])}</span>' if change.kind == IMAGE and fields.get("id") else ""
    return f"{change.kind} <code>{escape(_base(change.thing))}</code>{about}"
