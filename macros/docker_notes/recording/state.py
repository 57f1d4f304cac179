"""What an engine holds, as plain data, and what every step of a page changed of it.

A `Snapshot` is the engine's own lists at one moment. `tell` makes of many of them, and of the engine's events between
them, the records that a recording keeps: one `Change` a thing, with the fields that are different now. Records name things
by label, so that ids, which differ in every run, are written once, where their thing is new.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from docker_notes.recording.normalise import KINDS
from docker_notes.recording.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "CACHE", "CONTAINER", "IMAGE", "ITSELF", "NETWORK", "UNLISTED", "VOLUME",
    "Change", "Container", "Event", "Image", "Look", "Network", "Snapshot", "Telling", "Things", "Volume", "folded", "tell",
]  # fmt: skip

IMAGE, VOLUME, NETWORK, CONTAINER, CACHE = "image", "volume", "network", "container", "build cache"
ITSELF = "itself"
"""Who changed what no command did."""
UNLISTED = "not listed"
"""How an image is gone that nobody removed: the engine's list no longer names it (containerd store)."""

_ORDER = {kind: place for place, kind in enumerate((IMAGE, VOLUME, NETWORK, CONTAINER, CACHE))}
# A network that every engine has, and that is meant where none is named.
_DEFAULT_NETWORK = "bridge"
# Seconds after which the engine itself takes a container that was started again for one that runs (moby, restartmanager).
_RUNS_AGAIN = 10.0
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_GENERATED = re.compile(next(kind.pattern for kind in KINDS if kind.name == "generated name"))
# Names that compose and swarm end in what they draw by lot.
_DRAWN = re.compile(r"[-_]run[-_][0-9a-f]{12}$|\.[a-z0-9]{25}$")
_BY_COMMAND = {"kill", "stop", "restart", "attach", "create"}
_UP = {"running", "paused", "restarting"}


@dataclass(frozen=True)
class Image:
    """An image: its names with tags, sorted; its size in bytes."""

    id: str
    names: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Container:
    """A container.

    Args:
        id: in full.
        name: without a slash.
        image: the id of its image.
        image_name: as the engine's list names that.
        state: the engine's word: created, running, paused, restarting, exited, dead.
        exit: its exit status, where it has ended.
        health: healthy or unhealthy; empty where it is not known.
        ports: published ones, as `3000→80`.
        networks: by name.
        mounts: the source, a volume by its name, and the folder in the container.
        layer: whether it changed files of its own.
        failed: whether it was to be started, and could not.
    """

    id: str
    name: str
    image: str
    image_name: str = ""
    state: str = "running"
    exit: int | None = None
    health: str = ""
    ports: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()
    layer: bool = False
    failed: bool = False


@dataclass(frozen=True)
class Volume:
    """A volume; `created` tells it from another one of its name."""

    name: str
    created: str = ""


@dataclass(frozen=True)
class Network:
    """A network other than those that every engine has."""

    id: str
    name: str
    driver: str = _DEFAULT_NETWORK


@dataclass(frozen=True)
class Snapshot:
    """What an engine holds at one moment; `cache` is the number of the build cache's records and their bytes, where asked for."""

    images: tuple[Image, ...] = ()
    containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    networks: tuple[Network, ...] = ()
    cache: tuple[int, int] | None = None


@dataclass(frozen=True)
class Event:
    """One of the engine's events.

    Args:
        kind: container, image, …
        action: its name, without what stands behind a colon.
        id: of the thing; of a pulled image, its name.
        attributes: as the engine tells them.
        at: when, by the engine's clock, in nanoseconds.
        arrived: when it was read, by a clock of ours, in nanoseconds.
    """

    kind: str
    action: str
    id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    at: int = 0
    arrived: int = 0


@dataclass(frozen=True)
class Look:
    """A snapshot, and when it was there, by the clock of `Event.arrived`.

    Args:
        snapshot: what was seen.
        at: nanoseconds.
        step: the number of the step behind which it was taken, or before which; the first step has 0, the start -1.
        before: whether it was taken before that step, so that no command did what is different.
    """

    snapshot: Snapshot
    at: int = 0
    step: int = -1
    before: bool = False


