"""What every executor of a shell has to pass: a bash on a local terminal, and one in a sandbox."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from docker_notes.page.model import Awaited, Typed
from docker_notes.page.steps import MAX_LINE_BYTES
from docker_notes.runner.command import NeverEnded, NotComplete, NotReady, ProgramEnded, ShellLost
from docker_notes.runner.shell import Shell, ShellEnded
from docker_notes.terminal.lines import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker_notes.runner.command import Done
    from docker_notes.runner.executor import Executor

# Says whether a line was there before it asked for one.
ASK = "read -t 0 && echo early; read -r line; echo got $line"
# How often a busy machine is tried; 10 is the longer form.
TURNS = int(os.environ.get("DOCKER_NOTES_LOAD_TURNS", "1"))


def entry(number: int, text: str) -> Typed | Awaited:
    return Awaited(number, text[2:]) if text.startswith("~ ") else Typed(number, text)


class Typist:
    """Types into a shell, and keeps what each command did."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.outputs: list[str] = []

    def run(self, command: str, *typed: str, timeout: float = 30.0, columns: int = 80) -> Done:
        entries = [entry(number, text) for number, text in enumerate(typed, 1)]
        done = self.shell.run(command, entries, timeout=timeout, columns=columns)
        if done.before is not None:
            self.outputs[-1] = text_of(done.before)
        self.outputs.append(text_of(done.lines))
        return done

    def says(self, command: str, *typed: str, status: int = 0, timeout: float = 30.0) -> str:
        """Its output; its exit status has to be this one."""
        done = self.run(command, *typed, timeout=timeout)
        assert done.exit_status == status
        return text_of(done.lines)

    def finish(self) -> list[str]:
        lines = self.shell.finish()
        if lines is not None:
            self.outputs[-1] = text_of(lines)
        return self.outputs


