"""`python -m tests.engine.build_page COMMAND…`: one page with these commands, run as a build does; what each printed, or the error."""

from __future__ import annotations

import sys
from pathlib import Path

from docker_notes.errors import DockerNotesError
from docker_notes.page.grammar import parse
from docker_notes.recording.model import Inputs
from docker_notes.runner.pool import Job, Pool
from docker_notes.runner.progress import Lines

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def page_of(*commands: str, timeout: int = 60) -> Job:
    lines = "\n".join(f"$ {command}" for command in commands)
    return Job(parse("page.md", f'# Page\n\n```console timeout="{timeout}"\n{lines}\n```\n'), Inputs("recipe", (), {}))


def build(*commands: str, timeout: int = 60) -> str:
    """What the commands of a page printed, on the engine that the environment names.

    Raises:
        DockerNotesError: the first failure.
    """
    with Pool(EXAMPLES, size=1, say=lambda _: None) as pool:
        (outcome,) = pool.run([page_of(*commands, timeout=timeout)], Lines())
    for failure in outcome.failures:
        raise failure
    return "\n".join(step.output for step in outcome.recording.steps)


if __name__ == "__main__":
    try:
        print(build(*sys.argv[1:]))
    except DockerNotesError as error:
        sys.exit(str(error))
