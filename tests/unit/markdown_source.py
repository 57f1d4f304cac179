"""What the tests of the pages read them with."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^( *)(`{3,})[^`\n]*\n.*?^\1\2 *$", re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    """A Markdown text with spaces for what is in its fences; all else keeps its place."""
    return _FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
