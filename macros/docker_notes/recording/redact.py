"""What is never published is taken out of a text before it is kept anywhere.

The rules are the table in `redactions`. Whatever one of them finds becomes “…”; the number of lines stays. A page may allow a text by name,
in its front matter: `allow: ["not-a-secret"]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docker_notes.recording.redactions import PRIVATE_KEY, REDACTIONS, Redaction
from docker_notes.terminal.lines import Line, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["GONE", "Hit", "Redacted", "Redactor", "redact"]

GONE = "…"
"""What stands for a text that was taken out."""

# A private key begins and ends with these, in an output that shows all of it; PuTTY's begins with a count of lines.
_BEGIN = re.compile(r"-----BEGIN[ A-Z0-9_-]{0,100}?PRIVATE KEY(?: BLOCK)?-----|Private-Lines: \d+")
_END = re.compile(r"-----END[ A-Z0-9_-]{0,100}?PRIVATE KEY(?: BLOCK)?-----|Private-MAC: ")
# A line inside of one: base64, behind what `docker compose logs` and `cat -n` put in front; or a header of RFC 1421.
_INSIDE = re.compile(
    r"(?:[\w.-]+ +\| ?|\s*\d+\s)?\s*(?:[A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9+/]+={1,2}|(?:Proc-Type|DEK-Info|Comment|Version): .*)?\s*"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that found something in a line, counted from 0."""

    line: int
    rule: Redaction

    def __str__(self) -> str:
        return (
            f"an output held {self.rule.what} (rule {self.rule.id}, line {self.line + 1}); it was taken out. "
            'If it is none, allow it by name in the front matter: `allow: ["…"]`'
        )


@dataclass(frozen=True, slots=True)
class Redacted:
    """Lines that can be published, and what was found in them."""

    lines: tuple[Line, ...]
    hits: tuple[Hit, ...]


def redact(text: str, allow: Iterable[str] = ()) -> str:
    """The text without what may never be published, by the rules of REDACTIONS; it has as many lines as before.

    Args:
        text: any text, of one or of many lines.
        allow: texts that may be published although a rule finds them.
    """
    return Redactor(allow).text(text)


class Redactor:
    """Takes out of the outputs of one page what may never be published.

    Args:
        allow: texts that may be published: a rule's find stays where it lies within one of them.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        # A key has many lines, so each of an allowed text counts by itself.
        self._allow = tuple({line for text in allow for line in text.split("\n") if line})

    def text(self, text: str) -> str:
        """A text, of one or of many lines, without what may never be published."""
        return "\n".join(line.text for line in self.lines([Line(line) for line in text.split("\n")]).lines)

    def lines(self, lines: Sequence[Line]) -> Redacted:
        """One step's lines, together, since a private key has many.

        A line's colours and links in front of what was taken out stay, and so do those behind it; what lay on it goes along.
        """
        found: list[Line] = list(lines)
        hits: list[Hit] = []
        everything = "\n".join(line.text for line in lines).lower()
        rules = [rule for rule in REDACTIONS if any(word in everything for word in rule.keywords)]
        if "private" in everything:
            # From behind, as what is taken out moves what stands behind it.
            for number, start, end in reversed(list(_keys([line.text for line in lines]))):
                cut = self._without(found[number], start, end)
                if cut is not found[number]:
                    found[number] = cut
                    hits.append(Hit(number, PRIVATE_KEY))
        for number, line in enumerate(found):
            found[number], rules_hit = self._line(line, rules)
            hits += [Hit(number, rule) for rule in rules_hit]
        return Redacted(tuple(map(self._linked, found)), tuple(sorted(dict.fromkeys(hits), key=lambda hit: hit.line)))

    def _line(self, line: Line, rules: list[Redaction]) -> tuple[Line, list[Redaction]]:
        """A line, rule after rule, until none finds anything: what one takes out may leave another one's find."""
        hits: list[Redaction] = []
        low = line.text.lower()
        rules = [rule for rule in rules if any(word in low for word in rule.keywords)]
        before = None
        while before is not line:
            before = line
            for rule in rules:
                for pattern in rule.compiled:
                    cut = self._cut(line, pattern)
                    if cut is not line:
                        line = cut
                        hits.append(rule)
        return line, hits

    def _cut(self, line: Line, pattern: re.Pattern[str]) -> Line:
        group = "secret" if "secret" in pattern.groupindex else 0
        for match in reversed(list(pattern.finditer(line.text))):
            line = self._without(line, *match.span(group))
        return line

    def _without(self, line: Line, start: int, end: int) -> Line:
        """The line with “…” in place of columns `start` to `end`; the same line where there is nothing to take out, or where it is allowed."""
        if not line.text[start:end].strip(GONE) or self._may_stay(line.text, start, end):
            return line
        text = line.text[:start] + GONE + line.text[end:]
        shorter = end - start - len(GONE)
        before = [span for span in line.spans if span.end <= start]
        behind = [replace(span, start=span.start - shorter, end=span.end - shorter) for span in line.spans if span.start >= end]
        return replace(line, text=text, spans=(*before, *behind))

    def _may_stay(self, text: str, start: int, end: int) -> bool:
        return any(at <= start and end <= at + len(word) for word in self._allow for at in _places(word, text))

    def _linked(self, line: Line) -> Line:
        """A link's address is published as well: one that holds something goes."""
        spans = tuple(span for span in line.spans if not self._leaks(span))
        return line if spans == line.spans else replace(line, spans=spans)

    def _leaks(self, span: Span) -> bool:
        link = span.link
        return bool(link) and self.text(link) != link


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _keys(texts: list[str]) -> Iterator[tuple[int, int, int]]:
    """Where the lines of private keys are: line, first column, and the column behind the last one.

    From where a key begins to where it ends; where its end is not shown, as far as lines look like one's; where its begin is not, likewise.
    """
    number = column = taken = 0
    while number < len(texts):
        begin, end = (marker.search(texts[number], column) for marker in (_BEGIN, _END))
        if begin and not (end and end.start() < begin.start()):
            last, behind = _key_end(texts, number, begin.end())
            for inside in range(number, last + 1):
                start = begin.start() if inside == number else 0
                yield inside, start, behind if inside == last else len(texts[inside])
            number, column, taken = last, behind, last + 1
        elif end:
            first = number
            while first > taken and texts[first - 1].strip() and _INSIDE.fullmatch(texts[first - 1]):
                first -= 1
            for inside in range(first, number):
                yield inside, 0, len(texts[inside])
            yield number, column, end.end()
            column, taken = end.end(), number + 1
        else:
            number, column = number + 1, 0


def _key_end(texts: list[str], first: int, column: int) -> tuple[int, int]:
    """The line in which a key ends that begins on line `first`, before `column`, and the column behind it."""
    for number in range(first, len(texts)):
        text = texts[number]
        end = _END.search(text, column if number == first else 0)
        if end:
            return number, end.end()
        if number > first and _BEGIN.search(text):
            break
    last = first
    while last + 1 < len(texts) and _INSIDE.fullmatch(texts[last + 1]):
        last += 1
    return last, len(texts[last])
