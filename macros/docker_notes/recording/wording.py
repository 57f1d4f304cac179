"""Changes of an engine in words: one clause a thing.

Words are Docker's own; `:latest`, full ids and default addresses are left out, and an id stands only where a name does not
tell images apart. Nothing is explained here: that is the page's prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from docker_notes.recording.state import CACHE, CONTAINER, IMAGE, ITSELF, UNLISTED, VOLUME, Things, folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from docker_notes.recording.model import Recording, StepResult
    from docker_notes.recording.state import Change

__all__ = [
    "CHANGED",
    "GONE",
    "MANY",
    "NEW",
    "PASSED",
    "SPOKEN",
    "Clause",
    "Told",
    "clauses",
    "plain",
    "shortened",
    "things_named",
    "told",
]

MANY = 3
"""Alike clauses that are told one by one; of more only so many are named."""
NEW, CHANGED, GONE, PASSED = "+", "~", "−", "·"
SPOKEN = {NEW: "new", CHANGED: "changed", GONE: "gone", PASSED: "passed"}
"""The signs as words, for those who hear them."""

# Around a name, so that a page can set it as code.
_OPEN, _CLOSE = "\x02", "\x03"
_FROM = {"pull": "pulled", "load": "loaded", "import": "imported", "commit": "committed"}


@dataclass(frozen=True)
class Clause:
    """What became of one thing, or of many alike.

    Args:
        sign: NEW, CHANGED, GONE or PASSED.
        marked: the text behind it, each name in it between marks.
        kind: of the thing.
        name: of the thing, marked, where clauses that differ in it alone can be told as one.
        what: what is told of the thing besides its name, then.
        meanwhile: whether no command did it, and none was running.
        by_itself: whether no command did it.
        ending: how a container ended, where it did so by itself.
        count: how many things it is of.
    """

    sign: str
    marked: str
    kind: str = ""
    name: str = ""
    what: str = ""
    meanwhile: bool = False
    by_itself: bool = False
    ending: str = ""
    count: int = 1

    @property
    def text(self) -> str:
        """All of it as plain text."""
        return f"{'meanwhile: ' if self.meanwhile else ''}{self.sign} {plain(self.marked)}"

    @property
    def pieces(self) -> list[tuple[bool, str]]:
        """The text behind the sign in pieces, each with whether it is a name."""
        parts = re.split(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}", self.marked)
        return [(number % 2 == 1, part) for number, part in enumerate(parts) if part]


@dataclass(frozen=True)
class Told:
    """What one step changed, and what there is behind it.

    Args:
        number: of the step, the first has 1.
        clauses: one a thing, in order.
        things: what there is now.
    """

    number: int
    clauses: tuple[Clause, ...]
    things: Things


def told(recording: Recording) -> list[Told]:
    """Every step of a recording in words; empty where it says nothing of the engine."""
    if recording.at_start is None:
        return []
    things = folded({}, recording.at_start)
    found = []
    for number, step in enumerate(recording.steps, 1):
        said, things = clauses(things, step)
        found.append(Told(number, tuple(said), things))
    return found


def clauses(things: Things, step: StepResult) -> tuple[list[Clause], Things]:
    """What a step changed in words, and what there is then.

    Args:
        things: what there was before it.
        step: as it was recorded.
    """
    middle = folded(things, step.meanwhile)
    after = folded(middle, step.changes)
    found = [Clause(**{**vars(clause), "meanwhile": True}) for clause in _clauses(things, middle, step.meanwhile)]
    found += _clauses(middle, after, step.changes)
    found += chain.from_iterable(_passed(after, change) for change in step.passing)
    return found, after


def shortened(found: Sequence[Clause]) -> list[Clause]:
    """The same with more than three alike told as one: `~ 10 containers (paused): web, mine, any and 7 more`."""
    groups: dict[tuple[str, str, str, bool], list[Clause]] = {}
    for clause in found:
        groups.setdefault((clause.sign, clause.kind, clause.what if clause.name else clause.marked, clause.meanwhile), []).append(
            clause
        )
    done: set[int] = set()
    short = []
    for clause in found:
        group = groups[clause.sign, clause.kind, clause.what if clause.name else clause.marked, clause.meanwhile]
        if len(group) <= MANY or not clause.name:
            short.append(clause)
        elif id(group) not in done:
            done.add(id(group))
            names = ", ".join(each.name for each in group[:MANY])
            what = f" ({clause.what})" if clause.what else ""
            marked = f"{len(group)} {clause.kind}s{what}: {names} and {len(group) - MANY} more"
            short.append(Clause(**{**vars(clause), "marked": marked, "name": "", "count": len(group)}))
    return short


def did(change: Change, was: Any) -> str:
    """What became of one thing, for its row in a table: plain text.

    Args:
        change: as it was recorded.
        was: its fields before.
    """
    fields = change.fields
    if fields.get("gone"):
        return "removed" if fields["gone"] is True else "not listed any more"
    if "passed" in fields:
        said = {"restarted": "stopped and started again", "ran again": f"ran again, exited ({fields.get('exit')})"}
        return (
            "started again, by its restart policy"
            if change.by_itself
            else said.get(fields["passed"], f"{fields['passed']} again, the same image")
        )
    if change.kind == IMAGE:
        if fields.get("new"):
            return _FROM.get(str(fields.get("from", "")), "built")
        names = fields.get("names", ())
        here = was.get("names", ())
        gained, lost = [name for name in names if name not in here], [name for name in here if name not in names]
        said_of = [*(f"named {_short(name)}" for name in gained), *(f"no longer named {_short(name)}" for name in lost)]
        return ", ".join(said_of) + (", has no name now" if lost and not names else "")
    if change.kind != CONTAINER:
        return "created"
    if fields.get("new"):
        ended = fields["state"] in {"exited", "dead"}
        rest = f"ran and {_state(fields)}" if ended else "did not start" if fields.get("start") else fields["state"]
        return "created" if rest == "created" else f"created, {rest}"
    return plain(", ".join(_said_of(fields, was)))


def things_named(things: Iterable[tuple[tuple[str, str], Any]]) -> list[str]:
    """Things as plain text, each with its kind, a container with its state."""
    return [
        f"{plain(_container_name(fields.get('name') or _base(label)))} ({_state(fields)})"
        if kind == CONTAINER
        else plain(_plain_thing(kind, label))
        for (kind, label), fields in things
    ]


def plain(marked: str) -> str:
    """A text without its marks."""
    return marked.replace(_OPEN, "").replace(_CLOSE, "")


def _name(text: str) -> str:
    return f"{_OPEN}{text}{_CLOSE}"


def _clauses(before: Things, after: Things, changes: Iterable[Change]) -> Iterator[Clause]:
    changes = list(changes)
    moved = _moved(before, changes)
    told_elsewhere = {old.key for _, old in moved.values()}
    for change in changes:
        if change.key in told_elsewhere and change.key not in moved:
            continue
        match change.kind:
            case "image":
                yield _image(before, after, change, moved.get(change.key))
            case "container":
                yield _container(before, change)
            case "build cache":
                fields = change.fields
                yield Clause(GONE, f"build cache: {_count(fields['records'], 'record')}, {fields['size']}", CACHE)
            case _:
                yield _plain(change)


def _plain(change: Change) -> Clause:
    """A volume or a network comes or goes."""
    sign = GONE if change.fields.get("gone") else NEW
    base = _base(change.thing)
    if change.kind == VOLUME and base == "anonymous":
        return Clause(sign, _plain_thing(VOLUME, base), VOLUME)
    driver = f" ({change.fields['driver']})" if sign == NEW and "driver" in change.fields else ""
    return Clause(sign, f"{change.kind} {_name(base)}{driver}", change.kind, _name(base), driver.strip(" ()"))


def _plain_thing(kind: str, label: str) -> str:
    base = _base(label)
    return "an anonymous volume" if kind == VOLUME and base == "anonymous" else f"{kind} {_name(base)}"


# ------------------------------------------------------------------------------------ images


def _moved(before: Things, changes: Sequence[Change]) -> dict[tuple[str, str], tuple[str, Change]]:
    """The new images that took a name from another one: by their key, that name and the other's change."""
    found: dict[tuple[str, str], tuple[str, Change]] = {}
    lost = [
        (change, [name for name in before.get(change.key, {}).get("names", ()) if name not in change.fields.get("names", ())])
        for change in changes
        if change.kind == IMAGE and ("names" in change.fields or change.fields.get("gone")) and not change.fields.get("new")
    ]
    for change in changes:
        if change.kind != IMAGE or not change.fields.get("new"):
            continue
        for other, names in lost:
            taken = [name for name in names if name in change.fields["names"]]
            if taken and set(other.fields.get("names", ())) <= set(before[other.key]["names"]):
                found[change.key] = (taken[0], other)
    return found