@dataclass(frozen=True)
class Change:
    """What is different of one thing, or what happened to it that left no difference.

    Args:
        kind: image, volume, network, container, or build cache.
        thing: its label.
        fields: what is different, in the order in which it is written. `new`, `gone` and `by` are among them; where it only
            passed, `passed` says how: `ran` a container that is gone again, `restarted`, `ran again`, `built`, `pulled`.
    """

    kind: str
    thing: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What tells its thing from others."""
        return self.kind, self.thing

    @property
    def by_itself(self) -> bool:
        """Whether no command did it."""
        return self.fields.get("by") == ITSELF


@dataclass(frozen=True)
class Telling:
    """What one step changed: by its command, before it by none, and what passed."""

    changes: tuple[Change, ...] = ()
    meanwhile: tuple[Change, ...] = ()
    passing: tuple[Change, ...] = ()


Things = dict[tuple[str, str], dict[str, Any]]
"""What there is, by kind and label: of each thing its fields."""


def folded(things: Things, changes: Iterable[Change]) -> Things:
    """What there is behind changes; the things before are left as they are."""
    now = dict(things)
    for change in changes:
        if change.kind == CACHE or "passed" in change.fields:
            continue
        if change.fields.get("gone"):
            now.pop(change.key, None)
            continue
        before = {} if change.fields.get("new") else now.get(change.key, {})
        after = {
            **before,
            **{name: value for name, value in change.fields.items() if name not in {"new", "by", "restarts", "from"}},
        }
        if "state" in change.fields:
            # What belongs to the state before ends with it.
            for name in ("exit", "health", "start"):
                if name not in change.fields:
                    after.pop(name, None)
        now[change.key] = after
    return now


def tell(looks: Sequence[Look], events: Sequence[Event], steps: int) -> tuple[tuple[Change, ...], list[Telling]]:
    """What was there at the start, and what every step changed.

    Args:
        looks: in order; the first one is of the start.
        events: in the order in which they came.
        steps: how many steps there are.
    """
    teller = _Teller()
    start = tuple(teller.start(looks[0].snapshot))
    told = [Telling() for _ in range(steps)]
    # By the engine's clock, as an event may come late. What came fastest tells best how the two clocks differ.
    ahead = min((event.arrived - event.at for event in events), default=0)
    ordered = sorted(events, key=lambda event: event.at)
    times = [event.at for event in ordered]
    first = bisect_left(times, looks[0].at - ahead)
    for look in looks[1:]:
        last = len(times) if look is looks[-1] else bisect_left(times, look.at - ahead, lo=first)
        changes, passing = teller.step(look.snapshot, ordered[first:last], itself=look.before)
        first = last
        if not 0 <= look.step < steps:
            continue
        was = told[look.step]
        if look.before:
            told[look.step] = Telling(was.changes, was.meanwhile + changes + passing, was.passing)
        else:
            told[look.step] = Telling(was.changes + changes, was.meanwhile, was.passing + passing)
    return start, told


class _Labels:
    """Names for things that are the same in every run: of the second thing of a name, with a number."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._taken: dict[tuple[str, str], int] = {}

    def of(self, kind: str, identity: str, name: str) -> str:
        known = self._known.get((kind, identity))
        if known is None:
            count = self._taken[kind, name] = self._taken.get((kind, name), 0) + 1
            known = self._known[kind, identity] = name if count == 1 else f"{name} ({count})"
        return known

    def known(self, kind: str, identity: str) -> str:
        return self._known.get((kind, identity), "")


