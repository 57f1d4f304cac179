"""What a verification found, in the forms that machines read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docker_notes.errors import BuildFailed, StepError
from docker_notes.project.files import Selection
from docker_notes.project.project import Project
from docker_notes.project.report import Verified, annotate
from docker_notes.project.settings import Settings
from junitparser import Failure, JUnitXml

from tests.unit.samples import page

if TYPE_CHECKING:
    from junitparser import TestCase

DIFF = "the output of `make` changed:\n    -made\n    +mad\x1be, 100 %"


def verified(*failures: StepError, orphans: tuple[Path, ...] = ()) -> Verified:
    settings = Settings.at(Path.cwd())
    done = Verified()
    done.add(Selection(Project(settings), {"page.md": page()}), failures, orphans=orphans)
    return done


def cases(done: Verified) -> dict[str, list[TestCase]]:
    return {suite.name: list(suite) for suite in JUnitXml.fromstring(done.junit().encode())}


def test_junit_has_a_case_a_step_with_its_line() -> None:
    done = verified(StepError("page.md", 4, DIFF, "mend it"), StepError("page.md", 10, "not there"))
    whole = JUnitXml.fromstring(done.junit().encode())
    [suite] = whole
    assert (suite.tests, suite.failures) == (4, 2)
    found = cases(done)["page.md"]
    assert [(case.name, case._elem.get("line"), case._elem.get("file")) for case in found] == [
        ("make", "4", "docs/page.md"),
        ("run \\\n    -it", "5", "docs/page.md"),
        ("list", "12", "docs/page.md"),
        ("the page", "10", "docs/page.md"),
    ]
    [failure] = found[0].result
    assert isinstance(failure, Failure)
    assert failure.message == "the output of `make` changed:"
    assert failure.text == "page.md:4: the output of `make` changed:\n    -made\n    +mad\ufffde, 100 %\n    mend it"
    assert [case.is_passed for case in found] == [False, True, True, False]


def test_junit_names_a_recording_that_is_nobody_s() -> None:
    [case] = cases(verified(orphans=(Path("recordings/gone.yml"),)))["gone.yml"]
    assert not case.is_passed


def test_json_has_what_is_wrong() -> None:
    told = json.loads(verified(StepError("page.md", 4, DIFF, "mend it")).json())
    assert (told["pages"], told["steps"]) == (["page.md"], 3)
    assert told["failures"] == [{"page": "page.md", "line": 4, "what": DIFF, "fix": "mend it"}]


def test_all_is_judged() -> None:
    verified().judge()
    done = verified(StepError("page.md", 4, "wrong"), orphans=(Path("recordings/gone.yml"),))
    with pytest.raises(BuildFailed, match=r"^2 failures\n\npage\.md:4: wrong\n\nrecordings/gone\.yml is the recording"):
        done.judge()


def test_in_github_actions_a_failure_is_an_annotation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    annotate(StepError("page.md", 4, DIFF), tmp_path / "a site" / "docs" / "page.md")
    # The form: https://docs.github.com/actions, "Workflow commands".
    assert capsys.readouterr().err == (
        "::error file=a site/docs/page.md,line=4,title=the output of `make` changed%3A"
        "::page.md:4: the output of `make` changed:%0A    -made%0A    +mad\x1be, 100 %25\n"
    )


def test_an_annotation_publishes_no_secret(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    secret = "ghp_" + "Ab1" * 12
    annotate(StepError("page.md", 4, f"it printed {secret}\nand {secret}"), Path("page.md"))
    told = capsys.readouterr().err
    assert told.startswith("::error file=page.md,line=4,title=it printed ")
    assert secret not in told


def test_elsewhere_there_is_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    annotate(StepError("page.md", 4, DIFF), Path("page.md"))
    assert capsys.readouterr().err == ""


def test_a_summary_for_people() -> None:
    text = verified(
        StepError("page.md", 4, "the output of `a*b` *changed*:\n    -```\n    +x"), orphans=(Path("recordings/gone.yml"),)
    ).markdown()
    assert text.startswith(
        "## 2 outputs on 1 pages read differently\n\n### docs/page.md\n\nLine 4: the output of `a*b` \\*changed\\*:\n"
    )
    assert "\n````diff\n-```\n+x\n````\n" in text
    assert "recordings/gone.yml is the recording of a page that is gone" in text
    assert verified().markdown() == "## 1 pages still do what their recordings say\n"
