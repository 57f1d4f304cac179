"""What Docker's tables and progress say, read into data; shapes that are not known are refused with their line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from macros import examples, facts, outputs
from macros.examples import ExampleError
from macros.outputs import BuildStep, Layer, Port, Unreadable

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


def test_steps_of_every_stage_are_kept() -> None:
    assert outputs.build(TWO_STAGES.splitlines()) == [
        BuildStep(1, 2, "FROM docker.io/library/node:24-slim", 0.0, cached=True, stage="build"),
        BuildStep(2, 2, "RUN npm ci", 2.5, cached=False, stage="build"),
        BuildStep(2, 3, "WORKDIR /app", 0.1, cached=False, stage="stage-1"),
        BuildStep(3, 3, "COPY --from=build /app ./", 0.3, cached=False, stage="stage-1"),
    ]


def test_one_stage_has_no_name_and_the_order_of_its_dockerfile() -> None:
    lines = [" => [2/2] RUN true   1.0s", " => CACHED [1/2] FROM node   0.0s"]
    assert [(step.stage, step.number, step.cached) for step in outputs.build(lines)] == [("", 1, True), ("", 2, False)]


@pytest.mark.parametrize("read", [outputs.build, outputs.history, outputs.ports])
def test_another_shape_is_refused_with_its_line(read: object) -> None:
    assert callable(read)
    with pytest.raises(Unreadable, match=r"begins: 'something else'"):
        read(["", "something else"])


def test_a_wrapped_row_of_history_is_refused() -> None:
    head = "IMAGE          CREATED   CREATED BY         SIZE      COMMENT"
    with pytest.raises(Unreadable, match="'cut in the middle'"):
        outputs.history([head, "cut in the middle"])


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
    ],
)
def test_ports(line: str, port: Port) -> None:
    assert outputs.ports([line]) == [port]


@pytest.mark.parametrize(
    ("command", "verbs"),
    [
        ("docker run --rm node", ["run --rm"]),
        ("docker stop web && docker rm web", ["stop", "rm"]),
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
