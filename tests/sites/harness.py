"""Builds one of the sites of this folder in a copy, in a process of its own, and reads what its pages show.

expect.toml of a site holds `[[build]]` tables, run one after the other in one copy:

    words       of the command line, `["build"]` unless said
    with        the program: `mkdocs`, `mike`, or a module such as `docker_notes.site.zensical`
    folder      where it is started
    site        the folder that it builds
    branch      of git, to which the site goes in its place
    recordings  the folders of recordings that a live build writes
    pages       by file of the site, what its blocks printed, one text a step, in order
    texts       by file of the site, what its readers see
    links       by file of the site, what it links to
    written     whether a build that fails does so too late to leave the site as it was
    has, lacks  files of the site that are there, or are not
    fails       the build ends with exit status 1, says this, and leaves everything as it was
    line_ends   with which texts are checked out
    site_link   whether the site's folder is a symbolic link
"""

from __future__ import annotations

import multiprocessing
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Any

import html5lib
from docker_notes.engine import generations
from docker_notes.recording import model
from docker_notes.recording.normalise import RULES

HERE = Path(__file__).parent
SITES = sorted(path.parent for path in HERE.glob("*/expect.toml"))
OLD = "<p>what was there before</p>"
"""A page of an older build, which a build that fails has to leave."""

_PRELOAD = ["mkdocs.__main__", "mkdocs.commands.build", "docker_notes.site.wiring", "pymdownx.highlight", "yaml", "jinja2.ext"]
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(_PRELOAD)
os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
_LEFTOVERS = re.compile(r"data-docker-notes=|dockernotes\d+value|[\U0010fe00-\U0010ffff]|this page has mistakes|block=&quot;0")


@dataclass(frozen=True)
class Build:
    """One build of a site, as its expect.toml has it."""

    words: list[str] = field(default_factory=lambda: ["build"])
    program: str = "mkdocs"
    folder: str = "."
    site: str = "site"
    branch: str = ""
    recordings: list[str] = field(default_factory=lambda: ["recordings"])
    pages: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    written: bool = False
    has: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    fails: str = ""
    line_ends: str = "\n"
    site_link: bool = False

    @classmethod
    def of(cls, table: dict[str, Any]) -> Build:
        """A `[[build]]` table; an unknown key is a TypeError."""
        return cls(**{"program" if key == "with" else key: value for key, value in table.items()})


def builds(site: Path) -> list[Build]:
    """What is to be built of a site."""
    return [Build.of(table) for table in tomllib.loads((site / "expect.toml").read_text())["build"]]


def copy(site: Path, to: Path) -> Path:
    """A copy of a site, with its recordings held to be of the present sandbox: only the page's part of their key is tested here."""
    root = to / site.name
    shutil.copytree(site, root, ignore=shutil.ignore_patterns("expect.toml"))
    for path in (path for build in builds(site) for name in build.recordings for path in (root / name).rglob("*.yml")):
        found = model.load(path, path.name)
        assert found is not None
        depends = replace(found.inputs, rules=RULES, sandbox=generations.recipe_hash())
        model.write(replace(found, inputs=depends), path)
    return root


def run(program: str, words: list[str], folder: Path, mode: str) -> tuple[int, str]:
    """The exit status of a command, and all that it says."""
    log = folder / ".said"
    process = _context.Process(target=_child, args=(program, words, str(folder), mode, str(log)))
    process.start()
    process.join(240)
    assert process.exitcode is not None, "it does not end"
    said = log.read_text(encoding="utf-8")
    log.unlink()
    return process.exitcode, said


def _child(program: str, words: list[str], folder: str, mode: str, log: str) -> None:
    os.chdir(folder)
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    os.environ["DOCKER_NOTES_ENGINE"] = mode
    os.environ["DOCKER_NOTES_SANDBOXES"] = "1"  # a second one costs more than the few pages of a site
    if mode == "replay":
        os.environ["DOCKER_HOST"] = "tcp://127.0.0.1:1"  # nobody answers
    with Path(log).open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = [program, *words]
    if program == "mkdocs":
        from mkdocs.__main__ import cli

        cli()
    else:
        name = {"mike": "mike.driver", "docker-notes": "docker_notes"}.get(program, program)
        if name == "mike.driver":
            from mike.driver import main

            sys.exit(main())
        runpy.run_module(name, run_name="__main__", alter_sys=True)


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, but for caches and git's own."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {".cache", ".git", "__pycache__"} & set(path.relative_to(root).parts)
    }


