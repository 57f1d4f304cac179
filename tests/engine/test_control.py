"""Questions to a sandbox over its long-lived control shell, and what a page can do to that."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from docker_notes.engine.sandbox import SandboxGone

if TYPE_CHECKING:
    from pathlib import Path

    from docker_notes.engine.sandbox import Sandbox


@pytest.mark.parametrize(
    ("script", "status", "output"),
    [
        ("echo out; echo err >&2", 0, "out\nerr\n"),
        ("exit 3", 3, ""),
        ("printf 'no end of line'", 0, "no end of line"),
        ("printf 'a\\000b'", 0, "a\0b"),
        ("cat", 0, ""),  # reads nothing of what comes next
        ("cd /tmp; x=1; set -e; false", 1, ""),
        ("[ $PWD != /tmp ] && echo ${x-unset}", 0, "unset\n"),  # one leaves nothing to the next
        ("sleep 60 & echo left", 0, "left\n"),
    ],
)
def test_a_question(script: str, status: int, output: str, sandbox: Sandbox) -> None:
    assert sandbox.sh(script) == (status, output)
    assert sandbox.sh("echo next") == (0, "next\n")


def test_a_mistake_in_a_script_ends_no_more_than_that(sandbox: Sandbox) -> None:
    status, said = sandbox.sh("if (")
    assert status
    assert "syntax error" in said
    assert sandbox.sh("echo next") == (0, "next\n")


def test_words_and_variables_come_as_they_are(sandbox: Sandbox) -> None:
    odd = 'it\'s "odd" $HOME `id` \\ \n * ü'
    assert sandbox.sh('printf %s "$1$A"', odd, env={"A": odd}) == (0, odd * 2)
    assert sandbox.sh('printf %s "$1$A"; id -un; echo $HOME', odd, env={"A": odd}, user="reader") == (
        0,
        f"{odd}{odd}reader\n/home/reader\n",
    )


@pytest.mark.parametrize("script", ["md5sum", "exit 4", "head --bytes=10 >/dev/null"])
def test_what_is_sent_along_is_never_read_as_commands(script: str, sandbox: Sandbox) -> None:
    data = b"echo WRONG >/tmp/wrong\n" * 50_000
    sandbox.sh(script, data=data)
    assert sandbox.sh("cat /tmp/wrong")[0] == 1
    assert sandbox.sh("wc --bytes", data=data) == (0, f"{len(data)}\n")


def test_megabytes_of_answer(sandbox: Sandbox) -> None:
    assert sandbox.sh("head --bytes=20000000 /dev/zero | tr '\\0' x") == (0, "x" * 20_000_000)


def test_many_ask_at_once(sandbox: Sandbox) -> None:
    said: dict[int, str] = {}
    threads = [threading.Thread(target=lambda n=n: said.__setitem__(n, sandbox.sh(f"sleep 0.01; echo {n}")[1])) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert said == {n: f"{n}\n" for n in range(20)}


def test_one_that_is_killed_is_had_anew(sandbox: Sandbox) -> None:
    sandbox.sh("(sleep 0.3; kill -9 $$) &")
    time.sleep(1)
    assert sandbox.sh("echo again") == (0, "again\n")


def test_one_that_gives_no_answer_is_not_waited_for(sandbox: Sandbox) -> None:
    began = time.monotonic()
    with pytest.raises(SandboxGone, match="its control shell gave no answer in time"):
        sandbox.sh("sleep 30", timeout=1)
    assert time.monotonic() - began < 5
    assert sandbox.sh("echo again") == (0, "again\n")


def test_a_container_that_is_gone_is_told(sandbox: Sandbox) -> None:
    sandbox.container.kill()
    with pytest.raises(SandboxGone, match="its container has ended"):
        sandbox.sh("echo here")
    assert not sandbox.reset()


def test_what_runs_and_what_it_costs(sandbox: Sandbox) -> None:
    assert sandbox.running() == set()
    sandbox.sh("docker run -d --name one node:24-slim sleep 100")
    first = sandbox.running()
    assert len(first) == 1
    sandbox.sh("docker restart -t 0 one")
    assert sandbox.running().isdisjoint(first)
    before = sandbox.cpu_seconds()
    sandbox.sh("head --bytes=400M /dev/zero | sha256sum")
    assert 0.2 < sandbox.cpu_seconds() - before < 10


def test_the_home_is_the_reader_s(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/file").write_text("text")
    sandbox.put(tmp_path / "app", [tmp_path / "app/file"])
    told = sandbox.sh("stat -c '%U %a' ~ ~/app ~/app/file", user="reader")
    assert told == (0, "reader 755\nreader 755\nreader 644\n")


def test_segments_of_tcp_are_small_enough_for_nested_networks(sandbox: Sandbox) -> None:
    rules = sandbox.sh("iptables -t mangle -S")[1]
    assert rules.count("--set-mss 1220") == 2
