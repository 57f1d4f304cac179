"""What a sandbox's engine holds, asked over connections that stay open, and its events.

Each connection is one `docker system dial-stdio` in the sandbox, with HTTP/1.1 over it: a look at all lists takes a few
milliseconds, where an `exec` for each would take a hundred. The lists send no events, and the process hides itself from
the sandbox's `ps`.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import threading
import time
from datetime import datetime
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from docker_notes.engine.sandbox import hang_up, raw_socket
from docker_notes.errors import DockerNotesError
from docker_notes.recording.state import Container, Event, Image, Network, Snapshot, Volume

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Mapping, Sequence

    from docker_notes.engine.sandbox import Sandbox

__all__ = ["EngineState"]

TIMEOUT = 20.0
"""Seconds after which an engine that does not answer is taken for one that will not."""

_CONTAINERS, _IMAGES, _VOLUMES, _NETWORKS = "/containers/json?all=1&size=1", "/images/json", "/volumes", "/networks"
_CACHE = "/system/df?type=build-cache"
_EVENTS = "/events?" + urlencode({"filters": json.dumps({"type": ["container", "image", "network"]})})
# Nanoseconds by which our idea of the engine's clock may be behind.
_MARGIN = 1_500_000
# A folder laid over the process's own in /proc goes with the process.
_DIAL = "mount --bind /usr/local/games /proc/$$ 2>/dev/null; exec docker system dial-stdio"
# Where the engine itself mounts into a container: what stands there in its layer nobody wrote.
_OF_EVERY_CONTAINER = (
    "/.dockerenv", "/dev", "/proc", "/sys", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/etc/mtab", "/run/secrets",
    "/sbin/docker-init", "/usr/sbin/docker-init", "/usr/bin/docker-init",
)  # fmt: skip
_OF_EVERY_ENGINE = {"bridge", "host", "none"}
# What may change files of a container that runs without changing the size of its layer.
_TOUCHING = {"exec_start", "extract-to-dir", "archive-path", "copy"}
_FAULTS = (OSError, HTTPException, ValueError, KeyError, TypeError, DockerNotesError)
_UPPER = r"""
for dir; do echo "$dir"; [ -d "$dir" ] && find "$dir" -mindepth 1 -printf ' %P\n' | head -n 500; done
"""


class _Unframed(io.RawIOBase):
    """What a program without a terminal prints, taken out of the frames that the engine sends it in.

    Source: https://docs.docker.com/reference/api/engine/, "Stream format".
    """

    def __init__(self, source: socket.socket) -> None:
        self._socket = source
        self._held = bytearray()
        self._left = 0
        self._printed = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        while True:
            while not self._left:
                if len(self._held) >= 8:  # noqa: PLR2004  # a header
                    self._printed = self._held[0] == 1
                    self._left = int.from_bytes(self._held[4:8], "big")
                    del self._held[:8]
                elif not self._receive():
                    return 0
            if not self._held and not self._receive():
                return 0
            count = min(len(self._held), self._left, len(view) if self._printed else self._left)
            if self._printed:
                view[:count] = self._held[:count]
            del self._held[:count]
            self._left -= count
            if self._printed:
                return count

    def _receive(self) -> int:
        data = self._socket.recv(65536)
        self._held += data
        return len(data)


class _Dial:
    """One connection to a sandbox's engine."""

    def __init__(self, sandbox: Sandbox, timeout: float | None) -> None:
        api = sandbox.client.api
        made = api.exec_create(sandbox.container.id, ["sh", "-c", _DIAL], stdin=True, user="root")["Id"]
        self._stream: Any = api.exec_start(made, socket=True)
        self._socket = raw_socket(self._stream)
        self._socket.settimeout(timeout)
        self._reader = io.BufferedReader(_Unframed(self._socket), 65536)

    def ask(self, *paths: str) -> list[HTTPResponse]:
        """Requests sent at once; the answers have to be read in order."""
        self._socket.sendall(b"".join(f"GET {path} HTTP/1.1\r\nHost: docker\r\n\r\n".encode() for path in paths))
        return [HTTPResponse(cast("socket.socket", _Source(self._reader))) for _ in paths]

    def json(self, *paths: str) -> list[Any]:
        """The answers to requests, None for one that was refused."""
        found: list[Any] = []
        for path, answer in zip(paths, self.ask(*paths), strict=True):
            answer.begin()
            body = answer.read()
            if answer.status != 200:  # noqa: PLR2004  # HTTP's own
                found.append(None)
            elif path.startswith(_EVENTS):
                found.append([json.loads(line) for line in body.splitlines() if line])
            else:
                found.append(json.loads(body))
        return found

    def close(self) -> None:
        """Hang up; a read in another thread ends."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(2)
        hang_up(self._stream)


class _Source:
    """A connection as HTTPResponse wants it: one that it does not close."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def makefile(self, _mode: str) -> _Source:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def close(self) -> None:
        """Left open: the next answer comes over it."""

    def flush(self) -> None:
        """Nothing is written."""


