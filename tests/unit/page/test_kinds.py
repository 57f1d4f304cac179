"""A page's own kinds of text that may differ, as its front matter names them."""

from __future__ import annotations

from typing import Any

import pytest
from docker_notes.page.kinds import Kind, kinds_of


def test_a_page_without_kinds_of_its_own() -> None:
    assert kinds_of([]) == []


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("ticket", "a volatile kind has a name and a pattern, not 'ticket'"),
        ({"name": 3, "pattern": "y"}, "a volatile kind has a name and a pattern"),
        ({"name": "", "pattern": "y"}, "a volatile kind has a name and a pattern"),
        ({"name": "x"}, "a volatile kind has a name and a pattern"),
        ({"name": "x", "pattern": "y", "holds": "z"}, "a volatile kind has a name and a pattern"),
        ({"name": "x", "pattern": "("}, r"not a regular expression that can serve: '\('"),
        ({"name": "x", "pattern": "(?i)y"}, "not a regular expression that can serve"),
        (
            {"name": "x", "pattern": "(?P<k0>y)"},
            "not a regular expression that can serve: .* \\(the group k0 is the table's own\\)$",
        ),
        ({"name": "x", "pattern": 7}, "not a regular expression that can serve: 7|a volatile kind"),
        ({"name": "x", "pattern": "y*"}, "matches no text at all"),
        ({"name": "x", "pattern": r"(y)\1"}, "that can serve|refers back to a group"),
        ({"name": "x", "pattern": r"(?P<y>y)(?P=y)"}, "refers back to a group"),
    ],
)
def test_a_kind_that_can_not_serve_is_refused(entry: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        kinds_of([entry])


def test_a_kind_may_match_anything_but_nothing() -> None:
    [kind] = kinds_of([{"name": "x", "pattern": "X+"}])
    assert kind == Kind("x", "X+")
