"""`docker-notes VERB`: what the Makefile's targets call."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docker_notes.engine import base_images as images
from docker_notes.engine import client as engine
from docker_notes.errors import BuildFailed, DockerNotesError
from docker_notes.page import grammar as console
from docker_notes.page.model import Page
from docker_notes.project.project import Project
from docker_notes.runner import progress

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def _say(text: str) -> None:
    print(text, flush=True)


def _engine(_: argparse.Namespace) -> None:
    client = engine.start(_say)
    _say(f"DOCKER_HOST={engine.host(client)}")


def _engine_down(_: argparse.Namespace) -> None:
    engine.stop(_say)


def _with_engine(arguments: argparse.Namespace) -> int:
    """Run a command while an engine is up; one that was started for it is stopped behind it."""
    if not shutil.which(arguments.program):
        raise DockerNotesError(f"{arguments.program} is no program\n    write `with-engine PROGRAM WORDS`")
    found = engine.find()
    client = found or engine.start(_say)
    try:
        return subprocess.run(  # noqa: S603  # the caller's own command
            [arguments.program, *arguments.words], env={**os.environ, "DOCKER_HOST": engine.host(client)}, check=False
        ).returncode
    finally:
        if found is None:
            engine.stop(_say)


def _images(_: argparse.Namespace) -> None:
    name, _bases = images.ensure_sandbox(engine.connect(), _say)
    _say(name)


def _run(arguments: argparse.Namespace) -> None:
    project = Project(ROOT)
    pages = _parsed(project, _pages(arguments.pages))
    try:
        with progress.shown(len(pages)) as shown:
            told = project.run(pages.values(), project.inputs(), shown, again=True, say=_say)
    finally:
        project.close()
    if not pages:
        _say(f"no {console.LANGUAGE} block in {', '.join(arguments.pages)}: nothing was run")
    for page in pages:
        for (_block, step), ran in zip(pages[page].steps, told[page].recording.steps, strict=False):
            status = f"   [exit status {ran.exit_status}]" if ran.exit_status else ""
            _say(f"{page}:{step.line}: $ {ran.command}   [{ran.seconds:.2f} s]{status}\n{ran.output}")
    failures = [failure for one in told.values() for failure in one.failures]
    if failures:
        raise BuildFailed(failures)


def _verify(arguments: argparse.Namespace) -> None:
    project = Project(ROOT)
    pages = _parsed(project, _pages(arguments.pages) or sorted(DOCS.rglob("*.md")))
    try:
        with progress.shown(len(pages)) as shown:
            failures, notes = project.verify(pages, shown)
    finally:
        project.close()
    for note in notes:
        _say(note)
    if failures:
        raise BuildFailed(failures)
    count = len(pages)
    _say("1 page still does what its recording says." if count == 1 else f"{count} pages still do what their recordings say.")


def _pages(names: list[str]) -> list[Path]:
    """The files of pages that a command line names.

    Raises:
        DockerNotesError: where one is no file below docs/.
    """
    paths = [Path(name).resolve() for name in names]
    for name, path in zip(names, paths, strict=True):
        if not path.is_file() or not path.is_relative_to(DOCS):
            raise DockerNotesError(f"{name} is no page\n    name a file below docs/, such as docs/index.md")
    return paths


def _parsed(project: Project, paths: list[Path]) -> dict[str, Page]:
    pages = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    pages, failures = project.read(pages)
    if failures:
        raise BuildFailed(failures)
    return pages


VERBS: dict[str, tuple[Callable[[argparse.Namespace], int | None], str]] = {
    "engine": (_engine, "find or start a Docker Engine; prints DOCKER_HOST=… last"),
    "engine-down": (_engine_down, "stop the engine that `engine` started"),
    "with-engine": (_with_engine, "run a command while an engine is up; stops only what it started"),
    "images": (_images, "have the sandbox's image, with the base images, on the engine"),
    "run": (_run, "run pages and print what their commands do; saves nothing"),
    "verify": (_verify, "run pages again and hold them against their recordings; writes nothing"),
}


def main() -> int:
    """Run the verb that the command line names; the exit status."""
    parser = argparse.ArgumentParser(prog="docker-notes")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, (_, text) in VERBS.items():
        sub = verbs.add_parser(verb, help=text, description=text)
        if verb in {"run", "verify"}:
            sub.add_argument("pages", nargs="+" if verb == "run" else "*", help="files below docs/")
        if verb == "with-engine":
            sub.add_argument("program", help="the command to run")
            sub.add_argument("words", nargs=argparse.REMAINDER, help="its words")
    arguments = parser.parse_args()
    try:
        return VERBS[arguments.verb][0](arguments) or 0
    except DockerNotesError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
