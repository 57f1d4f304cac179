"""The marks by which a shell tells where an output begins and ends, and the set-up that makes bash print them.

They are the shell integration marks of OSC 133, from FinalTerm: P before a prompt for a further line, C before an
output, D;STATUS behind it. The nonce keeps a program that prints such marks from ending its own step.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Mark", "Marks"]

# D is printed to the terminal itself, whatever the page did to the shell's outputs; all that the page may have done to
# the prompts is undone. In a group of its own, silent, so that neither `set -x` nor a trap of DEBUG is heard of it.
# `read -t 0` tells whether a typed line is left that nobody read: bash would take it for its next command.
_PROMPT = (
    "{ case $$ in PID) builtin printf '\\e]133;D;NONCE;%s;' \"$?\" >/dev/tty; "
    'if builtin read -t 0; then builtin printf 1 >/dev/tty; fi; builtin printf \';%s;%s\\a\' "$-" "$$" >/dev/tty;; esac; '
    "set +o emacs +o vi; PS0='\\e]133;C;NONCE\\a' PS1='\\[\\]' PS2='\\e]133;P;NONCE\\a'; } >/dev/null 2>&1"
)
_LONGEST = 256  # bytes of a mark


@dataclass(frozen=True)
class Mark:
    """One mark.

    Args:
        kind: P, C or D.
        status: the exit status, with D.
        unread: whether a typed line waits that no program read, with D.
        flags: bash's `$-`, with D.
        shell: bash's process id, with D.
    """

    kind: str
    status: int = 0
    unread: bool = False
    flags: str = ""
    shell: int = 0


class Marks:
    """Finds the marks of one shell in what its terminal prints."""

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(8)
        nonce = self._nonce.encode()
        self._mark = re.compile(rb"\x1b\]133;(?:([PC]);" + nonce + rb"|D;" + nonce + rb";(\d+);(1?);(\w*);(\d+))\x07")
        self._begins = tuple(b"\x1b]133;%s;%s" % (kind, nonce) for kind in (b"P", b"C", b"D"))
        self._held = b""

    @property
    def setup(self) -> bytes:
        """What is typed into a fresh bash."""
        # In single quotes, but for the process id, which bash puts in.
        quoted = "'\\''".join(_PROMPT.replace("NONCE", self._nonce).split("'")).replace("PID", "'$$'")
        return f"set +H; unset HISTFILE; readonly PROMPT_COMMAND='{quoted}'\n".encode()

    def read(self, data: bytes) -> Iterator[bytes | Mark]:
        """Take what came: text and marks, in order. What may become a mark is held back."""
        data = self._held + data
        self._held = b""
        at = 0
        for found in self._mark.finditer(data):
            if found.start() > at:
                yield data[at : found.start()]
            at = found.end()
            kind, status, unread, flags, shell = found.groups()
            if kind:
                yield Mark(kind.decode())
            else:
                yield Mark("D", int(status), bool(unread), flags.decode(), int(shell))
        rest = data[at:]
        begin = rest.rfind(b"\x1b")
        if begin >= 0 and self._may_become_one(rest[begin:]):
            rest, self._held = rest[:begin], rest[begin:]
        if rest:
            yield rest

    def _may_become_one(self, tail: bytes) -> bool:
        return len(tail) < _LONGEST and any(mark.startswith(tail) or tail.startswith(mark) for mark in self._begins)
