"""The macros for pages: what they say, and page:line of what they can not say; nothing is ever made up or left empty."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from docker_notes.errors import GrammarError
from docker_notes.html.facts import Missing
from docker_notes.project.cache import Cache
from docker_notes.project.results import PageResult
from docker_notes.site.macros import PageMacros
from docker_notes.site.pages import Pages
from docker_notes.site.values import Values
from guide.macros import GuideMacros, Source

from tests.unit.samples import page, ran, recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from docker_notes.recording.model import StepResult

    New = Callable[..., "AtWork"]

HEAD = "IMAGE          CREATED      CREATED BY                              SIZE      COMMENT"


def history(*rows: tuple[str, str]) -> list[str]:
    return [HEAD, *(f"{'<missing>':15}2 days ago   {what:40}{size:10}" for what, size in rows)]


DIGEST = "sha256:{:0<64}"
BUILD = [" => [1/3] FROM node     0.0s", " => CACHED [2/3] COPY . .     0.0s", " => [3/3] RUN npm ci     2.0s"]
PAGES: Mapping[str, str] = {
    "page.md": """\
---
title: The page
failures:
  - {block: slow, title: It says `no`, text: "no <such>", means: " It is not there.", fix: "Make it. "}
---
# The page

```console name="slow" title="The slow one"
$ make
$ fetch
? 3
```
```console name="fast"
$ make --fast
$ docker run --rm one
```
```console name="old"
$ docker build -t web .
$ docker history web
$ docker image inspect web
$ echo done
```
```console name="new"
$ docker build -t web .
$ docker history web  # again
$ docker image inspect web
```
```console name="base"
$ docker history --no-trunc node:24-slim
$ docker image inspect node:24-slim
```
```console name="ports" title="Ports"
$ docker port web
$ docker history
```
```console
$ docker create a && docker start a
$ docker pause a && docker unpause a
$ docker kill a && docker run a
```
""",
    "life.md": """\
