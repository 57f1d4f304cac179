"""A site as somebody would have it who pastes outputs by hand: the same theme, plugins and text, with static blocks."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

from docker_notes.project.project import Project
from docker_notes.project.settings import Settings

from tests.reading import fences, pages_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from docker_notes.page.model import Block
    from docker_notes.recording.model import StepResult

_RAW = re.compile(r"(\{% raw %\}.*?\{% endraw %\})", re.DOTALL)
_SPAN = re.compile(r"(?<!`)`[^`\n]*\{\{[^`\n]*`(?!`)")
_MACRO = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_KEPT = ("includes", "overrides", "examples")


def pasted(root: Path, folder: Path) -> Path:
    """The site at `root` with its recorded outputs pasted in, made in `folder` where it is not yet.

    Numbers and figures in prose are left out, so the plain site has less to do than a hand-written one would.
    """
    if folder.exists():
        return folder
    for name in _KEPT:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name)
    shutil.copytree(root / "docs", folder / "docs", ignore=shutil.ignore_patterns("*.md"))
    text = (root / "mkdocs.yml").read_text()
    # The plugin stays, without our module; anchors inside figures are gone.
    (folder / "mkdocs.yml").write_text(
        text.replace("modules: [docker_notes, guide]", "render_by_default: true")
        .replace("modules: [docker_notes]", "render_by_default: true")
        .replace("hooks:\n  - macros/guide/hooks.py\n", "")
        .replace("strict: true\n", "\n")
    )
    project = Project(Settings.at(root))
    pages = pages_of(project)
    results = project.replay(pages.values(), project.inputs())
    failures = [failure for each in results.values() for failure in each.failures]
    if failures:
        sys.exit("\n".join(map(str, failures)))
    for source in sorted((root / "docs").rglob("*.md")):
        name = source.relative_to(root / "docs").as_posix()
        blocks = pages[name].blocks if name in pages else ()
        steps = results[name].recording.steps if name in results else ()
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_page(source.read_text(), blocks, steps))
    return folder


def _page(source: str, blocks: Sequence[Block], steps: Sequence[StepResult]) -> str:
    """A page with its outputs in it, and code safe for Jinja as ours is."""
    lines = source.split("\n")
    ran = iter(steps)
    pasted = [(block, [next(ran) for _ in block.steps]) for block in blocks]
    for block, done in reversed(pasted):
        first = block.line - 1
        lines[first : _end(lines, first)] = _static(lines[first], done)
    for fence in reversed(list(fences(lines))):
        if "{" in "".join(fence.body):
            lines[fence.first] = "{% raw %}" + lines[fence.first]
            lines[fence.last] += "{% endraw %}"
    parts = _RAW.split(_SPAN.sub(r"{% raw %}\g<0>{% endraw %}", "\n".join(lines)))
    return "".join(part if _RAW.fullmatch(part) else _MACRO.sub("", part) for part in parts)


def _end(lines: Sequence[str], first: int) -> int:
    """Behind the line that closes the fence which opens in line `first`."""
    fence = re.match(r"\s*(`{3,}|~{3,})", lines[first])
    assert fence
    return next(number + 1 for number in range(first + 1, len(lines)) if lines[number].strip() == fence[1])


def _static(opening: str, steps: Iterable[StepResult]) -> list[str]:
    indent = opening[: len(opening) - len(opening.lstrip())]
    said = "\n".join(f"$ {step.command}\n{step.output}".rstrip("\n") for step in steps)
    return [indent + line for line in f"````shell-session\n{said}\n````".split("\n")]
