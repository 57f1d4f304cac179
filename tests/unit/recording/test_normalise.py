"""What may differ from run to run, kind by kind."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docker_notes.page.kinds import Holds, Kind, kinds_of
from docker_notes.recording import compare as drift
from docker_notes.recording import model as recording
from docker_notes.recording import normalise as volatile
from docker_notes.recording.normalise import KINDS, Mask, Masked, bytes_of
from docker_notes.terminal.lines import Line
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from docker_notes.recording.model import Recording

RECORDINGS = sorted((Path(__file__).parents[3] / "recordings").glob("*.yml"))

ID, OTHER_ID = "8eb03d2e7365", "b2b80bb314d2"
FULL = "8eb03d2e7365a99cab332f733c6bbfbbf97126a8829facc799d993171b950b9b"

# name: a line around the part, two parts that may stand for each other there, and one that may not.
ROWS: dict[str, tuple[str, str, str, str]] = {
    "digest": ("Digest: {}", f"sha256:{FULL}", "sha256:" + "0" * 64, "sha256:8eb03"),
    "checksum": ("COPY {}… in /", "file:ee5fdcbe1edff92e", "file:6ef368757af4505f", "file:server.js"),
    "id": ("container {} removed", ID, OTHER_ID, "8eb03d2e736"),
    "UUID": ("ref {}", "b49dcfd5-c457-4893-9b72-dc9195c21b25", "00000000-c457-4893-9b72-dc9195c21b25", "b49dcfd5-c457-4893-9b72"),
    "build reference": ("of {} failed", "t2dd9da36zy8mpjposem5nzef", "amsv3exp44pwqe4bllugb5nio", "abcdefghijklmnopqrstuvwxy"),
    "generated name": ("NAMES {}", "priceless_wu", "magical_matsumoto3", "beautiful_soup"),
    "MAC address": ("ether {}", "02:42:ac:11:00:02", "7e:1b:ac:11:00:ff", "02:42:ac:11:00"),
    "IPv6 address": ("inet6 {} scope", "fe80::42:acff:fe11:2", "2001:db8:1:0:0:242:ac11:2", "::1"),
    "interface": ("dev {} up", "veth1a2b3c4", "vethfedcba9", "veth1a2b3c"),
    "link number": ("eth0@if{}: UP", "5", "123", "x"),
    "namespace": ("net:[{}]", "4026531840", "4026532281", "402653184"),
    "layer link": ("lowerdir=/l/{}:", "A2B3C4D5E6F7G2H3I4J5K6L7M2", "Z2Y3X4W5V6U7T2S3R4Q5P6O7N2", "A2B3C4D5E6F7G2H3I4J5K6L7M"),
    "snapshot": ("upperdir=/snapshots/{}/fs", "42", "7", "x42"),
    "temporary name": ("in /tmp/{}", "tmp.aB3dE6gH9k", "tmp.Zz9Yy8", "tmp.config"),
    "ETag": ('ETag: "{}-267"', "67ea1b2c", "00000000", "67ea1b2"),
    "timestamp": ("at {}", "2026-11-25T04:14:15.123Z", "2025-01-01 00:00:00 +0000 UTC", "2026-11-250"),
    "date": ("on {}", "Wed, 25 Nov 2026 04:14:15 GMT", "Thu, 1 Jan 2026 00:00:00 GMT", "Wed, 25 Brumaire 2026"),
    "clock": ("at {} sharp", "04:14:15", "23:59:59.5", "4:14"),
    "age": ("Up {}", "3 minutes", "Less than a second", "at last"),
    "health": ("web {} here", "(health: starting)", "(healthy)", "(unhealthy)"),
    "round trip": ("mdev = {} ms", "0.045/0.060/0.080/0.010", "12.1/12.2/12.3", "0.045/0.060"),
    "load": ("load average: {}", "0.10, 0.05, 0.01", "12.00, 1.99, 0.00", "0.10, 0.05"),
    "build clock": ("#8 {} Listening", "0.218", "12.5", "0218"),
    "duration": ("done in {}", "1.5s", "1m20.5s", "1.5x"),
    "usage and processes": ("MEM {}", "1.05kB / 0B   7", "0B / 7.6GiB     123", "1.05kB / 0B   x"),
    "usage": ("MEM {} of web", "1.5MiB / 7.654GiB", "0B / 0B", "1.5MiB of 7.654GiB"),
    "share": ("CPU {} of it", "0.00%", "123.45%", "12%"),
    "speed": ("at {}!", "9,123 kB/s", "1.2 MB/s", "9,123 kB/h"),
    "size": ("image of {}", "7.06MB", "7.01MB", "7.9MB"),
    "bind address": ("Bind for {}:3000 failed", "0.0.0.0", "[::]", "127.0.0.1"),
    "address": ("to {} port 80", "172.17.0.2", "10.0.3.14", "127.0.0.1"),
    "chosen port": ("80/tcp -> 0.0.0.0:{}", "32768", "49153", "3000"),
    "process id": ('"Pid": {},', "4711", "23", "0"),
    "process row": ("root{}00:00:00 node server.js", "   4711   4690  0 04:14 ?        ", " 17 4 0 Nov25 pts/0 ", "   4711   4690  0 04:14 "),
    "gap": (f"{ID}{{}}node", "   ", "        ", "  "),
}  # fmt: skip


def masked(*lines: str, kinds: tuple[Kind, ...] = ()) -> Masked:
    return Mask(kinds).output(lines)


def test_every_kind_of_the_table_has_a_row() -> None:
    assert list(ROWS) == [kind.name for kind in KINDS], "each kind has a row in ROWS, in the order of KINDS"


@pytest.mark.parametrize("name", ROWS)
def test_a_kind_may_be_another_of_its_kind_and_nothing_else(name: str) -> None:
    line, one, other, stranger = ROWS[name]
    assert masked(line.format(one)).matches(masked(line.format(other)))
    assert masked(line.format(other)).matches(masked(line.format(one)))
    assert not masked(line.format(one)).matches(masked(line.format(stranger)))
    if name != "gap":  # a gap stands for itself
        placeholder = "⟨id 1⟩" if name == "digest" else f"⟨{name} 1⟩"
        nothing_held = next(kind for kind in KINDS if kind.name == name).holds is not Holds.IDENTITY
        around = line.replace("00:00:00", "⟨clock⟩")
        assert masked(line.format(one)).lines == (around.format(f"⟨{name}⟩" if nothing_held else placeholder),)


# Further shapes of a kind, and text that looks like it.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FULL, OTHER_ID + "0" * 52),
        ("sha256:8eb03d2e7365", "sha256:b2b80bb314d2"),
        ("dir:6ef368757af4505f0", "dir:0ef368757af4505f0"),
        ("2026-11-25", "2025-01-31"),
        ("2026-11-25 04:14:15,123", "2026-11-25 04:14:16,000"),
        ("2026-11-25T04:14:15+00:00", "2026-11-26T04:14:15+01:00"),
        ("Nov 25 04:14", "Jan  1 23:59"),
        ("Wed Nov 25 04:14:15 UTC 2026", "Thu Jan 1 00:00:00 UTC 2026"),
        ("About a minute ago", "2 hours ago"),
        ("Up About an hour", "Up 5 months"),
        ("Exited (0) 2 weeks ago", "Exited (0) 1 year ago"),
        ("after 0 ms", "after 12 ms"),
        ("real 0m2.345s", "real 1m0.001s"),
        ("root@8eb03d2e7365:/# ls", "root@b2b80bb314d2:/# ls"),
        ("br-8eb03d2e7365: UP", "br-b2b80bb314d2: UP"),
        ("/var/run/docker/netns/8eb03d2e7365", "/var/run/docker/netns/b2b80bb314d2"),
        (f"/var/lib/docker/overlay2/{FULL}-init/diff", f"/var/lib/docker/overlay2/{OTHER_ID}{'0' * 52}-init/diff"),
        (f"0::/system.slice/docker-{FULL}.scope", f"0::/system.slice/docker-{OTHER_ID}{'0' * 52}.scope"),
        ("42: eth0@if43: <UP>", "7: eth0@if8: <UP>"),
        ("inet6 fd12:3456:789a::2/64 scope", "inet6 fd00::1:2:3/64 scope"),
        ('"Gateway": "2001:db8:1::1"', '"Gateway": "2001:db8:2::1"'),
        ("/tmp/tmpab12cd_x", "/tmp/tmp0q9z8y7x"),
        ("(healthy)", "(health: starting)"),
        ("Up 3 seconds (health: starting)   80/tcp", "Up About a minute (healthy)   80/tcp"),
        ("Images   4   2   1.2GB   600MB (50%)", "Images   4   2   1.2GB   612MB (51%)"),
        ("Fetched 8,458 kB in 1s (9,123 kB/s)", "Fetched 8,458 kB in 12s (704 kB/s)"),
        (" ✔ Container app-web-1  Started   0.3s", " ✔ Container app-web-1  Started   10.3s"),
        (
            "web   0.00%   1.5MiB / 7.6GiB   0.02%   1.05kB / 0B   0B / 0B   1",
            "web   99.10%   27MiB / 16GiB   1.02%   3kB / 12kB   4.1MB / 0B   11",
        ),
        ("rtt min/avg/max/mdev = 0.045/0.060/0.080/0.010 ms", "rtt min/avg/max/mdev = 1.000/1.100/1.200/0.100 ms"),
        ("0.90 1.02 0.79 1/237 21", "12.00 1.01 0.78 3/247 19"),
        ("took 3ms, 4µs, 5ns", "took 30ms, 4.5µs, 5ns"),
        ("1h2m3s", "2h0m10s"),
        ("[1] 4711", "[1] 12"),
        ("pid 12", "pid 4711"),
        ("192.168.0.1", "172.31.255.255"),
        (" => [2/4] COPY . .    0.0s", " => [2/4] COPY . .   10.0s"),
        ("0B", "0B"),
        ("1.0kB", "1.1kB"),
        ("1MiB", "1.02MB"),
        ("100 MB", "95 MB"),
    ],
)
def test_shapes_that_may_stand_for_each_other(one: str, other: str) -> None:
    assert masked(one).matches(masked(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("defaced_word", "defaced_ward"),
        ("my_matsumoto", "your_matsumoto"),
        ("priceless_wu33", "priceless_wu34"),  # Docker puts one digit behind a name that is taken
        ("deadbeefdead", "deadbeefcafe"),  # words of the letters a to f: an id of no digit is one in a million
        ("node_modules/8eb03d2e7365", "node_modules/b2b80bb314d2"),
        ("8eb03d2e7365-slim", "b2b80bb314d2-slim"),
        ("node:24-slim", "node:25-slim"),
        ("v1.2.3", "v1.2.4"),
        ("npm 10.9.2", "npm 10.9.3"),
        ("HTTP/1.1 200 OK", "HTTP/1.1 201 OK"),
        ("(default 30s)", "(default 31s)"),
        ("x-1s", "x-2s"),
        ("1.2.3s", "1.2.4s"),
        ("node_modules/" + FULL[:40], "node_modules/" + FULL[1:41]),
        ("xbr-8eb03d2e7365", "xbr-b2b80bb314d2"),
        ("eth0@eth1", "eth0@eth2"),
        ("2: eth0: <UP>", "3: eth0: <UP>"),
        ("::1", "::2"),
        ("[::]:80", "[::]:81"),
        ("std::string", "std::vector"),
        ("12:34:56:78", "12:34:56:79"),
        ("/tmp/tmp.config", "/tmp/tmp.backup"),
        ("/tmp/tmpfiles.d", "/tmp/tmpother.d"),
        ("(unhealthy)", "(healthy)"),
        ("(health: starting)", "(unhealthy)"),
        ("healthy", "health: starting"),
        ("[4026531840]", "[4026531841]"),
        ("5% done", "6% done"),
        ("12.5%", "12.6%"),
        ("Images   4   2   1.2GB   600MB (50%)", "Images   5   2   1.2GB   600MB (50%)"),
        ("0B   1.2MB   1", "0B   1.2MB   2"),
        ("sha256:0123456789ab 12.58MB / 29.78MB 0.3s", "sha256:0123456789ab 12.58MB / 99.78MB 0.3s"),
        ('ETag: "67ea1b2c-267"', 'ETag: "67ea1b2c-268"'),
        ('ETag: W/"2c-abc"', 'ETag: W/"2c-abd"'),
        ("load average: 1", "load average: 2"),
        ("10 x", "11 x"),
        ("Exited (0) 2 seconds ago", "Exited (1) 2 seconds ago"),
        ("0B", "1B"),
        ("1.0kB", "1.2kB"),
        ("5 B", "6 B"),
        ("localhost:3000", "localhost:3001"),
        ("0.0.0.0:80", "0.0.0.0:81"),
        ("0.0.0.0:32767", "0.0.0.0:32766"),
        ("0.0.0.0:61000", "0.0.0.0:61001"),
        ("172.15.0.1", "172.15.0.2"),
        ("172.32.0.1", "172.32.0.2"),
        ("11.0.0.1", "11.0.0.2"),
        ('"Pid": 0', '"Pid": 12'),
        ("[1] 12 left", "[1] 13 left"),
        ("    at an indent", "      at an indent"),
        ("a   b", "a    b"),
        ("  -h, --help    help", "  -h, --help     help"),
        ("Bind for :::3000 succeeded", "Bind for 0.0.0.0:3000 succeeded"),
    ],
)
def test_text_that_only_looks_like_a_kind_is_held_to_the_letter(one: str, other: str) -> None:
    assert not masked(one).matches(masked(other))


# --------------------------------------------------------------- identity, nearness, tables, order


def test_one_thing_is_one_thing_through_the_whole_page() -> None:
    def page(ran: str, listed: str) -> list[Masked]:
        mask = Mask()
        return [mask.output([ran]), mask.output(["CONTAINER ID   IMAGE", f"{listed}   node"])]

    other_full = OTHER_ID + FULL[12:]
    assert page(FULL, ID) == [
        Masked(("⟨id 1⟩",), (), (FULL,)), Masked(("CONTAINER ID   IMAGE", "⟨id 1⟩   node"), (), (ID,)),
    ]  # fmt: skip
    assert [m.lines for m in page(FULL, ID)] == [m.lines for m in page(other_full, OTHER_ID)]
    assert [m.lines for m in page(FULL, ID)] != [m.lines for m in page(FULL, OTHER_ID)]
    assert masked(f"sha256:{FULL}", ID).lines == ("⟨id 1⟩", "⟨id 1⟩")


def test_two_things_that_changed_places_are_caught() -> None:
    assert masked(f"{ID} {OTHER_ID} {ID}").lines == ("⟨id 1⟩ ⟨id 2⟩ ⟨id 1⟩",)
    assert not masked(f"{ID} {OTHER_ID} {ID}").matches(masked(f"{ID} {OTHER_ID} {OTHER_ID}"))


def test_the_same_letters_of_two_kinds_are_two_things() -> None:
    extra = (Kind("ticket", r"T-\d+"),)
    assert masked("T-1 T-2", kinds=extra).lines == ("⟪ticket⟫ ⟪ticket⟫",)
    assert masked("0.0.0.0:40000 10.1.2.3 10.1.2.3").lines == ("0.0.0.0:⟨chosen port 1⟩ ⟨address 2⟩ ⟨address 2⟩",)


def test_names_that_begin_alike_are_two_names() -> None:
    assert masked("affectionate_lamarr affectionate_wu affectionate_lamarr").lines == (
        "⟨generated name 1⟩ ⟨generated name 2⟩ ⟨generated name 1⟩",
    )


def test_a_page_s_own_kinds_come_before_the_table_s() -> None:
    own = (Kind("whole", r"took \d+s"),)
    assert masked("took 3s", kinds=own).lines == ("⟪whole⟫",)
    assert masked("took 3s").lines == ("took ⟨duration⟩",)


@pytest.mark.parametrize("name", [kind.name for kind in KINDS] + ["id 1"])
def test_a_page_s_own_kind_may_have_any_name(name: str) -> None:
    [own] = kinds_of([{"name": name, "pattern": r"\d+ apples"}])
    assert masked("12 apples", kinds=(own,)).matches(masked("3 apples", kinds=(own,)))
    assert not masked("12 apples", kinds=(own,)).matches(masked("12 pears", kinds=(own,)))
    for line, one, other, _ in ROWS.values():
        assert masked(line.format(one), kinds=(own,)).matches(masked(line.format(other), kinds=(own,)))
        assert not masked(line.format(one), kinds=(own,)).matches(masked(line.format("12 apples"), kinds=(own,)))
        assert not masked(line.format("12 apples"), kinds=(own,)).matches(masked(line.format(one), kinds=(own,)))


def test_a_placeholder_that_was_printed_is_no_size() -> None:
    assert not masked("⟨size⟩").matches(masked("1MB"))
    assert not masked("1MB").matches(masked("⟨size⟩"))


def test_a_bridge_is_named_by_its_network() -> None:
    assert masked(f"{FULL}", f"br-{ID}").lines == ("⟨id 1⟩", "br-⟨id 1⟩")
    assert not masked(f"{FULL}", f"br-{ID}").matches(masked(f"{FULL}", f"br-{OTHER_ID}"))


def test_the_upper_kind_of_the_table_wins() -> None:
    assert masked(f"sha256:{FULL}").lines == ("⟨id 1⟩",)
    assert masked("2026-11-25T04:14:15").lines == ("⟨timestamp⟩",)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [(100, 90, True), (90, 100, True), (100, 89, False), (89, 100, False), (0, 0, True), (0, 1, False)],
)
def test_sizes_are_near_within_a_tenth_of_the_larger(one: int, other: int, *, near: bool) -> None:
    assert masked(f"{one}B").matches(masked(f"{other}B")) is near
    assert masked(f"{one}B").sizes == (float(one),)


def test_every_size_of_an_output_counts() -> None:
    assert not masked("1MB 100MB").matches(masked("1MB 80MB"))
    assert not masked("80MB 1MB").matches(masked("100MB 1MB"))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0B", 0), ("12B", 12), ("1.5kB", 1500), ("2KB", 2000), ("3MB", 3e6), ("4GB", 4e9), ("5TB", 5e12),
        ("1KiB", 1024), ("1kiB", 1024), ("2 MiB", 2 * 1024**2), ("3GiB", 3 * 1024**3), ("1TiB", 1024**4),
    ],
)  # fmt: skip
def test_sizes_in_bytes(text: str, size: float) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "B", "12", "1.B", "-1B", "1 B", "1iB", "1EB", "12MBs", "1,5MB"])
def test_what_is_no_size_raises(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not a size: {text!r}")):
        bytes_of(text)


def test_kinds_of_a_page_may_hold_groups() -> None:
    [one, two] = kinds_of([{"name": "pair", "pattern": "(a)(b)?c"}, {"name": "named", "pattern": "(?P<kind>z+)"}])
    assert masked("ac zz abc", kinds=(one, two)).lines == ("⟪pair⟫ ⟪named⟫ ⟪pair⟫",)


TABLE = ["NAME      STATUS", "web       Created", "db        Exited (0)"]


def test_gaps_are_free_in_a_table_and_beside_volatile_parts_only() -> None:
    wider = [line.replace("      ", "        ") for line in TABLE]
    assert wider != TABLE
    assert masked(*TABLE).matches(masked(*wider))
    assert not masked(*TABLE[1:]).matches(masked(*wider[1:]))
    assert not masked(*TABLE, "", "a    b").matches(masked(*TABLE, "", "a     b")), "a table ends at a blank line"
    assert not masked("Not A   Header", "a   b").matches(masked("Not A   Header", "a    b"))
    assert masked("took 2s    x").matches(masked("took 2s   x"))


def test_headers_of_docker_s_tables_are_known() -> None:
    for header in (
        "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES",
        "IMAGE          CREATED         CREATED BY                    SIZE      COMMENT",
        "CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT     MEM %     NET I/O     BLOCK I/O     PIDS",
    ):
        assert masked(header).matches(masked(re.sub(" {3,}", " " * 9, header)))


BUILD = [
    "[+] Building 2.2s (3/3) FINISHED",
    " => [internal] load build definition from Dockerfile    0.0s",
    " => => transferring dockerfile: 135B    0.0s",
    " => [internal] load .dockerignore    0.1s",
    " => exporting to image    0.2s",
    " => => exporting layers    0.2s",
    " => => naming to docker.io/library/naive    0.0s",
    "done",
]


def test_steps_of_a_build_come_in_any_order_with_what_stands_below_them() -> None:
    first, second, third = BUILD[1:3], BUILD[3:4], BUILD[4:7]
    shuffled = [BUILD[0], *third[:1], *reversed(third[1:]), *second, *first, BUILD[7]]
    assert masked(*BUILD).matches(masked(*shuffled))
    assert masked(*BUILD).lines[0] == "[+] Building ⟨duration⟩ (3/3) FINISHED"
    assert masked(*BUILD).lines[-1] == "done"
    moved = [BUILD[0], *first[:1], *second, first[1], *third, BUILD[7]]
    assert not masked(*BUILD).matches(masked(*moved)), "a line moved below another step"
    assert not masked(*BUILD).matches(masked(*BUILD[1:7], BUILD[0], BUILD[7])), "a line left the build"


@pytest.mark.parametrize("step", [" => ", " => => "])
def test_what_differs_does_not_order_the_steps(step: str) -> None:
    one, other = "sha256:0123456789ab", "sha256:ba9876543210"
    head = [" => exporting"] * step.count("=> =>")
    once = masked(*head, f"{step}{one} first 1s", f"{step}{other} second 2s")
    again = masked(*head, f"{step}{other} first 2s", f"{step}{one} second 1s")
    assert once.matches(again)


def test_lines_below_no_step_and_steps_at_the_end_are_cache() -> None:
    assert masked(" => => loose", " => b", " => a").lines == (" => => loose", " => a", " => b")
    assert masked(" => a", " => => z 1s", " => => z 2s", " => => y").lines == (
        " => a", " => => y", " => => z ⟨duration⟩", " => => z ⟨duration⟩",
    )  # fmt: skip


# ------------------------------------------------------------------------------------ properties

digits, hexes = st.integers(0, 9999).map(str), st.text("0123456789abcdef", min_size=64, max_size=64)
ids = hexes.map(lambda text: "0" + text[1:12])
two_digits = st.integers(0, 59).map(lambda number: f"{number:02}")
clocks = st.tuples(two_digits, two_digits, two_digits).map(":".join)
days = st.dates().map(lambda day: day.strftime("%Y-%m-%d").zfill(10))
amounts = (
    st.tuples(st.floats(0, 999).map("{:.4g}".format), st.sampled_from(["B", "kB", "MiB", "GiB"]))
    .map("".join)
    .filter(lambda text: "e" not in text)
)
PARTS: dict[str, st.SearchStrategy[str]] = {
    "digest": hexes.map("sha256:{}".format),
    "checksum": st.tuples(st.sampled_from(["file", "dir", "multi"]), hexes).map(lambda pair: f"{pair[0]}:{pair[1][:16]}"),
    "id": ids,
    "UUID": st.uuids().map(str),
    "build reference": st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=23, max_size=23).map("a1{}".format),
    "generated name": st.tuples(st.sampled_from(["admiring", "zen", "kind"]), st.sampled_from(["wu", "bohr", "tu4"])).map("_".join),
    "MAC address": st.binary(min_size=6, max_size=6).map(lambda six: six.hex(":")),
    "IPv6 address": st.ip_addresses(v=6, network="fd00::/16").map(lambda address: address.exploded),
    "interface": hexes.map(lambda text: "veth" + text[:7]),
    "link number": st.integers(1, 9999).map(str),
    "namespace": st.integers(4026531840, 2**32 - 1).map(str),
    "layer link": st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=26, max_size=26),
    "snapshot": st.integers(1, 9999).map(str),
    "temporary name": st.text("abcXYZ123", min_size=9, max_size=9).map("tmp.{}A".format),
    "ETag": hexes.map(lambda text: text[:8]),
    "timestamp": st.tuples(days, clocks).map("{0[0]}T{0[1]}Z".format),
    "date": st.tuples(st.integers(1, 31), st.sampled_from(["Jan", "Dec"]), st.integers(1000, 9999)).map(
        "{0[0]} {0[1]} {0[2]}".format
    ),
    "clock": clocks,
    "age": st.tuples(st.integers(2, 99), st.sampled_from(["seconds", "hours"])).map("{0[0]} {0[1]}".format),
    "health": st.sampled_from(["(health: starting)", "(healthy)"]),
    "round trip": st.lists(st.floats(0, 99).map("{:.3f}".format), min_size=3, max_size=4).map("/".join),
    "load": st.lists(st.floats(0, 99).map("{:.2f}".format), min_size=3, max_size=3).map(", ".join),
    "build clock": st.floats(0, 99).map("{:.3f}".format),
    "duration": st.floats(0, 99).map("{:.1f}s".format),
    "usage and processes": st.tuples(amounts, amounts, st.integers(1, 999)).map("{0[0]} / {0[1]}    {0[2]}".format),
    "usage": st.tuples(amounts, amounts).map(" / ".join),
    "share": st.floats(0, 800).map("{:.2f}%".format),
    "speed": st.integers(1, 9999).map("{:,} kB/s".format),
    "size": st.integers(950, 1000).map("{}kB".format),
    "bind address": st.sampled_from(["0.0.0.0", "::", "[::]"]),
    "address": st.tuples(st.integers(0, 255), st.integers(0, 255)).map("172.17.{0[0]}.{0[1]}".format),
    "chosen port": st.integers(32768, 60999).map(str),
    "process id": st.integers(1, 2**22).map(str),
    "process row": st.tuples(digits, digits, clocks).map("   {0[0]}   {0[1]}  0 {0[2]}".format).map(lambda row: row[:-3] + " ?   "),
    "gap": st.integers(3, 40).map(lambda width: " " * width),
}


def test_every_kind_has_a_strategy() -> None:
    assert list(PARTS) == list(ROWS)


@pytest.mark.parametrize("name", PARTS)
def test_a_change_of_the_kind_passes_and_a_change_of_any_other_letter_is_caught(name: str) -> None:
    line = ROWS[name][0]

    @given(PARTS[name], PARTS[name], st.data())
    def holds(one: str, other: str, data: st.DataObject) -> None:
        before, after = line.format(one), line.format(other)
        assert masked(before).matches(masked(after))
        outside = [n for n in range(len(line) - 2) if not line.index("{}") <= n]
        outside += range(line.index("{}") + len(other), len(after))
        at = data.draw(st.sampled_from([n for n in outside if after[n] != " "]))
        letter = data.draw(st.sampled_from("qZ!*").filter(lambda new: new != after[at]))
        assert not masked(before).matches(masked(after[:at] + letter + after[at + 1 :]))

    holds()


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_text_matches_itself_and_keeps_its_number_of_lines(lines: list[str]) -> None:
    found = masked(*lines)
    assert found.matches(masked(*lines))
    assert len(found.lines) == len(lines)


# --------------------------------------------------------------- one letter of what was recorded


def free_columns(page: Recording, texts: list[str], number: int) -> set[int]:
    """Columns of a line that a kind covers, or whose change makes a neighbour's part another one of its kind."""
    table = any(volatile._HEADER.fullmatch(text) for text in texts)
    covered: set[int] = set()
    for match in volatile._pattern(page.kinds).finditer(texts[number]):
        kind = volatile._kind(match, page.kinds)
        others = any(
            volatile._kind(m, page.kinds).holds is not Holds.SPACING for m in volatile._pattern(page.kinds).finditer(texts[number])
        )
        if kind.holds is not Holds.SPACING or table or others:
            covered.update(range(*match.span()))
    return covered


