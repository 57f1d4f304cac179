"""What is hidden from Jinja, which mkdocs-macros runs over the whole text of a page, code included.

Hidden text has its delimiters replaced, sign by sign, by private characters that Jinja does not
know (Unicode 15, plane 16), and gets them back behind it. So an author's own `{% raw %}` around code,
or delimiters of the site's own, work as they do without this tool.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jinja2 import Environment, TemplateSyntaxError, meta

from docker_notes.page.fences import candidates, closes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Hiding", "restore"]

_FIRST = 0x10FF00  # the character that stands for U+0000
_HIDDEN = re.compile(f"[{chr(_FIRST)}-{chr(_FIRST + 0x7F)}]")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_FENCE = re.compile(r"[ \t>]*(?P<fence>`{3,}(?=[^`]*$)|~{3,})")


def restore(text: str) -> str:
    """The text with all that was hidden in it."""
    return _HIDDEN.sub(lambda found: chr(ord(found.group()) - _FIRST), text)


@dataclass
class Hiding:
    """Hides code of a site's pages from its Jinja.

    Args:
        jinja: the environment that renders the pages; its delimiters count.
        known: the names that pages may use.
    """

    jinja: Environment
    known: Callable[[], Iterable[str]]
    _delimiters: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        env = self.jinja
        words = [
            env.block_start_string, env.block_end_string, env.variable_start_string,
            env.variable_end_string, env.comment_start_string, env.comment_end_string,
        ]  # fmt: skip
        starts = [rf"^[ \t]*{re.escape(word)}" for word in (env.line_statement_prefix, env.line_comment_prefix) if word]
        self._delimiters = re.compile("|".join([*map(re.escape, sorted(words, key=len, reverse=True)), *starts]), re.MULTILINE)

    def __call__(self, text: str) -> str:
        """A page's text with its console blocks hidden, and what other code Jinja could not render.

        Other code is Jinja's where all that it names is known to the macros, as on any site; else it
        stands there as it was written, such as `{{.Names}}`.
        """
        if not self._delimiters.search(text):
            return text
        lines = text.split("\n")
        inside: set[int] = set()
        for found in candidates(lines):
            self._hide(lines, found.first, found.last + 1)
            inside.update(range(found.first, found.last + 1))
        for first, last in _fences(lines):
            if first not in inside and not self._renders("\n".join(lines[first + 1 : last])):
                self._hide(lines, first, last + 1)
            inside.update(range(first, last + 1))
        for number, line in enumerate(lines):
            if number not in inside and "`" in line and self._delimiters.search(line):
                lines[number] = _CODE_SPAN.sub(self._span, line)
        return "\n".join(lines)

    def _span(self, span: re.Match[str]) -> str:
        return span.group() if self._renders(span.group()) else self._hidden(span.group())

    def _hide(self, lines: list[str], start: int, end: int) -> None:
        for number in range(start, end):
            lines[number] = self._hidden(lines[number])

    def _hidden(self, text: str) -> str:
        return self._delimiters.sub(lambda found: "".join(chr(_FIRST + ord(char)) for char in found.group()), text)

    def _renders(self, code: str) -> bool:
        if not self._delimiters.search(code):
            return True
        # A comment would go without a word; no code is written to be taken out.
        if self.jinja.comment_start_string in code:
            return False
        try:
            asked = meta.find_undeclared_variables(self.jinja.parse(code))
        except TemplateSyntaxError:
            return False
        return asked <= {*self.jinja.globals, *self.known()}


def _fences(lines: list[str]) -> Iterable[tuple[int, int]]:
    """The first and last line of each fence, as CommonMark pairs them, whatever its indent."""
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if opened:
            marker = opened["fence"]
            closing = (n for n in range(number + 1, len(lines)) if closes(lines[n], marker))
            last = next(closing, number)
            yield number, last
            number = last
        number += 1
