"""The floor of a live build: one bash behind a terminal, into which the commands of a page are typed, and nothing else."""

from __future__ import annotations

import contextlib
import re
import select
import time
from typing import TYPE_CHECKING

from docker_notes.engine import base_images as images
from docker_notes.engine import client as engine
from docker_notes.engine import reaper as owner
from docker_notes.engine.exec_terminal import open_bash
from docker_notes.engine.sandbox import Sandbox, hang_up, raw_socket
from docker_notes.page import examples
from docker_notes.page.model import Typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker_notes.page.model import Page, Step

_PROMPT = re.compile(rb"\x1b\]prompt;\d+\x07")
_SET_UP = "PS1='\\e]prompt;$?\\a' PS2= PROMPT_COMMAND=; set +H; unset HISTFILE"
# As long as a page waits with what is typed into a program: it could not be typed sooner.
_QUIET = 0.3


@contextlib.contextmanager
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of its own, for as long as the context lasts."""
    client = engine.connect()
    image, _ = images.ensure_sandbox(client)
    with contextlib.closing(Sandbox.start(image, client, owner.labels("sandbox"))) as started:
        yield started


class Bare:
    """A bash in a sandbox. What it prints is dropped."""

    def __init__(self, sandbox: Sandbox) -> None:
        _, self._stream = open_bash(sandbox)
        self._socket = raw_socket(self._stream)
        self._socket.setblocking(True)
        self.type(_SET_UP)

    def close(self) -> None:
        """Hang up."""
        hang_up(self._stream)

    def type(self, command: str, typed: tuple[bytes, ...] = ()) -> None:
        """Type a command, and what is typed into its program once that is quiet; wait for the prompt."""
        self._socket.sendall(command.encode() + b"\n")
        waiting = list(typed)
        heard = b""
        while not _PROMPT.search(heard):
            if waiting and not select.select([self._socket], [], [], _QUIET)[0]:
                self._socket.sendall(waiting.pop(0))
                continue
            # The last bytes only, as a prompt may come in two pieces.
            heard = heard[-64:] + self._socket.recv(65536)


def walk(page: Page, sandbox: Sandbox, folder: Path) -> list[float]:
    """Type a page.

    Returns:
        The seconds of each step, from its first key to the moment at which the next could be typed.
    """
    taken = []
    copied = set()
    with contextlib.closing(Bare(sandbox)) as shell:
        for block in page.blocks:
            example = block.options.example
            if example and example not in copied:
                sandbox.put(folder / example, examples.files(folder / example))
                copied.add(example)
            if example:
                shell.type(f"cd ~/{example}")
            for step in block.steps:
                began = time.perf_counter()
                shell.type(step.command, tuple(typed.data for typed in step.typed if isinstance(typed, Typed)))
                if block.options.wait and _starts(step):
                    sandbox.answers(block.options.wait, block.options.timeout)
                taken.append(time.perf_counter() - began)
    return taken


def _starts(step: Step) -> bool:
    """Whether a reader would wait here for something to answer."""
    return re.search(r"\bdocker (?:run|start|restart)\b", step.command) is not None
