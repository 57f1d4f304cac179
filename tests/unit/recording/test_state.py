"""What steps change of an engine, from its lists and events, and in which words that is told: every kind of change once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.recording.state import (
    Change,
    Container,
    Event,
    Image,
    Look,
    Network,
    Snapshot,
    Telling,
    Volume,
    folded,
    human,
    tell,
)  # fmt: skip
from docker_notes.recording.wording import Clause, clauses, shortened, things_named

from tests.unit.samples import ran

if TYPE_CHECKING:
    from docker_notes.recording.model import StepResult

BASE = Image("sha256:" + "0" * 64, ("node:24-slim", "node:latest"), 221_000_000)
HELLO = Image("sha256:" + "a" * 64, ("hello:latest",), 221_300_000)
NEWER = Image("sha256:" + "b" * 64, ("hello:latest",), 221_300_000)
WEB = Container("1" * 64, "web", HELLO.id, "hello", ports=("3000→80",))
ENDED = replace(WEB, state="exited", exit=0, ports=())
START = Snapshot(images=(BASE, HELLO))
_CLOCK = 1_000_000


def happened(*actions: str, of: str = WEB.id, kind: str = "container", at: int = 0, **attributes: str) -> list[Event]:
    """Events of one thing, each later than the one before, and seen a little later."""
    return [
        Event(kind, action, of, attributes, at=(at + n) * _CLOCK, arrived=(at + n) * _CLOCK + 500)
        for n, action in enumerate(actions, 1)
    ]


def holding(*containers: Container, **more: Any) -> Snapshot:
    return replace(START, containers=containers, **more)


def told_of(
    before: Snapshot, after: Snapshot, events: list[Event] | None = None, *, itself: bool = False
) -> tuple[tuple[Change, ...], Telling]:
    looks = [Look(before), Look(after, 10**12, 0, before=itself)]
    start, [telling] = tell(looks, events or [], 1)
    return start, telling


def words(before: Snapshot, after: Snapshot, *events: Event, itself: bool = False) -> list[str]:
    start, telling = told_of(before, after, list(events), itself=itself)
    said, _ = clauses(folded({}, start), step(telling))
    return [clause.text for clause in said]


def step(telling: Telling) -> StepResult:
    return ran("make", changes=telling.changes, meanwhile=telling.meanwhile, passing=telling.passing)


CONTAINERS: list[tuple[str, Snapshot, Snapshot, list[Event], list[str]]] = [
    ("created", START, holding(replace(WEB, state="created", ports=())), happened("create"), ["+ container web (created)"]),
    ("started", START, holding(WEB), happened("create", "start"), ["+ container web (running, 3000→80)"]),
    (
        "with links",
        holding(volumes=(Volume("notes"),), networks=(Network("n" * 64, "back"),)),
        holding(
            replace(WEB, ports=(), networks=("back", "bridge"), mounts=(("notes", "/data"), ("/home/reader/app", "/app"))),
            volumes=(Volume("notes"),),
            networks=(Network("n" * 64, "back"),),
        ),
        happened("create", "start"),
        ["+ container web (running, on back, ~/app→/app, notes→/data)"],
    ),
    (
        "ran",
        START,
        holding(replace(ENDED, exit=3)),
        happened("create", "attach", "start", "die"),
        ["+ container web: ran and exited (3)"],
    ),
    (
        "came and went",
        START,
        START,
        happened("create", "attach", "start", image="hello") + happened("die", at=5, exitCode="0") + happened("destroy", at=6),
        ["· a container of hello ran, exited (0) and was removed"],
    ),
    (
        "created and removed",
        START,
        START,
        happened("create", "destroy", image="hello"),
        ["· a container of hello was created and removed"],
    ),
    (
        "two came and went",
        START,
        START,
        [event for of in ("1", "2") for event in happened("create", "start", "die", "destroy", of=of, image="hello", exitCode="3")],
        ["· 2 containers of hello ran, exited (3) and were removed"],
    ),
    (
        "did not start",
        START,
        holding(replace(WEB, state="created", ports=(), failed=True)),
        happened("create"),
        ["+ container web (created; did not start)"],
    ),
    ("started again", holding(ENDED), holding(WEB), happened("start"), ["~ container web: running, 3000→80 open"]),
    ("stopped", holding(WEB), holding(ENDED), happened("kill", "die", "stop"), ["~ container web: exited (0), 3000→80 closed"]),
    (
        "by itself",
        holding(WEB),
        holding(replace(ENDED, exit=3)),
        happened("die"),
        ["~ container web: exited (3), by itself, 3000→80 closed"],
    ),
    (
        "restarted",
        holding(WEB),
        holding(WEB),
        happened("kill", "die", "stop", "start", "restart", exitCode="0"),
        ["~ container web: stopped and started again"],
    ),
    (
        "by policy",
        holding(WEB),
        holding(WEB),
        happened("die", "start", exitCode="1"),
        ["~ container web: started again, by its restart policy"],
    ),
    (
        "crash loop",
        holding(WEB),
        holding(WEB),
        happened("die", "start", "die", "start", exitCode="1"),
        ["~ container web: restarting"],
    ),
    (
        "by policy, then ended",
        holding(replace(WEB, ports=())),
        holding(replace(ENDED, exit=1)),
        happened("die", "start", "die", "start", "die", "start", "die"),
        ["~ container web: started again 3 times, then exited (1)"],
    ),
    ("paused", holding(WEB), holding(replace(WEB, state="paused")), happened("pause"), ["~ container web: paused"]),
    ("unpaused", holding(replace(WEB, state="paused")), holding(WEB), happened("unpause"), ["~ container web: running again"]),
    ("renamed", holding(WEB), holding(replace(WEB, name="shop")), happened("rename"), ["~ container web: now named shop"]),
    ("wrote", holding(WEB), holding(replace(WEB, layer=True)), [], ["~ container web: wrote to its own layer"]),
    ("health", holding(WEB), holding(replace(WEB, health="healthy")), [], ["~ container web: healthy"]),
    ("joined", holding(WEB), holding(replace(WEB, networks=("back",))), [], ["~ container web: joined back"]),
    (
        "left",
        holding(replace(WEB, networks=("back", "bridge"))),
        holding(replace(WEB, networks=("bridge",))),
        [],
        ["~ container web: left back"],
    ),
    ("removed", holding(WEB), START, happened("kill", "die", "destroy"), ["− container web"]),
    (
        "removed with its layer",
        holding(replace(WEB, layer=True)),
        START,
        happened("destroy"),
        ["− container web, with what it had written"],
    ),
    (
        "ran again",
        holding(ENDED),
        holding(ENDED),
        happened("attach", "start", "die", exitCode="0"),
        ["· container web: ran again, exited (0)"],
    ),
    (
        "unnamed",
        START,
        holding(replace(WEB, name="zen_ellis")),
        happened("create", "start"),
        ["+ container of hello (running, 3000→80)"],
    ),
    ("an exec that wrote nothing", holding(WEB), holding(WEB), happened("exec_start", "exec_die"), []),
]


@pytest.mark.parametrize(
    ("before", "after", "events", "line"), [case[1:] for case in CONTAINERS], ids=[case[0] for case in CONTAINERS]
)
def test_a_container(before: Snapshot, after: Snapshot, events: list[Event], line: list[str]) -> None:
    assert words(before, after, *events) == line


def image(*images: Image) -> Snapshot:
    return Snapshot(images=(BASE, *images))


UNNAMED = replace(HELLO, names=())


def of_hello(*actions: str) -> list[Event]:
    return happened(*actions, kind="image", of=HELLO.id)


IMAGES: list[tuple[str, Snapshot, Snapshot, list[Event], list[str]]] = [
    ("built", image(), image(HELLO), of_hello("tag", "create"), ["+ image hello (221 MB)"]),
    ("without a name", image(), image(UNNAMED), of_hello("create"), ["+ image aaaaaaaaaaaa (221 MB, no name)"]),
    (
        "its name moved",
        image(HELLO),
        image(NEWER, UNNAMED),
        happened("tag", "create", kind="image", of=NEWER.id),
        ["~ image hello: the name moved to a new image, bbbbbbbbbbbb; the old one, aaaaaaaaaaaa, has no name now"],
    ),
    (
        "the same, containerd store",
        image(HELLO),
        image(NEWER),
        happened("tag", "create", kind="image", of=NEWER.id),
        ["~ image hello: the name moved to a new image, bbbbbbbbbbbb; the old one, aaaaaaaaaaaa, is not listed any more"],
    ),
    (
        "its name moved, another one is left",
        image(replace(HELLO, names=("hello:before", "hello:latest"))),
        image(NEWER, replace(HELLO, names=("hello:before",))),
        [],
        ["~ image hello: the name moved to a new image, bbbbbbbbbbbb; the old one, aaaaaaaaaaaa, is still named hello:before"],
    ),
    ("nothing new", image(HELLO), image(HELLO), of_hello("tag", "create"), ["· image hello: built again, the same image"]),
    (
        "pulled, nothing new",
        image(HELLO),
        image(HELLO),
        happened("pull", kind="image", of="hello:latest"),
        ["· image hello: pulled again, the same image"],
    ),
    (
        "tagged",
        image(HELLO),
        image(replace(HELLO, names=("hello:latest", "hello:old"))),
        [],
        ["~ image hello: also named hello:old"],
    ),
    (
        "untagged",
        image(replace(HELLO, names=("hello:latest", "hello:old"))),
        image(HELLO),
        [],
        ["~ image hello: no longer named hello:old"],
    ),
    ("its last name", image(HELLO), image(UNNAMED), [], ["~ image aaaaaaaaaaaa: no longer named hello, has no name now"]),
    ("named", image(UNNAMED), image(HELLO), [], ["~ image aaaaaaaaaaaa: now named hello"]),
    ("deleted", image(HELLO), image(), of_hello("untag", "delete"), ["− image hello"]),
    ("deleted without a name", image(UNNAMED), image(), of_hello("delete"), ["− image aaaaaaaaaaaa, which had no name"]),
    ("pulled", image(), image(HELLO), happened("pull", kind="image", of="hello:latest"), ["+ image hello (pulled, 221 MB)"]),
    ("loaded", image(), image(HELLO), of_hello("load"), ["+ image hello (loaded, 221 MB)"]),
    ("committed", image(), image(HELLO), happened("commit", imageID=HELLO.id), ["+ image hello (committed, 221 MB)"]),
]


@pytest.mark.parametrize(("before", "after", "events", "line"), [case[1:] for case in IMAGES], ids=[case[0] for case in IMAGES])
def test_an_image(before: Snapshot, after: Snapshot, events: list[Event], line: list[str]) -> None:
    assert words(before, after, *events) == line


_HEX = "f" * 64
OTHERS: list[tuple[Snapshot, Snapshot, list[str]]] = [
    (Snapshot(), Snapshot(volumes=(Volume("notes"),)), ["+ volume notes"]),
    (Snapshot(volumes=(Volume("notes"),)), Snapshot(), ["− volume notes"]),
    (Snapshot(volumes=(Volume("notes", "1"),)), Snapshot(volumes=(Volume("notes", "2"),)), ["− volume notes", "+ volume notes"]),
    (Snapshot(), Snapshot(volumes=(Volume(_HEX),)), ["+ an anonymous volume"]),
    (Snapshot(), Snapshot(networks=(Network("n", "back"),)), ["+ network back"]),
    (Snapshot(), Snapshot(networks=(Network("n", "far", "overlay"),)), ["+ network far (overlay)"]),
    (Snapshot(networks=(Network("n", "back"),)), Snapshot(), ["− network back"]),
    (Snapshot(cache=(15, 40_000_000)), Snapshot(cache=(3, 6_000_000)), ["− build cache: 12 records, 34 MB"]),
    (Snapshot(cache=(3, 6_000_000)), Snapshot(cache=(15, 40_000_000)), []),
    (Snapshot(), Snapshot(), []),
]


@pytest.mark.parametrize(("before", "after", "line"), OTHERS)
def test_volumes_networks_and_the_build_cache(before: Snapshot, after: Snapshot, line: list[str]) -> None:
    assert words(before, after) == line


def test_what_no_command_did_is_told_apart() -> None:
    assert words(holding(WEB), holding(replace(ENDED, ports=("3000→80",))), *happened("die"), itself=True) == [
        "meanwhile: ~ container web: exited (0), by itself"
    ]


def test_an_exit_that_a_command_caused_is_not_by_itself() -> None:
    stopped_while_restarting = words(holding(replace(WEB, state="restarting", ports=())), holding(ENDED), *happened("die", "stop"))
    assert stopped_while_restarting == ["~ container web: exited (0)"]


def test_a_detached_container_that_ends_at_once_is_marked_as_ended_by_itself() -> None:
    """As it may be seen a step later in another run."""
    _, detached = told_of(START, holding(ENDED), happened("create", "start", "die"))
    _, attached = told_of(START, holding(ENDED), happened("create", "attach", "start", "die"))
    assert [telling.changes[0].by_itself for telling in (detached, attached)] == [True, False]


def test_more_than_three_alike_are_told_as_one() -> None:
    many = tuple(replace(WEB, id=f"{n:064}", name=f"web{n}") for n in range(10))
    start, telling = told_of(START, holding(*many))
    said, _ = clauses(folded({}, start), step(telling))
    assert len(said) == 10
    assert [clause.text for clause in shortened(said)] == ["+ 10 containers (running): web0, web1, web2 and 7 more"]
    assert shortened(said)[0].count == 10
    assert shortened(said[:3]) == said[:3]


def test_names_are_marked_for_pages() -> None:
    [clause] = clauses({}, ran("make", changes=(Change("volume", "notes", {"new": True}),)))[0]
    assert clause.pieces == [(False, "volume "), (True, "notes")]
    assert clause == Clause("+", clause.marked, "volume", clause.name)


# ------------------------------------------------------------------------------------ records


def test_records_name_things_by_label_and_write_an_id_once() -> None:
    start, telling = told_of(image(HELLO), image(NEWER, UNNAMED), happened("create", kind="image", of=NEWER.id))
    assert [(change.thing, change.fields) for change in start] == [
        ("hello", {"names": ["hello:latest"], "size": "221 MB", "id": "a" * 12}),
        ("node:24-slim", {"names": ["node:24-slim", "node:latest"], "size": "221 MB", "id": "0" * 12}),
    ]
    assert [(change.thing, change.fields) for change in telling.changes] == [
        ("hello", {"names": []}),
        ("hello (2)", {"new": True, "names": ["hello:latest"], "size": "221 MB", "id": "b" * 12}),
    ]


def test_an_image_that_comes_back_is_the_same_thing() -> None:
    looks = [Look(image(HELLO)), Look(image(), 1, 0), Look(image(HELLO), 2, 1)]
    _, told = tell(looks, [], 2)
    assert [telling.changes[0].thing for telling in told] == ["hello", "hello"]
    assert told[1].changes[0].fields["new"]


def test_what_has_no_name_of_its_own_is_counted_in_an_order_that_no_name_drawn_by_lot_decides() -> None:
    volumes = (Volume("e" * 64), Volume("f" * 64))
    one = replace(WEB, name="zen_ellis", mounts=(("f" * 64, "/a"), ("e" * 64, "/b")))
    two = replace(WEB, id="2" * 64, name="bold_bell")
    _, telling = told_of(START, holding(two, one, volumes=volumes), happened("create") + happened("create", of=two.id, at=3))
    found = {change.thing: change.fields for change in telling.changes}
    assert list(found) == ["anonymous", "anonymous (2)", "of hello", "of hello (2)"]
    assert found["of hello"]["mounts"] == ["anonymous → /a", "anonymous (2) → /b"]


@pytest.mark.parametrize("name", ["shop-web-run-0123456789ab", "web.1.abcdefghijklmnopqrstuvwxy", "admiring_bell"])
def test_names_drawn_by_lot_are_not_recorded(name: str) -> None:
    _, telling = told_of(START, holding(replace(WEB, name=name)))
    assert telling.changes[0].thing == "of hello"


def test_usual_values_are_not_written() -> None:
    _, telling = told_of(START, holding(replace(WEB, ports=(), networks=("bridge",))))
    assert telling.changes[0].fields == {"new": True, "image": "hello", "state": "running", "id": "1" * 12}


def test_an_exit_status_of_0_is_a_value_and_ends_with_its_state() -> None:
    start, telling = told_of(holding(WEB), holding(ENDED), happened("kill", "die"))
    things = folded(folded({}, start), telling.changes)
    assert things["container", "web"]["exit"] == 0
    _, again = told_of(holding(ENDED), holding(WEB), happened("start"))
    assert "exit" not in folded(things, again.changes)["container", "web"]


def test_an_image_that_no_list_holds_is_named_after_its_container() -> None:
    _, telling = told_of(Snapshot(), Snapshot(containers=(replace(WEB, image_name="sha256:" + "c" * 64),)))
    assert telling.changes[0].fields["image"] == "unnamed"
    _, telling = told_of(Snapshot(), Snapshot(containers=(replace(WEB, image_name="redis:7@sha256:" + "c" * 64),)))
    assert telling.changes[0].fields["image"] == "redis:7"


def test_an_event_that_comes_late_belongs_to_the_step_in_which_it_was() -> None:
    """By the engine's clock, which is not ours."""
    went = happened("create", "attach", "start", "die", image="hello", exitCode="0")
    late = replace(happened("destroy", at=5)[0], arrived=90 * _CLOCK)
    looks = [Look(START), Look(START, 7 * _CLOCK, 0), Look(START, 95 * _CLOCK, 1)]
    _, told = tell(looks, [*went, late], 2)
    assert [len(telling.passing) for telling in told] == [1, 0]