def _image(before: Things, after: Things, change: Change, moved: tuple[str, Change] | None) -> Clause:
    fields, was = change.fields, before.get(change.key, {})
    if fields.get("gone"):
        if fields["gone"] == UNLISTED:
            return Clause(GONE, f"image {_called(was)}, not listed any more", IMAGE)
        name = _called(was)
        ending = "" if was.get("names") else ", which had no name"
        return Clause(GONE, f"image {name}{ending}", IMAGE, name, ending.removeprefix(", "))
    if fields.get("new"):
        if moved:
            name, other = moved
            old = before[other.key]["id"]
            end = _after_its_name(other)
            text = (
                f"image {_name(_short(name))}: the name moved to a new image, {_name(fields['id'])}; "
                f"the old one, {_name(old)}, {end}"
            )
            more = [each for each in fields["names"] if each != name]
            return Clause(CHANGED, text + (f"; also named {_listed(more)}" if more else ""), IMAGE)
        how = _FROM.get(str(fields.get("from", "")), "")
        about = ", ".join(filter(None, [how, fields["size"], "" if fields["names"] else "no name"]))
        name = _called(fields)
        return Clause(NEW, f"image {name} ({about})", IMAGE, name, how)
    now = after[change.key]
    here, there = was.get("names", ()), now.get("names", ())
    gained, lost = [name for name in there if name not in here], [name for name in here if name not in there]
    if "names" not in fields:
        return Clause(CHANGED, f"image {_called(now)}: {', '.join(f'{name} {fields[name]}' for name in fields)}", IMAGE)
    # By a name that it had and has, so that a reader knows it.
    kept = [name for name in here if name in there]
    called = _name(_short(kept[0])) if kept else _called(was)
    said = [f"also named {_listed(gained)}"] if gained and here else [f"now named {_listed(gained)}"] if gained else []
    if lost:
        if not kept and not gained:
            called = _name(now["id"])
            said.append(f"no longer named {_listed(lost)}, has no name now")
        else:
            said.append(f"no longer named {_listed(lost)}")
    return Clause(CHANGED, f"image {called}: {', '.join(said)}", IMAGE)


