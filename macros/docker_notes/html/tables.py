"""What Docker's own tables and progress say, read into data; nothing is drawn here.

Read are the forms that Docker Engine 20.10 to 28 and buildx 0.10 to 0.29 print.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from docker_notes.recording.normalise import bytes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CHANGES",
    "BuildStep",
    "Layer",
    "Port",
    "Unreadable",
    "build",
    "changes",
    "digests",
    "history",
    "identified",
    "instruction",
    "ports",
]


class Unreadable(ValueError):  # what is said of it
    """An output in a shape that is not known; the message shows the line."""


# Instructions that change no files (https://docs.docker.com/reference/dockerfile/).
_METADATA = {
    "ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME",
}  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """A row of `docker history`: the instruction that made it, and its size in bytes.

    Args:
        instruction: as in the Dockerfile.
        size: in bytes.
        printed: the size as Docker prints it.
        digest: of the layer's contents, where it is known.
    """

    instruction: str
    size: float
    printed: str
    digest: str = ""

    @property
    def is_metadata(self) -> bool:
        """Whether the row is no layer: its instruction changed no files. (`WORKDIR` did, though a folder has 0 bytes.)"""
        return self.size == 0 and self.instruction.partition(" ")[0] in _METADATA


@dataclass(frozen=True)
class BuildStep:
    """A step of a build as BuildKit tells it: `number` of `total` of its stage, seconds, whether from the cache.

    Stages of a build of one stage have no name.
    """

    number: int
    total: int
    instruction: str
    seconds: float
    cached: bool
    stage: str = ""


@dataclass(frozen=True)
class Port:
    """A published port: the address and port of the machine, the port of the container."""

    address: str
    published: int
    container: int
    protocol: str


def history(lines: Sequence[str]) -> list[Layer]:
    """The rows of `docker history IMAGE`, the newest first.

    Raises:
        Unreadable: where there is no table, or a row has another shape.
    """
    head = next((n for n, line in enumerate(lines) if line.startswith("IMAGE ") and "CREATED BY" in line and "SIZE" in line), None)
    if head is None:
        raise Unreadable(f"no table of `docker history` in it; it begins: {_first(lines)!r}")
    by, size = lines[head].index("CREATED BY"), lines[head].index("SIZE")
    found = []
    for line in lines[head + 1 :]:
        printed = line[size:].split()
        if not re.match(r"(<missing>|[0-9a-f]{12}|sha256:[0-9a-f]{64}) ", line) or not printed:
            raise Unreadable(f"not a row of `docker history`: {line!r} (a wider `columns` keeps rows from wrapping)")
        try:
            found.append(Layer(instruction(line[by:size].strip()), bytes_of(printed[0]), printed[0]))
        except ValueError as error:
            raise Unreadable(f"not a row of `docker history`: {line!r} ({error})") from error
    if not found:
        raise Unreadable("the table of `docker history` has no rows")
    return found


def digests(lines: Sequence[str]) -> list[str]:
    r"""The layers of an image, the oldest first, as `docker image inspect --format '{{join .RootFS.Layers "\n"}}'` prints them.

    Raises:
        Unreadable: where a line is no digest.
    """
    for line in lines or [""]:
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", line):
            raise Unreadable(f"not the digest of a layer: {line!r}")
    return list(lines)


def identified(rows: Sequence[Layer], found: Sequence[str]) -> list[Layer]:
    """The rows of `docker history`, the newest first, with the digests of their layers, the oldest first.

    Raises:
        Unreadable: where there are more or fewer layers than digests.
    """
    count = sum(not row.is_metadata for row in rows)
    if count != len(found):
        raise Unreadable(f"{count} rows of `docker history` changed files, but there are {len(found)} layers")
    newest_first = reversed(found)
    return [row if row.is_metadata else replace(row, digest=next(newest_first)) for row in rows]


def instruction(created_by: str) -> str:
    """The instruction of a Dockerfile, from the column CREATED BY of `docker history`, cut short or not."""
    text = re.sub(r"^/bin/sh -c #\(nop\)\s+", "", created_by)
    text = re.sub(r"^(?:RUN )?(?:\|\d+ (?:\S+=\S* )*)?/bin/sh -c ", "RUN ", text)
    return re.sub(r"\s+#(?: buildkit| ?(?:b\w*)?…)$", "", text).strip() or "imported files"


# Numbers are padded to the width of the total: `[ 1/12]`.
_STEP = re.compile(
    r"^ => (?P<mark>CACHED |ERROR |CANCELED )?\[ *(?:(?P<stage>[^]]+?) +)?(?P<number>\d+)/(?P<total>\d+)\] "
    r"(?P<what>.*?) +(?P<seconds>\d+\.\d+)s$"
)
_LIKE_A_STEP = re.compile(r"^ => (?:[A-Z]+ )?\[[^]]*\d+/\d+\]")


def build(lines: Sequence[str]) -> list[BuildStep]:
    """The numbered steps of `docker build`, in the order of the Dockerfile; stage by stage, as they were first told.

    Raises:
        Unreadable: where there are none, or one has another shape.
    """
    found: dict[str, dict[int, BuildStep]] = {}
    for line in lines:
        match = _STEP.match(line)
        if match:
            number, stage = int(match["number"]), match["stage"] or ""
            step = BuildStep(
                number, int(match["total"]), match["what"].strip(), float(match["seconds"]), match["mark"] == "CACHED ", stage
            )
            found.setdefault(stage, {})[number] = step
        elif _LIKE_A_STEP.match(line):
            raise Unreadable(f"not a step of a build: {line!r} (a wider `columns` keeps its seconds on the line)")
    if not found:
        raise Unreadable(f"no steps such as ` => [1/3] FROM …` in it; it begins: {_first(lines)!r}")
    return [stage[number] for stage in found.values() for number in sorted(stage)]


_PORT_LINE = re.compile(r"^(?P<container>\d+)/(?P<protocol>\w+) -> (?P<address>.+):(?P<published>\d+)$")
_PORT_CELL = re.compile(
    r"(?P<address>\d+\.\d+\.\d+\.\d+|::1?|\[[0-9A-Fa-f:]+\]):(?P<published>\d+)->(?P<container>\d+)/(?P<protocol>\w+)"
)
_LIKE_A_PORT = re.compile(r"\d->\d")


def ports(lines: Sequence[str]) -> list[Port]:
    """The published ports that `docker port NAME` or `docker ps` tells.

    Raises:
        Unreadable: where it tells none, or one in another shape, such as a range.
    """
    matches: list[re.Match[str]] = []
    for line in lines:
        found = list(filter(None, (_PORT_LINE.match(line), *_PORT_CELL.finditer(line))))
        if len(found) < len(_LIKE_A_PORT.findall(line)):
            raise Unreadable(f"not a published port such as `0.0.0.0:3000->80/tcp`: {line!r}")
        matches += found
    if not matches:
        raise Unreadable(f"no published port such as `80/tcp -> 0.0.0.0:3000` in it; it begins: {_first(lines)!r}")
    return [Port(m["address"], int(m["published"]), int(m["container"]), m["protocol"]) for m in matches]


def changes(command: str) -> list[str]:
    """The verbs of `docker` in a command line that change a container's state: `run`, `stop`, …"""
    try:
        words = shlex.split(command.replace("\\\n", " "), comments=True)
    except ValueError:
        return []
    found = []
    for at, (word, following) in enumerate(pairwise(words)):
        if word == "docker" and following in CHANGES:
            own = takewhile(lambda later: later != "docker", words[at + 1 :])
            found.append("run --rm" if following == "run" and "--rm" in own else following)
    return found


CHANGES = {"create", "run", "start", "stop", "kill", "restart", "pause", "unpause", "rm", "wait"}


def _first(lines: Sequence[str]) -> str:
    return next((line for line in lines if line.strip()), "(nothing)")