def test_a_restarted_container_that_runs_on_is_running_again() -> None:
    loop = replace(WEB, ports=())
    looks = [Look(holding(loop)), Look(holding(loop), 100 * _CLOCK, 0), Look(holding(loop), 30_000 * _CLOCK, 1)]
    events = [*happened("die", "start", "die", "start"), *happened("exec_start", at=20_000)]
    _, told = tell(looks, events, 2)
    assert [telling.changes[0].fields["state"] for telling in told] == ["restarting", "running"]


def test_names_that_look_like_addresses_are_not_published() -> None:
    secret = "registry." + "corp.example.net"
    _, telling = told_of(Snapshot(), Snapshot(images=(replace(HELLO, names=(f"{secret}/app:1",)),)))
    assert secret not in str(telling)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (221_269_999, "221 MB"), (1_230_000_000, "1.23 GB"), (34e15, "34000 TB")],
)
def test_sizes_are_written_as_docker_prints_them(size: float, text: str) -> None:
    assert human(size) == text


def test_things_in_words() -> None:
    start, _ = told_of(holding(WEB, ENDED, volumes=(Volume("notes"), Volume(_HEX)), networks=(Network("n", "back"),)), START)
    things = [item for item in folded({}, start).items() if item[0][0] != "image"]
    assert things_named(things)[:3] == ["volume notes", "an anonymous volume", "network back"]
