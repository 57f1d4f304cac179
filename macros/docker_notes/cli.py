"""The command `docker-notes`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from docker_notes.errors import BuildFailed, DockerNotesError, PageError
from docker_notes.project import report, reviewing
from docker_notes.project.files import Selection, select
from docker_notes.project.results import changes
from docker_notes.recording.model import key_of
from docker_notes.recording.redact import redact
from docker_notes.runner import progress

if TYPE_CHECKING:
    from docker_notes.project.project import Project

__all__ = ["main"]

NOTHING = 2
"""The exit status where there is nothing to do."""
_FILES = click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
_CONFIG = click.option(
    "-f", "--config-file", type=click.Path(path_type=Path), help="The site's mkdocs.yml; by default the one in this folder."
)
_EXAMPLES = click.option("--examples", type=click.Path(path_type=Path), help="The folder of examples, for files of no site.")
_RECORDINGS = click.option("--recordings", type=click.Path(path_type=Path), help="The folder of recordings, for files of no site.")


def _say(text: str) -> None:
    click.echo(text)


class _Group(click.Group):
    """Our own errors end a command with their text and status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DockerNotesError as error:
            click.echo(redact(str(error)), err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            ctx.exit(130)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="docker-notes")
def main() -> None:
    """Run the console blocks of Markdown files on a real Docker Engine, and hold their recordings against it.

    \b
    docker-notes run README.md
    docker-notes verify

    \b
    Completion in bash, and with zsh or fish in its place in these:
    eval "$(_DOCKER_NOTES_COMPLETE=bash_source docker-notes)"
    """


@main.command()
@_FILES
@_CONFIG
@_EXAMPLES
@click.option("--json", "as_json", is_flag=True, help="A list, one object a step, in place of text.")
def run(files: tuple[Path, ...], config_file: Path | None, examples: Path | None, as_json: bool) -> None:  # noqa: FBT001  # click's form
    """Run files and print each command with what it showed; saves nothing.

    \b
    docker-notes run README.md
    docker-notes run --json docs/index.md | jq '.[].exit_status'
    """
    if not files:
        raise click.UsageError("name a Markdown file, such as README.md")
    steps: list[dict[str, Any]] = []
    failures: list[PageError] = []
    selected = _selected(files, config_file, examples, None)
    for chosen in selected:
        failures += chosen.failures
        with _closing(chosen.project), progress.shown(len(chosen.pages)) as shown:
            pages = chosen.pages
            results = chosen.project.run(pages.values(), chosen.project.inputs(), shown, again=True, say=_aside) if pages else {}
        for path in pages:  # not in the order in which they ended
            result = results[path]
            failures += result.failures
            said = changes(result.recording)
            for (_block, step), ran, changed in zip(pages[path].steps, result.recording.steps, said, strict=False):
                steps.append({
                    "page": path, "line": step.line, "command": ran.command, "exit_status": ran.exit_status, "output": ran.output,
                    "changes": changed,
                })  # fmt: skip
                if not as_json:
                    status = f"   [exit status {ran.exit_status}]" if ran.exit_status else ""
                    _say(
                        f"{path}:{step.line}: $ {ran.command}   [{ran.seconds:.2f} s]{status}\n{ran.output}"
                        + "".join(f"  {line}\n" for line in changed)
                    )
    if as_json:
        _say(json.dumps(steps, ensure_ascii=False, indent=1))
    _judge(failures, selected)
    if not steps:
        _nothing(f"no console block in {', '.join(map(str, files))}: nothing was run")


