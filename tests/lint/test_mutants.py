"""The list of changes that no test can notice is of the code as it is."""

from __future__ import annotations

import tomllib

import pytest

from tests.mutants import LIST, ROOT, Change, listed

CHANGED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]
LINES = {line.strip() for name in CHANGED for line in (ROOT / name).read_text().splitlines()}


@pytest.mark.parametrize("change", listed(LIST.read_text()))
def test_a_listed_line_is_there(change: Change) -> None:
    before, after = change
    assert before in LINES
    assert after not in LINES


def test_a_diff_is_read_as_it_is_written() -> None:
    diff = "--- a\n+++ b\n@@ -1,3 +1,3 @@\n x\n-    one\n+    two\n y\n-    a(\n-    b)\n+    a(\n+    c)\n"
    assert listed(diff) == [("one", "two"), ("a(\nb)", "a(\nc)")]
    assert len(set(listed(LIST.read_text()))) == len(listed(LIST.read_text())), "a change is listed twice"
