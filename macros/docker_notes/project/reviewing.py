"""A review on a terminal, with the keys of `git add -p`."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker_notes.project.review import Change, Review

__all__ = ["ask", "words"]

HELP = """\
y - accept this output
n - keep what is recorded
a - accept this change on all pages
d - keep what is recorded on all pages
s - show both outputs whole
q - quit; what is not decided yet waits for the next `docker-notes record`
? - this help"""
_WHOLE = 10_000  # lines


def ask(review: Review, file: Callable[[str], str]) -> None:
    """Ask of each kind of change, once, until all are decided or the person quits.

    Args:
        review: its changes.
        file: the file of a page, as a person here names it.
    """
    while waiting := list(review.undecided()):
        change, places = waiting[0]
        click.echo()
        where = f" (the same in {places} places)" if places > 1 else ""
        click.secho(f"{file(change.page)}:{change.line}: $ {change.new.command}{where}", bold=True)
        _show(change, 2)
        while True:
            key = _key(f"({len(waiting)} left) Record this output [y,n,a,d,s,q,?]? ")
            if key == "q":
                click.echo("What is not decided waits; nothing of it was recorded.")
                return
            if key == "s":
                _show(change, _WHOLE)
            elif key in "yn":
                review.decide([change], accept=key == "y")
                break
            elif key in "ad":
                review.decide(review.of_kind(change), accept=key == "a")
                break
            else:
                click.echo(HELP)


def _key(prompt: str) -> str:
    click.secho(prompt, nl=False, fg="blue", bold=True)
    try:
        key = click.getchar().lower()
    except (EOFError, KeyboardInterrupt):
        key = "q"
    click.echo(key if key.isprintable() else "")
    return key if len(key) == 1 and key.isprintable() else "?"


def _show(change: Change, around: int) -> None:
    lines = change.diff(around)
    at = 0
    while at < len(lines):
        removed = _run(lines, at, "-")
        added = _run(lines, at + len(removed), "+")
        if len(removed) == len(added) > 0:
            for old, new in zip(removed, added, strict=True):
                click.echo("".join(click.style(text, fg="red", bold=changed) for text, changed in words(old, new)))
                click.echo("".join(click.style(text, fg="green", bold=changed) for text, changed in words(new, old)))
        elif removed or added:
            for line in (*removed, *added):
                click.secho(line, fg="red" if line[0] == "-" else "green")
        else:
            click.secho(lines[at], dim=lines[at].startswith("@@"))
        at += max(1, len(removed) + len(added))


def _run(lines: list[str], at: int, sign: str) -> list[str]:
    end = at
    while end < len(lines) and lines[end].startswith(sign):
        end += 1
    return lines[at:end]


def words(line: str, other: str) -> list[tuple[str, bool]]:
    """The pieces of a line, each with whether it is not in the other one."""
    own, others = (re.findall(r"\s+|\w+|\W", text[1:]) for text in (line, other))
    found = [(line[:1], False)]
    for what, start, end, _, _ in SequenceMatcher(None, own, others, autojunk=False).get_opcodes():
        if end > start:
            found.append(("".join(own[start:end]), what != "equal"))
    return found