@main.command()
@_FILES
@_CONFIG
@_EXAMPLES
@_RECORDINGS
@click.option("--junit", type=click.Path(path_type=Path), help="Write a report in JUnit's form, one test case a step.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write a summary for a pull request.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
@click.option("--allow-empty", is_flag=True, help="Exit status 0 where there is nothing to verify.")
def verify(  # noqa: PLR0917  # click's form
    files: tuple[Path, ...],
    config_file: Path | None,
    examples: Path | None,
    recordings: Path | None,
    junit: Path | None,
    markdown: Path | None,
    as_json: bool,  # noqa: FBT001  # click's form
    allow_empty: bool,  # noqa: FBT001  # click's form
) -> None:
    """Run pages again and hold them against their recordings; writes nothing but reports.

    The files named; else all pages of the site in this folder, or all files that have a recording here.
    Exit status 0 only if every output is what its recording says, 1 if not, 2 if there is nothing to verify.

    \b
    docker-notes verify
    docker-notes verify --junit report.xml README.md
    """
    done = report.Verified()
    for chosen in _selected(files, config_file, examples, recordings):
        failures = list(chosen.failures)
        with _closing(chosen.project), progress.shown(len(chosen.pages)) as shown:
            found = chosen.project.verify(chosen.pages, shown, say=_aside)
        orphans = chosen.project.orphans([*chosen.pages, *(f.page for f in failures)]) if chosen.whole else []
        done.add(chosen, [*failures, *found.failures], found.notes, orphans)
    if junit:
        _write(junit, done.junit())
    if markdown:
        _write(markdown, done.markdown())
    if as_json:
        _say(done.json())
    for note in done.notes:
        _aside(note) if as_json else _say(note)
    done.judge()
    if not done.pages:
        text = "nothing to verify: no page with a console block" + (f" in {', '.join(map(str, files))}" if files else "")
        if not allow_empty:
            _nothing(text)
        _aside(text)
    elif not as_json:
        count = len(done.pages)
        _say("1 page still does what its recording says." if count == 1 else f"{count} pages still do what their recordings say.")


@main.command()
@_FILES
@_CONFIG
@_EXAMPLES
@_RECORDINGS
@click.option("--all", "everything", is_flag=True, help="Accept every change without asking.")
@click.option("--again", is_flag=True, help="Run also what a review that was interrupted has run.")
def record(  # noqa: PLR0917  # click's form
    files: tuple[Path, ...],
    config_file: Path | None,
    examples: Path | None,
    recordings: Path | None,
    everything: bool,  # noqa: FBT001
    again: bool,  # noqa: FBT001
) -> None:
    """Run pages again, show each output that really changed, and record those that are accepted.

    Which pages: as `verify` does.

    \b
    docker-notes record docs/index.md
    docker-notes record --all README.md
    """
    if not everything and not sys.stdin.isatty():
        raise DockerNotesError("no terminal to ask on\n    write `docker-notes record --all` to accept every change")
    count = 0
    failures: list[PageError] = []
    selected = _selected(files, config_file, examples, recordings)
    for chosen in selected:
        failures += chosen.failures
        count += len(chosen.pages)
        project = chosen.project
        inputs = project.inputs()
        review = project.review(chosen.pages)
        waiting = {
            path: run for path, page in chosen.pages.items() if not again and (run := review.pending(page, key_of(page, inputs)))
        }
        if waiting:
            _say(f"Going on with a review that was interrupted: {', '.join(waiting)} (--again runs them anew).")
        missing = {path: page for path, page in chosen.pages.items() if path not in waiting}
        with _closing(project), progress.shown(len(missing)) as shown:
            results = project.run(missing.values(), inputs, shown, again=True, say=_aside) if missing else {}
        for path, page in chosen.pages.items():
            if path in waiting:
                review.add(page, waiting[path])
            elif results[path].failures:
                failures += results[path].failures
            else:
                review.add(page, results[path].recording)
        if everything:
            review.decide(review.changes, accept=True)
        else:
            reviewing.ask(review, chosen.file)
        project.own()
        for page_path in review.write():
            _say(f"recorded {page_path}")
    _judge(failures, selected)
    if not count:
        _nothing("nothing to record: no page with a console block")


@main.command()
def engine() -> None:
    """Find or start a Docker Engine; prints DOCKER_HOST=… last.

    \b
    docker-notes engine
    export "$(docker-notes engine | tail -n 1)"
    """
    from docker_notes.engine import client, daemon  # noqa: PLC0415  # Docker's library is loaded where it is used

    found = daemon.start(_say)
    _say(f"DOCKER_HOST={client.host(found)}")


@main.command("engine-down")
def engine_down() -> None:
    """Stop the engine that `docker-notes engine` started, and only that.

    \b
    docker-notes engine-down
    docker-notes engine-down && docker-notes engine
    """
    from docker_notes.engine import daemon  # noqa: PLC0415  # as in `engine`

    daemon.stop(_say)


@main.command("with-engine", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("program")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def with_engine(program: str, words: tuple[str, ...]) -> None:
    """Run a command while an engine is up; one that was started for it is stopped behind it.

    \b
    docker-notes with-engine docker ps
    docker-notes with-engine mkdocs build
    """
    from docker_notes.engine import client, daemon  # noqa: PLC0415  # as in `engine`

    if not shutil.which(program):
        raise DockerNotesError(f"{program} is no program\n    write `with-engine PROGRAM WORDS`")
    found = client.find()
    used = found or daemon.start(_say)
    try:
        done = subprocess.run([program, *words], env=used.endpoint.environment(os.environ), check=False)  # noqa: S603  # the caller's own command
    finally:
        if found is None:
            daemon.stop(_say)
    sys.exit(done.returncode)


@main.command()
def images() -> None:
    """Have the sandbox's image, with the base images, on the engine; `run` and the others do so by themselves.

    \b
    docker-notes images
    docker-notes with-engine docker-notes images
    """
    from docker_notes.engine import base_images, client  # noqa: PLC0415  # as in `engine`

    name, _ = base_images.ensure_sandbox(client.connect(), _say)
    _say(name)


def _selected(files: tuple[Path, ...], config_file: Path | None, examples: Path | None, recordings: Path | None) -> list[Selection]:
    """What a command line names: pages of the site, files of no site."""
    file = config_file or Path("mkdocs.yml")
    site = None
    if file.is_file():
        from docker_notes.site.loading import load  # noqa: PLC0415  # MkDocs is loaded where there is a site

        site = load(file)
        loaded = Selection(site.project, site.pages, site.failures, whole=True)
    elif config_file:
        raise DockerNotesError(f"{config_file} is no file\n    name the mkdocs.yml of a site")
    return select(files, loaded if site else None, examples, recordings)


def _judge(failures: list[PageError], selected: list[Selection]) -> None:
    for failure in failures:
        of = next(chosen for chosen in selected if failure in chosen.failures or failure.page in chosen.pages)
        report.annotate(failure, Path(of.file(failure.page)))
    if failures:
        raise BuildFailed(failures)


class _closing:  # noqa: N801  # reads as the statement it is
    def __init__(self, project: Project) -> None:
        self._project = project

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._project.close()


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DockerNotesError(f"{path} cannot be written: {error.strerror}") from error


def _aside(text: str) -> None:
    click.echo(text, err=True)


def _nothing(text: str) -> None:
    click.echo(text, err=True)
    sys.exit(NOTHING)
