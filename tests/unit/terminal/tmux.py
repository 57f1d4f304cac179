"""What tmux shows of a stream of bytes: the reference for the emulator's tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from docker_notes.engine import debian

ENOUGH = 30.0  # seconds


class Tmux:
    """A tmux server of its own."""

    def __enter__(self) -> Self:
        if not shutil.which("tmux"):
            debian.install(["tmux"])
        program = shutil.which("tmux")
        if program is None:
            raise RuntimeError("these tests hold the terminal against tmux, which is not here: `apt-get install tmux`")
        self._program = program
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")
        self._count = 0
        self._ask("-f", os.devnull, "new-session", "-d", "-x", "60", "-y", "12", "exec sleep 9999")
        for option, value in (("history-limit", "20000"), ("status", "off"), ("allow-rename", "off")):
            self._ask("set-option", "-g", option, value)
        return self

    def __exit__(self, *_: object) -> None:
        self._ask("kill-server")
        self._folder.cleanup()

    def _ask(self, *arguments: str) -> str:
        # A locale with UTF-8 that every Debian has.
        environment = os.environ | {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        command = [self._program, "-S", f"{self._folder.name}/socket", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=ENOUGH)
        return done.stdout.decode(errors="replace")

    def shows(self, stream: list[bytes | tuple[int, int]], columns: int, rows: int) -> list[str]:
        """The lines of a terminal of this size that is fed these bytes, and given these sizes (columns, rows) in between."""
        self._ask("resize-window", "-x", str(columns), "-y", str(rows))
        pipe = Path(self._folder.name, "bytes")
        os.mkfifo(pipe)
        pane = self._ask("new-window", "-d", "-P", "-F", "#{pane_id}", f"stty raw -echo; cat {pipe}; exec sleep 9999").strip()
        self._ask("resize-window", "-t", pane, "-x", str(columns), "-y", str(rows))
        try:
            with pipe.open("wb", buffering=0) as end:
                for part in stream:
                    if isinstance(part, bytes):
                        self._count += 1
                        end.write(part + b"\x1b]2;%d\x07" % self._count)
                        self._await(pane, str(self._count))
                    else:
                        self._ask("resize-window", "-t", pane, "-x", str(part[0]), "-y", str(part[1]))
            # `-e` as without it line drawing is told in letters.
            shown = self._ask("capture-pane", "-p", "-J", "-S", "-", "-t", pane)
        finally:
            self._ask("kill-window", "-t", pane)
            pipe.unlink()
        return [line.rstrip(" ") for line in shown.split("\n")]

    def _await(self, pane: str, title: str) -> None:
        deadline = time.monotonic() + ENOUGH
        while self._ask("display-message", "-p", "-t", pane, "#{pane_title}").strip() != title:
            if time.monotonic() > deadline:
                raise TimeoutError("tmux does not come to the end of a stream")
            time.sleep(0.002)
