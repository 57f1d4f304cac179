"""The line under a step, and the engine step by step: all that was recorded, valid, and hidden where it is not of the moment."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import html5lib
import pytest
from docker_notes.html import blocks
from docker_notes.html.panel import DRAWN, panel
from docker_notes.project.results import changes
from docker_notes.recording.state import UNLISTED, Change
from docker_notes.recording.wording import told

from tests.unit.samples import page, ran, recorded

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

    from docker_notes.recording.model import Recording

BASE = Change("image", "node:24-slim", {"names": ["node:24-slim"], "size": "221 MB", "id": "0" * 12})
IMAGE = Change("image", "hello", {"new": True, "names": ["hello:latest"], "size": "222 MB", "id": "a1" * 6})
NEWER = Change("image", "hello (2)", {"new": True, "names": ["hello:latest"], "size": "222 MB", "id": "b2" * 6})
WEB = Change("container", "web", {
    "new": True, "image": "hello", "state": "running", "ports": ["3000→80"], "networks": ["back"], "mounts": ["notes → /data"], "id": "c3" * 6,
})  # fmt: skip
STEPS = (
    ran("make", changes=(IMAGE,)),
    ran("list"),
    ran("run", changes=(Change("volume", "notes", {"new": True}), Change("network", "back", {"new": True}), WEB)),
    ran("stop", changes=(Change("container", "web", {"state": "exited", "exit": 0, "ports": []}),)),
    ran("build", changes=(NEWER, Change("image", "hello", {"names": []}))),
    ran("rm", changes=(Change("container", "web", {"gone": True}),), passing=(Change("image", "hello (2)", {"passed": "built"}),)),
)
RECORDING = recorded(*STEPS, at_start=(BASE,))


def tree(html: str) -> ET.Element:
    """What a browser makes of it; nothing in it may be a mistake."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    found: ET.Element = parser.parseFragment(html)
    assert not parser.errors, parser.errors
    return found


def of(element: ET.Element, class_: str) -> list[ET.Element]:
    return [each for each in element.iter() if class_ in (each.get("class") or "").split()]


def text(element: ET.Element) -> str:
    return "".join(element.itertext())


def drawn(recording: Recording = RECORDING) -> ET.Element:
    return tree(panel(recording))


def at(element: ET.Element, step: int) -> str:
    """The text that is there at a step, as the script would show it."""
    if element.get("data-from") is not None:
        last = [int(element.get(name) or 10**6) for name in ("data-to", "data-gone")]
        if not int(element.get("data-from") or 0) <= step < min(last):
            return ""
    return "".join([element.text or "", *(at(child, step) + (child.tail or "") for child in element)])


def words(element: ET.Element, step: int) -> str:
    return " ".join(at(element, step).split())


def test_below_a_step_stands_what_it_changed() -> None:
    shown = blocks.shown(
        page("```console\n$ make\n$ list\n$ run\n```\n"), recorded(*STEPS[:3], at_start=(BASE,), inputs=RECORDING.inputs)
    )
    steps = [blocks.Shown(block.block, STEPS[:3], block.told) for block in shown]
    found = tree(blocks.block(blocks.Shown(steps[0].block, STEPS[:3], tuple(told(RECORDING)[:3]))))
    assert [text(line) for line in of(found, "console-changes")] == [
        "The engine after step 1 +new:  image hello (222 MB)",
        "The engine after step 3 +new:  volume notes; +new:  network back; +new:  container web (running, 3000→80, on back, notes→/data)",
    ]
    assert [line.get("data-changes") for line in of(found, "console-changes")] == ["1", "3"]
    assert all("data-search-exclude" in line.attrib for line in of(found, "console-changes"))
    assert [step.get("id") for step in of(found, "console-step")] == ["at-1", "at-2", "at-3"]
    [link, *_] = of(found, "console-changes")[0].iter("a")
    assert (link.get("href"), link.get("data-show")) == ("#engine", "1")


