"""The page for users of the tool, and the files that it shows."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["ROOT", "TEXT", "fences"]

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/use-it-on-your-own-site.md").read_text()


def fences(title: str) -> str:
    """The file of that name which the page shows."""
    [found] = re.findall(rf'^(`{{3,}})\w+ title="{re.escape(title)}"\n(.*?)^\1$', TEXT, re.MULTILINE | re.DOTALL)
    return str(found[1])
