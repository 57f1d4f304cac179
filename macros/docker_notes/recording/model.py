"""What a page printed, with its provenance: the data, its key, its file.

One YAML file a page, made to be read in a review: command by command, the output as the
reader sees it in a literal block, colours beside it. A file is replaced whole, by rename.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from docker_notes.errors import RecordingError
from docker_notes.page.kinds import Kind, kinds_of
from docker_notes.page.model import Awaited
from docker_notes.recording import normalise as volatile
from docker_notes.recording.files import write_atomic
from docker_notes.recording.state import CACHE, CONTAINER, IMAGE, NETWORK, VOLUME, Change
from docker_notes.terminal.lines import Line, Span, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from docker_notes.page.model import Block, Page, Step, Typed

__all__ = [
    "AWAITED",
    "REGISTRY",
    "RUN_LIVE",
    "SCHEMA",
    "STAND_IN",
    "UNKNOWN",
    "BaseImage",
    "Inputs",
    "Provenance",
    "Recording",
    "StepResult",
    "as_json",
    "asks",
    "dump",
    "entries",
    "key_of",
    "load",
    "read_yaml",
    "write",
]

SCHEMA = 1
STAND_IN, REGISTRY = "stand-in", "registry"
"""Where a base image came from: built here from packages, or pulled."""
RUN_LIVE = "run `docker-notes record` where an engine answers, and commit what it writes"


@dataclass(frozen=True)
class BaseImage:
    """A base image that a page found on its engine."""

    name: str
    origin: str
    digest: str
    made_from: str = ""


@dataclass(frozen=True)
class Provenance:
    """Where outputs come from: versions, base images, and when (UTC, ISO 8601, to the second)."""

    engine: str
    buildx: str
    date: str
    bases: tuple[BaseImage, ...]

    def moved(self, other: Provenance) -> list[str]:
        """What differs in another environment, each as `NAME: OLD → NEW`: engine, buildx, base images."""
        pairs = [("Engine", self.engine, other.engine), ("buildx", self.buildx, other.buildx)]
        here, there = ({base.name: base.digest for base in about.bases} for about in (self, other))
        pairs += [(name, here.get(name, "none")[:19], there.get(name, "none")[:19]) for name in sorted({*here, *there})]
        return [f"{name} {old} → {new}" for name, old, new in pairs if old != new]


UNKNOWN = Provenance("", "", "", ())


Entry = str | tuple[str, str]
"""A line typed into a program, or AWAITED and a text that was waited for."""
AWAITED = "wait for"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step as it ran. Seconds are wall time; `at` counts from the page's start.

    `changes` is what its command changed of the engine, `meanwhile` what changed before it by no command, and `passing` what
    happened and left no difference.
    """

    command: str
    exit_status: int
    seconds: float
    at: float
    lines: tuple[Line, ...]
    typed: tuple[Entry, ...] = ()
    example: str = ""
    columns: int = 0
    wait: str = ""
    dropped: int = 0
    changes: tuple[Change, ...] = ()
    meanwhile: tuple[Change, ...] = ()
    passing: tuple[Change, ...] = ()

    @property
    def output(self) -> str:
        """The output's text, each line ended by a newline."""
        return text_of(self.lines)

    @property
    def asks(self) -> tuple[object, ...]:
        """What was asked of the shell; the output depends on nothing else of the step."""
        return (*_as_written(self.command, self.typed), self.example, self.columns, self.wait)


@dataclass(frozen=True)
class Inputs:
    """What outputs depend on besides the page: part of the key.

    Args:
        sandbox: hash of the sandbox's recipe.
        bases: names of the base images.
        examples: hash of each example's files, by name.
    """

    sandbox: str
    bases: tuple[str, ...]
    examples: dict[str, str]
    rules: int = volatile.RULES

    def of(self, page: Page) -> Inputs:
        """The same, with those examples only that the page uses."""
        return replace(self, examples={name: self.examples[name] for name in page.examples})


@dataclass(frozen=True)
class Recording:
    """A page, as it ran. `at_start` is what its engine held then; None where that is not known, nor what its steps changed."""

    page: str
    provenance: Provenance
    inputs: Inputs
    steps: tuple[StepResult, ...]
    kinds: tuple[Kind, ...] = ()
    allow: tuple[str, ...] = ()
    at_start: tuple[Change, ...] | None = None

    @cached_property
    def key(self) -> str:
        """A hash of everything that the outputs depend on."""
        return _key(self.inputs, (step.asks for step in self.steps), self.kinds, self.allow)

    @cached_property
    def masked(self) -> tuple[volatile.Masked, ...]:
        """Each step's output with its volatile parts as placeholders."""
        mask = volatile.Mask(self.kinds)
        return tuple(mask.output([line.text for line in step.lines]) for step in self.steps)

    def started_at(self, step: StepResult) -> str:
        """When the step began: UTC, ISO 8601."""
        moment = datetime.fromisoformat(self.provenance.date) + timedelta(seconds=step.at)
        return moment.isoformat(timespec="milliseconds")


