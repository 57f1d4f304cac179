"""Errors say where, what and how to mend it."""

from __future__ import annotations

from docker_notes.errors import BuildFailed, DockerNotesError, GrammarError, PageError, StepError, in_page_order


def test_an_error_says_where_what_and_how() -> None:
    error = StepError("a/page.md", 7, "it failed", "mend it")
    assert str(error) == "a/page.md:7: it failed\n    mend it"
    assert (error.page, error.line, error.what, error.fix) == ("a/page.md", 7, "it failed", "mend it")
    assert str(PageError("page.md", 1, "it failed")) == "page.md:1: it failed"


def test_all_failures_of_a_build_are_listed_by_page_and_line() -> None:
    failures = [GrammarError("b.md", 1, "three"), GrammarError("a.md", 10, "two"), GrammarError("a.md", 9, "one")]
    error = in_page_order(failures)
    assert isinstance(error, BuildFailed)
    assert isinstance(error, DockerNotesError)
    assert str(error) == "3 failures\n\na.md:9: one\n\na.md:10: two\n\nb.md:1: three"
    assert error.failures == (failures[2], failures[1], failures[0])
    assert str(BuildFailed([DockerNotesError("alone")])) == "1 failure\n\nalone"
