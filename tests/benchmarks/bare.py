"""The floor of a live build: one bash behind a terminal, into which the commands of a page are typed, and nothing else."""

from __future__ import annotations

import contextlib
import re
import select
import time
from typing import TYPE_CHECKING

from macros import examples
from macros.sandbox import HOME, USER, hang_up, raw_socket

if TYPE_CHECKING:
    from pathlib import Path

    from macros.console import Step, Walkthrough
    from macros.sandbox import Sandbox

_PROMPT = re.compile(rb"\x1b\]prompt;\d+\x07")
_SET_UP = b"PS1='\\e]prompt;$?\\a' PS2= PROMPT_COMMAND=; set +H; unset HISTFILE\n"
# As long as a page waits with what is typed into a program: it could not be typed sooner.
_QUIET = 0.3


class Bare:
    """A bash in a sandbox. What it prints is dropped."""

    def __init__(self, sandbox: Sandbox) -> None:
        api = sandbox.client.api
        environment = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": HOME, "USER": USER, "DOCKER_CLI_HINTS": "false"}
        bash = ["bash", "--noprofile", "--norc", "--noediting", "-i"]
        made = api.exec_create(
            sandbox.container.id, bash, tty=True, stdin=True, user=USER, workdir=HOME, environment=environment, detach_keys="ctrl-_"
        )
        self._stream = api.exec_start(made["Id"], tty=True, socket=True)
        self._socket = raw_socket(self._stream)
        self._socket.setblocking(True)
        self.type(_SET_UP.decode().rstrip("\n"))

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


def walk(walkthrough: Walkthrough, sandbox: Sandbox, folder: Path) -> list[float]:
    """Type a page.

    Returns:
        The seconds of each step, from its first key to the moment at which the next could be typed.
    """
    taken = []
    copied = set()
    with contextlib.closing(Bare(sandbox)) as shell:
        for block in walkthrough.blocks:
            example = block.options.example
            if example and example not in copied:
                sandbox.put(folder / example, examples.files(folder / example))
                copied.add(example)
            if example:
                shell.type(f"cd ~/{example}")
            for step in block.steps:
                began = time.perf_counter()
                shell.type(step.command, tuple(typed.data for typed in step.typed))
                if block.options.wait and _starts(step):
                    sandbox.answers(block.options.wait, block.options.timeout)
                taken.append(time.perf_counter() - began)
    return taken


def _starts(step: Step) -> bool:
    """Whether a reader would wait here for something to answer."""
    return re.search(r"\bdocker (?:run|start|restart)\b", step.command) is not None
