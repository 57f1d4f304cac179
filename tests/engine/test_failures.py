"""Bad input, and what it gets: page:line, the command, what was expected and seen; nothing changes on disk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.engine.conftest import cloned

if TYPE_CHECKING:
    import subprocess

    from tests.engine.conftest import Clone

DOCKERD = (
    "docker run --rm --privileged --pid host node:24-slim sh -c 'kill -9 $(grep -lx dockerd /proc/[0-9]*/comm | cut -d / -f 3)'"
)

# page: (its commands, options of the block, line that the error names, texts of the error)
BROKEN: dict[str, tuple[str, str, int, list[str]]] = {
    "status": (
        "$ true\n$ echo out of luck; false",
        "",
        5,
        ["`echo out of luck; false` ended with exit status 1, expected 0", "| out of luck"],
    ),
    "succeeds": ("$ true\n? 3", "", 4, ["ended with exit status 0, expected 3"]),
    "expect": ("$ echo here", 'expect="there"', 3, ["does not contain 'there'", "| here"]),
    "dockerfile": (
        "$ printf 'FROM node:24-slim\\nRUN exit 7\\n' | docker build -t bad -",
        "",
        4,
        ["ended with exit status 1, expected 0", "exit code: 7"],
    ),
    "endless": ("$ echo begun; sleep 1000\n$ echo never", 'timeout="2"', 4, ["was still running after 2 s", "| begun"]),
    "deaf": (
        "$ docker run --rm -t node:24-slim sh -c 'trap \"\" TERM INT HUP; echo deaf; while :; do sleep 1; done'",
        'timeout="4"',
        4,
        ["was still running after 4 s", "| deaf"],
    ),
    "flood": ("$ yes flood", 'timeout="2"', 4, ["was still running after 2 s", "| flood"]),
    "gone": ("$ exit", "", 4, ["ended the page's shell"]),
    "waits": ("$ echo nobody listens", 'wait="3999" timeout="2"', 4, ["3999 did not answer within 2 s"]),
    "dies": (f"$ {DOCKERD}\n$ docker ps", 'timeout="20"', 4, ["dockerd"]),
    "full": ("$ head -c 20G /dev/zero > ~/big", 'timeout="50"', 4, ["No space left on device"]),
    "disk": (
        "$ docker run --rm node:24-slim sh -c 'head -c 20G /dev/zero > /big'",
        'timeout="50"',
        4,
        ["ended with exit status 1, expected 0", "No space left on device"],
    ),
    "bomb": ("$ bomb() { while :; do bomb & done; }; bomb 2>/dev/null", 'timeout="8"', 4, ["was still running after 8 s"]),
}
MISTAKES = {
    "option": ('```console colour="red"\n$ true\n```\n', 1, "unknown option 'colour'"),
    "text": ("```console\n$ true\nout\n```\n", 3, "neither command, typed line, text to wait for nor status"),
    "typed": ("```console\n> 1\n```\n", 2, "a typed line without a command"),
    "example": ('```console example="nobody"\n$ true\n```\n', 1, "there is no examples/nobody/"),
    "macro": (
        '# A page\n\nIt took {{ seconds("nothing") }}.\n\n```console\n$ true\n```\n',
        3,
        "no block of macro.md is named 'nothing'",
    ),
}
GOOD = "# Good\n\n```console\n$ docker run --rm node:24-slim echo fine\n```\n"


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory, sandbox_image: str) -> tuple[subprocess.CompletedProcess[str], Clone]:
    """One build of all the broken pages, with a good one among them, over a site and a recording that were there."""
    clone = cloned(tmp_path_factory.mktemp("broken"))
    clone.write(good=GOOD)
    assert clone.build().returncode == 0
    clone.before = clone.tree("site", "recordings")  # type: ignore[attr-defined]
    clone.write(**{name: f"# Page\n\n```console {options}\n{body}\n```\n" for name, (body, options, _, _) in BROKEN.items()})
    clone.write(**{name: text for name, (text, _, _) in MISTAKES.items()})
    clone.write(good=GOOD.replace("fine", "fine as well"))
    return clone.build(DOCKER_NOTES_SANDBOXES="2"), clone


def test_it_fails_and_changes_nothing(failed: tuple[subprocess.CompletedProcess[str], Clone]) -> None:
    done, clone = failed
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert clone.tree("site", "recordings") == clone.before  # type: ignore[attr-defined]
    assert re.search(r"^good.md: ok", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("page", BROKEN)
def test_a_failing_command(page: str, failed: tuple[subprocess.CompletedProcess[str], Clone]) -> None:
    _, _, line, says = BROKEN[page]
    message = message_of(failed[0].stderr, page, line)
    for text in says:
        assert text in message


@pytest.mark.parametrize("page", MISTAKES)
def test_a_mistake(page: str, failed: tuple[subprocess.CompletedProcess[str], Clone]) -> None:
    _, line, says = MISTAKES[page]
    assert says in message_of(failed[0].stderr, page, line)


def message_of(errors: str, page: str, line: int) -> str:
    match = re.search(rf"^{page}\.md:{line}: .*?(?=^\S+\.md:\d+: |\Z)", errors, re.MULTILINE | re.DOTALL)
    assert match, f"{page}.md:{line} is not named in:\n{errors[-6000:]}"
    return match.group()


def test_outputs_that_are_no_page_s_friend(clone: Clone) -> None:
    """50 MB, binary bytes, markup: capped with a note, replaced, escaped."""
    clone.write(
        much="# Much\n\n```console\n$ seq 1 7000000\n```\n",
        wide="# Wide\n\n```console\n$ head -c 50000000 /dev/zero | tr '\\0' x\n```\n",
        bytes="# Bytes\n\n```console\n$ head -c 20000 /dev/urandom\n$ printf '\\033[31mred\\033[0m \\0 \\377 \\007'\n```\n",
        markup="# Markup\n\n```console\n$ echo '<script>alert(1)</script> {{ seconds }} {% if %} &amp; ```'\n```\n",
    )
    done = clone.build()
    assert done.returncode == 0, done.stderr
    assert "more were printed and are not shown" in clone.page("much")
    assert "more were printed and are not shown" in clone.page("wide")
    assert len(clone.page("much")) + len(clone.page("wide")) < 200_000
    assert '<span class="t-red">red</span>' in clone.page("bytes")
    assert "\0" not in clone.page("bytes")
    assert "<script>alert(1)" not in clone.page("markup")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ seconds }} {% if %} &amp;amp; ```" in clone.page("markup")
    again = clone.build("replay")
    assert again.returncode == 0, again.stderr