def _after_its_name(other: Change) -> str:
    """What became of an image whose name another one took."""
    if other.fields.get("gone"):
        return "is not listed any more" if other.fields["gone"] == UNLISTED else "was removed"
    names = other.fields["names"]
    return f"is still named {_listed(names)}" if names else "has no name now"


def _called(fields: Any) -> str:
    names = fields.get("names") or ()
    return _listed(names) if names else _name(fields.get("id", "unnamed"))


def _listed(names: Iterable[str]) -> str:
    return " and ".join(_name(_short(name)) for name in names)


def _short(name: str) -> str:
    return name.removesuffix(":latest")


# -------------------------------------------------------------------------------- containers


def _container(before: Things, change: Change) -> Clause:
    fields, was = change.fields, before.get(change.key, {})
    name = _container_name(was.get("name") or _base(change.thing))
    itself = change.by_itself
    if fields.get("gone"):
        wrote = ", with what it had written" if was.get("layer") else ""
        return Clause(GONE, f"{name}{wrote}", CONTAINER, _bare(name), "")
    if fields.get("new"):
        state = fields["state"]
        if state in {"exited", "dead"}:
            ended = f"ran and {_state(fields)}" + (
                f" after {_count(fields['restarts'], 'restart')}" if "restarts" in fields else ""
            )
            return Clause(NEW, f"{name}: {ended}", CONTAINER, _bare(name), ended, by_itself=itself, ending=_ending(name, fields))
        about = "created; did not start" if fields.get("start") else state
        linked = [
            *fields.get("ports", ()),
            *(f"on {network}" for network in fields.get("networks", ())),
            *map(_mount, fields.get("mounts", ())),
        ]
        return Clause(NEW, f"{name} ({', '.join([about, *linked])})", CONTAINER, _bare(name), about, by_itself=itself)
    said = _said_of(fields, was)
    marked = f"{name}: {', '.join(said)}"
    what = said[0] if len(said) == 1 or "state" in fields else ", ".join(said)
    return Clause(CHANGED, marked, CONTAINER, _bare(name), what, by_itself=itself, ending=_ending(name, fields))