class _Teller:
    """Follows one engine from snapshot to snapshot."""

    def __init__(self) -> None:
        self._labels = _Labels()
        self._seen: dict[tuple[str, str], dict[str, Any]] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}  # of containers, as they are now
        self._restarts: dict[str, int] = {}
        self._started: dict[str, int] = {}
        self._cache: tuple[int, int] | None = None

    def start(self, snapshot: Snapshot) -> Iterator[Change]:
        self._seen = self._read(snapshot, {})
        self._cache = snapshot.cache
        for (kind, label), fields in self._ordered(self._seen):
            yield Change(kind, label, _written(fields))

    def step(self, snapshot: Snapshot, events: Sequence[Event], *, itself: bool) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
        """Changes, and what passed.

        Args:
            snapshot: what is there now.
            events: since the last one.
            itself: whether no command ran since.
        """
        happened: dict[str, list[Event]] = {}
        for event in events:
            happened.setdefault(event.id, []).append(event)
        before, self._seen = self._seen, self._read(snapshot, happened)
        now = self._seen
        changes: dict[tuple[str, str], dict[str, Any]] = {}
        for key, fields in now.items():
            was = before.get(key)
            if was is None:
                changes[key] = {"new": True, **_written(fields)}
            elif different := _different(was, fields):
                changes[key] = different
        for key in before.keys() - now.keys():
            changes[key] = {"gone": self._how_gone(key, before, now, events)}
        for key, different in changes.items():
            different.update(self._causes(key, before.get(key, {}), different, happened, itself=itself))
        found = [Change(kind, label, fields) for (kind, label), fields in self._ordered(changes)]
        if self._cache and snapshot.cache and snapshot.cache[0] < self._cache[0]:
            less = {"records": self._cache[0] - snapshot.cache[0], "size": human(max(0, self._cache[1] - snapshot.cache[1]))}
            found.append(Change(CACHE, "pruned", less))
        self._cache = snapshot.cache or self._cache
        passing = tuple(self._passing(before, now, changes, happened))
        return tuple(found), passing

    def _ordered(self, things: Mapping[tuple[str, str], dict[str, Any]]) -> list[tuple[tuple[str, str], dict[str, Any]]]:
        appeared = {key: number for number, key in enumerate(self._ids)}
        return sorted(things.items(), key=lambda item: (_ORDER[item[0][0]], appeared[item[0]]))

    def _read(self, snapshot: Snapshot, happened: Mapping[str, Sequence[Event]]) -> dict[tuple[str, str], dict[str, Any]]:
        """A snapshot's things by label, with all their fields, also the usual ones."""
        found: dict[tuple[str, str], dict[str, Any]] = {}

        def add(kind: str, identity: str, name: str, fields: dict[str, Any]) -> None:
            label = self._labels.of(kind, identity, name)
            self._ids.setdefault((kind, label), identity)
            found[kind, label] = fields

        for image in sorted(snapshot.images, key=lambda image: (not image.names, image.names, image.id)):
            names = sorted(map(_clean, image.names))
            fields = {"names": names, "size": human(image.size), "id": _short(image.id)}
            add(IMAGE, image.id, _untagged(names[0]) if names else "unnamed", fields)
        # What has no name of its own is told in the order in which it was made, or is used: names are drawn by lot.
        made = {event.id: event.at for events in happened.values() for event in events if event.action == "create"}
        containers = sorted(
            snapshot.containers,
            key=lambda container: (
                _drawn(container.name),
                made.get(container.id, 0) if _drawn(container.name) else 0,
                container.name,
            ),
        )
        used = [source for container in containers for source, _ in sorted(container.mounts, key=lambda mount: mount[1])]
        places = {source: place for place, source in reversed(list(enumerate(used)))}
        for volume in sorted(
            snapshot.volumes,
            key=lambda volume: (
                _anonymous(volume.name),
                places.get(volume.name, len(places)) if _anonymous(volume.name) else 0,
                volume.name,
            ),
        ):
            name = "anonymous" if _anonymous(volume.name) else _clean(volume.name)
            add(VOLUME, f"{volume.name} {volume.created}", name, {})
        volumes = {volume.name: self._labels.known(VOLUME, f"{volume.name} {volume.created}") for volume in snapshot.volumes}
        for network in sorted(snapshot.networks, key=lambda network: network.name):
            add(NETWORK, network.id, _clean(network.name), {"driver": network.driver})
        for container in containers:
            image_label = self._labels.of(IMAGE, container.image, _image_name(container.image_name))
            drawn = _drawn(container.name)
            name = f"of {image_label}" if drawn else _clean(container.name)
            fields = self._container(container, image_label, volumes, happened.get(container.id, ()))
            if not drawn:
                fields["name"] = name
            add(CONTAINER, container.id, name, fields)
            fields.setdefault("name", self._labels.known(CONTAINER, container.id))
        return found

    def _container(self, container: Container, image: str, volumes: Mapping[str, str], events: Sequence[Event]) -> dict[str, Any]:
        mounts = [
            f"{volumes.get(source) or _source(source)} → {_clean(target)}"
            for source, target in sorted(container.mounts, key=lambda m: m[1])
        ]
        return {
            "image": image,
            "state": self._state(container, events),
            "exit": container.exit,
            "start": "failed" if container.failed else None,
            "health": container.health or None,
            "ports": list(container.ports),
            "networks": sorted(_clean(name) for name in container.networks if name != _DEFAULT_NETWORK),
            "mounts": mounts,
            "layer": container.layer,
            "id": _short(container.id),
        }

    def _state(self, container: Container, events: Sequence[Event]) -> str:
        """Its state; of one that ends again and again `restarting`, whatever the list says by chance."""
        identity = container.id
        was = self._seen.get((CONTAINER, self._labels.known(CONTAINER, identity)), {}).get("state")
        looping = was == "restarting"
        ended = False
        for event in events:
            if event.action == "die":
                ended = True
            elif event.action in _BY_COMMAND - {"attach"}:
                ended = looping = False
                self._restarts.pop(identity, None)
            elif event.action == "start":
                self._started[identity] = event.at
                if ended or looping:
                    self._restarts[identity] = self._restarts.get(identity, 0) + 1
                ended = False
        if container.state == "restarting":
            return "restarting"
        if container.state != "running":
            return container.state
        settled = self._restarts.get(identity, 0) < 2 and not looping  # noqa: PLR2004  # once may be the end of it
        last = max((event.at for event in events), default=self._started.get(identity, 0))
        if looping and last - self._started.get(identity, last) > _RUNS_AGAIN * 1e9:
            settled = True
        if settled and looping:
            self._restarts.pop(identity, None)
        return "running" if settled else "restarting"

    def _how_gone(
        self,
        key: tuple[str, str],
        before: Mapping[tuple[str, str], dict[str, Any]],
        now: Mapping[tuple[str, str], dict[str, Any]],
        events: Sequence[Event],
    ) -> bool | str:
        """`not listed` of an image that nobody removed: another one took its last name."""
        if key[0] != IMAGE:
            return True
        identity, names = self._ids[key], before[key]["names"]
        removed = any(event.kind == IMAGE and event.action in {"delete", "untag"} and event.id == identity for event in events)
        taken = {name for (kind, _), fields in now.items() if kind == IMAGE for name in fields["names"]}
        return UNLISTED if names and not removed and set(names) <= taken else True

    def _causes(
        self,
        key: tuple[str, str],
        was: Mapping[str, Any],
        different: Mapping[str, Any],
        happened: Mapping[str, Sequence[Event]],
        *,
        itself: bool,
    ) -> dict[str, Any]:
        """Where a new image is from; of a container's end, whether it ended by itself, and how often it was started again."""
        kind, identity = key[0], self._ids[key]
        if kind == IMAGE and different.get("new"):
            return self._source_of(identity, different["names"], happened)
        if kind != CONTAINER or different.get("gone"):
            return {}
        found: dict[str, Any] = {}
        actions = [event.action for event in happened.get(identity, ())]
        state, before = different.get("state"), was.get("state")
        if state in {"exited", "dead"}:
            restarts = self._restarts.pop(identity, 0)
            if restarts:
                found["restarts"] = restarts
            began = different.get("new") or ("start" in actions and before not in _UP)
            # Whoever starts something in the background does not wait for its end.
            own = "attach" not in actions if began else not _BY_COMMAND & set(actions)
            if (own and not {"kill", "stop"} & set(actions)) or (itself and before in _UP):
                found["by"] = ITSELF
        elif (
            state == "restarting"
            or "health" in different
            or ((before, state) == ("restarting", "running") and not _BY_COMMAND & set(actions))
        ):
            found["by"] = ITSELF
        return found

    def _source_of(self, identity: str, names: Sequence[str], happened: Mapping[str, Sequence[Event]]) -> dict[str, Any]:
        for event in (event for events in happened.values() for event in events):
            if (
                event.kind == IMAGE
                and event.action == "pull"
                and {_tagged(event.id), event.attributes.get("name", "")} & set(names)
            ):
                return {"from": "pull"}
            if event.kind == IMAGE and event.action in {"load", "import"} and identity in {event.id, event.attributes.get("name")}:
                return {"from": event.action}
            if event.kind == CONTAINER and event.action == "commit" and event.attributes.get("imageID") == identity:
                return {"from": "commit"}
        return {}

    def _passing(
        self,
        before: Mapping[tuple[str, str], dict[str, Any]],
        now: Mapping[tuple[str, str], dict[str, Any]],
        changes: Mapping[tuple[str, str], dict[str, Any]],
        happened: Mapping[str, Sequence[Event]],
    ) -> Iterator[Change]:
        """What two snapshots cannot show."""
        images = {
            name: label
            for things in (before, now)
            for (kind, label), fields in things.items()
            if kind == IMAGE
            for name in fields["names"]
        }
        same: dict[str, dict[str, Any]] = {}
        for identity, events in happened.items():
            for event in events:
                label = self._labels.known(IMAGE, identity) or images.get(_tagged(identity), "")
                if (
                    event.kind != IMAGE
                    or event.action not in {"create", "pull"}
                    or (IMAGE, label) in changes
                    or (IMAGE, label) not in now
                ):
                    continue
                same[label] = {"passed": "built" if event.action == "create" else "pulled"}
        yield from (Change(IMAGE, label, fields) for label, fields in same.items())
        gone: dict[tuple[str, int | None], int] = {}
        for identity, events in happened.items():
            if events[0].kind != CONTAINER:
                continue
            key = (CONTAINER, self._labels.known(CONTAINER, identity))
            actions = [event.action for event in events]
            ends = [int(event.attributes.get("exitCode", -1)) for event in events if event.action == "die"]
            if not key[1]:
                if "create" in actions and "destroy" in actions:
                    name = events[0].attributes.get("image", "")
                    image = images.get(_tagged(name)) or self._labels.known(IMAGE, name) or _image_name(name)
                    which = (image, ends[-1] if ends else None)
                    gone[which] = gone.get(which, 0) + 1
                continue
            if key not in now or key not in before or "state" in changes.get(key, ()) or not ends:
                continue
            if now[key]["state"] == "running" and "start" in actions:
                own = not _BY_COMMAND & set(actions)
                yield Change(CONTAINER, key[1], {"passed": "restarted", **({"by": ITSELF} if own else {})})
            elif now[key]["state"] == "exited" and "start" in actions:
                yield Change(CONTAINER, key[1], {"passed": "ran again", "exit": ends[-1]})
        for (image, status), times in gone.items():
            end = {} if status is None else {"exit": status}
            yield Change(CONTAINER, f"of {image}", {"passed": "ran", **end, **({"times": times} if times > 1 else {})})