def test_recordings_are_there() -> None:
    assert len(RECORDINGS) >= 10


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_any_letter_that_changes_in_a_recorded_output_is_caught(path: Path) -> None:
    page = recording.load(path, path.stem)
    assert page
    chance = random.Random(path.stem)
    places = []
    for at, step in enumerate(page.steps):
        texts = [line.text for line in step.lines]
        for number, text in enumerate(texts):
            free = free_columns(page, texts, number)
            places += [(at, number, column) for column in range(len(text)) if column not in free]
    assert places
    for at, number, column in chance.sample(places, min(40, len(places))):
        step = page.steps[at]
        text = step.lines[number].text
        letter = chance.choice([char for char in "aZ09 .:-é" if char != text[column]])
        changed = text[:column] + letter + text[column + 1 :]
        lines = (*step.lines[:number], Line(changed), *step.lines[number + 1 :])
        steps = (*page.steps[:at], replace(step, lines=lines), *page.steps[at + 1 :])
        found = drift.differences(page, replace(page, steps=steps))
        assert found, f"step {at + 1}: {text!r} → {changed!r}"
        assert found[0][0] >= at


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_line_more_or_less_in_a_recorded_output_is_caught(path: Path) -> None:
    page = recording.load(path, path.stem)
    assert page
    for at, step in random.Random(path.stem).sample(list(enumerate(page.steps)), min(12, len(page.steps))):
        for lines in (step.lines[1:], (*step.lines, Line("one more"))):
            if lines != step.lines:
                steps = (*page.steps[:at], replace(step, lines=lines), *page.steps[at + 1 :])
                assert drift.differences(page, replace(page, steps=steps))
