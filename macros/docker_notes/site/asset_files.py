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
STYLE, SCRIPT = f"{FOLDER}/docker-notes.css", f"{FOLDER}/docker-notes.js"
_HERE = Path(__file__).parent / "assets"


def link(config: MkDocsConfig) -> None:
    """Have every page load style and script; before the site's own, which can change what they set."""
    if STYLE in config.extra_css:
        return
    config.extra_css.insert(0, STYLE)
    script = ExtraScriptValue(SCRIPT)
    script.defer = True
    config.extra_javascript.insert(0, script)


def linked(html: str, url: str) -> str:
    """A page of a theme that links no styles and scripts, with ours.

    Args:
        html: the whole page.
        url: its address, from the top of the site.
    """
    if STYLE in html or "</head>" not in html:
        return html
    style, script = (get_relative_url(path, url) for path in (STYLE, SCRIPT))
    return html.replace("</head>", f'<link rel="stylesheet" href="{style}"><script src="{script}" defer></script></head>', 1)


def files(config: MkDocsConfig) -> list[File]:
    """The files of the package that a site gets."""
    return [
        File.generated(config, f"{FOLDER}/{path.name}", abs_src_path=str(path))
        for path in sorted(_HERE.iterdir())
        if path.is_file()
    ]
