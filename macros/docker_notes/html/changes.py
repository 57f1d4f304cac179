"""What a step changed of its engine, as the line below it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docker_notes.recording.wording import CHANGED, GONE, NEW, PASSED, SPOKEN, shortened

if TYPE_CHECKING:
    from docker_notes.recording.wording import Clause, Told

__all__ = ["CLASSES", "anchor", "clause", "line", "pieces"]

CLASSES = {NEW: "add", CHANGED: "edit", GONE: "gone", PASSED: "pass"}
"""The class of a clause, by its sign."""


def anchor(number: int) -> str:
    """The id of the element of a step, by its number on its page."""
    return f"at-{number}"


def line(told: Told | None, *, anchored: bool = True) -> str:
    """The line, empty where nothing changed. Its number leads to the panel, on the page that has one.

    Args:
        told: the step in words; None where it is not known what it changed.
        anchored: whether it stands on its own page.
    """
    if told is None or not told.clauses:
        return ""
    number = f'<span class="visually-hidden">The engine after step </span>{told.number}'
    link = f'<a href="#engine" data-show="{told.number}">{number}</a> ' if anchored else ""
    said = '<span class="visually-hidden">; </span>'.join(map(clause, shortened(told.clauses)))
    return f'<p class="console-changes" data-changes="{len(told.clauses)}" data-search-exclude>{link}{said}</p>'


def clause(said: Clause) -> str:
    """One clause: its sign, as a word for those who hear it, and what it says."""
    meanwhile = "meanwhile: " if said.meanwhile else ""
    return (
        f'<span class="change {CLASSES[said.sign]}"><b aria-hidden="true">{said.sign}</b>'
        f'<span class="visually-hidden">{SPOKEN[said.sign]}: </span> <span>{meanwhile}{pieces(said)}</span></span>'
    )


def pieces(said: Clause) -> str:
    """What a clause says, its names as code."""
    return "".join(f"<code>{escape(text)}</code>" if name else escape(text) for name, text in said.pieces)
