"""`make mutants`: each expression of the core is changed, one at a time; a change that no test notices has to be on the list of those that change nothing.

The list is `tests/equivalent-mutants.txt`: a reason behind `#`, then the line as it is behind `-`, and as it was changed behind `+`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_name("equivalent-mutants.txt")
NOTICED = {"killed", "timeout"}

Change = tuple[str, str]


def listed(text: str) -> list[Change]:
    """The changes of a list, or of a diff: lines taken out and put in, without their indents."""
    found: list[Change] = []
    before = ""
    for line in text.splitlines():
        sign, rest = line[:1], line[1:].strip()
        if line.startswith(("---", "+++")) or sign not in {"-", "+"}:
            continue
        if sign == "-":
            before = f"{before}\n{rest}".lstrip("\n")
        elif before:
            found.append((before, rest))
            before = ""
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{rest}")
    return found


def survivors() -> dict[Change, str]:
    """What no test noticed in the last run, with the name by which mutmut knows it."""
    found = {}
    for line in _mutmut("results").splitlines():
        name, _, status = line.strip().partition(": ")
        if status and status not in NOTICED:
            [change] = listed(_mutmut("show", name))
            found[change] = name
    return found


def _mutmut(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "mutmut", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def main() -> int:
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    subprocess.run([sys.executable, "-m", "mutmut", "run", *sys.argv[1:]], cwd=ROOT, check=True)
    found, known = survivors(), set(listed(LIST.read_text()))
    for change in sorted(set(found) - known):
        print(
            f"\n{found[change]}: no test notices\n-{change[0]}\n+{change[1]}\n    add a test, or add it to {LIST.relative_to(ROOT)} with a reason"
        )
    for change in sorted(known - set(found)):
        print(f"\n{LIST.relative_to(ROOT)} lists what is noticed, or no longer there:\n-{change[0]}\n+{change[1]}")
    print(f"\n{len(found)} changes that no test notices, {len(known)} of them listed")
    return 0 if set(found) == known else 1


if __name__ == "__main__":
    sys.exit(main())
