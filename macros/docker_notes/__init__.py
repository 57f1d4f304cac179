"""docker-notes: console blocks of pages, run on a real Docker Engine, and what the terminal showed."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def define_env(env: Any) -> None:
    """Wire the blocks and macros into MkDocs; called by mkdocs-macros-plugin once a build, by Zensical once a page."""
    if type(env).__module__.startswith("zensical."):
        from docker_notes.site import zensical  # noqa: PLC0415  # for Zensical alone

        zensical.define(env)
        return
    from docker_notes.site import plugin as site  # noqa: PLC0415  # the core stays free of MkDocs

    plugin = site.site(Path(env.conf["config_file_path"]).parent, env)
    env.conf["plugins"]["docker-notes"] = plugin
    env.conf["mdx_configs"].setdefault("pymdownx.superfences", {}).setdefault("custom_fences", []).append(
        {"name": "console", "class": "console", "validator": plugin.validate, "format": plugin.format}
    )
    for name, macro in plugin.prose.macros().items():
        env.macro(macro, name)


def on_pre_page_macros(env: Any) -> None:
    """Before a page's macros are rendered."""
    env.conf["plugins"]["docker-notes"].shield(env)
