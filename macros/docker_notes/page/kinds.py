"""Kinds of text that may differ from run to run, as a page or the tool declares them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Holds", "Kind", "kinds_of"]


class Holds(Enum):
    """What is still held of a part that may differ."""

    NOTHING = "any text of this kind will do"
    IDENTITY = "the same text is the same thing through the whole page"
    NEARNESS = "the numbers lie within SIZE_TOLERANCE"
    SPACING = "that there is a gap, and its width outside of tables"


@dataclass(frozen=True)
class Kind:
    """A kind of text that may differ from run to run."""

    name: str
    pattern: str
    holds: Holds = Holds.NOTHING


def kinds_of(entries: Iterable[dict[str, str]]) -> list[Kind]:
    """A page's own volatile kinds, from its front matter: `name`, which may be any text, and `pattern` of each.

    Raises:
        ValueError: where an entry is not of that form, or its pattern is no regular expression.
    """
    kinds = []
    for entry in entries:
        if (
            not isinstance(entry, dict)
            or set(entry) != {"name", "pattern"}
            or not (isinstance(entry["name"], str) and entry["name"])
        ):
            raise ValueError(f"a volatile kind has a name and a pattern, not {entry!r}")
        kinds.append(Kind(entry["name"], entry["pattern"]))
        try:
            # As a part of a larger pattern, as the table takes it.
            pattern = re.compile("|".join(f"(?:{kind.pattern})" for kind in kinds))
            empty = re.search(entry["pattern"], "")
            taken = [name for name in pattern.groupindex if re.fullmatch(r"k\d+", name)]
            if taken:
                raise re.error(f"the group {taken[0]} is the table's own")
        except (re.error, TypeError) as error:
            raise ValueError(f"not a regular expression that can serve: {entry['pattern']!r} ({error})") from error
        if re.search(r"(?<!\\)(?:\\\\)*\\[1-9]|\(\?P=", entry["pattern"]):
            raise ValueError(f"{entry['pattern']!r} refers back to a group, whose number is another one in the table of kinds")
        if empty:
            raise ValueError(f"{entry['pattern']!r} matches no text at all, which is everywhere")
    return kinds
