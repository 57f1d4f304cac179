"""Small recordings and pages for tests; the outputs in them stand for any output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docker_notes.page.grammar import parse
from docker_notes.recording import model as recording
from docker_notes.recording.model import BaseImage, Inputs, Provenance, Recording, StepResult
from docker_notes.terminal.lines import Line, Span

if TYPE_CHECKING:
    from docker_notes.page.model import Page

BASES = (
    BaseImage("node:24-slim", recording.STAND_IN, "sha256:" + "5" * 64, "packages"),
    BaseImage("node:latest", recording.REGISTRY, "sha256:" + "6" * 64),
)
PROVENANCE = Provenance("28.5.2", "0.29.1", "2026-11-25T04:14:15+00:00", BASES)
INPUTS = Inputs("recipe", ("node:24-slim", "node:latest"), {"app": "aaaa", "other": "bbbb"})

PAGE = """\
# A page

```console example="app" name="first" expect="made"
$ make
$ run \\
    -it
> hello
? 3
```

```console
$ list
```
"""


def page(text: str = PAGE, path: str = "page.md") -> Page:
    return parse(path, text)


def lines(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(text, (), number / 10) for number, text in enumerate(texts))


def ran(command: str = "make", *texts: str, status: int = 0, **more: Any) -> StepResult:
    return StepResult(**{
        "command": command, "exit_status": status, "seconds": 1.5, "at": 0.25, "lines": lines(*texts), "columns": 100, **more,
    })  # fmt: skip


STEPS = (
    ran("make", "made sha256:0123456789ab", "in 1.5s", example="app"),
    ran("run \\\n    -it", "no such file", status=3, typed=("hello",), example="app", at=2.0),
    ran(
        "list", "ID   NAME", "0123456789ab   web", at=4.0,
    ),
)  # fmt: skip


def recorded(*steps: StepResult, **more: Any) -> Recording:
    given: dict[str, Any] = {
        "page": "page.md",
        "provenance": PROVENANCE,
        "inputs": INPUTS.of(page()),
        "steps": steps or STEPS,
    }
    return Recording(**{**given, **more})


def coloured(text: str, *spans: tuple[int, int, str]) -> Line:
    return Line(text, tuple(Span(*span) for span in spans), 0.5)
