"""What the tests read the pages with."""

from __future__ import annotations

import re

PATH = (
    "images-and-containers.md", "running-containers.md", "interactive-containers.md", "writing-a-dockerfile.md", "run-and-cmd.md",
    "publishing-ports.md", "images-are-read-only.md", "layers-and-cache.md", "getting-help.md", "stopping-and-restarting.md",
)  # fmt: skip
"""The pages that are read in order, from the first to the tenth."""

_FENCE = re.compile(r"^( *)(`{3,})[^`\n]*\n.*?^\1\2 *$", re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    """A Markdown text with spaces for what is in its fences; all else keeps its place."""
    return _FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
