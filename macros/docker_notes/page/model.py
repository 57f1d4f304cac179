"""A page as data: blocks, steps, and what is typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker_notes.page.kinds import Kind

__all__ = ["DEFAULT_COLUMNS", "DEFAULT_TIMEOUT", "Awaited", "Block", "Options", "Page", "Step", "Typed"]

DEFAULT_TIMEOUT = 60.0  # seconds
DEFAULT_COLUMNS = 100
_KEYS = re.compile(r"(?:\^[A-Z@\[\\\]_])+")


@dataclass(frozen=True)
class Typed:
    """A line typed into the program that a command started."""

    line: int
    text: str

    @property
    def is_key(self) -> bool:
        """Whether it is one or more control keys, such as ^C, and no line of text."""
        return _KEYS.fullmatch(self.text) is not None

    @property
    def data(self) -> bytes:
        """The bytes to send: control keys as they are, other text with Enter behind it."""
        if self.is_key:
            return bytes(ord(key) & 0x1F for key in self.text[1::2])
        return self.text.encode() + b"\r"


@dataclass(frozen=True)
class Awaited:
    """A text that the program is to have printed, since what was typed last, before it goes on."""

    line: int
    text: str


@dataclass(frozen=True)
class Step:
    """One command of a block, and what is typed into its program.

    Args:
        line: where it stands in its page.
        command: as it is typed, with all the lines that complete it.
        typed: lines for its program, and texts to wait for, in order.
        expected_status: its exit status; None where any will do.
    """

    line: int
    command: str
    typed: tuple[Typed | Awaited, ...] = ()
    expected_status: int | None = 0


@dataclass(frozen=True)
class Options:
    """What stands behind ```` ```console ````. Times in seconds, widths in characters."""

    example: str = ""
    name: str = ""
    title: str = ""
    show: str = "all"
    expect: str = ""
    wait: str = ""
    leaves: str = ""
    timeout: float = DEFAULT_TIMEOUT
    columns: int = DEFAULT_COLUMNS


@dataclass(frozen=True)
class Block:
    """One ```` ```console ```` fence: its place, its options, its steps."""

    page: str
    line: int
    index: int
    options: Options
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Page:
    """All blocks of one page, in order.

    Args:
        path: the page's path below `docs/`, with slashes.
        blocks: in the order in which a reader meets them.
        kinds: the page's own kinds of text that may differ from run to run.
        images: base images that are there when it begins.
        allow: texts of it that look like secrets, and are none.
    """

    path: str
    blocks: tuple[Block, ...]
    kinds: tuple[Kind, ...] = ()
    images: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    steps: tuple[tuple[Block, Step], ...] = field(init=False)

    def __post_init__(self) -> None:
        steps = tuple((block, step) for block in self.blocks for step in block.steps)
        object.__setattr__(self, "steps", steps)

    @property
    def examples(self) -> tuple[str, ...]:
        """The examples that the blocks name, each once, in order."""
        names = (block.options.example for block in self.blocks)
        return tuple(dict.fromkeys(name for name in names if name))
