"""`make bench`: how fast, in turns (A B A B …), as medians and ratios; nothing is asserted.

1. A build with nothing changed, against plain MkDocs with the same theme, extensions and text, and the outputs
   pasted in as static blocks.
2. The start of a sandbox and its reset, against a bare `docker run` of the same image's shell.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from macros import console, engine, images, owner
from macros.book import Book
from macros.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / ".cache" / "benchmarks.json"
TURNS = 7
_MACRO = re.compile(r"\{\{.*?\}\}")


def _pasted(folder: Path) -> None:
    """The site as somebody would have it who pastes outputs by hand."""
    for name in ("docs", "includes", "overrides", "examples"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
    text = (ROOT / "mkdocs.yml").read_text()
    text = re.sub(r"\n  - macros:\n(?:      .*\n)+", "\n", text).replace("strict: true", "strict: false")
    (folder / "mkdocs.yml").write_text(text)
    book = Book(ROOT)
    pages = {path.relative_to(ROOT / "docs").as_posix(): path.read_text() for path in (ROOT / "docs").rglob("*.md")}
    chapters, _ = book.read(pages)
    told = book.replay(chapters.values(), book.ground())
    for page, source in pages.items():
        lines = source.split("\n")
        blocks = {block.line: block for block in chapters[page].walkthrough.blocks} if page in chapters else {}
        steps = iter(told[page].recording.steps) if page in told else iter(())
        shielded = console.shield(source).split("\n")
        for number, line in enumerate(shielded):
            indent = line[: len(line) - len(line.lstrip())]
            if number + 1 in blocks and 'block="' in line:
                said = [f"$ {(ran := next(steps)).command}\n{ran.output}" for _ in blocks[number + 1].steps]
                body = "\n".join(indent + row for row in "\n".join(said).split("\n"))
                lines[number] = f"{indent}```text\n{body}"
            elif not line and lines[number].strip() and number and not lines[number].lstrip().startswith("```"):
                lines[number] = ""
        (folder / "docs" / page).write_text(_MACRO.sub("", "\n".join(lines)))


def _build(folder: Path, site: Path) -> None:
    environment = {**os.environ, "DOCKER_NOTES_ENGINE": "replay", "NO_MKDOCS_2_WARNING": "1"}
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(site)]
    subprocess.run(words, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def in_turns(ours: Callable[[], Any], other: Callable[[], Any], turns: int = TURNS) -> dict[str, float]:
    """Seconds of two things done in turns, after one of each that is not counted.

    Returns:
        The medians, and the median of the ratios pair by pair.
    """
    ours(), other()
    pairs = []
    for _ in range(turns):
        taken = []
        for act in (ours, other):
            began = time.perf_counter()
            act()
            taken.append(time.perf_counter() - began)
        pairs.append(taken)
    return {
        "ours": statistics.median(pair[0] for pair in pairs),
        "other": statistics.median(pair[1] for pair in pairs),
        "ratio": statistics.median(pair[0] / pair[1] for pair in pairs),
    }


def main() -> None:
    """Measure, print a table, and write it as JSON."""
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="docker-notes.") as name:
        pasted = Path(name) / "pasted"
        pasted.mkdir()
        _pasted(pasted)
        results["a build with nothing changed / outputs pasted in"] = in_turns(
            lambda: _build(ROOT, Path(name) / "site"), lambda: _build(pasted, Path(name) / "plain")
        )
    client = engine.connect()
    image, _ = images.ensure_sandbox(client)
    sandbox = Sandbox.start(image, client, owner.labels("sandbox"))
    try:
        results["a reset / `docker system prune` inside"] = in_turns(
            sandbox.reset, lambda: sandbox.sh("docker system prune -f --volumes")
        )
        results["a sandbox's start / `docker run` of a shell"] = in_turns(
            lambda: Sandbox.start(image, client, owner.labels("sandbox")).close(),
            lambda: client.containers.run(image, ["-c", "true"], entrypoint="bash", remove=True),
            turns=3,
        )
    finally:
        sandbox.close()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print("| A / B | A, s | B, s | A / B |\n|---|--:|--:|--:|")
    for what, found in results.items():
        print(f"| {what} | {found['ours']:.2f} | {found['other']:.2f} | {found['ratio']:.2f} |")


if __name__ == "__main__":
    main()
