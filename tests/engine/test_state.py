"""What a page says of its engine is what that engine does: every wording, on a real one, with both image stores."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from docker_notes.engine import client as engine
from docker_notes.engine import reaper as owner
from docker_notes.engine.sandbox import _API, Sandbox
from docker_notes.page.grammar import parse
from docker_notes.recording import model as recordings
from docker_notes.recording.compare import differences
from docker_notes.recording.model import Inputs
from docker_notes.recording.wording import told
from docker_notes.runner import page_run

from tests.engine.conftest import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker_notes.engine.client import Client
    from docker_notes.runner.page_run import PageRun

BUILD = "printf 'FROM node:24-slim\\nRUN echo %s >/said\\n' {} >Dockerfile && docker build -q -t hello {} ."
SLEEP = "node:24-slim sleep 100"


@pytest.fixture(scope="module", params=["overlay2", "containerd"])
def store(request: pytest.FixtureRequest, client: Client, sandbox_image: str) -> Iterator[tuple[str, Sandbox]]:
    """A sandbox with one of the image stores."""
    with closing(Sandbox.start(sandbox_image, engine.another(client), owner.labels("sandbox"))) as sandbox:
        _use(sandbox, request.param)
        yield request.param, sandbox


def _use(sandbox: Sandbox, store: str) -> None:
    """Have its engine use an image store, with the same base images."""
    status, said = sandbox.sh(
        """
        wanted=$1
        docker info --format '{{.DriverStatus}}' | grep -q snapshotter && now=containerd || now=overlay2
        [ $now = "$wanted" ] && exit
        docker save $(docker images --format '{{.Repository}}:{{.Tag}}') >/tmp/bases.tar
        snapshotter=false; [ "$wanted" = containerd ] && snapshotter=true
        kill "$(cat /var/run/docker.pid)"
        while [ -e /var/run/docker.pid ]; do sleep 0.1; done
        echo "{\\"features\\": {\\"containerd-snapshotter\\": $snapshotter}}" >/run/daemon.json
        dockerd --config-file /run/daemon.json </dev/null >/var/log/dockerd.log 2>&1 &
        until docker version >/dev/null 2>&1; do sleep 0.1; done
        docker load -q -i /tmp/bases.tar && rm /tmp/bases.tar && docker info --format '{{.DriverStatus}}'
        """,
        store,
    )
    assert not status, said
    sandbox._bases = sandbox.sh("curl -s --unix-socket /var/run/docker.sock 'http://localhost/images/json?all=1'")[1].strip()
    sandbox._networks = sandbox.sh(f"{_API}networks")[1].strip()


def ran(sandbox: Sandbox, *commands: str, options: str = "") -> PageRun:
    page = parse("page.md", f"```console {options}\n" + "".join(f"$ {command}\n" for command in commands) + "```\n")
    run = page_run.run(page, sandbox, folder=EXAMPLES, inputs=Inputs("recipe", (), {}), bases=())
    assert sandbox.reset()
    return run


def said(sandbox: Sandbox, *commands: str) -> list[list[str]]:
    """What each step changed, in words."""
    run = ran(sandbox, *commands)
    assert not [failure for failure in run.failures if "exit status" not in failure.what], run.failures
    return [[clause.text for clause in step.clauses] for step in told(run.recording)]


def test_containers(store: tuple[str, Sandbox]) -> None:
    found = said(
        store[1],
        f"docker create --name kept {SLEEP}",
        f"docker run -d --name web -p 3000:80 --stop-timeout 0 {SLEEP}",
        f"docker run -d --name second -p 3000:80 {SLEEP}",
        "docker run --name once node:24-slim true",
        "docker start -a once",
        "docker run --rm node:24-slim sh -c 'exit 3'",
        "docker start kept",
        "docker pause web",
        "docker unpause web",
        "docker restart -t 0 web",
        "docker rename web shop",
        "docker exec shop sh -c 'echo remember >/note.txt'",
        "docker exec kept touch /empty",
        "docker exec kept true",
        "docker kill shop",
        "docker start shop",
        "docker rm -f shop kept",
        "docker ps -a",
    )
    assert found == [
        ["+ container kept (created)"],
        ["+ container web (running, 3000→80)"],
        ["+ container second (created; did not start)"],
        ["+ container once: ran and exited (0)"],
        ["· container once: ran again, exited (0)"],
        ["· a container of node:24-slim ran, exited (3) and was removed"],
        ["~ container kept: running"],
        ["~ container web: paused"],
        ["~ container web: running again"],
        ["~ container web: stopped and started again"],
        ["~ container web: now named shop"],
        ["~ container shop: wrote to its own layer"],
        ["~ container kept: wrote to its own layer"],
        [],
        ["~ container shop: exited (137), 3000→80 closed"],
        ["~ container shop: running, 3000→80 open"],
        ["− container kept, with what it had written", "− container shop, with what it had written"],
        [],
    ]


def test_what_ends_by_itself(store: tuple[str, Sandbox]) -> None:
    found = said(
        store[1],
        "docker run -d --name job node:24-slim sh -c 'sleep 1.5; exit 3'",
        "docker wait job",
        "docker run -d --name flaky --restart on-failure:3 node:24-slim false",
        'until [ "$(docker inspect -f {{.State.Status}} flaky)" = exited ]; do sleep 0.1; done',
        "docker run -d --name loop --restart always node:24-slim false",
        "sleep 1.5",
        "docker stop -t 0 loop",
        f"docker run -d --name well --health-cmd true --health-interval 1s {SLEEP}",
        'until [ "$(docker inspect -f {{.State.Health.Status}} well)" = healthy ]; do sleep 0.1; done',
    )
    # At which step a container is seen to be started again is a matter of chance.
    steps = [" | ".join(step) for step in found]
    assert steps[:2] == ["+ container job (running)", "~ container job: exited (3), by itself"]
    assert "container flaky" in steps[2]
    assert steps[3].endswith("~ container flaky: started again 3 times, then exited (1)")
    assert "container loop" in steps[4]
    assert steps[6] == "~ container loop: exited (1)", "how often it was started by then is a matter of chance, too"
    assert steps[7:] == ["+ container well (running)", "~ container well: healthy"]


def test_volumes_networks_and_their_links(store: tuple[str, Sandbox]) -> None:
    found = said(
        store[1],
        "docker volume create notes",
        "docker network create back",
        f"docker run -d --name store --network back -v notes:/data -v /plain -v $PWD:/here {SLEEP}",
        "docker network create front",
        "docker network connect front store",
        "docker network disconnect back store",
        "docker rm -f -v store",
        "docker volume rm notes",
        "docker network rm back front",
    )
    assert found == [
        ["+ volume notes"],
        ["+ network back"],
        ["+ an anonymous volume", "+ container store (running, on back, notes→/data, ~→/here, anonymous→/plain)"],
        ["+ network front"],
        ["~ container store: joined front"],
        ["~ container store: left back"],
        ["− an anonymous volume", "− container store"],
        ["− volume notes"],
        ["− network back", "− network front"],
    ]


def test_images(store: tuple[str, Sandbox]) -> None:
    which, sandbox = store
    run = ran(
        sandbox,
        BUILD.format("one", "--provenance=false"),
        "docker build -q -t hello --provenance=false .",
        "docker run -d --name web hello sleep 100",
        BUILD.format("two", "--provenance=false"),
        "docker tag hello hello:old",
        "docker rmi hello:old",
        "docker rm -f web && docker image prune -f",
        "docker save hello -o saved.tar && docker rmi hello",
        "docker load -q -i saved.tar",
        "docker build -q --provenance=false --no-cache .",
        "docker builder prune -af >/dev/null",
    )
    assert not run.failures
    found = [[clause.text for clause in step.clauses] for step in told(run.recording)]
    sizes = [
        change.fields["size"]
        for step in run.recording.steps
        for change in step.changes
        if change.kind == "image" and change.fields.get("new")
    ]
    old, new = [
        change.fields["id"]
        for step in run.recording.steps[:4]
        for change in step.changes
        if change.kind == "image" and change.fields.get("new")
    ]
    assert found[0] == [f"+ image hello ({sizes[0]})"]
    assert found[1] == ["· image hello: built again, the same image"]
    assert found[2] == ["+ container web (running)"]
    moved = f"~ image hello: the name moved to a new image, {new}; the old one, {old}, "
    assert found[3] == [moved + ("has no name now" if which == "overlay2" else "is not listed any more")]
    assert found[4:6] == [["~ image hello: also named hello:old"], ["~ image hello: no longer named hello:old"]]
    gone = [f"− image {old}, which had no name"] if which == "overlay2" else []
    assert found[6] == [*gone, "− container web"]
    assert found[7] == ["− image hello"]
    assert found[8][0].startswith("+ image hello (loaded, ")
    if which == "overlay2":
        assert found[9][0].endswith(", no name)")
    assert found[10][-1].startswith("− build cache: ")


def test_compose(store: tuple[str, Sandbox]) -> None:
    write = r"printf 'name: shop\nservices:\n  web: {image: node:24-slim, command: sleep 100, volumes: [data:/d]}\nvolumes: {data: }\n' >compose.yaml"
    found = said(store[1], write, "docker compose up -d >/dev/null 2>&1", "docker compose down -v -t 0 >/dev/null 2>&1")
    assert found == [
        [],
        ["+ volume shop_data", "+ network shop_default", "+ container shop-web-1 (running, on shop_default, shop_data→/d)"],
        ["− volume shop_data", "− network shop_default", "− container shop-web-1"],
    ]


def test_what_a_page_says_is_what_the_engine_lists(store: tuple[str, Sandbox]) -> None:
    """Asked a second time, another way."""
    ask = "docker ps -a --format '{{.Names}} {{.State}}'; docker volume ls -q; docker network ls -q -f type=custom | wc -l"
    run = ran(
        store[1],
        f"docker run -d --name web -v notes:/data {SLEEP}",
        ask,
        "docker kill web; docker network create back; docker run --name once node:24-slim true",
        ask,
        "docker rm web once; docker volume rm notes; docker network rm back",
        ask,
    )
    for step in told(run.recording)[1::2]:
        listed = run.recording.steps[step.number - 1].output.split("\n")[:-1]
        containers = [f"{label} {fields['state']}" for (kind, label), fields in step.things.items() if kind == "container"]
        volumes = [label for kind, label in step.things if kind == "volume"]
        networks = sum(kind == "network" for kind, _ in step.things)
        assert sorted(listed) == sorted([*containers, *volumes, str(networks)])


def test_a_run_again_is_no_drift(store: tuple[str, Sandbox], tmp_path: Path) -> None:
    commands = (
        BUILD.format("one", ""), f"docker run -d -P --expose 80 {SLEEP}", "docker run -d hello true", "docker run -d -v /x hello sleep 0.2",
        "sleep 0.5", "docker run -d -p 80 --name web hello sleep 100", BUILD.format("two", ""), "docker rm -f web",
    )  # fmt: skip
    first, second = (ran(store[1], *commands).recording for _ in range(2))
    assert not differences(first, second)
    recordings.write(first, tmp_path / "page.yml")
    assert recordings.load(tmp_path / "page.yml", "page.md") == first


def test_the_page_does_not_see_it(store: tuple[str, Sandbox]) -> None:
    run = ran(
        store[1], "ps aux | grep -c [d]ial-stdio", "ls -l /proc/*/exe 2>&1 | grep -c [d]ocker$",
        "date +%s.%N >then", "true", "docker events --since $(cat then) --until $(date +%s.%N) | wc -l",
    )  # fmt: skip
    assert [step.output for step in run.recording.steps] == ["0\n", "0\n", "", "", "0\n"]


def test_an_engine_that_dies_midway_takes_no_page_along(client: Client, sandbox_image: str) -> None:
    with closing(Sandbox.start(sandbox_image, engine.another(client), owner.labels("sandbox"))) as sandbox:
        assert sandbox.state.look() is not None
        sandbox.sh("kill $(cat /var/run/docker.pid); while [ -e /var/run/docker.pid ]; do sleep 0.1; done")
        assert sandbox.state.look() is None
        sandbox.sh("dockerd </dev/null >/dev/null 2>&1 & until docker version >/dev/null 2>&1; do sleep 0.1; done")
        assert sandbox.state.look() is not None, "it is asked again where it is back"


def test_nothing_may_be_left_where_a_block_says_so(store: tuple[str, Sandbox]) -> None:
    kept = ran(store[1], f"docker run -d --name web -v notes:/data {SLEEP}", options='leaves="nothing"')
    [failure] = kept.failures
    assert failure.what == 'the page leaves volume notes, container web (running), and its block says leaves="nothing"'
    assert not ran(store[1], "docker run --rm node:24-slim true", options='leaves="nothing"').failures


def test_looking_costs_little(store: tuple[str, Sandbox]) -> None:
    sandbox = store[1]
    sandbox.sh(f"for n in 1 2 3; do docker run -d {SLEEP}; docker volume create; docker network create n$n; done")
    times = []
    for _ in range(40):
        began = time.perf_counter()
        assert sandbox.state.look() is not None
        times.append(time.perf_counter() - began)
    assert sorted(times)[5] < 0.015, "the bench tells the median of a machine at rest"
    assert sandbox.reset()
