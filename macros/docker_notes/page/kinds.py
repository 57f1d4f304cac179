"""Kinds of text that may differ from run to run, as a page or the tool declares them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Holds", "Kind"]


class Holds(Enum):
    """What is still held of a part that may differ."""

    NOTHING = "any text of this kind will do"
    IDENTITY = "the same text is the same thing through the whole page"
    NEARNESS = "the numbers lie within SIZE_TOLERANCE"


@dataclass(frozen=True)
class Kind:
    """A kind of text that may differ from run to run."""

    name: str
    pattern: str
    holds: Holds = Holds.NOTHING
