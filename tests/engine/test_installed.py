"""The package as others have it: its wheel in an empty environment, the action, the hook."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lint.test_committed import ROOT, committed
from tests.unit.guide.own_site import fences

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The site that the page for users begins with, in the place of one that has macros of its own.
SITE = fences("mkdocs.yml").replace("modules:", "module_name: macros\n      modules:")
PAGE = (
    fences("docs/index.md").replace("console\n", 'console name="answer"\n', 1)
    + """
It is {{ output_line("answer", "42") }}. {{ shout("really") }}
"""
)
OWN_MACROS = """\
def define_env(env):
    @env.macro
    def shout(text):
        return text.upper() + "!"
"""
README = "# A tool\n\n```console\n$ docker run --rm node:24-slim echo one\n```\n"
Done = subprocess.CompletedProcess[str]


def called(*words: str | Path, folder: Path, environment: Mapping[str, str], check: bool = True) -> Done:
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with all that is not committed yet."""
    folder = tmp_path_factory.mktemp("clone")
    for path in committed():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All")
    return folder


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, source: Path) -> dict[str, str]:
    """The environment of a person who has installed the wheel, and nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    called(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        folder,
        source,
        folder=folder,
        environment=os.environ,
    )
    called(sys.executable, "-m", "venv", folder / "venv", folder=folder, environment=os.environ)
    [wheel] = folder.glob("*.whl")
    pins = ("--constraint", ROOT / "constraints.txt")
    called(folder / "venv/bin/pip", "install", "-qq", *pins, wheel, folder=folder, environment=os.environ)
    path = os.pathsep.join([str(folder / "venv/bin"), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "NO_MKDOCS_2_WARNING": "1", "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}


def test_a_site_with_macros_of_its_own(empty: dict[str, str], tmp_path: Path, sandbox_image: str) -> None:
    for name, text in {"mkdocs.yml": SITE, "docs/index.md": PAGE, "macros/__init__.py": OWN_MACROS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    build = ("mkdocs", "build", "--quiet")
    live = called(*build, folder=tmp_path, environment={**empty, "DOCKER_NOTES_ENGINE": "live"})
    assert re.fullmatch(r"index.md: ok in \d+\.\d s\n", live.stderr)
    assert (tmp_path / "recordings/index.yml").is_file()
    shutil.rmtree(tmp_path / ".cache")
    replay = called(
        *build, folder=tmp_path, environment={**empty, "DOCKER_HOST": "unix:///nowhere.sock", "DOCKER_NOTES_ENGINE": "replay"}
    )
    assert replay.stderr == ""
    html = (tmp_path / "site/index.html").read_text()
    assert "<samp>42\n</samp>" in html
    assert "REALLY!" in html
    for asset in ("docker-notes.css", "docker-notes.js", "asciinema-player.min.js"):
        assert (tmp_path / "site/assets/docker-notes" / asset).stat().st_size
    assert {step["mode"] for step in json.loads((tmp_path / "site/executions.json").read_text())} == {"replay"}
    # The package alone, and what it needs: nothing of this clone.
    where = called("python", "-c", "import docker_notes; print(docker_notes.__file__)", folder=tmp_path, environment=empty).stdout
    assert "site-packages" in where


# ------------------------------------------------------------------------------- the action


def steps(inputs: dict[str, str], action: Path, runner: Path) -> list[tuple[str, dict[str, str]]]:
    """The commands of action.yml, each with its environment, as GitHub's runner makes them of its expressions."""
    told: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    assert set(inputs) <= set(told["inputs"])
    values = {f"inputs.{name}": inputs.get(name, given["default"]) for name, given in told["inputs"].items()}
    values["github.action_path"] = str(action)
    found = []
    for step in told["runs"]["steps"]:
        if "uses" in step:  # this machine has its Python
            assert step["uses"].startswith("actions/setup-python@")
            continue
        assert step["shell"] == "bash"
        named = {key: re.sub(r"\$\{\{ *(.*?) *\}\}", lambda match: values[match[1]], value) for key, value in step["env"].items()}
        more = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(runner / "summary.md"), "RUNNER_TEMP": str(runner)}
        found.append((step["run"], {**named, **more}))
    return found


def act(inputs: dict[str, str], *, source: Path, folder: Path, environment: dict[str, str]) -> Done:
    """What the action does in a checkout; ends at the first step that fails, as the runner does."""
    runner = folder / "runner"
    runner.mkdir(exist_ok=True)
    for text, more in steps(inputs, source, runner):
        # https://docs.github.com/actions: the shell `bash`.
        words = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text)
        done = called(*words, folder=folder, environment={**environment, "GITHUB_WORKSPACE": str(folder), **more}, check=False)
        if done.returncode:
            break
    return done


def test_the_action(empty: dict[str, str], source: Path, tmp_path: Path, sandbox_image: str) -> None:
    (tmp_path / "a guide.md").write_text(README)
    (tmp_path / "README.md").write_text(README)
    nothing = act({}, source=source, folder=tmp_path, environment=empty)
    assert (nothing.returncode, nothing.stderr) == (2, "nothing to verify: no page with a console block\n")
    called("docker-notes", "record", "--all", "README.md", folder=tmp_path, environment=empty)
    inputs = {"files": "README.md\n", "junit": "reports/junit.xml", "options": "--recordings recordings"}
    done = act(inputs, source=source, folder=tmp_path, environment=empty)
    assert (done.returncode, done.stdout) == (0, "1 page still does what its recording says.\n"), done.stderr
    assert (tmp_path / "reports/junit.xml").is_file()
    recording = tmp_path / "recordings/README.yml"
    recording.write_text(re.sub(r"^    one$", "    two", recording.read_text(), flags=re.MULTILINE))
    done = act({}, source=source, folder=tmp_path, environment=empty)
    assert done.returncode == 1
    assert "::error file=README.md,line=4,title=the output of " in done.stderr
    assert "-two" in (tmp_path / "runner/summary.md").read_text().replace(" ", "")


# --------------------------------------------------------------------------------- the hook


def test_the_hook(source: Path, tmp_path: Path, sandbox_image: str) -> None:
    repository, home = tmp_path / "repository", tmp_path / "pre-commit"
    repository.mkdir()
    (repository / "README.md").write_text(README)
    (repository / "CHANGELOG.md").write_text("# Changes\n")
    hook = {"repo": str(source), "rev": git(source, "rev-parse", "HEAD"), "hooks": [{"id": "docker-notes-verify"}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [hook]}))
    git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    environment = {**os.environ, "PRE_COMMIT_HOME": str(home), "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}

    def hooked(*names: str) -> Done:
        words = (sys.executable, "-m", "pre_commit", "run", "--color", "never", "--verbose", "--files", *names)
        return called(*words, folder=repository, environment=environment, check=False)

    none = hooked("CHANGELOG.md")
    assert none.returncode == 0, none.stdout + none.stderr
    assert "nothing to verify: no page with a console block in CHANGELOG.md" in none.stdout
    unrecorded = hooked("CHANGELOG.md", "README.md")
    assert unrecorded.returncode == 1
    assert "README.md:3: this page has no recording" in unrecorded.stdout
    called(sys.executable, "-m", "docker_notes", "record", "--all", "README.md", folder=repository, environment=os.environ)
    assert hooked("README.md").returncode == 0
    assert "Passed" in hooked("CHANGELOG.md", "README.md").stdout