_USUAL: dict[str, Any] = {
    "driver": _DEFAULT_NETWORK, "exit": None, "start": None, "health": None, "ports": [], "networks": [], "mounts": [], "layer": False,
}  # fmt: skip


def _written(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a new thing that are worth a word; its label tells its name."""
    return {name: value for name, value in fields.items() if name != "name" and (name not in _USUAL or value != _USUAL[name])}


def _different(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in now.items() if value != was.get(name)}
    found.pop("image", None)  # a name that moves to another image takes no container along
    if now.get("state") != was.get("state"):
        # Its end belongs to the state; so does how it is while it runs.
        for name in ("exit", "health", "start"):
            if name in found and found[name] is None:
                del found[name]
        if now.get("exit") is not None:
            found["exit"] = now["exit"]
    elif "exit" in found:
        found["state"] = now["state"]
    return {name: found[name] for name in now if name in found}


def _anonymous(name: str) -> bool:
    return _ANONYMOUS.fullmatch(name) is not None


def _drawn(name: str) -> bool:
    """Whether a container's name was drawn by lot."""
    return bool(_GENERATED.fullmatch(name) or _DRAWN.search(name))


@lru_cache(maxsize=4096)
def _clean(text: str) -> str:
    return redact(text)


def _source(path: str) -> str:
    """Where a bind mount is from; in the reader's home as they would write it."""
    return re.sub(r"^/home/reader(?=/|$)", "~", _clean(path))


def _untagged(name: str) -> str:
    return name.removesuffix(":latest")


def _tagged(name: str) -> str:
    """A name with the tag that is meant where none is written."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _image_name(name: str) -> str:
    bare = _untagged(_clean(name.partition("@")[0]))
    return "unnamed" if not bare or bare.startswith("sha256:") or re.fullmatch("[0-9a-f]{12}|[0-9a-f]{64}", bare) else bare


def _short(identity: str) -> str:
    return identity.removeprefix("sha256:")[:12]


def human(size: float) -> str:
    """Bytes as `docker images` prints them (go-units, three digits), with a space."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":  # noqa: PLR2004  # decimal units
            break
        size /= 1000
    text = f"{size:.3g}"
    return f"{float(text):g} {unit}"