class EngineState:
    """The state of one sandbox's engine. Its connections are opened at the first look; `close` it at the end.

    What goes wrong here never is a page's fault and does not end one: a look is then None.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._lists: _Dial | None = None
        self._stream: _Dial | None = None
        self._events: list[Event] = []
        self._lock = threading.Lock()
        self._taken = 0
        self._known: dict[str, Any] = {}
        self._dear = False  # whether the lists of containers and images are asked for only where events say that they are new
        self._ahead = self._until = 0  # the engine's clock before ours, and until when its events are known; nanoseconds
        self._upper: dict[str, str] = {}
        self._written: set[str] = set()
        self._failed: dict[str, bool] = {}

    def begin(self) -> None:
        """Forget what was before: another page begins."""
        with self._lock:
            self._events.clear()
            self._taken = 0
        self._known = {}
        self._upper.clear()
        self._written.clear()
        self._failed.clear()

    @property
    def has_news(self) -> bool:
        """Whether events came since the last look."""
        return len(self._events) > self._taken

    @property
    def events(self) -> list[Event]:
        """All of them since the beginning, in the order in which they came."""
        with self._lock:
            return list(self._events)

    def settle(self) -> None:
        """Give the last events a moment to come."""
        count = -1
        while count != len(self._events):
            count = len(self._events)
            time.sleep(0.005)

    def look(self, *, cache: bool = False) -> Snapshot | None:
        """What the engine holds now; None where it does not say.

        Args:
            cache: whether the build cache is of interest, too.
        """
        for _ in range(2):
            try:
                return self._look(cache=cache)
            except _FAULTS:
                # An engine that was started anew is asked over another connection.
                self.close()
                self._known = {}
        return None

    def close(self) -> None:
        """Hang up. May be called twice; a further look opens the connections again."""
        for dial in (self._lists, self._stream):
            if dial:
                with contextlib.suppress(*_FAULTS):
                    dial.close()
        self._lists = self._stream = None

    def _look(self, *, cache: bool) -> Snapshot:
        if self._stream is None:
            self._stream = _Dial(self._sandbox, None)
            [answer] = self._stream.ask(_EVENTS)
            threading.Thread(target=self._listen, args=(answer, self._stream), name="events", daemon=True).start()
        if self._lists is None:
            self._lists = _Dial(self._sandbox, TIMEOUT)
        small = [_VOLUMES, _NETWORKS, *([_CACHE] if cache else [])]
        if self._dear and self._known:
            # All events until now, asked for: those of the open connection may still be under way.
            now = time.monotonic_ns() + self._ahead + _MARGIN
            query = f"{_EVENTS}&since={_moment(self._until)}&until={_moment(now)}"
            few = self._asked(*small, query)
            news = [_event(told) for told in few[query] or ()]
            self._until = now
        else:
            few, news = self._asked(_CONTAINERS, _IMAGES, *small), []
        with self._lock:
            news += self._events[self._taken :]
            self._taken = len(self._events)
        large = few if _IMAGES in few else self._asked(*_lists_of(news))
        self._known = {**self._known, **{path: large[path] for path in (_CONTAINERS, _IMAGES) if path in large}}
        if _IMAGES in few:
            # The containerd store reads the manifests of each image for its lists, which takes some 10 ms for each.
            self._dear = any("Descriptor" in image for image in few[_IMAGES])
            if self._dear:
                self._set_clock()
        usage = few.get(_CACHE)
        return Snapshot(
            tuple(map(_image, self._known[_IMAGES])),
            tuple(self._containers(self._known[_CONTAINERS], {event.id for event in news if event.action in _TOUCHING})),
            tuple(Volume(volume["Name"], volume.get("CreatedAt") or "") for volume in few[_VOLUMES]["Volumes"] or ()),
            tuple(
                Network(network["Id"], network["Name"], network["Driver"])
                for network in few[_NETWORKS]
                if network["Name"] not in _OF_EVERY_ENGINE
            ),
            _cache(usage) if usage else None,
        )

    def _set_clock(self) -> None:
        """How far the engine's clock is ahead of ours, by the quickest of a few answers."""
        assert self._lists  # noqa: S101  # opened before
        tries = []
        for _ in range(5):
            began = time.monotonic_ns()
            [about] = self._lists.json("/info")
            ended = time.monotonic_ns()
            tries.append((ended - began, _nanoseconds(about["SystemTime"]) - (began + ended) // 2))
        self._ahead = min(tries)[1]
        self._until = time.monotonic_ns() + self._ahead - 10 * _MARGIN

    def _asked(self, *paths: str) -> dict[str, Any]:
        return dict(zip(paths, self._lists.json(*paths), strict=True)) if paths and self._lists else {}

    def _listen(self, answer: HTTPResponse, dial: _Dial) -> None:
        """Read events at once: the engine drops those of a slow reader."""
        with contextlib.suppress(*_FAULTS):
            answer.begin()
            while line := answer.readline():
                told = json.loads(line)
                actor = told.get("Actor") or {}
                event = Event(
                    told["Type"], told["Action"].partition(":")[0], actor.get("ID", ""), actor.get("Attributes") or {},
                    told["timeNano"], time.monotonic_ns(),
                )  # fmt: skip
                with self._lock:
                    self._events.append(event)
        with contextlib.suppress(*_FAULTS):
            dial.close()
        if self._stream is dial:  # it broke: the next look opens another
            self._stream = None
            self._known = {}

    def _containers(self, listed: Iterable[Mapping[str, Any]], touched: set[str]) -> list[Container]:
        found = [_container(container) for container in listed]
        # Only of a container that did not start the list does not say whether it was meant to.
        new = [container.id for container in found if container.state == "created" and container.id not in self._failed]
        for identity, about in zip(new, self._inspected(new), strict=True):
            self._failed[identity] = bool(about) and bool(about["State"].get("Error") or about["State"].get("ExitCode"))
        doubtful = [
            container
            for container in found
            if container.id in touched and not container.layer and container.id not in self._written
        ]
        if doubtful:
            self._look_into(
                doubtful, {container["Id"]: [mount["Destination"] for mount in container["Mounts"]] for container in listed}
            )
        return [
            Container(**{
                **vars(container), "layer": container.layer or container.id in self._written,
                "failed": container.state == "created" and self._failed.get(container.id, False),
            })
            for container in found
        ]  # fmt: skip

    def _inspected(self, ids: Sequence[str]) -> list[Any]:
        return self._lists.json(*(f"/containers/{identity}/json" for identity in ids)) if ids and self._lists else []

    def _look_into(self, containers: Sequence[Container], mounts: Mapping[str, Sequence[str]]) -> None:
        """Whether files that take no room were made, or files removed: an empty one, a folder."""
        unknown = [container.id for container in containers if container.id not in self._upper]
        for identity, about in zip(unknown, self._inspected(unknown), strict=True):
            data = ((about or {}).get("GraphDriver") or {}).get("Data") or {}
            self._upper[identity] = str(data.get("UpperDir") or "")
        folders = {self._upper[container.id]: container.id for container in containers if self._upper[container.id]}
        changed: dict[str, list[str]] = {}
        if folders:
            here: list[str] = []
            for line in self._sandbox.sh(_UPPER, *folders)[1].splitlines():
                if line.startswith(" "):
                    here.append("/" + line[1:])
                else:
                    here = changed.setdefault(folders.get(line, ""), [])
        for container in containers:
            if not self._upper[container.id] and self._lists:
                [told] = self._lists.json(f"/containers/{container.id}/changes")
                changed[container.id] = [each["Path"] for each in told or ()]
            if any(not _leads_to(path, (*mounts[container.id], *_OF_EVERY_CONTAINER)) for path in changed.get(container.id, ())):
                self._written.add(container.id)


def _event(told: Mapping[str, Any]) -> Event:
    actor = told.get("Actor") or {}
    return Event(
        told["Type"],
        told["Action"].partition(":")[0],
        actor.get("ID", ""),
        actor.get("Attributes") or {},
        told["timeNano"],
        time.monotonic_ns(),
    )


def _moment(nanoseconds: int) -> str:
    return f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09}"


def _nanoseconds(moment: str) -> int:
    """An ISO 8601 moment with nanoseconds, which Python does not read."""
    whole, _, rest = moment.partition(".")
    digits = re.match(r"\d*", rest)
    zone = rest[digits.end() :] if digits and rest else whole[19:]
    seconds = datetime.fromisoformat(whole[:19] + zone).timestamp()
    return int(seconds) * 10**9 + int((digits[0] if digits else "").ljust(9, "0")[:9])


def _lists_of(events: Iterable[Event]) -> list[str]:
    """The lists that events make new."""
    kinds = {event.kind for event in events}
    return [path for path, news in ((_CONTAINERS, kinds), (_IMAGES, "image" in kinds)) if news]


def _leads_to(path: str, mounts: Iterable[str]) -> bool:
    """Whether a path is a mount's, or a folder above one: the engine makes those."""
    return any(mount == path or mount.startswith(f"{path}/") for mount in mounts)


def _image(told: Mapping[str, Any]) -> Image:
    names = tuple(sorted(name for name in told.get("RepoTags") or () if name != "<none>:<none>"))
    return Image(told["Id"], names, int(told["Size"]))


def _container(told: Mapping[str, Any]) -> Container:
    status = told["Status"]
    ended = re.match(r"(?:Exited|Restarting) \((\d+)\)", status)
    health = re.search(r"\((healthy|unhealthy)\)", status)
    state = told["State"]
    return Container(
        id=told["Id"],
        name=next((name[1:] for name in told.get("Names") or () if name.count("/") == 1), told["Id"][:12]),
        image=told["ImageID"],
        image_name=told["Image"],
        state=state,
        exit=int(ended[1]) if ended and state in {"exited", "dead"} else None,
        health=health[1] if health else "",
        ports=_ports(told.get("Ports") or ()),
        networks=tuple(sorted((told.get("NetworkSettings") or {}).get("Networks") or {})),
        mounts=tuple((mount.get("Name") or mount.get("Source") or mount["Type"], mount["Destination"]) for mount in told["Mounts"]),
        layer=bool(told.get("SizeRw")),
    )


def _ports(told: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Published ports as `3000→80`; a port that is published on all addresses is listed once for IPv4 and once for IPv6."""
    found: dict[tuple[int, str, int, str], None] = {}
    for port in told:
        if port.get("PublicPort"):
            address = port.get("IP") or ""
            shown = "" if address in {"0.0.0.0", "::", ""} else (f"[{address}]:" if ":" in address else f"{address}:")  # noqa: S104  # as the engine writes it
            found[port["PrivatePort"], port["Type"], port["PublicPort"], shown] = None
    return tuple(
        f"{shown}{public}→{private}{'' if kind == 'tcp' else f'/{kind}'}" for private, kind, public, shown in sorted(found)
    )


def _cache(told: Mapping[str, Any]) -> tuple[int, int]:
    records = told.get("BuildCache") or ()
    return len(records), sum(int(record["Size"]) for record in records if not record.get("Shared"))
