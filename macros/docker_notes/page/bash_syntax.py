"""Whether a command is complete: bash's own word, asked only where a glance does not tell.

Nothing is run: `bash -n` reads and does not execute (bash(1), "SHELL BUILTIN COMMANDS", `set -n`).
Where the machine has no bash, as for a replay on Windows, nothing is said to be open.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess

__all__ = ["continues", "what_is_open", "where_it_may_end"]

# bash 5.2 says "unexpected end of file" and not of what. Which of these it takes next tells what it waits for.
_CLOSERS = (
    ("`done`", "\ndone"),
    ("`done`", "\n:\ndone"),
    ("`fi`", "\nfi"),
    ("`fi`", "\n:\nfi"),
    ("`esac`", "\nesac"),
    ("`esac`", "\n:\nesac"),
    ("`}`", "\n}"),
    ("`}`", "\n:\n}"),
    ("`)`", "\n)"),
    ("`)`", "\n:\n)"),
    ("`do`", "\ndo :; done"),
    ("`then`", "\nthen :; fi"),
    ("`in`", "\nin x) :; esac"),
    ("a command", "\n:"),
    ("the function's body", "\n{ :; }"),
)
_HERE_DOCUMENT = re.compile(r"here-document at line \d+ delimited by end-of-file \(wanted `(.*)'\)")
_MATCHING = re.compile(r"unexpected EOF while looking for (?:matching )?`(.*)'")
_AT_END = "unexpected end of file"

# Words, quotes and operators that can leave nothing open; a here-document, a bracket or a substitution can.
_SAFE = re.compile(
    r"""
    (?P<operator>\|\|?|&&?|;|[0-9]*(?:>>?|<)(?:&[0-9-])?)(?![|&;<>(])
    |(?P<word>(?:
        '[^']*'
        |"(?:[^"\\`$]|\\.|\$\w+|\$\{\w+\}|\$[?$!\#@*-])*"
        |\$\w+|\$\{\w+\}|\$[?$!\#@*-](?![({])
        |\\[^\n]
        |(?<=[^\s|&;<>])\#
        |[^\s|&;<>()$`\\"'\#]
    )+)
    |[ \t]+
    """,
    re.VERBOSE,
)
_RESERVED = {
    "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "in",
    "select", "function", "time", "coproc", "{", "}", "!", "[[", "]]",
}  # fmt: skip
_BEFORE_A_COMMAND = {"", "|", "||", "&", "&&", ";"}


def what_is_open(text: str) -> str:
    """What bash would still wait for after these lines; empty where the command is complete, or no bash can tell."""
    if _is_surely_complete(text):
        return ""
    said = _bash(text)
    if wanted := _wanted(said):
        return f"the end of the here-document, a line `{wanted}`"
    if missing := _missing(said):
        return f"the closing `{missing}`" if missing in "\"'`" else f"`{missing}`"
    if _AT_END in said:
        return next((name for name, closer in _CLOSERS if "near unexpected token" not in _bash(text + closer)), "a command")
    return "a line to go on with, after the backslash" if continues(text) else ""


def where_it_may_end(text: str, below: list[str]) -> int:
    """How many of the lines below an open command it takes at least before bash needs to be asked again."""
    said = _bash(text)
    wanted, missing = _wanted(said), _missing(said)
    for number, line in enumerate(below, 1):
        if (wanted and line.lstrip("\t") == wanted) or (not wanted and missing in line):
            return number
    return len(below)


def continues(text: str) -> bool:
    """Whether its last line ends in a backslash that bash takes for "goes on in the next line"; one in a remark is none."""
    if (len(text) - len(text.rstrip("\\"))) % 2 == 0:
        return False
    if "#" not in text:
        return True
    # With an open quote in the backslash's place, only what is no remark is left open.
    probe = text[:-1] + "'"
    return bool(_bash(probe)) if _program() else not _ends_in_remark(text)


def _is_surely_complete(text: str) -> bool:
    # Within single quotes a backslash joins nothing; what is quoted does not matter here.
    joined = text.replace("\\\n", "")
    before, at = "", 0
    while at < len(joined):
        token = _SAFE.match(joined, at)
        if not token or (before in _BEFORE_A_COMMAND and token["word"] in _RESERVED):
            return False
        before = token["operator"] or ("word" if token["word"] else before)
        at = token.end()
    return before not in {"|", "||", "&&"} and not continues(joined)


def _ends_in_remark(text: str) -> bool:
    """Whether the text ends within a remark, as far as quotes tell."""
    quote = before = ""
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and quote != "'":
            at += 1
            char = "x"
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'`":
            quote = char
        elif char == "#" and (not before or before in " \t\n;|&()"):
            end = text.find("\n", at)
            if end < 0:
                return True
            at = end
            char = "\n"
        before = char
        at += 1
    return False


def _wanted(said: str) -> str:
    found = _HERE_DOCUMENT.search(said)
    return found[1] if found else ""


def _missing(said: str) -> str:
    found = _MATCHING.search(said)
    return found[1] if found else ""


@functools.cache
def _program() -> str:
    return shutil.which("bash") or ""


@functools.lru_cache(maxsize=4096)
def _bash(text: str) -> str:
    """What `bash -n` says about it; nothing where it is complete, or there is no bash."""
    program = _program()
    if not program:
        return ""
    # Nothing of the author's environment: BASH_ENV, exported functions, another language.
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ} | {"LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(  # noqa: S603  # reads, runs nothing
            [program, "--norc", "--noprofile", "-n", "-c", text],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return done.stderr.decode(errors="replace")