def key_of(page: Page, inputs: Inputs) -> str:
    """The key that a recording of this page would have."""
    return _key(inputs.of(page), (asks(b, s) for b, s in page.steps), page.kinds, page.allow)


def write(recording: Recording, path: Path) -> None:
    """Write the recording's file, whole or not at all."""
    write_atomic(dump(recording).encode(), path)


# ---------------------------------------------------------------------------------- the file


class _Dumper(yaml.SafeDumper):
    """Multi-line text as literal blocks."""


# YAML takes these for line breaks of its own, and would give them back as others.
_BREAKS = re.compile("[\r\x85\u2028\u2029]")


# YAML 1.2 (spec 10.3.2, core schema) reads these as numbers, where PyYAML's 1.1 reads a text: an id such as 26032033e417.
_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]*[eE][-+]?[0-9]+|0o[0-7]+")


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _BREAKS.search(text) or _NUMBER.fullmatch(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


class _Line(dict[str, Any]):
    """What the file holds on one line."""


_Dumper.add_representer(_Line, lambda dumper, line: dumper.represent_mapping("tag:yaml.org,2002:map", line, flow_style=True))
_HEAD = "# Made by a live build; not to be edited by hand. `docker-notes verify` holds it against an engine.\n"


def dump(recording: Recording) -> str:
    """The recording as the text of its file."""
    provenance, inputs = recording.provenance, recording.inputs
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "page": recording.page,
        "provenance": {
            "engine": provenance.engine,
            "buildx": provenance.buildx,
            "date": provenance.date,
            "base images": [
                {"name": b.name, "origin": b.origin, "digest": b.digest} | ({"made from": b.made_from} if b.made_from else {})
                for b in provenance.bases
            ],
        },
        "depends on": {"rules": inputs.rules, "sandbox": inputs.sandbox, "examples": dict(inputs.examples)},
    }
    if recording.kinds:
        data["volatile"] = [{"name": k.name, "pattern": k.pattern} for k in recording.kinds]
    if recording.allow:
        data["allow"] = list(recording.allow)
    if recording.at_start is not None:
        data["at start"] = [_dump_change(change) for change in recording.at_start]
    data["steps"] = [_dump_step(step) for step in recording.steps]
    data["end"] = len(recording.steps)
    return _HEAD + yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20)


def read_yaml(text: str) -> Any:
    """YAML as plain data, by libyaml where it is there.

    Raises:
        yaml.YAMLError: where it is none.
    """
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe


def as_json(text: str) -> str:
    """The text of a recording's file as JSON, which is read many times faster.

    Raises:
        yaml.YAMLError: where it is no YAML.
        TypeError: where it holds what JSON does not know.
    """
    return json.dumps(read_yaml(text))


