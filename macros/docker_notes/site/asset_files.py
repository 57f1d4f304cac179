"""The styles, the script and the player that come with the package into a site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config.config_options import ExtraScriptValue
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

__all__ = ["files", "link"]

FOLDER = "assets/docker-notes"
_HERE = Path(__file__).parent / "assets"


def link(config: MkDocsConfig) -> None:
    """Have every page load style and script; before the site's own, which can change what they set."""
    config.extra_css.insert(0, f"{FOLDER}/docker-notes.css")
    script = ExtraScriptValue(f"{FOLDER}/docker-notes.js")
    script.defer = True
    config.extra_javascript.insert(0, script)


def files(config: MkDocsConfig) -> list[File]:
    """The files of the package that a site gets."""
    return [
        File.generated(config, f"{FOLDER}/{path.name}", abs_src_path=str(path))
        for path in sorted(_HERE.iterdir())
        if path.is_file()
    ]
