"""What a verification found, for people and for machines: text, JUnit, JSON, annotations of GitHub Actions."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # writes only

from docker_notes.errors import BuildFailed, DockerNotesError
from docker_notes.recording.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docker_notes.errors import PageError
    from docker_notes.page.model import Page
    from docker_notes.project.files import Selection

__all__ = ["Verified", "annotate"]


@dataclass
class Verified:
    """The result of a verification, page by page."""

    pages: dict[str, Page] = field(default_factory=dict)
    failures: list[PageError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    orphans: list[Path] = field(default_factory=list)

    files: dict[str, str] = field(default_factory=dict)

    def add(
        self, chosen: Selection, failures: Sequence[PageError], notes: Iterable[str] = (), orphans: Sequence[Path] = ()
    ) -> None:
        """Take the result of some pages."""
        self.pages.update(chosen.pages)
        for path in [*chosen.pages, *(failure.page for failure in failures)]:
            self.files[path] = chosen.file(path)
        self.failures += failures
        self.notes += notes
        self.orphans += orphans

    def judge(self) -> None:
        """Raise what is wrong.

        Raises:
            BuildFailed: listing it.
        """
        for failure in self.failures:
            annotate(failure, Path(self.files[failure.page]))
        wrong: list[DockerNotesError] = [*self.failures, *map(_orphan, self.orphans)]
        if wrong:
            raise BuildFailed(wrong)

    def junit(self) -> str:
        """A report in JUnit's form: a test suite a page, a test case a step, with its file and line.

        The form is that of https://github.com/testmoapp/junitxml, which CI systems read.
        """
        root = ET.Element("testsuites", name="docker-notes verify")
        paths = dict.fromkeys([*self.pages, *(failure.page for failure in self.failures)])
        for path in paths:
            wrong = [failure for failure in self.failures if failure.page == path]
            cases = [(step.line, step.command) for _, step in self.pages[path].steps] if path in self.pages else []
            lines = {line for line, _ in cases}
            # What is wrong with a block, or with the page as a whole, is no step's.
            cases += [(failure.line, "the page") for failure in wrong if failure.line not in lines]
            self._suite(root, path, cases, wrong)
        for orphan in self.orphans:
            suite = ET.SubElement(root, "testsuite", name=orphan.name, tests="1", failures="1")
            case = ET.SubElement(suite, "testcase", classname=orphan.name, name="recording", file=str(orphan))
            ET.SubElement(case, "failure", message=str(_orphan(orphan)).partition("\n")[0])
        ET.indent(root)
        return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"

    def json(self) -> str:
        """The result as JSON: pages, steps, failures, notes."""
        return json.dumps(
            {
                "pages": list(self.pages),
                "steps": sum(len(page.steps) for page in self.pages.values()),
                "failures": [
                    {"page": failure.page, "line": failure.line, "what": failure.what, "fix": failure.fix}
                    for failure in self.failures
                ],
                "orphans": [path.name for path in self.orphans],
                "notes": self.notes,
            },
            ensure_ascii=False,
            indent=1,
        )

    def markdown(self) -> str:
        """A summary for a pull request or an issue: what moved, then each page with its steps and diffs."""
        by_page: dict[str, list[PageError]] = {}
        for failure in self.failures:
            by_page.setdefault(failure.page, []).append(failure)
        wrong = len(self.failures) + len(self.orphans)
        pages = len(by_page)
        head = (
            f"{wrong} outputs on {pages} pages read differently"
            if wrong
            else f"{len(self.pages)} pages still do what their recordings say"
        )
        parts = [f"## {head}", *self.notes]
        for path, failures in by_page.items():
            parts.append(f"### {self.files.get(path, path)}")
            for failure in failures:
                fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", str(failure))), default=0))
                what, _, rest = failure.what.partition("\n")
                parts.append(f"Line {failure.line}: {_inline(what)}\n\n{fence}diff\n{dedent(rest) or what}\n{fence}")
        parts += [str(_orphan(orphan)) for orphan in self.orphans]
        return "\n\n".join(parts) + "\n"

    def _suite(self, root: ET.Element, path: str, cases: list[tuple[int, str]], wrong: Sequence[PageError]) -> None:
        suite = ET.SubElement(root, "testsuite", name=path, tests=str(len(cases)))
        failed = 0
        for line, name in cases:
            case = ET.SubElement(
                suite, "testcase", classname=path, name=_printable(name), file=self.files.get(path, path), line=str(line)
            )
            here = [failure for failure in wrong if failure.line == line]
            failed += bool(here)
            for failure in here:
                told = ET.SubElement(case, "failure", message=_printable(failure.what.partition("\n")[0]))
                told.text = _printable(str(failure))
        suite.set("failures", str(failed))


def annotate(failure: PageError, file: Path) -> None:
    """In GitHub Actions, a failure as an annotation at its line; elsewhere nothing.

    The form is that of a workflow command: https://docs.github.com/actions, "Workflow commands".

    Args:
        failure: what to tell.
        file: its page's file, which is named from the top of the checkout.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    name = Path(os.path.relpath(file, os.environ.get("GITHUB_WORKSPACE") or None)).as_posix()
    title = redact(failure.what).partition("\n")[0][:120]
    properties = f"file={_property(name)},line={failure.line},title={_property(title)}"
    print(f"::error {properties}::{_escaped(redact(str(failure)))}", file=sys.stderr)


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _inline(text: str) -> str:
    """A line of an error in Markdown: its code stays code, all else is text."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*_<>\[\]#|])", r"\\\1", part) for part in parts)


def _orphan(path: Path) -> DockerNotesError:
    return DockerNotesError(
        f"{path.parent.name}/{path.name} is the recording of a page that is gone, or has no blocks\n    delete it"
    )


def _printable(text: str) -> str:
    """Text without what XML 1.0 cannot hold."""
    return "".join(char if char in "\t\n" or (char >= " " and char not in "\ufffe\uffff") else "\ufffd" for char in text)
