"""The body of a block: what an author may write in it, and what each mistake gets."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.page import bash_syntax
from docker_notes.page.model import Awaited, Step, Typed
from docker_notes.page.steps import MAX_LINE_BYTES, parse_steps
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from docker_notes.errors import GrammarError


def parsed(body: str) -> tuple[Step, ...]:
    errors: list[GrammarError] = []
    steps = parse_steps("page.md", 2, body.split("\n"), errors)
    assert not errors, errors
    return steps


def mistakes(body: str) -> list[tuple[int, str]]:
    errors: list[GrammarError] = []
    parse_steps("page.md", 2, body.split("\n"), errors)
    assert all(error.page == "page.md" for error in errors)
    return [(error.line, error.what) for error in errors]


def one(body: str) -> tuple[str, list[str]]:
    """The command of the only step, and what is typed into its program."""
    [step] = parsed(body)
    return step.command, [f"~ {entry.text}" if isinstance(entry, Awaited) else entry.text for entry in step.typed]


@pytest.mark.parametrize(
    ("body", "command", "typed"),
    [
        ("$ cat > f <<EOF\n> a\n> EOF", "cat > f <<EOF\na\nEOF", []),
        ("$ cat > f <<'EOF'\n> FROM node:24-slim\n>\n> CMD [\"node\"]\n> EOF", "cat > f <<'EOF'\nFROM node:24-slim\n\nCMD [\"node\"]\nEOF", []),
        ("$ cat <<-EOF\n> \ta\n> \tEOF", "cat <<-EOF\n\ta\n\tEOF", []),
        ('$ cat <<"E F"\n> E\n> E F', 'cat <<"E F"\nE\nE F', []),
        ("$ cat <<A <<B\n> A\n> b\n> B", "cat <<A <<B\nA\nb\nB", []),
        ("$ docker build -t x - <<EOF\n> FROM scratch\n> EOF", "docker build -t x - <<EOF\nFROM scratch\nEOF", []),
        ("$ for i in 1 2; do\n> echo $i\n> done", "for i in 1 2; do\necho $i\ndone", []),
        ("$ while read -r x\n> do\n> echo $x\n> done\n> typed\n> ^D", "while read -r x\ndo\necho $x\ndone", ["typed", "^D"]),
        ("$ if true\n> then\n> if false; then :; fi\n> fi", "if true\nthen\nif false; then :; fi\nfi", []),
        ("$ f() {\n> echo in\n> }", "f() {\necho in\n}", []),
        ("$ case x in\n> x) echo;;\n> esac", "case x in\nx) echo;;\nesac", []),
        ('$ echo "a\n> b"', 'echo "a\nb"', []),
        ("$ echo 'it\n> is\n> so' end", "echo 'it\nis\nso' end", []),
        ("$ node -e '\n> console.log(1)\n> '", "node -e '\nconsole.log(1)\n'", []),
        ("$ echo $(\n> date\n> )", "echo $(\ndate\n)", []),
        ("$ echo a |\n> cat &&\n> echo b", "echo a |\ncat &&\necho b", []),
        ("$ docker build \\\n>   -t x \\\n>   .", "docker build \\\n  -t x \\\n  .", []),
        ("$ docker build \\\n    -t x .", "docker build \\\n    -t x .", []),
        ("$ echo a \\\n$ b \\\n> c \\\n? 1", "echo a \\\n$ b \\\nc \\\n? 1", []),
        ("$ cat <<EOF; cat\n> a\n> EOF\n> b\n> ^D", "cat <<EOF; cat\na\nEOF", ["b", "^D"]),
        ("$ node\n> for (;;) {\n> }", "node", ["for (;;) {", "}"]),
        ("$ python3\n> print('''a\n> b''')", "python3", ["print('''a", "b''')"]),
        ("$ docker run -it node\n> 1 + 1\n~ 2\n> .exit", "docker run -it node", ["1 + 1", "~ 2", ".exit"]),
        ("$ docker logs -f web\n~  Listening on port 80. \n> ^C", "docker logs -f web", ["~ Listening on port 80.", "^C"]),
        ("$ x\n~ a\n~ b", "x", ["~ a", "~ b"]),
        ("$ cat <<EOF\n> ~ a\n> ? 1\n> $ b\n> # c\n> EOF", "cat <<EOF\n~ a\n? 1\n$ b\n# c\nEOF", []),
        ("$ cat <<'EOF'\n> a \\\n> EOF", "cat <<'EOF'\na \\\nEOF", []),
        ("$ echo '# not a remark' \\\n  b", "echo '# not a remark' \\\n  b", []),
    ],
)  # fmt: skip
def test_a_line_is_typed_at_the_prompt_that_stands_there(body: str, command: str, typed: list[str]) -> None:
    assert one(body) == (command, typed)


@pytest.mark.parametrize(
    ("line", "goes_on"),
    [
        ("echo one # note \\", False),
        ("echo one; # note \\", False),
        ("# a remark \\", False),
        ("echo 'it''s' # it's \\", False),
        ("echo $# \\", True),
        ("echo a#b \\", True),
        ("echo ${x#y} \\", True),
        ("echo '# x' \\", True),
        ('echo "# x" \\', True),
        ("echo \\# \\", True),
        ("echo a \\", True),
        ("echo a \\\\", False),
        ("echo a \\\\\\", True),
        ("echo a \\\\ # \\", False),
    ],
)
@pytest.mark.parametrize("bash", [True, False])
def test_a_backslash_goes_on_where_bash_says_so(line: str, goes_on: bool, bash: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    if not bash:
        monkeypatch.setattr(bash_syntax, "_program", lambda: "")
    assert bash_syntax.continues(line) is goes_on


def test_a_remark_s_backslash_ends_the_command() -> None:
    assert [(step.line, step.command) for step in parsed("$ echo one # note \\\n$ echo two")] == [
        (2, "echo one # note \\"),
        (3, "echo two"),
    ]


@pytest.mark.parametrize("remark", ["# remark", "#remark", " # remark", "# remark \\"])
def test_a_remark_is_no_command(remark: str) -> None:
    assert mistakes(f"$ false\n? 1\n$ {remark}") == [(4, f"a remark is no command: {remark.strip()!r}")]


@pytest.mark.parametrize(
    ("body", "waits_for"),
    [
        ("$ cat <<EOF", "the end of the here-document, a line `EOF`"),
        ("$ cat <<EOF\n> a", "the end of the here-document, a line `EOF`"),
        ("$ cat <<'EOF'\n> EOF x", "the end of the here-document, a line `EOF`"),
        ("$ cat <<EOF\n> \tEOF", "the end of the here-document, a line `EOF`"),
        ("$ cat <<A <<B\n> A", "the end of the here-document, a line `B`"),
        ('$ echo "a', 'the closing `"`'),
        ("$ echo it's", "the closing `'`"),
        ("$ echo `date", "the closing ```"),
        ("$ echo $(date", "`)`"),
        ("$ echo ${x", "`}`"),
        ("$ for i in 1 2", "`do`"),
        ("$ for i in 1 2; do", "`done`"),
        ("$ for i in 1 2; do\n> echo $i", "`done`"),
        ("$ while true", "`do`"),
        ("$ if true", "`then`"),
        ("$ if true; then\n> for i in 1; do :; done", "`fi`"),
        ("$ case x in", "`esac`"),
        ("$ f() {\n> echo", "`}`"),
        ("$ f()", "the function's body"),
        ("$ (cd /tmp", "`)`"),
        ("$ echo a |", "a command"),
        ("$ echo a &&", "a command"),
        ("$ cat <<EOF\n~ text", "the end of the here-document, a line `EOF`"),
        ("$ cat <<EOF\n? 0", "the end of the here-document, a line `EOF`"),
        ("$ cat <<EOF\n> a\n$ true", "the end of the here-document, a line `EOF`"),
        ("$ true \\\n> echo '", "the closing `'`"),
        ("$ cat <<EOF |\n> a\n> EOF", "a command"),
        ("$ cat <<EOF\n> a \\\n> EOF", "the end of the here-document, a line `EOF`"),
    ],
)
def test_an_incomplete_command_says_what_is_open(body: str, waits_for: str) -> None:
    assert mistakes(body)[0] == (2, f"the command is not complete: bash waits for {waits_for}")


@pytest.mark.parametrize(
    "command",
    [
        "docker ps --format '{{.Names}}: {{.State}}'", "docker ps --format {{.Names}}", "echo )", "for x in; in", "a=(1 2)",
        "docker run -d --name web -p 3000:80 hello-node", "curl -s localhost:3000 | head -n 1; echo", "sed 's/[/]/x/' f",
        "exit", "! true", "time true", "{ true; }", "[[ a == b ]]", "docker images && docker ps || true", "echo a > f 2>&1 < g",
        "cat <<<word", "echo $(date) `date` ${x:-y} $((1 + 2))", 'echo "$HOME ${HOME} $? $(echo ")")"', "echo if for while",
        "shopt -s extglob", "echo $'it\\'s'", "sleep 100 &", 'echo \\"', "echo '\\'", "[ a = b ]", "docker compose up -d",
        "x=1 y=2 env", "true; # it's a remark", "true # (", "((x++))", "function f { :; }", "echo a{1,2} {3..4}",
    ],
)  # fmt: skip
def test_a_complete_command_is_one(command: str) -> None:
    assert one(f"$ {command}\n> x") == (command, ["x"])


words = st.sampled_from([
    "if", "then", "fi", "for", "do", "done", "echo", "{", "}", "(", ")", "'", '"', "`", "$", "$(", "${", "((", "\\", "#", "|", "||", "&",
    "&&", ";", ";;", "<<", "<<E", "<", ">", ">&2", "2>&1", "E", "!", "[[", "]]", "case", "in", "esac", "a", "a=b", "é", "{{.x}}", "*", "~",
])  # fmt: skip


@given(st.lists(st.tuples(words, st.sampled_from(["", " "])).map("".join), min_size=1, max_size=9).map("".join))
def test_what_a_glance_calls_complete_bash_does_as_well(text: str) -> None:
    if bash_syntax._is_surely_complete(text):
        said = bash_syntax._bash(text)
        assert "unexpected EOF" not in said
        assert "unexpected end of file" not in said
        assert "here-document" not in said


def test_a_plain_command_asks_no_bash(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: str) -> str:
        raise AssertionError

    monkeypatch.setattr(bash_syntax, "_bash", never)
    parsed(
        "$ docker run -d --name web -p 3000:80 hello-node\n$ docker ps --format '{{.Names}}' | head -n 2 > f\n$ echo \"$HOME\" \\\n  b"
    )


def test_without_a_bash_nothing_is_said_to_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bash_syntax, "_program", lambda: "")
    bash_syntax._bash.cache_clear()
    try:
        assert one("$ cat <<EOF\n> a\n> EOF") == ("cat <<EOF", ["a", "EOF"])
        assert one("$ echo a \\\n  b") == ("echo a \\\n  b", [])
        assert one("$ echo one # note \\") == ("echo one # note \\", [])
    finally:
        bash_syntax._bash.cache_clear()


def test_bash_runs_nothing_while_it_is_asked(tmp_path: Any) -> None:
    touched = tmp_path / "touched"
    for command in (f"touch {touched}; (", f"echo $(touch {touched}) |", f"}}; touch {touched}; {{", f"x=`touch {touched}`; for"):
        assert mistakes(f"$ {command}") or parsed(f"$ {command}")
    assert not touched.exists()


@pytest.mark.parametrize("status", ["? *", "?*", "? \t*"])
def test_any_status_will_do(status: str) -> None:
    [step] = parsed(f"$ x\n{status}")
    assert step.expected_status is None


@pytest.mark.parametrize(
    ("body", "line", "what"),
    [
        ("$ x\n? **", 3, "not an exit status: '? **'"),
        ("$ x\n? 256", 3, "not an exit status: '? 256'"),
        ("~ text", 2, "a text to wait for without a command that prints it"),
        ("$ x\n? 0\n~ text", 4, "a text to wait for without a command that prints it"),
        ("$ x\n~", 3, "neither command, typed line, text to wait for nor status: '~'"),
        ("$ x\n~text", 3, "neither command, typed line, text to wait for nor status: '~text'"),
        ("$ x\n~  ", 3, "neither command, typed line, text to wait for nor status: '~'"),
        ("$ cat\n> " + "x" * (MAX_LINE_BYTES + 1), 3, "a line of over 4095 bytes, which a terminal would cut"),
        ("$ cat\n> " + "é" * 2048, 3, "a line of over 4095 bytes, which a terminal would cut"),
        ("$ cat\n> " + "x" * 5000, 3, "a line of over 4095 bytes, which a terminal would cut"),
        ("$ cat <<EOF\n> " + "x" * 5000 + "\n> EOF", 3, "a line of over 4095 bytes, which a terminal would cut"),
        ("$ echo " + "x" * 4091, 2, "a line of over 4095 bytes"),
        ("$ echo \\\n" + "x" * 4096, 3, "a line of over 4095 bytes"),
        ("$ echo a \\ \n$ b", 2, "a blank behind the backslash: bash would not go on in the next line"),
        ("$ echo a \\\n b \\\t\n c", 3, "a blank behind the backslash: bash would not go on in the next line"),
    ],
)
def test_a_mistake_names_its_line(body: str, line: int, what: str) -> None:
    assert mistakes(body)[0] == (line, what)


def test_a_line_of_just_the_limit_is_allowed() -> None:
    assert one("$ cat\n> " + "x" * MAX_LINE_BYTES)[1] == ["x" * MAX_LINE_BYTES]


def test_typed_lines_know_theirs() -> None:
    [step] = parsed("\n$ cat <<EOF; cat\n> a\n> EOF\n\n> b\n~ c")
    assert (step.line, step.typed) == (3, (Typed(7, "b"), Awaited(8, "c")))


def test_keys_are_told_from_lines() -> None:
    assert [Typed(1, text).is_key for text in ("^C", "^P^Q", "x", "", "^C x", "^c")] == [True, True, False, False, False, False]


# ------------------------------------------------------------------------------- properties

plain = st.text(st.sampled_from("ab 'é{}.:/-"), max_size=8).map(str.strip).filter(lambda t: "'" not in t and t)
entries = st.one_of(plain.map(lambda t: f"> {t}"), plain.map(lambda t: f"~ {t}"), st.sampled_from(["> ^C", ">", "> ^P^Q"]))
commands = st.one_of(
    plain.map(lambda t: ([f"$ echo {t}"], f"echo {t}")),
    plain.map(lambda t: ([f"$ echo {t} \\", f"  {t}"], f"echo {t} \\\n  {t}")),
    plain.map(lambda t: ([f"$ cat <<'EOF' # {t}", f"> {t}", "> EOF"], f"cat <<'EOF' # {t}\n{t}\nEOF")),
    plain.map(lambda t: ([f"$ echo '{t}", f"> {t}'"], f"echo '{t}\n{t}'")),
    plain.map(lambda t: (["$ for i in 1; do", f"> echo {t}", "> done"], f"for i in 1; do\necho {t}\ndone")),
)
statuses = st.sampled_from([(None, 0), ("? 0", 0), ("? 255", 255), ("?3", 3), ("? *", None)])


@given(st.lists(st.tuples(commands, st.lists(entries, max_size=3), statuses, st.booleans()), min_size=1, max_size=4))
def test_what_is_written_is_what_is_parsed(written: list[Any]) -> None:
    body: list[str] = []
    expected = []
    for (lines, command), typed, (status, code), blank in written:
        at = len(body) + 2
        body += [*lines, *typed, *([status] if status else []), *([""] if blank else [])]
        expected.append((at, command, [t[2:] for t in typed], code))
    steps = parsed("\n".join(body))
    assert [(s.line, s.command, [entry.text for entry in s.typed], s.expected_status) for s in steps] == expected


@given(st.lists(st.text(st.sampled_from(list("$>~?^ \\#'\"<E(){};|&0a\t\x07")), max_size=10), max_size=8))
def test_every_line_is_a_part_of_a_step_or_an_error_names_it(body: list[str]) -> None:
    errors: list[GrammarError] = []
    steps = parse_steps("page.md", 2, body, errors)
    found = {error.line for error in errors}
    assert steps or found
    assert found <= set(range(1, len(body) + 2))
    if found:
        return
    # In order, each line that is not blank is a step's, or the status behind it.
    lines = [(number, line.rstrip()) for number, line in enumerate(body, 2) if line.strip()]
    for step, after in itertools.zip_longest(steps, steps[1:]):
        own = [line for number, line in lines if step.line <= number and (not after or number < after.line)]
        further = [part for part in step.command.split("\n")[1:] if part.strip()]
        assert own[0] == f"$ {step.command.splitlines()[0]}".rstrip()
        statuses = len(own) - 1 - len(further) - len(step.typed)
        typed_blank = sum(line == ">" for line in own)
        assert statuses in {0, 1} or typed_blank
    assert not lines or lines[0][0] == steps[0].line