def test_apart_from_its_page_a_line_leads_nowhere() -> None:
    shown = blocks.Shown(page("```console\n$ make\n```\n").blocks[0], STEPS[:1], tuple(told(RECORDING)[:1]))
    found = tree(blocks.block(shown, anchored=False))
    assert not list(found.iter("a"))
    assert of(found, "console-step")[0].get("id") is None


def test_each_block_has_the_words_of_its_own_steps() -> None:
    recording = recorded(ran("make", changes=(IMAGE,)), ran("list", changes=(WEB,)), at_start=(BASE,))
    found = blocks.shown(page("```console\n$ make\n```\n```console\n$ list\n```\n"), recording)
    assert [[words and words.number for words in each.told] for each in found] == [[1], [2]]


def test_an_older_recording_shows_neither_lines_nor_panel() -> None:
    assert panel(recorded(*STEPS)) == ""
    assert "console-changes" not in blocks.block(blocks.shown(page(), recorded())[0])
    assert changes(recorded(*STEPS)) == [[]] * 6


def test_a_page_that_changes_nothing_has_no_panel() -> None:
    assert panel(recorded(ran("true"), at_start=(BASE,))) == ""


def test_changes_as_plain_clauses() -> None:
    assert changes(RECORDING) == [
        ["+ image hello (222 MB)"],
        [],
        ["+ volume notes", "+ network back", "+ container web (running, 3000→80, on back, notes→/data)"],
        ["~ container web: exited (0), 3000→80 closed"],
        ["~ image hello: the name moved to a new image, b2b2b2b2b2b2; the old one, a1a1a1a1a1a1, has no name now"],
        ["− container web", "· image hello: built again, the same image"],
    ]


# ---------------------------------------------------------------------------------- the picture


def test_the_picture_of_each_step() -> None:
    found = drawn()
    [web] = of(found, "engine-container")
    first, second = of(found, "engine-slab")

    def seen(element: ET.Element, step: int) -> str:
        return words(element, step).removeprefix("new").removeprefix("changed")

    assert words(of(found, "engine-stacks")[0], 0) == "", "a base image is drawn where something stands on it"
    assert [seen(first, step) for step in (1, 4, 5)] == [
        "image hello a1a1a1a1a1a1 222 MB", "image hello a1a1a1a1a1a1 222 MB", "image no namea1a1a1a1a1a1 222 MB",
    ]  # fmt: skip
    assert seen(second, 6) == "image hello b2b2b2b2b2b2 222 MB"
    assert [seen(web, step) for step in (2, 3, 4, 6)] == [
        "", "container web running 3000→80 back notes→/data", "container web exited (0) back notes→/data", "",
    ]  # fmt: skip


def test_without_a_script_the_final_state_is_in_sight() -> None:
    found = drawn()
    [details] = of(found, "engine")
    assert "open" in details.attrib
    hidden = [
        name
        for each in of(found, "engine-name")
        if not any("hidden" in parent.attrib for parent in _above(found, each))
        for name in [text(each)]
    ]
    assert sorted(hidden) == ["back", "hello", "notes"]
    assert not any("hidden" not in flag.attrib for flag in of(found, "engine-flag"))


def _above(root: ET.Element, element: ET.Element) -> list[ET.Element]:
    parents = {child: parent for parent in root.iter() for child in parent}
    found = [element]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found


def test_what_a_step_did_is_a_word() -> None:
    [web] = of(drawn(), "engine-container")
    assert [(text(flag), flag.get("data-from"), flag.get("data-to")) for flag in of(web, "engine-flag")] == [
        ("new", "3", "3"), ("changed", "4", "4"), ("removed", "6", "6"),
    ]  # fmt: skip
    assert (web.get("data-from"), web.get("data-gone"), web.get("data-changed")) == ("3", "6", "4")