def load(path: Path, page: str, parse: Callable[[str], Any] = read_yaml) -> Recording | None:
    """Read a recording; None where there is no file.

    Args:
        path: its file.
        page: the page that it is of.
        parse: reads its YAML; one that remembers saves time.

    Raises:
        RecordingError: where the file is cut short, in conflict, of a newer schema, or otherwise unreadable.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise _unreadable(path, page, "is not UTF-8", "restore it from git, or run `docker-notes record`") from error
    if re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE):
        raise _unreadable(path, page, "holds a merge conflict", "take either side, then run `docker-notes record`")
    try:
        data = parse(text)
        schema = data["schema"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise _unreadable(path, page, "cannot be read", "restore it from git, or run `docker-notes record`") from error
    if schema != SCHEMA:
        fix = "use a newer docker-notes" if isinstance(schema, int) and schema > SCHEMA else "run `docker-notes record`"
        raise _unreadable(path, page, f"has schema {schema}, this version reads {SCHEMA}", fix)
    if "end" not in data or data["end"] != len(data.get("steps") or ()):
        raise _unreadable(path, page, "is cut short", "restore it from git, or run `docker-notes record`")
    try:
        return _recording(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(path, page, f"cannot be read ({error})", "restore it from git, or run `docker-notes record`") from error


def _unreadable(path: Path, page: str, what: str, fix: str) -> RecordingError:
    return RecordingError(page, 1, f"its recording {path.parent.name}/{path.name} {what}", fix)


def _recording(data: dict[str, Any]) -> Recording:
    about, depends = data["provenance"], data["depends on"]
    bases = tuple(BaseImage(b["name"], b["origin"], b["digest"], b.get("made from", "")) for b in about["base images"])
    return Recording(
        page=data["page"],
        provenance=Provenance(str(about["engine"]), str(about["buildx"]), str(about["date"]), bases),
        inputs=Inputs(depends["sandbox"], tuple(b.name for b in bases), dict(depends["examples"]), depends["rules"]),
        steps=tuple(_load_step(step) for step in data["steps"]),
        kinds=tuple(kinds_of(data.get("volatile", ()))),
        allow=tuple(data.get("allow", ())),
        at_start=tuple(map(_load_change, data["at start"])) if "at start" in data else None,
    )


def _dump_step(step: StepResult) -> dict[str, Any]:
    data: dict[str, Any] = {"command": step.command}
    if step.typed:
        data["typed"] = [entry if isinstance(entry, str) else {entry[0]: entry[1]} for entry in step.typed]
    for name in ("example", "wait"):
        if getattr(step, name):
            data[name] = getattr(step, name)
    data |= {"columns": step.columns, "exit status": step.exit_status, "seconds": step.seconds, "at": step.at}
    if step.lines:
        data["output"] = step.output
        colours = [f"{n}:{s.start}-{s.end} {s.style}" for n, line in enumerate(step.lines, 1) for s in line.spans if s.style]
        if colours:
            data["colours"] = ", ".join(colours)
        links = [f"{n}:{s.start}-{s.end} {s.link}" for n, line in enumerate(step.lines, 1) for s in line.spans if s.link]
        if links:
            data["links"] = links
        data["line seconds"] = " ".join(f"{line.at:g}" for line in step.lines)
    if step.dropped:
        data["bytes not shown"] = step.dropped
    for name in _TOLD:
        if getattr(step, name):
            data[name] = [_dump_change(change) for change in getattr(step, name)]
    return data


_TOLD = ("changes", "meanwhile", "passing")
_KINDS = (IMAGE, VOLUME, NETWORK, CONTAINER, CACHE)


def _dump_change(change: Change) -> _Line:
    return _Line({change.kind: change.thing, **change.fields})


def _load_change(data: dict[str, Any]) -> Change:
    (kind, thing), *fields = data.items()
    if kind not in _KINDS:
        raise ValueError(f"{kind} is no kind of thing")
    return Change(kind, thing, dict(fields))


def _load_step(data: dict[str, Any]) -> StepResult:
    spans: dict[int, dict[tuple[int, int], Span]] = {}
    for name, items in (("style", filter(None, data.get("colours", "").split(", "))), ("link", data.get("links", ()))):
        for item in items:
            place, value = item.split(" ", 1)
            number, columns = place.split(":")
            start, end = map(int, columns.split("-"))
            line = spans.setdefault(int(number), {})
            line[start, end] = replace(line.get((start, end), Span(start, end, "")), **{name: value})
    texts = data["output"].removesuffix("\n").split("\n") if data.get("output") else []
    seconds = (float(s) for s in str(data.get("line seconds", "")).split())
    # Of a line added by hand there is no second: verify is to name it, not the loader.
    lines = tuple(
        Line(text, tuple(span for _, span in sorted(spans.get(n, {}).items())), next(seconds, 0.0))
        for n, text in enumerate(texts, 1)
    )
    return StepResult(
        command=data["command"],
        exit_status=data["exit status"],
        seconds=float(data["seconds"]),
        at=float(data["at"]),
        lines=lines,
        typed=tuple(entry if isinstance(entry, str) else (AWAITED, entry[AWAITED]) for entry in data.get("typed", ())),
        example=data.get("example", ""),
        columns=data["columns"],
        wait=data.get("wait", ""),
        dropped=data.get("bytes not shown", 0),
        **{name: tuple(map(_load_change, data[name])) for name in _TOLD if name in data},
    )


def asks(block: Block, step: Step) -> tuple[object, ...]:
    """What a step of a page asks of the shell, as `StepResult.asks` of its run."""
    options = block.options
    return (*_as_written(step.command, entries(step.typed)), options.example, options.columns, options.wait)


def entries(typed: Iterable[Typed | Awaited]) -> tuple[Entry, ...]:
    """What is typed into a step's program, as it is recorded."""
    return tuple((AWAITED, entry.text) if isinstance(entry, Awaited) else entry.text for entry in typed)


def _as_written(command: str, typed: tuple[Entry, ...]) -> tuple[str, tuple[Entry, ...]]:
    """A command up to where no backslash goes on, and the lines below it.

    Which of these complete the command only bash knows, and not every machine that replays a page has one.
    """
    lines = command.split("\n")
    end = 1
    while end < len(lines) and (len(lines[end - 1]) - len(lines[end - 1].rstrip("\\"))) % 2:
        end += 1
    return "\n".join(lines[:end]), (*lines[end:], *typed)


def _key(inputs: Inputs, asks: Iterable[tuple[object, ...]], kinds: tuple[Kind, ...], allow: tuple[str, ...]) -> str:
    told = [inputs.rules, inputs.sandbox, inputs.bases, inputs.examples, list(asks), [k.pattern for k in kinds]]
    if allow:
        told.append(list(allow))
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