```console name="first"
$ docker create a && docker start a
```
```console
$ docker pause a; docker unpause a
$ docker stop a
$ docker kill a
$ docker restart a
$ docker rm a
? 1
$ docker run a
$ docker rm a; docker stop a
```
""",
    "plain.md": "# No blocks\n",
}
STEPS: Mapping[str, Sequence[StepResult]] = {
    "page.md": (
        ran("make", "made 12.5MB", seconds=14.2), ran("fetch", "no <such>   thing", status=3, seconds=0.3),
        ran("make --fast", "web   1kB", seconds=1.0), ran("docker run --rm one", "one", "one more", seconds=0.1),
        ran("docker build -t web .", *BUILD), ran("docker history web", *history(("RUN a", "1MB"), ("CMD", "0B"))),
        ran("docker image inspect web", DIGEST.format("a")), ran("echo done", "done"),
        ran("docker build -t web .", *BUILD[:1]), ran("docker history web  # again", *history(("RUN b", "2MB"), ("CMD", "0B"))),
        ran("docker image inspect web", DIGEST.format("b")),
        ran("docker history --no-trunc node:24-slim", *history(("COPY c", "2MB"), ("CMD", "0B"))), ran("docker image inspect node:24-slim", "two", "lines"),
        ran("docker port web", "80/tcp -> 0.0.0.0:3000"), ran("docker history", *history(("CMD", "0B"))),
        ran("docker create a && docker start a"), ran("docker pause a && docker unpause a"), ran("docker kill a && docker run a"),
    ),
    "life.md": (
        ran("docker create a && docker start a"), ran("docker pause a; docker unpause a"), ran("docker stop a"), ran("docker kill a"),
        ran("docker restart a"), ran("docker rm a", status=1), ran("docker run a"), ran("docker rm a; docker stop a"),
    ),
}  # fmt: skip


class AtWork:
    """A page at work, and its macros."""

    def __init__(
        self,
        cache: Cache,
        path: str = "page.md",
        *,
        steps: Mapping[str, Sequence[StepResult]] = STEPS,
        texts: Mapping[str, str] = PAGES,
    ) -> None:
        self.pages = Pages({name: page(texts[name], name) for name in steps})
        self.pages.results = {name: PageResult(recorded(*found, page=name), live=False) for name, found in steps.items()}
        self.values = Values(lambda asked: not self.pages.settled(asked))
        self.macros = PageMacros(self.pages, self.values, cache, lambda: (path, 0))
        self._macros = self.macros.macros()
        self._own = GuideMacros(
            Source(self.macros, self.pages, lambda: dict(texts), lambda: {name: name[:-3] + ".html" for name in texts})
        )
        self._macros["failures"] = self._own.failures
        self._macros["totals"] = self.macros.deferred(self._own.totals)

    def say(self, macro: str, *words: object, **named: object) -> str:
        return self.values.fill(self._macros[macro](*words, **named))

    def missed(self, macro: str, *words: object, **named: object) -> str:
        """What a macro could not say: the one error, which also stands on the page."""
        shown = self.say(macro, *words, **named)
        [error] = self.values.missed
        assert "".join(ET.fromstring(shown).itertext()) == str(error)
        assert ET.fromstring(shown).get("class") == "fact-missing"
        return str(error)


@pytest.fixture
def new(tmp_path: Path) -> New:
    return partial(AtWork, Cache(tmp_path))


def plain(html: str) -> str:
    """Its words, and the exact figure that hovers over them."""
    element = ET.fromstring(html)
    exact = element.get("title")
    return "".join(element.itertext()) + (f" ({exact})" if exact else "")


@pytest.mark.parametrize(
    ("macro", "words", "says"),
    [
        ("seconds", ("slow", 1), "about 14 seconds (14.200 s)"),
        ("seconds", ("slow",), "0.3 seconds (0.300 s)"),
        ("seconds", ("page.md#fast",), "0.1 seconds (0.100 s)"),
        ("size", ("slow",), "12 MB (12.5MB)"),
        ("size", ("fast", 1), "1.0 kB (1kB)"),
        ("output_line", ("slow", "such"), "no <such> thing"),
        ("output_line", ("slow", "made"), "made 12.5MB"),
        ("output_line", ("fast", "one", 2, 2), "one more"),
        ("times_faster", ("slow", "fast", 1), "14 times (14.20 s against 1.00 s)"),
        ("times_faster", ("slow", "fast"), "3 times (0.30 s against 0.10 s)"),
    ],
)
def test_what_a_macro_says(new: New, macro: str, words: tuple[object, ...], says: str) -> None:
    page = new()
    assert plain(page.say(macro, *words)) == says
    assert page.values.missed == []


def test_numbers_without_markup(new: New) -> None:
    page = new()
    assert (page.say("exit_status", "slow"), page.say("exit_status", "slow", 1)) == ("3", "0")
    assert page.say("cached", "old") == "1 of 2"


def test_a_macro_tells_what_it_does(new: New) -> None:
    assert all(macro.__doc__ for macro in new().macros.macros().values())


def test_any_page_can_ask_for_what_another_printed(new: New) -> None:
    assert plain(new("plain.md").say("seconds", "page.md#slow", step=1)) == "about 14 seconds (14.200 s)"


# -------------------------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("macro", "words", "says"),
    [
        ("seconds", ("nobody",), "no block of page.md is named 'nobody'; its names: base, fast, new, old, ports, slow"),
        ("seconds", ("",), "no block of page.md is named ''"),
        ("seconds", ("plain.md#slow",), "the page plain.md has no blocks"),
        ("seconds", ("gone.md#slow",), "the page gone.md has no blocks"),
        ("seconds", ("slow", 3), "the block 'slow' has 2 steps, not 3"),
        ("seconds", ("slow", "2"), "not supported between"),
        ("seconds", (), "missing 1 required positional argument: 'name'"),
        ("size", ("base", 1, 2), "positional arguments"),
        ("size", ("ports", 1), "`docker port web` printed no size such as 12MB"),
        ("output_line", ("slow", "<b>"), "0 lines of `fetch` contain '<b>', number 1 is asked for"),
        ("output_line", ("slow", "such", 2, 2), "1 lines of `fetch` contain 'such', number 2 is asked for"),
        ("times_faster", ("fast", "slow"), "it took 0.30 s, the one said to be slower 0.10 s"),
        ("cached", ("fast",), "no steps such as ` => [1/3] FROM …` in it; it begins: 'one'"),
        ("build_steps", ("old", "fast"), "it begins: 'one'"),
        ("build_steps", (), "a figure needs the name of a block, each once"),
        ("build_steps", ("old", "old"), "a figure needs the name of a block, each once"),
        ("layers", (), "a figure needs the name of a block, each once"),
        ("layers", ("old", "old"), "a figure needs the name of a block, each once"),
        ("layers", ("old", "new", "base"), "2 fit side by side, not 3"),
        ("layers", ("slow",), "no table of `docker history` in it; it begins: 'no <such>   thing'"),
        ("layers", ("old", "base"), "not the digest of a layer: 'two'"),
        ("layers", ("ports",), "`docker history` names no image behind `history`"),
        ("ports", ("slow",), "no published port such as `80/tcp -> 0.0.0.0:3000` in it; it begins: 'no <such>   thing'"),
        ("lifecycle", (), "no command of this page ran `docker restart`"),
    ],
)
def test_what_an_output_does_not_hold_is_an_error_that_says_so(new: New, macro: str, words: tuple[object, ...], says: str) -> None:
    page = new()
    told = page.missed(macro, *words)
    assert told.startswith(f"page.md:1: {{{{ {macro}({', '.join(map(repr, words))}) }}}}: ")
    assert says in told


def test_the_call_is_told_with_its_named_words(new: New) -> None:
    assert new().missed("seconds", "slow", step=9).startswith("page.md:1: {{ seconds('slow', step=9) }}: the block 'slow' has 2")


def test_a_page_without_names_says_so(new: New) -> None:
    page = new(steps={"plain.md": (ran("list"),)}, texts={"plain.md": "```console\n$ list\n```\n"}, path="plain.md")
    assert "no block of plain.md is named 'x'; its names: none" in page.missed("seconds", "x")


@pytest.mark.parametrize("unsettled", ["failed", "running"])
def test_what_follows_from_another_failure_is_not_told_again(new: New, unsettled: str) -> None:
    page = new()
    if unsettled == "failed":
        page.pages.failures = {"page.md": [GrammarError("page.md", 1, "wrong")]}
    else:
        page.pages.results = {"page.md": replace(page.pages.results["page.md"], running=True)}
    assert "no block of page.md is named" in page.say("seconds", "nobody")
    assert page.values.missed == []


# ---------------------------------------------------------------------------------------- figures


def heads(figure: str) -> list[str]:
    return re.findall(r'class="fig-head"[^>]*>([^<]*)<', figure)


def test_layers_are_found_in_whichever_step_printed_them(new: New) -> None:
    page = new()
    assert heads(page.say("layers", "old")) == ["web"]
    assert heads(page.say("layers", "base")) == ["node:24-slim"]
    assert "the base image" in page.say("layers", "old", base="old")
    assert page.values.missed == []


def test_two_builds_of_one_image_are_two_stacks(new: New) -> None:
    figure = new().say("layers", "old", "new")
    assert heads(figure) == ["old", "new"]
    assert "RUN a 1MB" in figure
    assert "RUN b 2MB" in figure


def test_builds_are_named_by_the_titles_of_their_blocks(new: New) -> None:
    texts = {**PAGES, "page.md": PAGES["page.md"].replace('name="old"', 'name="old" title="Before"')}
    assert heads(new(texts=texts).say("build_steps", "old", "new")) == ["Before", "new"]
    texts["page.md"] = texts["page.md"].replace('name="new"', 'name="new" title="Before"')
    assert heads(new(texts=texts).say("build_steps", "old", "new")) == ["old", "new"], "one title would hide a build"


def test_ports_are_drawn_from_the_step_that_told_them(new: New) -> None:
    assert "0.0.0.0 port 3000 leads to port 80 (tcp) of the container" in new().say("ports", "ports")


def test_the_life_of_a_container_leads_to_the_first_run_that_did_it(new: New) -> None:
    figure = new("life.md").say("lifecycle")
    links = {verb: href for href, verb in re.findall(r'<a href="([^"]*)"><text[^>]*>docker (\w+)<', figure)}
    assert links == {
        **dict.fromkeys(("create", "start"), "#run-first"),
        **dict.fromkeys(("pause", "unpause", "stop", "kill", "restart", "rm", "run"), "#run-2"),
    }


def test_a_command_that_failed_draws_no_arrow(new: New) -> None:
    steps = {"life.md": [replace(step, exit_status=1) if " rm " in f"{step.command} " else step for step in STEPS["life.md"]]}
    assert "no command of this page ran `docker rm`" in new("life.md", steps=steps).missed("lifecycle")


# --------------------------------------------------------------------------------- lists of pages


def test_every_failure_is_told_with_its_way_out(new: New) -> None:
    told = new().say("failures")
    assert told == (
        '## It says `no` `` no <such> ``{ .visually-hidden } { #it-says-no data-toc-label="It says no" }\n\n'
        '<pre class="failure-text"><code><mark>no &lt;such&gt;</mark> thing</code></pre>\n\n'
        "It is not there.\n\n**The way out:** Make it.\n\n"
        "It happens on [The page](page.md#run-slow)."
    )


@pytest.mark.parametrize(
    ("was", "is_", "says"),
    [
        ('text: "no <such>"', 'text: "yes"', "the block 'page.md#slow' does not print 'yes'"),
        ("block: slow", "block: gone", "no block of page.md is named 'gone'"),
    ],
)
def test_a_failure_that_the_page_does_not_show(new: New, was: str, is_: str, says: str) -> None:
    page = new("plain.md", texts={**PAGES, "page.md": PAGES["page.md"].replace(was, is_)})
    page.say("failures")
    [error] = page.values.missed
    assert says in str(error)


def test_a_failure_that_lacks_a_part(new: New) -> None:
    with pytest.raises(Missing, match=r"^a failure of page.md lacks block$"):
        new("plain.md", texts={**PAGES, "page.md": PAGES["page.md"].replace("block: slow, ", "")}).say("failures")


def test_totals_add_up(new: New) -> None:
    told = new().say("totals")
    seconds = sum(step.seconds for steps in STEPS.values() for step in steps)
    words = " ".join("".join(ET.fromstring(f"<div>{told}</div>").itertext()).split())
    assert words.startswith(
        f"26 commands were run for this site, 2 builds among them, on Docker Engine 28.5.2. They took {seconds:.0f} seconds; "
        "the slowest page is The page."
    )
    rows = [["".join(cell.itertext()) for cell in row] for row in ET.fromstring(f"<div>{told}</div>").iter("tr")]
    assert [row[:3] for row in rows] == [["Page", "Commands", "Builds"], ["The page", "18", "2"], ["life.md", "8", "0"]]
    assert '<a href="page.html">The page</a>' in told


def test_totals_of_a_site_that_ran_nothing(new: New) -> None:
    told = new("plain.md", steps={}).say("totals")
    assert (
        "<strong>0 commands</strong> were run for this site, <strong>0 builds</strong> among them. They took 0 seconds.</p>" in told
    )


def test_a_value_in_a_tag_is_text_and_a_figure_needs_no_paragraph(new: New) -> None:
    page = new()
    word = page.macros.macros()["seconds"]("slow", 1)
    assert page.values.fill(f'<h2 id="x-{word}">{word}</h2>').startswith('<h2 id="x-about 14 seconds"><span class="fact"')
    assert page.values.plain(f"It took {word}") == "It took about 14 seconds"
    figure = page.macros.macros()["ports"]("ports")
    assert page.values.fill(f"<p>{figure}</p>").startswith("<figure")