def test_networks_and_volumes_are_links_in_their_container() -> None:
    found = drawn()
    nodes = {text(of(node, "engine-name")[0]): node.get("id") for node in of(found, "engine-node")}
    [web] = of(found, "engine-container")
    assert [link.get("href") for link in web.iter("a")] == [f"#{nodes['back']}", f"#{nodes['notes']}"]


def test_what_a_container_stands_on_stays_though_it_is_not_listed() -> None:
    unlisted = ran("build", changes=(NEWER, Change("image", "hello", {"gone": UNLISTED})))
    found = drawn(recorded(*STEPS[:3], unlisted, at_start=(BASE,)))
    [first, _] = of(found, "engine-stack")
    assert first.get("data-gone") is None
    assert "not listed" in words(first, 4)
    unknown = drawn(recorded(ran("run", changes=(WEB,)), at_start=()))
    assert "not listed" in words(of(unknown, "engine-stack")[0], 1)


def test_the_table_tells_what_became_of_each_thing() -> None:
    rows = [[text(cell) for cell in row if cell.tag in {"th", "td"}] for row in of(drawn(), "engine-table")[0].iter("tr")]
    assert rows == [
        ["Thing", "Step, and what it did"],
        ["image hello a1a1a1a1a1a1", "1 built; 5 no longer named hello, has no name now"],
        ["image hello b2b2b2b2b2b2", "5 built; 6 built again, the same image"],
        ["container web", "3 created, running; 4 exited (0), 3000→80 closed; 6 removed"],
        ["network back", "3 created"],
        ["volume notes", "3 created"],
    ]


def test_the_records_are_in_the_page_and_end_no_script() -> None:
    evil = Change("container", "web", {"new": True, "image": "hello", "state": "running", "mounts": ["</script><b> → /x"]})
    html = panel(recorded(ran("run", changes=(evil,)), at_start=()))
    [script] = tree(html).iter("script")
    assert json.loads(text(script)) == [{"step": 1, "changes": [{"container": "web", **evil.fields}]}]
    assert "<b> →" not in html


@pytest.mark.parametrize("name", ["x" * 128, "a" * 128])
def test_sixty_containers_are_capped_and_said(name: str) -> None:
    many = tuple(Change("container", f"{name}{n}", {**WEB.fields, "id": f"{n:012}"}) for n in range(60))
    found = drawn(
        recorded(
            ran("up", changes=many), ran("down", changes=tuple(Change(c.kind, c.thing, {"gone": True}) for c in many)), at_start=()
        )
    )
    assert len(of(found, "engine-container")) == DRAWN
    assert [text(more) for more in of(found, "engine-more")] == ["20 more containers are not drawn; the table has them."]
    assert len(list(of(found, "engine-table")[0].iter("tr"))) == 61


def test_ids_are_given_once() -> None:
    ids = [each.get("id") for each in drawn().iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_swarm_and_compose_things_are_drawn_as_others() -> None:
    networks = [Change("network", name, {"new": True, "driver": "overlay"}) for name in ("ingress", "shop_default")]
    found: Any = drawn(recorded(ran("init", changes=tuple(networks)), at_start=()))
    assert [text(node).split() for node in of(found, "engine-node")] == [
        ["new", "network", "ingress"],
        ["new", "network", "shop_default"],
    ]


def test_a_page_costs_few_bytes() -> None:
    steps = [
        step
        for n in range(40)
        for step in (
            ran(f"run {n}", changes=(Change("container", f"web{n}", {**WEB.fields, "id": f"{n * 7919:012}"}),)),
            ran(f"stop {n}", changes=(Change("container", f"web{n}", {"state": "exited", "exit": 0, "ports": []}),)),
            ran(f"rm {n}", changes=(Change("container", f"web{n}", {"gone": True}),)),
        )
    ]
    assert len(gzip.compress(panel(recorded(*steps, at_start=(BASE,))).encode(), 9)) < 7000
