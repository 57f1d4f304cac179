"""A bash behind a terminal in a sandbox, and a watch beside it."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from docker_notes.engine.look import Look, TerminalEnded
from docker_notes.engine.sandbox import HOME, USER, reached
from docker_notes.engine.stream import Frames, Stream
from docker_notes.errors import DockerNotesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docker_notes.engine.sandbox import Sandbox

__all__ = ["BASH", "ExecTerminal", "open_bash"]

BASH = ("bash", "--noprofile", "--norc", "--noediting", "-i")
"""The bash of a page: its terminal, and no library of its own, echoes what is typed."""

# Ctrl-P Ctrl-Q are for the containers inside; the outer engine is given keys that nobody types.
_NO_DETACH_KEYS = "ctrl-_,ctrl-^,ctrl-_,ctrl-^"
_ANSWER_TIMEOUT = 30.0  # seconds; under load a look takes its time

# For each line that it reads, a shell's process id, it writes one: what `Look` tells, and the shell's command. Run once a page, since
# an exec takes 50 ms; of builtins alone, so that a page out of processes is watched as well. Fields as in proc_pid_stat(5).
_WATCH = r"""
exec 2>/dev/null
while read -r shell; do
    wanting=0 beside=0 children=0 state=- foreground=-
    for file in /proc/[0-9]*/task/[0-9]*/stat; do
        pid=${file#/proc/} pid=${pid%%/*}
        [ "$pid" != $$ ] && read -r line <"$file" || continue
        set -- ${line##*) }
        case $1 in R | D) wanting=$((wanting + 1)) ;; esac
        [ "${file%/stat}" = "/proc/$pid/task/$pid" ] || continue
        if [ "$pid" = "$shell" ]; then
            state=$1 foreground=$(($3 == $6))
        else
            [ "$4" = "$shell" ] && [ "$1" != Z ] && beside=$((beside + 1))
            [ "$2" = "$shell" ] && [ "$1" != Z ] && children=$((children + 1))
        fi
    done
    used=0
    if read -r used </sys/fs/cgroup/cpuacct/cpuacct.usage; then :; else
        while read -r name value; do
            [ "$name" = usage_usec ] && used=${value}000
        done </sys/fs/cgroup/cpu.stat
    fi
    words=()
    mapfile -d '' -t words <"/proc/$shell/cmdline"
    echo "$used $wanting $beside $children $state $foreground ${words[*]}"
done
"""


class ExecTerminal:
    """The executor of a page: a bash behind a terminal, as the reader's in a sandbox.

    Raises:
        SandboxGone: from each of its methods, where the sandbox no longer answers.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._api = sandbox.client.api
        self._exec, stream = open_bash(sandbox)
        self._stream = Stream(sandbox.client, stream, "a page's shell")
        self._watch: _Watch | None = None

    def send(self, data: bytes) -> None:
        """Type bytes."""
        with reached():
            self._stream.send(data)

    def receive(self, timeout: float) -> bytes:
        """What the terminal printed; nothing where that is silent for so many seconds.

        Raises:
            TerminalEnded: where the bash ended.
            SandboxGone: where the sandbox did.
        """
        with reached():
            data = self._stream.receive(timeout)
        if data is None:
            return b""
        if data:
            return data
        try:
            ended = self._api.exec_inspect(self._exec)["ExitCode"] is not None and not self._sandbox.sh("true")[0]
        except DockerNotesError:
            ended = False
        raise TerminalEnded("the shell ended") if ended else self._sandbox.gone("its shell ended")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, in characters."""
        with reached():
            self._api.exec_resize(self._exec, height=rows, width=columns)

    def look(self, shell: int) -> Look:
        """Look at the bash with this process id, and at all that runs in the sandbox, containers included."""
        self._watch = self._watch or _Watch(self._sandbox)
        used, wanting, beside, children, state, foreground, *command = self._watch.ask(str(shell)).split(" ")
        return Look(
            used=int(used) / 1e9,
            wanting=int(wanting),
            beside=int(beside),
            replaced=bool(command) and " ".join(command) != " ".join(BASH),
            stopped=state in {"T", "t"},
            reading=state == "S" and foreground == "1" and children == "0",
        )

    def stop(self) -> None:
        """End all that the reader runs. The sandbox is not to be used again."""
        self._sandbox.tainted = True
        with contextlib.suppress(DockerNotesError):
            self.send(b"\x03")
            self._sandbox.sh(f"pkill -KILL -u {USER}")

    def close(self) -> None:
        """Hang up. May be called twice."""
        self._stream.close()
        if self._watch:
            self._watch.close()


class _Watch:
    """A process in a sandbox that is asked again and again."""

    def __init__(self, sandbox: Sandbox) -> None:
        api = sandbox.client.api
        with reached():
            made = api.exec_create(sandbox.container.id, ["bash", "-c", _WATCH], stdin=True, stderr=False, user="root")["Id"]
            self._stream = Stream(sandbox.client, api.exec_start(made, socket=True), "a look at a page's shell")
        self._sandbox = sandbox
        self._frames = Frames()

    def ask(self, line: str) -> str:
        """Its answer to a line.

        Raises:
            SandboxGone: where it does not answer within _ANSWER_TIMEOUT seconds.
        """
        answer = b""
        deadline = time.monotonic() + _ANSWER_TIMEOUT
        with reached():
            self._stream.send(line.encode() + b"\n")
            while not answer.endswith(b"\n"):
                data = self._stream.receive(deadline - time.monotonic())
                if not data:
                    raise self._sandbox.gone("it does not answer" if data is None else "it ended")
                answer += self._frames.feed(data)
        return answer.decode(errors="replace").strip("\n")

    def close(self) -> None:
        self._stream.close()


def open_bash(sandbox: Sandbox, command: Sequence[str] = BASH) -> tuple[str, Any]:
    """A bash behind a terminal, as the reader's in a sandbox: its id there, and what it is typed into and read from.

    Raises:
        SandboxGone: where the sandbox no longer answers.
    """
    api = sandbox.client.api
    environment = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": HOME, "USER": USER, "DOCKER_CLI_HINTS": "false"}
    with reached():
        made = api.exec_create(
            sandbox.container.id,
            list(command),
            tty=True,
            stdin=True,
            user=USER,
            workdir=HOME,
            environment=environment,
            detach_keys=_NO_DETACH_KEYS,
        )["Id"]
        return made, api.exec_start(made, tty=True, socket=True)
