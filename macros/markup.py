"""Where Material's markup is not valid HTML, and what it becomes (https://html.spec.whatwg.org/)."""

from __future__ import annotations

import re

_REPAIRS = (
    # A checkbox has nothing to complete.
    (re.compile(r'(<input class="md-toggle"[^>]*?) autocomplete="off"'), r"\1"),
    # An attribute that takes a number, left empty.
    (re.compile(r'(<[a-z]+ [^>]*?) tabindex(?:="")?(?=[ >])'), r"\1"),
    # A kind of link that HTML does not know.
    (re.compile(r'(<a [^>]*?) rel="edit"'), r"\1"),
)


def repaired(html: str) -> str:
    """A page that Material wrote, as valid HTML."""
    for pattern, replacement in _REPAIRS:
        html = pattern.sub(replacement, html)
    return html
