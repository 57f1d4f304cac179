"""What Docker's tables and progress say, read into data; shapes that are not known are refused with their line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from docker_notes.html import facts
from docker_notes.html import tables as outputs
from docker_notes.html.tables import BuildStep, Layer, Port, Unreadable
from docker_notes.page import examples
from docker_notes.page.examples import ExampleError
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

TWO_STAGES = """\
 => [internal] load build definition from Dockerfile                    0.0s
 => => transferring dockerfile: 185B                                    0.0s
 => CACHED [build 1/2] FROM docker.io/library/node:24-slim              0.0s
 => [build 2/2] RUN npm ci                                              2.5s
 => [stage-1 2/3] WORKDIR /app                                          0.1s
 => ERROR [stage-1 3/3] COPY --from=build /app ./                       0.3s
"""


def test_steps_of_every_stage_are_cache() -> None:
    assert outputs.build(TWO_STAGES.splitlines()) == [
        BuildStep(1, 2, "FROM docker.io/library/node:24-slim", 0.0, cached=True, stage="build"),
        BuildStep(2, 2, "RUN npm ci", 2.5, cached=False, stage="build"),
        BuildStep(2, 3, "WORKDIR /app", 0.1, cached=False, stage="stage-1"),
        BuildStep(3, 3, "COPY --from=build /app ./", 0.3, cached=False, stage="stage-1"),
    ]


def test_one_stage_has_no_name_and_the_order_of_its_dockerfile() -> None:
    lines = [" => [2/2] RUN true   1.0s", " => CACHED [1/2] FROM node   0.0s"]
    assert [(step.stage, step.number, step.cached) for step in outputs.build(lines)] == [("", 1, True), ("", 2, False)]


def test_numbers_of_ten_steps_and_more_are_padded() -> None:
    lines = [f" => [{n:2}/12] RUN {n}      0.{n % 10}s" for n in range(1, 13)]
    assert [(step.number, step.instruction) for step in outputs.build(lines)] == [(n, f"RUN {n}") for n in range(1, 13)]
    assert outputs.build([" => [deps  2/12] RUN true   0.1s"])[0].stage == "deps"


def test_a_build_for_many_platforms_and_one_that_another_stage_ended() -> None:
    lines = [" => [linux/amd64 deps 2/3] RUN true   0.1s", " => CANCELED [test 2/2] RUN sleep 9   4.2s"]
    assert outputs.build(lines) == [
        BuildStep(2, 3, "RUN true", 0.1, cached=False, stage="linux/amd64 deps"),
        BuildStep(2, 2, "RUN sleep 9", 4.2, cached=False, stage="test"),
    ]


WORD = st.text("abcdefghijklmnop/.$&='\"-0123456789", min_size=1, max_size=9)


@given(
    st.lists(st.tuples(st.lists(WORD, min_size=1).map(" ".join), st.integers(0, 9999), st.booleans()), min_size=1, max_size=12),
    st.sampled_from(["", "deps", "stage-1"]),
)
def test_every_step_that_buildkit_prints_is_read(steps: list[tuple[str, int, bool]], stage: str) -> None:
    total = len(steps)
    width = len(str(total))
    lines = [
        f" => {'CACHED ' * cached}[{f'{stage} ' * bool(stage)}{number:{width}}/{total}] {what}".ljust(90) + f"  {tenths / 10:.1f}s"
        for number, (what, tenths, cached) in enumerate(steps, 1)
    ]
    assert outputs.build(["[+] Building 2.1s", *lines]) == [
        BuildStep(number, total, what, tenths / 10, cached=cached, stage=stage)
        for number, (what, tenths, cached) in enumerate(steps, 1)
    ]


@pytest.mark.parametrize("line", [" => [2/3] RUN a command that a narrow terminal cut in the", " => CACHED [2/3] RUN true"])
def test_a_step_in_another_shape_is_refused_though_others_are_known(line: str) -> None:
    with pytest.raises(Unreadable, match=f"^not a step of a build: {re.escape(repr(line))}"):
        outputs.build([" => [1/3] FROM node   0.0s", line])


@pytest.mark.parametrize("read", [outputs.build, outputs.history, outputs.ports])
def test_another_shape_is_refused_with_its_line(read: object) -> None:
    assert callable(read)
    with pytest.raises(Unreadable, match=r"begins: 'something else'"):
        read(["", "something else"])


HEAD = "IMAGE          CREATED      CREATED BY                              SIZE      COMMENT"


def row(instruction: str, size: str, image: str = "<missing>") -> str:
    return f"{image:15}2 days ago   {instruction:40}{size:10}buildkit.dockerfile.v0"


def test_rows_of_history_are_read() -> None:
    rows = [row('CMD ["node"]', "0B", "0123456789ab"), row("RUN /bin/sh -c npm ci # buildkit", "1.5MB"), row("", "75MB")]
    found = outputs.history(["$ a line before", HEAD, *rows])
    assert found == [Layer('CMD ["node"]', 0, "0B"), Layer("RUN npm ci", 1.5e6, "1.5MB"), Layer("imported files", 75e6, "75MB")]
    assert [layer.is_metadata for layer in found] == [True, False, False]


@pytest.mark.parametrize("line", ["cut in the middle", "", row("CMD", ""), row("CMD", "unknown"), row("CMD", "0B", "not-an-id")])
def test_a_row_of_history_in_another_shape_is_refused(line: str) -> None:
    with pytest.raises(Unreadable, match=f"^not a row of `docker history`: {re.escape(repr(line))}"):
        outputs.history([HEAD, row("RUN true", "1kB"), line])


def test_a_table_of_history_without_rows_is_refused() -> None:
    with pytest.raises(Unreadable, match="has no rows"):
        outputs.history([HEAD])


@pytest.mark.parametrize(
    ("created_by", "instruction"),
    [
        ('/bin/sh -c #(nop)  CMD ["node"]', 'CMD ["node"]'),
        ("/bin/sh -c npm ci", "RUN npm ci"),
        ("RUN /bin/sh -c npm ci # buildkit", "RUN npm ci"),
        ("RUN |1 VERSION=24 /bin/sh -c npm ci # buildkit", "RUN npm ci"),
        ("COPY . . # buildkit", "COPY . ."),
        ("COPY package.json package-lock.json ./ # buildk…", "COPY package.json package-lock.json ./"),
        ("COPY package.json package-lock.json . / #…", "COPY package.json package-lock.json . /"),
        ("RUN /bin/sh -c echo '# build' > a", "RUN echo '# build' > a"),
        ("", "imported files"),
    ],
)
def test_the_instruction_behind_a_layer(created_by: str, instruction: str) -> None:
    assert outputs.instruction(created_by) == instruction


def test_layers_are_the_rows_that_changed_files() -> None:
    rows = [
        Layer("CMD [node]", 0, "0B"),
        Layer("RUN true", 0, "0B"),
        Layer("WORKDIR /app", 0, "0B"),
        Layer("imported files", 9, "9B"),
    ]
    assert [row.is_metadata for row in rows] == [True, False, False, False]
    names = [f"sha256:{number * 64}" for number in "123"]
    assert [row.digest for row in outputs.identified(rows, outputs.digests(names))] == ["", *reversed(names)]
    with pytest.raises(Unreadable, match="3 rows of `docker history` changed files, but there are 2 layers"):
        outputs.identified(rows, names[:2])
    with pytest.raises(Unreadable, match="'sha256:12'"):
        outputs.digests([*names, "sha256:12"])


@pytest.mark.parametrize(
    ("line", "port"),
    [
        ("80/tcp -> 0.0.0.0:3000", Port("0.0.0.0", 3000, 80, "tcp")),
        ("53/udp -> [::]:5353", Port("[::]", 5353, 53, "udp")),
        ("ab12   node   127.0.0.1:3001->80/tcp   web", Port("127.0.0.1", 3001, 80, "tcp")),
        ("ab12   node   :::3001->80/tcp   web", Port("::", 3001, 80, "tcp")),
        ("ab12   node   80/tcp, [fe80::1]:3001->81/tcp   web", Port("[fe80::1]", 3001, 81, "tcp")),
    ],
)
def test_ports(line: str, port: Port) -> None:
    assert outputs.ports(["CONTAINER ID   PORTS", line]) == [port]


def test_all_ports_of_a_row_are_read() -> None:
    line = "ab12   node   0.0.0.0:3000->80/tcp, [::]:3000->80/tcp, 0.0.0.0:53->53/udp   web"
    assert [(port.address, port.published) for port in outputs.ports([line])] == [
        ("0.0.0.0", 3000),
        ("[::]", 3000),
        ("0.0.0.0", 53),
    ]


def test_a_range_of_ports_is_refused_though_others_are_known() -> None:
    line = "ab12   node   0.0.0.0:3000-3001->3000-3001/tcp   web"
    with pytest.raises(Unreadable, match=re.escape(repr(line))):
        outputs.ports(["80/tcp -> 0.0.0.0:8080", line])


@pytest.mark.parametrize(
    ("command", "verbs"),
    [
        ("docker run --rm node", ["run --rm"]),
        ("docker stop web && docker rm web", ["stop", "rm"]),
        ("docker run -d node && docker run --rm node", ["run", "run --rm"]),
        ("docker run --rm node; docker run -d node", ["run --rm", "run"]),
        ("docker \\\n    kill web", ["kill"]),
        ("docker", []),
        ("docker ps # docker stop web", []),
        ("echo 'unbalanced", []),
    ],
)
def test_changes(command: str, verbs: list[str]) -> None:
    assert outputs.changes(command) == verbs


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_940, "9.9 kB"), (9_960, "10 kB"), (999_400, "999 kB"),
        (999_600, "1.0 MB"), (228e6, "228 MB"), (1.24e9, "1.2 GB"),
    ],
)  # fmt: skip
def test_sizes_are_rounded_as_a_writer_would(size: float, words: str) -> None:
    assert facts.about_bytes(size) == words


def test_a_check_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "check.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ExampleError, match=f"{tmp_path.name}/check.toml"):
        examples.checks(tmp_path)