def _ending(name: str, fields: Any) -> str:
    ended = fields.get("by") == ITSELF and fields.get("state") in {"exited", "dead"}
    return f"{CHANGED} {plain(name)}: {_state(fields)}, by itself" if ended else ""


def _said_of(fields: Any, was: Any) -> list[str]:
    said: list[str] = []
    state, itself = fields.get("state"), fields.get("by") == ITSELF
    ports, had = fields.get("ports"), was.get("ports", [])
    opened = [port for port in ports or () if port not in had]
    closed = [] if ports is None else [port for port in had if port not in ports]
    if state in {"exited", "dead"}:
        if "restarts" in fields:
            said.append(f"started again {_times(fields['restarts'])}, then {_state(fields)}")
        else:
            said.append(_state(fields))
    elif state == "running" and was.get("state") == "paused":
        said.append("running again")
    elif state:
        said.append("restarting" if state == "restarting" else state)
    if state and itself and "restarts" not in fields and state in {"exited", "dead"}:
        said.append("by itself")
    if "name" in fields:
        said.append(f"now named {_name(fields['name'])}")
    said += [f"{port} open" for port in opened] + [f"{port} closed" for port in closed]
    if "networks" in fields:
        here, there = was.get("networks", []), fields["networks"]
        said += [f"joined {_name(network)}" for network in there if network not in here]
        said += [f"left {_name(network)}" for network in here if network not in there]
    if "mounts" in fields:
        said += [_mount(mount) for mount in fields["mounts"] if mount not in was.get("mounts", [])]
    if "layer" in fields:
        said.append("wrote to its own layer" if fields["layer"] else "its own layer is as its image’s")
    if fields.get("health"):
        said.append(fields["health"])
    if fields.get("start"):
        said.append("did not start")
    return said or ["changed"]


def _passed(things: Things, change: Change) -> Iterator[Clause]:
    fields = change.fields
    itself = change.by_itself
    now = things.get(change.key, {})
    match fields.get("passed"):
        case "ran":
            image = _base(change.thing.removeprefix("of "))
            count = fields.get("times", 1)
            subject = f"a container of {_name(image)}" if count == 1 else f"{count} containers of {_name(image)}"
            be = "was" if count == 1 else "were"
            ended = f"ran, exited ({fields['exit']}) and {be} removed" if "exit" in fields else f"{be} created and removed"
            yield Clause(PASSED, f"{subject} {ended}", CONTAINER, count=count)
        case "restarted":
            how = "started again, by its restart policy" if itself else "stopped and started again"
            name = _container_name(now.get("name") or _base(change.thing))
            yield Clause(CHANGED, f"{name}: {how}", CONTAINER, _bare(name), how, by_itself=itself)
        case "ran again":
            name = _container_name(now.get("name") or _base(change.thing))
            ended = f"ran again, exited ({fields['exit']})"
            yield Clause(PASSED, f"{name}: {ended}", CONTAINER, _bare(name), ended)
        case _:
            yield Clause(PASSED, f"image {_called(now)}: {fields.get('passed')} again, the same image", IMAGE)


def _container_name(name: str) -> str:
    """`container web`, or of one whose name was drawn by lot `container of hello`."""
    if name.startswith("of "):
        return f"container of {_name(name.removeprefix('of '))}"
    return f"container {_name(name)}"


def _bare(name: str) -> str:
    return name.removeprefix("container ")


def _state(fields: Any) -> str:
    status = fields.get("exit")
    return f"{fields['state']} ({status})" if status is not None else str(fields["state"])


def _mount(mount: str) -> str:
    source, _, target = mount.partition(" → ")
    return f"{_base(source)}→{target}"


def _base(label: str) -> str:
    """A label without the number that tells it from others of its name."""
    return re.sub(r" \(\d+\)$", "", label)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def _times(number: int) -> str:
    return "once" if number == 1 else "twice" if number == 2 else f"{number} times"  # noqa: PLR2004  # the word
