"""The grammar: what an author may write, and what each mistake gets."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from docker_notes.errors import BuildFailed, GrammarError
from docker_notes.page.fences import LANGUAGE
from docker_notes.page.grammar import SHOW, parse
from docker_notes.page.model import Options, Page, Typed
from docker_notes.page.steps import MAX_LINE_BYTES
from hypothesis import given
from hypothesis import strategies as st

PAGE = """\
# A page

```console example="hello-node" name="first" columns="120"
$ docker build \\
    -t hello-node .
$ docker run -it node
> 1 + 1
> ^P^Q
$ false
? 1
```

- in a list

    ```console
    $ docker ps --format '{{.Names}}'
    ```

````md
```console
not a block, but an example of one
```
````
"""


def steps_of(page: Page) -> list[tuple[int, str, int | None]]:
    return [(step.line, step.command, step.expected_status) for _, step in page.steps]


def mistakes(text: str) -> list[str]:
    with pytest.raises(BuildFailed) as caught:
        parse("page.md", text)
    assert all(isinstance(failure, GrammarError) for failure in caught.value.failures)
    return [str(failure) for failure in caught.value.failures]


def test_blocks_steps_and_lines() -> None:
    first, second = parse("page.md", PAGE).blocks
    assert {first.page, second.page} == {"page.md"}
    assert (first.line, first.index, first.options.example, first.options.columns) == (3, 0, "hello-node", 120)
    assert [(s.line, s.command, s.expected_status) for s in first.steps] == [
        (4, "docker build \\\n    -t hello-node .", 0),
        (6, "docker run -it node", 0),
        (9, "false", 1),
    ]
    assert [(t.line, t.data) for t in first.steps[1].typed if isinstance(t, Typed)] == [(7, b"1 + 1\r"), (8, b"\x10\x11")]
    assert (second.line, second.index, second.steps[0].command) == (15, 1, "docker ps --format '{{.Names}}'")


def test_a_page_lists_its_steps_with_their_blocks_and_each_example_once() -> None:
    text = "".join(f'```console example="{name}"\n$ {name}\n```\n' for name in ("two", "one", "two"))
    page = parse("page.md", text)
    assert [(block.index, step.command) for block, step in page.steps] == [(0, "two"), (1, "one"), (2, "two")]
    assert page.examples == ("two", "one")
    assert parse("page.md", "```console\n$ true\n```").examples == ()


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("1 + 1", b"1 + 1\r"),
        ("", b"\r"),
        ("^C", b"\x03"),
        ("^D", b"\x04"),
        ("^P^Q", b"\x10\x11"),
        ("^Z", b"\x1a"),
        ("^[", b"\x1b"),
        ("^@", b"\x00"),
        ("^_", b"\x1f"),
        ("^", b"^\r"),
        ("^c", b"^c\r"),
        ("2^C", b"2^C\r"),
        ("^C ^D", b"^C ^D\r"),
        ("é", "é\r".encode()),
    ],
)
def test_keys_are_sent_as_keys_and_text_with_enter(text: str, data: bytes) -> None:
    assert Typed(1, text).data == data


def test_an_empty_typed_line_is_enter_alone() -> None:
    [block] = parse("page.md", "```console\n$ cat\n>\n> \n>  two blanks less one\n```").blocks
    assert [typed.text for typed in block.steps[0].typed] == ["", "", " two blanks less one"]


def test_options_have_their_defaults_and_types() -> None:
    [plain] = parse("page.md", "```console\n$ true\n```").blocks
    assert plain.options == Options(
        example="", name="", title="", show="all", expect="", wait="", leaves="", timeout=60.0, columns=100
    )  # fmt: skip
    head = 'console example="a.b-c_1" name="x-1" title="It\'s" show="output" expect="say" wait="http://localhost:3000/x" timeout="0.5" columns="20"'
    [full] = parse("page.md", f"```{head}\n$ true\n```").blocks
    assert vars(full.options) == {
        "example": "a.b-c_1", "name": "x-1", "title": "It's", "show": "output", "expect": "say",
        "wait": "http://localhost:3000/x", "leaves": "", "timeout": 0.5, "columns": 20,
    }  # fmt: skip
    [quotes] = parse("page.md", "```console expect='say \"hi\"'   wait='65535'\n$ true\n```").blocks
    assert (quotes.options.expect, quotes.options.wait) == ('say "hi"', "65535")


@pytest.mark.parametrize("show", SHOW)
def test_every_way_to_show_is_known(show: str) -> None:
    assert parse("page.md", f'```console show="{show}"\n$ true\n```').blocks[0].options.show == show


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (
            'colour="red"',
            "unknown option 'colour'\n    known options: example, name, title, show, expect, wait, leaves, timeout, columns",
        ),
        ('name="a" name="b"', "option 'name' is given twice\n    keep one"),
        ("name=a", "not an option: 'name=a'\n    write key=\"value\""),
        ('name="a" loose', "not an option: 'loose'\n    write key=\"value\""),
        ('name="a', 'not an option: \'name="a\'\n    write key="value"'),
        ('name="a"title="b"', 'not an option: \'name="a"title="b"\'\n    write key="value"'),
        ('timeout="soon"', "timeout='soon': could not convert string to float: 'soon'"),
        ('timeout="0"', "timeout='0': seconds, above 0 and at most 3600"),
        ('timeout="-1"', "timeout='-1': seconds, above 0 and at most 3600"),
        ('timeout="3600.1"', "timeout='3600.1': seconds, above 0 and at most 3600"),
        ('timeout="nan"', "timeout='nan': seconds, above 0 and at most 3600"),
        ('columns="wide"', "columns='wide': invalid literal for int() with base 10: 'wide'"),
        (
            'leaves="all"',
            "leaves='all': only leaves=\"nothing\" can be said: no container, volume or network is there behind the block",
        ),
        ('columns="19"', "columns='19': characters, from 20 to 400"),
        ('columns="401"', "columns='401': characters, from 20 to 400"),
        ('show="everything"', "show='everything': one of all, command, output, none"),
        ('example="../secrets"', "example='../secrets': the name of a folder of examples/"),
        ('example="Upper"', "example='Upper': the name of a folder of examples/"),
        ('example=""', "example='': the name of a folder of examples/"),
        ('name="1st"', "name='1st': a letter, then letters, digits, '-', '_' or '.'"),
        ('name="a b"', "name='a b': a letter, then letters, digits, '-', '_' or '.'"),
        ('wait="soon"', "wait='soon': a port from 1 to 65535, or a URL with http:// or https://"),
        ('wait="0"', "wait='0': a port from 1 to 65535, or a URL with http:// or https://"),
        ('wait="65536"', "wait='65536': a port from 1 to 65535, or a URL with http:// or https://"),
        ('wait="ftp://localhost"', "wait='ftp://localhost': a port from 1 to 65535, or a URL with http:// or https://"),
    ],
)
def test_a_wrong_option_names_the_opening_line_and_what_is_known(option: str, says: str) -> None:
    [mistake] = mistakes(f"text\n\n```console {option}\n$ true\n```")
    assert mistake == f"page.md:3: {says}"


@pytest.mark.parametrize("value", ["3600", "0.001"])
def test_limits_of_a_timeout_are_allowed(value: str) -> None:
    assert parse("page.md", f'```console timeout="{value}"\n$ true\n```').blocks[0].options.timeout == float(value)


@pytest.mark.parametrize(("name", "value"), [("columns", "20"), ("columns", "400"), ("wait", "1"), ("wait", "65535")])
def test_limits_of_numbers_are_allowed(name: str, value: str) -> None:
    options = parse("page.md", f'```console {name}="{value}"\n$ true\n```').blocks[0].options
    assert str(getattr(options, name)) == value


NEITHER = (
    "\n    write '$ command', '> typed line', '~ text to wait for' or '? exit status'; "
    "outputs are never typed, they come from the run"
)
NOT_TYPED = (
    "a typed line without a command to type it into\n"
    "    a typed line goes below the '$ ' command whose program reads it, and above its '? N'"
)


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        (
            "```console\n$ true\nhello\n```",
            3,
            "neither command, typed line, text to wait for nor status: 'hello'" + NEITHER,
        ),
        (
            "```console\n$true\n```",
            2,
            "neither command, typed line, text to wait for nor status: '$true'" + NEITHER,
        ),
        (
            "```console\n$\n```",
            2,
            "neither command, typed line, text to wait for nor status: '$'" + NEITHER,
        ),
        (
            "```console\n# docker ps\n```",
            2,
            "neither command, typed line, text to wait for nor status: '# docker ps'" + NEITHER,
        ),
        (
            "```console\n$ cat\n>typed\n```",
            3,
            "neither command, typed line, text to wait for nor status: '>typed'" + NEITHER,
        ),
        (
            "```console\n> typed\n```",
            2,
            NOT_TYPED,
        ),
        (
            "```console\n>\n```",
            2,
            NOT_TYPED,
        ),
        (
            "```console\n$ true\n? 256\n```",
            3,
            "not an exit status: '? 256'\n    write '? N' with N from 0 to 255, or '? *' for any",
        ),
        ("```console\n$ true\n? -1\n```", 3, "not an exit status: '? -1'\n    write '? N' with N from 0 to 255, or '? *' for any"),
        (
            "```console\n$ true\n? one\n```",
            3,
            "not an exit status: '? one'\n    write '? N' with N from 0 to 255, or '? *' for any",
        ),
        ("```console\n$ true\n?\n```", 3, "not an exit status: '?'\n    write '? N' with N from 0 to 255, or '? *' for any"),
        ("```console\n? 1\n```", 2, "an exit status without a command\n    write it once, below its '$ ' command"),
        ("```console\n$ false\n? 1\n? 1\n```", 4, "an exit status without a command\n    write it once, below its '$ ' command"),
        (
            "```console\n$ true\n? 0\n> late\n```",
            4,
            NOT_TYPED,
        ),
        ("```console\n```", 1, "a block without a command\n    add a line '$ command'"),
        ("```console\n\n   \n```", 1, "a block without a command\n    add a line '$ command'"),
        ("text\n\n```console\n$ true\n", 3, "this block is never closed\n    add ``` below it"),
        ("~~~~console\n$ true\n~~~\n", 1, "this block is never closed\n    add ~~~~ below it"),
        (
            "```console\n$ true \\\n```",
            2,
            "the command ends in a backslash and no line follows\n    add the line, or drop the '\\'",
        ),
        ("```console\n$ echo \x07\n```", 2, "a control character\n    write keys as ^C, ^D, ^P^Q"),
        ("```console\n$ cat\n> \x03\n```", 3, "a control character\n    write keys as ^C, ^D, ^P^Q"),
        ("```console\n$ echo \\\n  a\x7fb\n```", 3, "a control character\n    write what makes it, such as $'\\a'"),
        ("```console\n$ echo \x9b31m\n```", 2, "a control character\n    write keys as ^C, ^D, ^P^Q"),
        (
            f"```console\n$ {'x' * (MAX_LINE_BYTES + 1)}\n```",
            2,
            "a line of over 4095 bytes\n    break it with '\\', or put it in a script",
        ),
        (
            f"```console\n$ echo \\\n{'é' * (MAX_LINE_BYTES // 2 + 1)}\n```",
            3,
            "a line of over 4095 bytes\n    break it with '\\', or put it in a script",
        ),
        (
            'a\n  ```console expect="`"\n$ true\n```\n',
            2,
            "a block with a backtick in its first line is not run\n    open it with ~~~",
        ),
        (
            "- a\n- ```console\n  $ true\n  ```\n",
            2,
            "a block behind the marker of a list is not run\n    put the fence on a line of its own, below the item's text and indented by four spaces",
        ),
        ("```console name=a\n$ true\n```\n", 1, "not an option: 'name=a'\n    write key=\"value\""),
    ],
)
def test_a_mistake_names_its_line(body: str, line: int, says: str) -> None:
    assert mistakes(body) == [f"page.md:{line}: {says}"]


def test_an_empty_line_may_end_a_command() -> None:
    assert parse("page.md", "```console\n$ a\n$ true \\\n\n```").steps[-1][1].command == "true \\\n"


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("a\n```console``` is inline code", 0),
        ('~~~console expect="`"\n$ true\n~~~\n', 1),
        ('````text\n```console expect="`"\n````\n', 0),
    ],
)
def test_a_backtick_elsewhere_is_no_mistake(text: str, blocks: int) -> None:
    assert len(parse("page.md", text).blocks) == blocks


def test_all_mistakes_are_listed_in_the_page_s_order() -> None:
    text = "```console x='1'\nout\n$ true\nput\n```\n> ```console\n\n```console\n> a\n```\n"
    assert [mistake.split(" ", 1)[0] for mistake in mistakes(text)] == [
        "page.md:1:", "page.md:2:", "page.md:4:", "page.md:6:", "page.md:8:",
    ]  # fmt: skip


def test_a_block_that_is_never_closed_hides_no_later_mistake() -> None:
    found = mistakes("```console\n$ true\n\n~~~console\nput\n~~~\n")
    assert [mistake.partition(": ")[0] for mistake in found] == ["page.md:1", "page.md:4"], "superfences does not look into it"


def test_a_name_is_for_one_block() -> None:
    [mistake] = mistakes('```console name="a"\n$ true\n```\n\n```console name="a"\n$ true\n```')
    assert mistake == (
        "page.md:5: the name 'a' was given to the block at line 1\n    names are for one block of a page: choose another"
    )
    assert len(parse("page.md", "```console\n$ true\n```\n" * 2).blocks) == 2


@pytest.mark.parametrize("name", ["a", "Z", "a1-b_c.d"])
def test_names_begin_with_a_letter(name: str) -> None:
    assert parse("page.md", f'```console name="{name}"\n$ true\n```').blocks[0].options.name == name


def test_a_line_of_just_the_limit_is_allowed() -> None:
    assert parse("page.md", f"```console\n$ {'x' * MAX_LINE_BYTES}\n```").steps


def test_continuation_lines_belong_to_the_command_whatever_they_look_like() -> None:
    text = "```console\n$ echo a \\\n$ b \\\n> c \\\n? 1\n? 2\n$ two \\\\\n$ three\n```"
    assert steps_of(parse("page.md", text)) == [
        (2, "echo a \\\n$ b \\\nc \\\n? 1", 2),
        (7, "two \\\\", 0),
        (8, "three", 0),
    ]


@pytest.mark.parametrize(("backslashes", "steps"), [(0, 2), (1, 1), (2, 2), (3, 1), (4, 2), (5, 1)])
def test_an_odd_number_of_backslashes_goes_on_in_the_next_line(backslashes: int, steps: int) -> None:
    assert len(parse("page.md", f"```console\n$ a {chr(92) * backslashes}\n$ b\n```").steps) == steps


def test_blank_lines_and_blanks_at_ends_of_lines_mean_nothing() -> None:
    assert steps_of(parse("page.md", "```console\n\n$ true  \n\n? 0  \n\t\n```")) == [(3, "true", 0)]


@pytest.mark.parametrize("status", ["? 0", "? 255", "?7", "?\t12"])
def test_statuses_from_0_to_255(status: str) -> None:
    [(_, step)] = parse("page.md", f"```console\n$ x\n{status}\n```").steps
    assert step.expected_status == int(status[1:])


@pytest.mark.parametrize(
    ("above", "indent"),
    [
        ("1. in a list\n", "    "),
        ("- a\n    - in a list in a list\n", "        "),
        ('=== "Linux"\n', "    "),
        ("!!! note\n", "    "),
        ('??? question "Solution"\n', "    "),
        ("-\tafter a tab\n", "\t"),
    ],
)
def test_a_block_may_stand_in_lists_tabs_admonitions_and_details(above: str, indent: str) -> None:
    lines = ("```console", "$ cat f", "> a", "", ">   b", "```")
    text = above + "\n" + "".join(f"{indent if line else ''}{line}\n" for line in lines)
    [block] = parse("page.md", text).blocks
    first = above.count("\n") + 2
    assert (block.line, block.steps[0].line, block.steps[0].command) == (first, first + 1, "cat f")
    assert [typed.text for typed in block.steps[0].typed] == ["a", "  b"]


def test_a_line_less_indented_than_its_fence_ends_it_as_a_block() -> None:
    [mistake] = mistakes("- a\n\n    ```console\n  $ true\n    ```\n")
    assert mistake.startswith("page.md:3: this is no block to Markdown: '```console'")


def test_fences_of_tildes_and_longer_fences() -> None:
    text = "~~~console\n$ one\n~~~\n`````console\n$ two\n`````\n"
    assert [step.command for _, step in parse("page.md", text).steps] == ["one", "two"]
    assert mistakes("`````console\n$ two\n``````\n"), "superfences wants the closing fence as the opening one is"


@pytest.mark.parametrize(
    "text",
    [
        "a\n\n> ```console\n> $ true\n> ```\n",
        "```{.console}\n$ true\n```\n",
        '``` { .console .x name="y" }\n$ true\n```\n',
        "<div>\n```console\n$ true\n```\n</div>\n",
    ],
)
def test_what_a_reader_sees_as_a_block_is_one(text: str) -> None:
    assert [step.command for _, step in parse("page.md", text).steps] == ["true"]


def test_a_fence_in_a_fence_is_text() -> None:
    assert parse("page.md", "````md\n```console\nno block\n```\n````\n").blocks == ()
    assert parse("page.md", "~~~md\n> ```console\n~~~\n").blocks == ()


def test_a_line_of_code_is_no_fence() -> None:
    assert parse("page.md", "``` `console` ```\n\n```console\n$ true\n```\n").blocks[0].line == 3


@pytest.mark.parametrize("language", ["sh", "text", "consoles", "Console", "dockerfile", ""])
def test_other_languages_are_not_run(language: str) -> None:
    other = f"```{language}\n$ rm -rf /\n```\n"
    [block] = parse("page.md", f"{other}\n```console\n$ true\n```\n{other}").blocks
    assert (block.line, block.steps[0].command) == (5, "true")


def test_lines_may_end_as_on_windows() -> None:
    text = PAGE.replace("\n", "\r\n")
    assert parse("page.md", text) == parse("page.md", PAGE)


# ------------------------------------------------------------------------------- properties

words = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\\`~\u2028\u2029"), min_size=1, max_size=20
).filter(lambda text: text == text.strip() and "`" not in text)
typed_lines = st.lists(words | st.just(""), max_size=3)
commands = st.lists(words, min_size=1, max_size=3).map(lambda texts: "x " + " \\\n".join(shlex.quote(text) for text in texts))
step_strategy = st.tuples(commands, typed_lines, st.none() | st.integers(0, 255))
option_strategy = st.fixed_dictionaries(
    {},
    optional={
        "title": words.filter(lambda text: '"' not in text),
        "show": st.sampled_from(SHOW),
        "timeout": st.integers(1, 3600),
        "columns": st.integers(20, 400),
    },
)
block_strategy = st.tuples(
    option_strategy,
    st.lists(step_strategy, min_size=1, max_size=4),
    st.sampled_from(["```", "````", "~~~", "~~~~~"]),
    st.sampled_from(["", "    "]),
)


@given(st.lists(block_strategy, min_size=1, max_size=4), st.sampled_from(["", "text\n", "# Head\n\nMore `code`.\n\n"]))
def test_what_is_written_is_what_is_parsed(blocks: list[Any], between: str) -> None:
    lines: list[str] = []
    expected = []
    for options, steps, fence, indent in blocks:
        lines += between.split("\n")[:-1]
        lines += ["", "- An item.", ""] if indent else [""]
        told = "".join(f' {key}="{value}"' for key, value in options.items())
        lines.append(f"{indent}{fence}{LANGUAGE}{told}")
        opened = len(lines)
        found = []
        for command, typed, status in steps:
            at = len(lines) + 1
            lines += [f"{indent}{line}" for line in f"$ {command}".split("\n")]
            lines += [f"{indent}> {line}" for line in typed]
            lines += [f"{indent}? {status}"] if status is not None else []
            found.append((at, command, typed, status or 0))
        lines += [f"{indent}{fence}", ""]
        expected.append((opened, options, found))
    text = "\n".join(lines) + "\n"
    parsed = parse("page.md", text)
    assert [
        (
            block.line,
            {key: getattr(block.options, key) for key in options},
            [(step.line, step.command, [t.text for t in step.typed], step.expected_status) for step in block.steps],
        )
        for block, (_, options, _) in zip(parsed.blocks, expected, strict=True)
    ] == expected


@given(st.text(st.sampled_from(list("`~$>?{}%#\\ \tconsole\n=\"'x1")), max_size=200))
def test_any_text_parses_or_says_where_it_is_wrong(text: str) -> None:
    lines = text.split("\n")
    failures: tuple[Any, ...] = ()
    try:
        blocks = parse("page.md", text).blocks
    except BuildFailed as error:
        blocks, failures = (), error.failures
    assert all(isinstance(failure, GrammarError) and 1 <= failure.line <= len(lines) for failure in failures)
    assert all(lines[block.line - 1].lstrip("`~ \t").startswith(LANGUAGE) for block in blocks)
