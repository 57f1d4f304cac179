"""The styles, the script and the player that come with the package into a site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

__all__ = ["files", "link", "linked"]

FOLDER = "assets/docker-notes"
STYLES = (f"{FOLDER}/docker-notes.css", f"{FOLDER}/state.css")
SCRIPTS = (f"{FOLDER}/docker-notes.js", f"{FOLDER}/state.js")
_HERE = Path(__file__).parent / "assets"


def link(config: MkDocsConfig) -> None:
    """Have every page load style and script; before the site's own, which can change what they set."""
    if STYLES[0] in config.extra_css:
        return
    config.extra_css[:0] = STYLES
    for name in reversed(SCRIPTS):
        script = ExtraScriptValue(name)
        script.defer = True
        config.extra_javascript.insert(0, script)


def linked(html: str, url: str) -> str:
    """A page of a theme that links no styles and scripts, with ours.

    Args:
        html: the whole page.
        url: its address, from the top of the site.
    """
    if STYLES[0] in html or "</head>" not in html:
        return html
    added = [f'<link rel="stylesheet" href="{get_relative_url(path, url)}">' for path in STYLES]
    added += [f'<script src="{get_relative_url(path, url)}" defer></script>' for path in SCRIPTS]
    return html.replace("</head>", f"{''.join(added)}</head>", 1)


def files(config: MkDocsConfig) -> list[File]:
    """The files of the package that a site gets."""
    return [
        File.generated(config, f"{FOLDER}/{path.name}", abs_src_path=str(path))
        for path in sorted(_HERE.iterdir())
        if path.is_file()
    ]
