"""Measure what is named, or everything; print a table, write it as JSON, and into README.md where asked."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import tempfile
from pathlib import Path

from tests.benchmarks import builds, live, peers, sandboxes, serving
from tests.benchmarks.measure import as_data, table

ROOT = Path(__file__).parent.parent.parent
RESULTS = ROOT / ".cache" / "benchmarks.json"
_README = re.compile(r"(?<=<!-- bench -->\n).*?(?=<!-- /bench -->)", re.DOTALL)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", help="sandboxes, builds, growth, serving, peers, live; all of them unless named")
    parser.add_argument("--turns", type=int, default=7, help="how often each pair is measured; a third of it what takes minutes")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    given = parser.parse_args()
    # So that what was started is ended, in the background as well, where a shell has it ignore the latter.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    few = max(1, given.turns // 3)
    with tempfile.TemporaryDirectory(prefix="docker-notes.") as name:
        folder = Path(name)
        parts = {
            "sandboxes": lambda: sandboxes.rows(given.turns),
            "builds": lambda: builds.rows(ROOT, folder, given.turns),
            "growth": lambda: builds.growth(ROOT, folder, given.turns),
            "serving": lambda: serving.rows(ROOT, folder, given.turns),
            "peers": lambda: peers.rows(ROOT, folder, given.turns),
            "live": lambda: live.rows(ROOT, few),
        }
        rows = []
        for part in given.part or parts:
            found = parts[part]()
            print(table(found), flush=True)
            rows += found
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine, "rows": as_data(rows)}, indent=1) + "\n")
    if given.readme:
        readme = ROOT / "README.md"
        text = readme.read_text()
        readme.write_text(_README.sub(lambda _: f"{table(rows)}\n\nOn {machine}.\n", text))


if __name__ == "__main__":
    main()
