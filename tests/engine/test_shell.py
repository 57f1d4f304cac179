"""The shell, on a bash in a sandbox: the same as on a local terminal, and what only an engine brings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from docker_notes.engine.exec_terminal import ExecTerminal
from docker_notes.runner.shell import Shell
from docker_notes.terminal.lines import text_of

from tests.shell_suite import TURNS, ShellSuite, Typist, busy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker_notes.engine.sandbox import Sandbox
    from docker_notes.runner.pool import Pool


@pytest.fixture(scope="module")
def lent(pool: Pool) -> Iterator[Sandbox]:
    with pool.lent() as sandbox:
        yield sandbox


@pytest.fixture
def executor_of(lent: Sandbox) -> Iterator[Callable[[], ExecTerminal]]:
    opened: list[ExecTerminal] = []

    def executor() -> ExecTerminal:
        opened.append(ExecTerminal(lent))
        return opened[-1]

    yield executor
    for one in opened:
        one.close()
    lent.sh("pkill -KILL -u reader")


class TestSandbox(ShellSuite):
    """All of the suite."""

    @pytest.fixture
    def executor(self, executor_of: Callable[[], ExecTerminal]) -> ExecTerminal:
        return executor_of()


LOGS = "docker run -d --name logs node:24-slim sh -c 'echo one; sleep 1; echo two; exec sleep 1000'"
# What a program in a container, or the CLI itself, is typed into without a text to wait for.
EVERYDAY: list[tuple[str, ...]] = [
    ("docker run -dit --name desk node:24-slim sh",),
    (LOGS,),
    ("sleep 1.5",),
    ("docker attach desk", "answer=$((6 * 7))", "^P^Q"),
    ("docker attach desk", 'echo "answer: $answer"', "^P^Q"),
    ("docker logs -f logs", "^C"),
    ("docker exec -it logs bash --norc", "PS1='in> '", "echo hi", "exit"),
    ("docker exec -it logs sh", "echo hi", "exit"),
    ("docker run -it --rm node:24-slim node", "1 + 1", ".exit"),
    ("docker run -i --rm node:24-slim cat", "typed", "^D"),
    ("docker start -ai desk", "echo again", "exit"),
    ("docker rm -f desk logs",),
]


def everyday(executor: ExecTerminal) -> list[str]:
    with Shell(executor) as shell:
        typist = Typist(shell)
        for command, *typed in EVERYDAY:
            typist.run(command, *typed, timeout=60)
        # Ids of containers are new each time.
        return [re.sub(r"\b[0-9a-f]{12,64}\b", "ID", output) for output in typist.finish()]


@pytest.mark.parametrize("turn", range(TURNS))
def test_containers_are_typed_into_alike_on_a_busy_machine(executor_of: Callable[[], ExecTerminal], turn: int) -> None:
    quiet = everyday(executor_of())
    with busy():
        assert everyday(executor_of()) == quiet, f"turn {turn}"
    assert quiet[3] == "answer=$((6 * 7))\n# read escape sequence\n"
    assert quiet[5] == "one\ntwo\n^C\n"
    assert quiet[6].endswith("in> echo hi\nhi\nin> exit\nexit\n")


def test_a_server_that_never_falls_silent_is_left_by_a_key(executor_of: Callable[[], ExecTerminal]) -> None:
    with Shell(executor_of()) as shell:
        typist = Typist(shell)
        typist.run("docker run -d --name loud node:24-slim sh -c 'while :; do echo x; sleep 0.1; done'")
        assert re.fullmatch(r"(x\n)+\^C(x?\n)+", typist.says("docker logs -f loud", "^C", status=130))
        assert re.fullmatch(r"(x\n)+\^C(x?\n)+", typist.says("docker logs -f loud", "~ x", "^C", status=130))
        typist.run("docker rm -f loud")


COMPOSE = """\
cat > compose.yaml <<'EOF'
services:
  web:
    image: node:24-slim
    init: true
    command: node -e 'console.log("ready"); setInterval(() => console.log("tick"), 300)'
EOF"""


def test_compose_is_left_by_a_key(executor_of: Callable[[], ExecTerminal]) -> None:
    with Shell(executor_of()) as shell:
        typist = Typist(shell)
        typist.says("mkdir -p project; cd project")
        typist.says(COMPOSE)
        said = typist.run("docker compose up", "~ web-1  | ready", "^C", timeout=60)
        assert "web-1  | ready\n" in text_of(said.lines)
        assert "exited with code" in text_of(said.lines) or "Stopped" in text_of(said.lines)
        typist.says("docker compose down; cd; rm -r project")


@pytest.mark.parametrize(
    ("program", "typed", "status"),
    [
        ("top", ("q",), 0),
        ("top -d 0.2", ("~ load average", "^C"), 0),
        ("watch -n 1 echo here", ("~ here", "^C"), 0),
        ("docker run -it --rm node:24-slim", ("~ >", "1 + 1", "~ 2", "process.exit(4)"), 4),
        ("docker run -it --rm node:24-slim bash --norc", ("echo $((6 * 7))", "~ 42", "exit 5"), 5),
        ("docker stats --no-trunc", ("~ CONTAINER ID", "^C"), 130),
        ("docker events", ("^C",), 130),
    ],
)
def test_everyday_programs_are_left(
    executor_of: Callable[[], ExecTerminal], program: str, typed: tuple[str, ...], status: int
) -> None:
    with Shell(executor_of()) as shell:
        typist = Typist(shell)
        done = typist.run(program, *typed, timeout=50)
        assert done.exit_status == status, text_of(done.lines)
        assert typist.says("echo next") == "next\n"


@pytest.mark.parametrize(
    ("server", "answers"),
    [
        ("console.log", True),
        ("s.write('220 ready\\\\r\\\\n'); console.log", True),
        ("s.write(Buffer.from([0])); console.log", True),
        ("s.destroy(); console.log", False),
    ],
)
def test_a_port_answers_when_it_stays_open_or_speaks_first(lent: Sandbox, server: str, answers: bool) -> None:  # noqa: FBT001
    program = f"require('net').createServer(s => {{ s.on('error', () => 0); {server}() }}).listen(3306)"
    lent.sh(f'docker run -d --name banner -p 3306:3306 node:24-slim node -e "{program}"')
    try:
        assert lent.answers("3306", 6 if answers else 3) is answers
    finally:
        lent.sh("docker rm -f banner")