def git(root: Path, *words: str) -> str:
    """What git says."""
    who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True, text=True).stdout


def check(site: Path, to: Path, mode: str) -> Path:
    """Build a site and hold it against its expect.toml; its copy."""
    root = copy(site, to)
    for build in builds(site):
        _prepare(root, build, mode)
        before = tree(root)
        inode = (root / build.site).stat().st_ino
        status, said = run(build.program, build.words, root / build.folder, mode)
        assert "Process ForkServer" not in said, said
        if build.fails:
            assert build.fails in said, said
            assert status == 1, said
            left = tree(root)
            assert build.written or left == before
            assert not [path for path, data in left.items() if _LEFTOVERS.search(data.decode(errors="replace"))]
            continue
        assert status == 0, said
        assert "no longer" not in said
        _judge(root, build, to, inode)
        if mode == "replay":
            kept = {path: data for path, data in tree(root).items() if not path.startswith(f"{build.site}/")}
            assert kept == {path: data for path, data in before.items() if not path.startswith(f"{build.site}/")}
    return root


def _prepare(root: Path, build: Build, mode: str) -> None:
    out = root / build.site
    if build.site_link and not out.is_symlink():
        disk = root.parent / "disk"
        disk.mkdir()
        out.symlink_to(disk)
    out.mkdir(parents=True, exist_ok=True)
    (out / "old.html").write_text(OLD)
    if build.line_ends != "\n" and mode == "replay":
        for path, data in tree(root).items():
            (root / path).write_bytes(data.replace(b"\n", build.line_ends.encode()))
    if build.branch and not (root / ".git").exists():
        git(root, "init", "--quiet")
        git(root, "config", "user.name", "Nobody")
        git(root, "config", "user.email", "nobody@example.org")
        git(root, "add", "mkdocs.yml")
        git(root, "commit", "--quiet", "-m", "A site")
        git(root, "init", "--quiet", "--bare", str(root.parent / "origin.git"))
        git(root, "remote", "add", "origin", str(root.parent / "origin.git"))


def _judge(root: Path, build: Build, to: Path, inode: int) -> None:
    out = root / build.site
    assert out.stat().st_ino == inode, "the site's folder stays the one that it was, as a mount point has to"
    if build.site_link:
        assert out.is_symlink()
    if build.branch:
        out = to / "branch"
        out.mkdir()
        archive = out / "tar"
        git(root, "archive", "-o", str(archive), build.branch)
        shutil.unpack_archive(archive, out, "tar")
        archive.unlink()
    else:
        assert not (out / "old.html").exists()
    for page, outputs in build.pages.items():
        assert printed(out / page) == outputs, page
    for page, texts in build.texts.items():
        text = seen(out / page)
        assert not [wanted for wanted in texts if wanted not in text], text
    for page, paths in build.links.items():
        html = (out / page).read_text(encoding="utf-8")
        assert not [path for path in paths if f'="{path}"' not in html], page
    for name in build.has:
        assert (out / name).is_file(), name
    for name in build.lacks:
        assert not (out / name).exists(), name
    shown = [path for path in out.rglob("*") if path.suffix in {".html", ".xml", ".json"} and "assets" not in path.parts]
    for path in shown:
        text = path.read_text(encoding="utf-8")
        assert not _LEFTOVERS.search(text), (path, _LEFTOVERS.search(text))
        if path.suffix == ".html" and path.relative_to(out).as_posix() not in build.pages:
            assert not printed(path), path


def printed(page: Path) -> list[str]:
    """What the steps of a page printed, in order, without the last line's end."""
    html = html5lib.parse(page.read_text(encoding="utf-8"), namespaceHTMLElements=False)
    found = []
    for block in html.iter("div"):
        if "console" in (block.get("class") or "").split():
            assert block.get("data-source"), "a block says where it is written"
            for step in block.iter("div"):
                if "console-step" in (step.get("class") or "").split():
                    outputs = ["".join(each.itertext()) for each in step.iter("samp")]
                    found.append("".join(outputs).rstrip("\n"))
    return found


def seen(page: Path) -> str:
    """The text of a page, blanks as one."""
    html = re.sub(r"<script\b.*?</script>|<style\b.*?</style>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^<>]*>", " ", html)).split())
