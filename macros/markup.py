"""Where Material's markup is not valid HTML (https://html.spec.whatwg.org/) or a barrier (WCAG 2.2), and what it becomes."""

from __future__ import annotations

import re

_REPAIRS = (
    # A checkbox has nothing to complete.
    (re.compile(r'(<input class="md-toggle"[^>]*?) autocomplete="off"'), r"\1"),
    # An attribute that takes a number, left empty.
    (re.compile(r'(<[a-z]+ [^>]*?) tabindex(?:="")?(?=[ >])'), r"\1"),
    # A dialog without a name.
    (re.compile(r'(<div class="md-search"[^>]*?) role="dialog"'), r'\1 role="dialog" aria-label="Search"'),
    # Code that may have to be scrolled, out of a keyboard's reach.
    (re.compile(r"<pre><span></span><code>"), '<pre tabindex="0"><span></span><code>'),
    # A kind of link that HTML does not know.
    (re.compile(r'(<a [^>]*?) rel="edit"'), r"\1"),
)


def repaired(html: str) -> str:
    """A page that Material wrote, as valid HTML without barriers."""
    for pattern, replacement in _REPAIRS:
        html = pattern.sub(replacement, html)
    return html