@contextlib.contextmanager
def busy(loops: int = 4) -> Iterator[None]:
    """A machine with other work to do."""
    loop = ["nice", "-n", "5", "sh", "-c", "while :; do :; done"]
    running = [subprocess.Popen(loop) for _ in range(loops)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


class ShellSuite:
    """Tests of a shell. A subclass has a fixture `executor`."""

    @pytest.fixture
    def typist(self, executor: Executor) -> Iterator[Typist]:
        with Shell(executor) as shell:
            yield Typist(shell)

    # ---------------------------------------------------------------- commands

    def test_a_command_its_status_and_its_output_without_its_echo(self, typist: Typist) -> None:
        assert typist.says("echo hi; exit_with() { return 3; }; exit_with", status=3) == "hi\n"
        assert typist.says("echo é 漢字") == "é 漢字\n"
        assert typist.says("true") == ""

    @pytest.mark.parametrize(
        ("command", "output"),
        [
            ("cat <<EOF\na $((1 + 1))\n\nEOF", "a 2\n"),
            ("cat <<'E F'\n$HOME\nE F", "$HOME\n"),
            ("cat <<-EOF\n\ta\n\tEOF", "a\n"),
            ("cat <<A; cat <<B\na\nA\nb\nB", "a\nb\n"),
            ("for i in 1 2; do\necho $i\ndone", "1\n2\n"),
            ("if true; then\necho yes\nfi", "yes\n"),
            ("f() {\necho in\n}; f", "in\n"),
            ('echo "a\nb"', "a\nb\n"),
            ("echo $(\necho sub\n)", "sub\n"),
            ("echo a \\\n  b \\\n  c", "a b c\n"),
            ("echo a |\ncat", "a\n"),
            ("case a in\na) echo A;;\nesac", "A\n"),
        ],
    )  # fmt: skip
    def test_a_command_of_many_lines_shows_neither_echo_nor_prompts(self, typist: Typist, command: str, output: str) -> None:
        assert typist.says(command) == output
        assert typist.says("echo next") == "next\n"

    def test_lines_that_bash_takes_for_the_command_are_told(self, typist: Typist) -> None:
        done = typist.run("cat <<EOF; cat", "a", "EOF", "b", "^D")
        assert (text_of(done.lines), done.taken) == ("a\nb\nb\n", 2)

    def test_what_bash_refuses_says_why_and_takes_no_further_line(self, typist: Typist) -> None:
        assert "syntax error near unexpected token `)'" in typist.says("echo )", status=2)
        assert "syntax error" in typist.says("for x in; in\necho never\ndone", status=2)
        assert typist.says("echo on") == "on\n"

    @pytest.mark.parametrize("command", ["for i in 1; do", "cat <<EOF\na", "echo 'a", "echo a |", "f() {\necho", "echo $("])
    def test_an_incomplete_command_is_an_error_at_once(self, typist: Typist, command: str) -> None:
        began = time.monotonic()
        with pytest.raises(NotComplete):
            typist.run(command)
        assert time.monotonic() - began < 5

    def test_a_remark_behind_a_command_with_a_backslash_ends_it(self, typist: Typist) -> None:
        assert typist.says("echo one # note \\") == "one\n"
        assert typist.says("echo two") == "two\n"

    def test_marks_that_a_program_prints_end_nothing(self, typist: Typist) -> None:
        command = r"""printf '\e]133;C\a\e]133;D;0\a\e]133;D;0000;7;;;1\a'; echo after; false"""
        assert typist.says(command, status=1) == "after\n"
        assert typist.says(r"printf '\e]133;D;'; echo x") in {"x\n", ""}
        assert typist.says("echo next") == "next\n"

    def test_a_wide_terminal_and_a_narrow_one(self, typist: Typist) -> None:
        assert text_of(typist.run("tput cols 2>/dev/null || stty size", columns=123).lines).split()[-1] == "123"
        assert text_of(typist.run("stty size", columns=40).lines).split()[-1] == "40"

    def test_a_command_at_its_time_limit_is_stopped(self, typist: Typist) -> None:
        with pytest.raises(NeverEnded) as caught:
            typist.run("echo begun; sleep 1000", timeout=0.7)
        assert text_of(caught.value.done.lines) == "begun\n"

    # ---------------------------------------------------------------- typed lines

    def test_a_silent_program_that_waits_gets_its_line(self, typist: Typist) -> None:
        assert typist.says(f"bash -c '{ASK}'", "a line") == "a line\ngot a line\n"

    def test_a_program_that_is_still_starting_does_not(self, typist: Typist) -> None:
        said = typist.says(f"bash -c 'end=$((SECONDS + 2)); until [ $SECONDS -ge $end ]; do :; done; {ASK}'", "a line")
        assert said == "a line\ngot a line\n"

    def test_one_that_never_rests_gets_it_all_the_same(self, typist: Typist) -> None:
        assert "got a line" in typist.says(f"bash -c 'while :; do :; done & {ASK}; kill $!'", "a line")

    def test_a_prompt_gets_its_line_sooner(self, typist: Typist) -> None:
        done = typist.run("bash -c 'read -p \"name: \" -r name; echo hello $name'", "you")
        assert text_of(done.lines) == "name: you\nhello you\n"
        assert done.seconds < 3

    def test_a_shell_in_the_shell_has_its_prompt_in_the_output(self, typist: Typist) -> None:
        said = typist.says("PS1='in> ' bash --norc --noediting", "echo hi", "false", "exit", status=1)
        assert said == "in> echo hi\nhi\nin> false\nin> exit\nexit\n"
        assert typist.says("PS1='in> ' sh", "echo $((6 * 7))", "exit 3", status=3) == "in> echo $((6 * 7))\n42\nin> exit 3\n"

    def test_keys(self, typist: Typist) -> None:
        assert typist.says("cat", "a", "^D") == "a\na\n"
        assert typist.says("sleep 100", "^C", status=130) == "^C\n"
        assert "Stopped" in typist.says("sleep 100", "^Z", status=148)
        assert "sleep 100" in typist.says("fg", "^C", status=130)

    def test_a_line_as_long_as_a_terminal_takes(self, typist: Typist) -> None:
        assert typist.says("wc -c", "x" * MAX_LINE_BYTES, "^D").split()[-1] == str(MAX_LINE_BYTES + 1)

    @pytest.mark.parametrize("command", ["true", "echo a", "sleep 0.2", "sleep 1", "(exit 0)", "head -n 1 /dev/null"])
    def test_a_line_that_no_program_reads_is_an_error(self, typist: Typist, command: str) -> None:
        with pytest.raises(ProgramEnded) as caught:
            typist.run(command, "x")
        assert caught.value.entry == Typed(1, "x")

    def test_a_key_that_no_program_reads_is_an_error(self, typist: Typist) -> None:
        with pytest.raises(ProgramEnded):
            typist.run("sleep 0.9", "~ ^", "^D")
        with pytest.raises(ProgramEnded):
            typist.run("true", "^C")

    def test_the_last_line_may_be_the_unread_one(self, typist: Typist) -> None:
        with pytest.raises(ProgramEnded) as caught:
            typist.run("head -n 1; sleep 1", "read", "not read")
        assert caught.value.entry == Typed(2, "not read")

    # ---------------------------------------------------------------- waiting for a text

    def test_a_text_is_waited_for(self, typist: Typist) -> None:
        program = "bash -c 'echo starting; sleep 1.5; echo ready; read -r line; echo got $line'"
        assert typist.says(program, "~ ready", "x") == "starting\nready\nx\ngot x\n"

    def test_a_text_counts_from_what_was_typed_last_and_the_echo_is_none(self, typist: Typist) -> None:
        program = "bash -c 'echo ready; read -r a; sleep 1; echo ready now; read -r b; echo $a $b'"
        said = typist.says(program, "~ ready", "ready", "~ ready", "two")
        assert said == "ready\nready\nready now\ntwo\nready two\n"

    def test_a_text_as_the_terminal_shows_it(self, typist: Typist) -> None:
        assert typist.says(r"printf 'rea\e[1mdy\e[0m\n'; read -r a; echo $a", "~ ready", "x") == "ready\nx\nx\n"
        assert typist.says(r"printf 'xeady\rr\n'; read -r a; echo $a", "~ ready", "y") == "ready\ny\ny\n"

    def test_a_text_may_be_the_last_thing_that_is_awaited(self, typist: Typist) -> None:
        assert typist.says("echo a; sleep 0.2; echo b", "~ b") == "a\nb\n"

    def test_a_text_that_never_comes_is_an_error(self, typist: Typist) -> None:
        with pytest.raises(ProgramEnded) as caught:
            typist.run("echo a; sleep 0.2", "~ b")
        assert caught.value.entry == Awaited(1, "b")
        with pytest.raises(NeverEnded) as late:
            typist.run("echo a; sleep 50", "~ b", timeout=0.8)
        assert late.value.awaited == Awaited(1, "b")
        assert text_of(late.value.done.lines) == "a\n"

    def test_a_key_after_a_text_comes_at_once(self, typist: Typist) -> None:
        said = typist.says("i=0; while :; do echo tick $((i += 1)); sleep 0.2; done", "~ tick 3", "^C", status=130)
        assert said in {"tick 1\ntick 2\ntick 3\n^C\n", "tick 1\ntick 2\ntick 3\ntick 4\n^C\n"}

    # ---------------------------------------------------------------- programs that are never silent

    @pytest.mark.parametrize(
        "program",
        [
            "while :; do echo x; sleep 0.1; done",
            "while :; do printf x; sleep 0.1; done",
            "while :; do printf '\\rworking %s' $RANDOM; sleep 0.05; done",
            "yes",
        ],
    )
    def test_a_key_is_typed_into_one_that_never_falls_silent(
        self, typist: Typist, program: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("docker_notes.runner.patience.LONGEST", 5.0)
        began = time.monotonic()
        typist.says(program, "^C", status=130, timeout=50)
        assert time.monotonic() - began < 20
        assert typist.says("echo next") == "next\n"

    def test_a_line_is_as_well(self, typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("docker_notes.runner.patience.LINE", 1.5)
        program = "until read -t 0; do echo x; sleep 0.1; done; read -r line; echo got $line"
        assert typist.says(program, "stop", timeout=50).endswith("got stop\n")

    def test_one_that_follows_a_file_falls_silent(self, typist: Typist) -> None:
        assert typist.says("echo a > f; echo b >> f; tail -f f", "^C", status=130) == "a\nb\n^C\n"

    # ---------------------------------------------------------------- what comes late

    def test_what_comes_between_two_commands_belongs_to_the_one_before(self, typist: Typist) -> None:
        typist.run("set +m")
        typist.run("(sleep 0.2; echo LATE) &")
        time.sleep(0.6)
        typist.run("echo next")
        assert [output.splitlines()[1:] for output in typist.finish()] == [[], ["LATE"], []]
        assert typist.outputs[2] == "next\n"

    @pytest.mark.parametrize(
        ("command", "late"),
        [
            ("{ sleep 0.2; printf 'no newline'; } &", "no newline"),
            ("(sleep 0.2; echo one; sleep 0.1; echo two) & disown", "one\ntwo"),
            ("( (sleep 0.3; echo detached) & )", "detached"),
            ("(sleep 0.1; echo a) & (sleep 0.2; echo b) &", "a\nb"),
            ("(sleep 0.2; echo error >&2) &", "error"),
        ],
    )
    def test_what_comes_at_the_page_s_end_is_not_lost(self, typist: Typist, command: str, late: str) -> None:
        typist.run("set +m")
        typist.run(command)
        assert late in typist.finish()[-1]

    def test_what_comes_within_another_command_is_seen_there(self, typist: Typist) -> None:
        typist.run("(sleep 0.2; echo LATE) &")
        assert "LATE" in typist.says("sleep 0.5")

    def test_what_comes_while_nobody_sees_a_command_is_not_lost(self, typist: Typist) -> None:
        typist.run("(sleep 0.2; echo LATE) &")
        typist.shell.run("sleep 0.5", timeout=10, columns=80, hidden=True)
        assert "LATE" in typist.finish()[-1]

    def test_an_end_without_a_background_takes_no_time(self, typist: Typist) -> None:
        typist.run("true")
        began = time.monotonic()
        assert typist.finish() == [""]
        assert time.monotonic() - began < 0.9

    # ---------------------------------------------------------------- what a page may do to its shell

    @pytest.mark.parametrize(
        "command",
        [
            "PS1='x> '", "PS1=", "unset PS1", "PS0=", "unset PS0", "PS2='more> '", "PS0=hello", "export PS1='x> '",
            "set -u", "set -o vi", "set -o emacs", "set -C", "set -f", "set +m", "shopt -s extglob", "set -a",
            "exec 3>/dev/null", "trap 'true' DEBUG", "trap 'true' ERR", "IFS=0123456789", "set -T", "LINENO=0",
            "PS4='++ '", "alias printf=false", "set -E", "umask 077", "cd /", "unset IFS", "set -- a b",
        ],
    )  # fmt: skip
    def test_a_changed_shell_works_on(self, typist: Typist, command: str) -> None:
        typist.says(command)
        assert typist.says("echo one") == "one\n"
        assert typist.says("cat <<EOF\ntwo\nEOF") == "two\n"
        assert typist.says("false", status=1) == ""
        assert typist.says("read -r x; echo $x", "y") == "y\ny\n"

    def test_what_a_shell_tells_of_itself_is_of_the_page_s_commands_alone(self, typist: Typist) -> None:
        typist.says("set -x")
        assert typist.says("echo hi") == "+ echo hi\nhi\n"
        assert typist.says("set +x") == "+ set +x\n"
        typist.says("trap 'echo next: $BASH_COMMAND' DEBUG")
        assert typist.says("echo hi") == "next: echo hi\nhi\n"
        typist.says("trap - DEBUG")
        assert typist.says("echo hi") == "hi\n"

    def test_without_a_place_for_errors_the_rest_is_still_seen(self, typist: Typist) -> None:
        assert typist.says("exec 2>/dev/null") == ""
        assert typist.says("echo one; ls /nowhere", status=2) == "one\n"
        assert typist.says("for i in 1 2; do\necho $i\ndone") == "1\n2\n"
        assert typist.says("read -r x; echo got $x", "y") == "y\ngot y\n"
        assert typist.says("echo )", status=2) == ""
        assert typist.says("exec 2>/dev/tty; echo back; ls /nowhere 2>/dev/null", status=2) == "back\n"
        assert typist.says("exec >/dev/null; echo unseen") == ""
        assert typist.says("echo seen >/dev/tty") == "seen\n"

    def test_without_an_echo(self, typist: Typist) -> None:
        typist.says("stty -echo")
        assert typist.says("echo one") == "one\n"
        assert "syntax error" in typist.says("echo )", status=2)
        assert typist.says("cat <<EOF\ntwo\nEOF") == "two\n"
        typist.says("stty echo")
        assert typist.says("echo three") == "three\n"

    def test_a_terminal_in_other_states(self, typist: Typist) -> None:
        typist.says("stty -onlcr; stty onlcr")
        assert typist.says("stty raw; stty -raw; stty sane; echo one") == "one\n"
        typist.says("tput reset 2>/dev/null || printf '\\033c'")
        assert typist.says("echo two") == "two\n"

    @pytest.mark.parametrize(
        ("command", "says"),
        [
            ("exec bash", "put another program in the place"),
            ("exec sh", "put another program in the place"),
            ("exec cat", "put another program in the place"),
            ("exec env bash --norc", "put another program in the place"),
            ("suspend", "stopped"),
            ("kill -STOP $$", "stopped"),
            ("set -v", "print each line once more"),
            ("exec </dev/null", "takes the terminal"),
        ],
    )
    def test_a_lost_shell_is_an_error_at_once(self, typist: Typist, command: str, says: str) -> None:
        began = time.monotonic()
        with pytest.raises(ShellLost, match=says):
            typist.run(command)
        assert time.monotonic() - began < 6

    @pytest.mark.parametrize("command", ["exit", "exit 3", "exec true", "logout; exit", "kill -9 $$", "set -e; false"])
    def test_a_shell_that_ends_is_an_error_at_once(self, typist: Typist, command: str) -> None:
        began = time.monotonic()
        with pytest.raises(ShellEnded):
            typist.run(command)
        assert time.monotonic() - began < 6

    def test_the_variable_of_the_prompt_can_not_be_had(self, typist: Typist) -> None:
        for command in ("PROMPT_COMMAND=date", "unset PROMPT_COMMAND", "PROMPT_COMMAND+=(date)"):
            assert "PROMPT_COMMAND: " in typist.says(command, status=1)
        assert typist.says("echo on") == "on\n"

    def test_a_line_that_nobody_types_is_missed_before_the_time_limit(
        self, typist: Typist, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("docker_notes.runner.command._ASLEEP", 1.5)
        with pytest.raises(NotReady):
            typist.run("read -r line")

    def test_what_sleeps_for_itself_is_not(self, typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("docker_notes.runner.command._ASLEEP", 1.0)
        typist.says("sleep 2.5")
        typist.says("sleep 2.5 & wait")

    # ---------------------------------------------------------------- speed and load

    def test_a_command_costs_a_few_milliseconds(self, typist: Typist) -> None:
        typist.run("true")
        took = []
        for _ in range(50):
            began = time.monotonic()
            typist.run("true")
            took.append(time.monotonic() - began)
        assert sorted(took)[10] < 0.02, took


def everything(executor: Executor) -> list[str]:
    """What waits for programs, without a text to wait for."""
    slow = "s=$SECONDS; for i in $(seq 60000); do :; done; "
    with Shell(executor) as shell:
        typist = Typist(shell)
        typist.run(f"bash -c '{slow} echo begun; {slow} echo asks; {ASK}'", "a line")
        typist.run(f'bash -c \'{slow} read -p "name: " -r a; {slow} read -p "and: " -r b; echo $a $b\'', "one", "two")
        typist.run(f"{slow} echo a >f; tail -f f", "^C")
        typist.run("PS1='in> ' bash --norc --noediting", "echo hi", f"{slow} echo done", "exit")
        typist.run("cat", "x", "^D")
        return typist.finish()
