"""The emulator's process: what it costs, what is told where it breaks, and that nothing else needs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from docker_notes.errors import TerminalError
from docker_notes.terminal import emulator
from docker_notes.terminal.emulator import Terminal
from docker_notes.terminal.lines import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

# Known to end libghostty-vt of pyghostty 0.1.3: text that widens in the last column of the last row, below a scroll region.
ENDS_IT = "\x1b[1;5r\x1b[12;59Ha\u0e19\u0e49\u0e33".encode()


@pytest.fixture
def child() -> Iterator[int]:
    """The process id of a child that answers; the next test has a new one."""
    Terminal(20)
    with emulator._worker.lock:
        process = emulator._worker.process()
    assert isinstance(process, subprocess.Popen)
    yield process.pid
    emulator._worker.stop()


def test_all_terminals_share_one_child(child: int) -> None:
    first, second = Terminal(20), Terminal(30)
    first.feed(b"one")
    second.feed(b"two")
    assert [first.lines()[0].text, second.lines()[0].text] == ["one", "two"]
    assert isinstance(emulator._worker.process(), subprocess.Popen)
    assert emulator._worker.process().pid == child  # type: ignore[attr-defined]


def test_a_stream_that_ends_the_child_is_an_error_and_the_next_page_goes_on() -> None:
    terminal = Terminal(60, 12, row=1)
    with pytest.raises(TerminalError, match="broke at what this command printed"):
        terminal.feed(ENDS_IT)
    with pytest.raises(TerminalError, match="broke at what this command printed"):
        terminal.lines()
    after = Terminal(60)
    after.feed(b"fine\r\n")
    assert after.lines() == (Line("fine"),)


def test_a_killed_child_is_an_error_of_the_one_that_asks_next(child: int) -> None:
    asks, waits = Terminal(20), Terminal(20)
    waits.feed(b"one\r\n\x1b[1mtw", 1.0)
    waits.resize(30)
    waits.feed(b"o", 2.0)
    os.kill(child, signal.SIGKILL)
    with pytest.raises(TerminalError, match="SIGKILL"):
        asks.feed(b"x" * 2**20)
    # Another page's terminal comes back in a new child as it was.
    waits.feed(b"\r\nthree", 3.0)
    assert [(line.text, line.at, len(line.spans)) for line in waits.lines()] == [
        ("one", 1.0, 0),
        ("two", 2.0, 1),
        ("three", 3.0, 1),
    ]
    assert waits.column == 5


def test_a_child_that_hangs_is_an_error_in_time(child: int, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator._worker._socket.settimeout(0.2)  # type: ignore[union-attr]
    terminal = Terminal(20)
    os.kill(child, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(TerminalError, match="did not answer within"):
        terminal.feed((b"x" * 99 + b"\x1b[H") * 2**16)
    assert time.monotonic() - began < 10
    assert Terminal(20).lines() == ()


def test_threads_may_use_terminals_at_once() -> None:
    shown: dict[int, list[str]] = {}

    def page(number: int) -> None:
        terminal = Terminal(40)
        for line in range(50):
            terminal.feed(f"{number}:{line}\r\n".encode(), line)
        shown[number] = [line.text for line in terminal.lines()]

    threads = [threading.Thread(target=page, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shown == {number: [f"{number}:{line}" for line in range(50)] for number in range(6)}


def test_a_terminal_that_is_no_more_leaves_the_child() -> None:
    terminal = Terminal(20)
    number = terminal._number
    del terminal
    assert number in emulator._worker.gone
    Terminal(20)
    assert number not in emulator._worker.gone


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x1b(0\x1b*0q", "character set for G2"),
        ((b"\x1b]8;;https://example.com/" + b"x" * 150 + b"\x1b\\x\x1b]8;;\x1b\\") * 20_000 + b"\x1b[H", "no memory left"),
    ],
    ids=["a set in G2", "links without end"],
)
def test_what_cannot_be_shown_is_an_error(data: bytes, what: str) -> None:
    terminal = Terminal(400)
    with pytest.raises(TerminalError, match=what):
        terminal.feed(data)
    assert Terminal(20).lines() == ()


def test_a_line_without_end_is_an_error() -> None:
    terminal = Terminal(100)
    terminal.feed(b"a\x1b[65535b" * 10)
    with pytest.raises(TerminalError, match="one line of it is"):
        terminal.lines()


def test_the_error_says_what_to_install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = tmp_path_factory.mktemp("nothing") / "pyghostty.py"
    nothing.write_text("raise ImportError('no wheel for this platform')\n")
    emulator._worker.stop()
    monkeypatch.setenv("PYTHONPATH", str(nothing.parent))
    with pytest.raises(TerminalError, match=r"no wheel for this platform; pip install pyghostty=="):
        Terminal(20)
    emulator._worker.stop()


def test_a_replay_needs_nothing_of_it() -> None:
    """Recordings are read and shown where there is no emulator."""
    code = """
import sys
sys.modules["pyghostty"] = sys.modules["cffi"] = None
import docker_notes.terminal.lines, docker_notes.terminal.style, docker_notes.terminal.emulator
import docker_notes.recording.model, docker_notes.html.blocks, docker_notes.html.asciicast
import docker_notes.runner.shell
print(docker_notes.terminal.emulator._worker._process)
"""
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path}
    )
    assert (done.stdout, done.stderr) == ("None\n", "")


def test_the_child_ends_with_the_build() -> None:
    code = """
from docker_notes.terminal.emulator import Terminal, _worker
terminal = Terminal(20)
terminal.feed(b"x")
print(_worker.process().pid)
"""
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.stderr == ""
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


# ----------------------------------------------------------------------------------------- floods

FLOODS = {
    "lines": b"y\r\n",
    "a log": b"#12 0.123 \x1b[34mGet:1 https://example.com trixie/main amd64 x [1,234 kB]\x1b[0m\r\n",
    "one line": b"x",
    "binary": bytes(range(256)),
    "repaints": b"\x1b[9A" + b"\x1b[34m => [1/2] RUN something  0.1s\x1b[0m\x1b[K\r\n" * 9,
    "full screens": b"\x1b[?1049h\x1b[Hx\x1b[?1049l",
    "DEL": b"\x7fa",
    "without width": "a\u200b".encode(),
    "marks": "\u0301".encode(),
}


def seconds(unit: bytes, size: int) -> float:
    """What bytes cost, in the pieces in which a socket brings them; the least of three."""
    piece = unit * (2**14 // len(unit))

    def once() -> float:
        began = time.perf_counter()
        terminal = Terminal(100)
        for number in range(size // len(piece)):
            terminal.feed(piece, number / 1000)
        terminal.lines()
        return time.perf_counter() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize("unit", FLOODS.values(), ids=FLOODS)
def test_a_flood_costs_no_more_than_its_share(unit: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ratios, as machines differ: four times the bytes, at most some eight times the time; beyond the cap, next to nothing."""
    monkeypatch.setattr(emulator, "MAX_BYTES", 2**19)
    quarter, whole = seconds(unit, 2**17), seconds(unit, 2**19)
    assert whole < 8 * quarter + 0.3
    assert seconds(unit, 2**25) < 2 * whole + 0.5
