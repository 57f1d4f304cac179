"""`python -m macros`: what it says to who names a page that is none. Needs no engine: it is told before one is looked for."""

from __future__ import annotations

import sys

import pytest
from docker_notes.cli import ROOT, main


@pytest.mark.parametrize("verb", ["run", "verify"])
@pytest.mark.parametrize("name", ["docs/no-such-page.md", "README.md", "docs"])
def test_a_page_that_is_none_is_named(
    verb: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["macros", verb, "docs/index.md", name])
    assert main() == 1
    assert capsys.readouterr().err.startswith(f"{name} is no page\n")
