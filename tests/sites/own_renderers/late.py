"""Writes a page by itself, in several forms."""

import json
from html import escape
from pathlib import Path

_found = {}


def on_page_content(html, page, **_):
    """Keep what is there before the runs are known."""
    _found[page.url] = page.title + html


def on_post_build(config):
    """Write it in the forms of a page, a feed and an index."""
    out, html = Path(config.site_dir), "".join(_found.values())
    (out / "late.html").write_text(html)
    (out / "feed.xml").write_text(f"<content>{escape(html)}</content>")
    (out / "late.json").write_text(json.dumps({"html": html}))
    (out / "late.js").write_text("var late = " + json.dumps({"html": html}))
