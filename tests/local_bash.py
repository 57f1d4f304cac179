"""A bash on a terminal of this machine: the executor of fast tests."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
from pathlib import Path
from typing import TYPE_CHECKING

from docker_notes.engine.exec_terminal import BASH
from docker_notes.engine.look import Look, TerminalEnded

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICK = os.sysconf("SC_CLK_TCK")


class LocalBash:
    """As `docker_notes.runner.executor.Executor` tells."""

    def __init__(self, home: Path) -> None:
        self.master, slave = pty.openpty()
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(home)}
        self.process = subprocess.Popen(
            BASH,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=home,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # one thread
        )
        os.close(slave)
        self.closed = self.stopped = False

    def send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.master, data) :]

    def receive(self, timeout: float) -> bytes:
        if not select.select([self.master], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.master, 65536)
        except OSError:
            data = b""
        if not data:
            raise TerminalEnded("the bash ended")
        return data

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def look(self, shell: int) -> Look:
        used = wanting = beside = children = 0
        own = ["-"] * 6
        for pid, fields in _processes():
            if int(fields[3]) != shell:
                continue
            used += sum(map(int, fields[11:15]))
            wanting += sum(state in "RD" for state in _threads(pid))
            if pid == shell:
                own = fields
            elif fields[0] != "Z":
                beside += 1
                children += fields[1] == str(shell)
        command = Path(f"/proc/{shell}/cmdline").read_text().rstrip("\0").split("\0") if own[0] != "-" else list(BASH)
        return Look(
            used=used / _TICK,
            wanting=wanting,
            beside=beside,
            replaced=command != list(BASH),
            stopped=own[0] in "Tt",
            reading=own[0] == "S" and own[2] == own[5] and not children,
        )

    def stop(self) -> None:
        self.stopped = True
        for pid, fields in _processes():
            if int(fields[3]) == self.process.pid:
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.stop()
            os.close(self.master)
            self.process.wait()


def _processes() -> Iterator[tuple[int, list[str]]]:
    """Each process with the fields of proc_pid_stat(5) from its state on."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield int(entry.parent.name), entry.read_text(errors="replace").rpartition(") ")[2].split()
        except OSError:
            continue


def _threads(pid: int) -> Iterator[str]:
    for entry in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            yield entry.read_text(errors="replace").rpartition(") ")[2][0]
        except OSError:
            continue
