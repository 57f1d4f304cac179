"""docker-notes: console blocks of pages, run on a real Docker Engine, and what the terminal showed.

A pluglet of mkdocs-macros-plugin: `modules: [docker_notes]` below its entry in mkdocs.yml brings it into a site.
"""

from __future__ import annotations

from typing import Any

__all__ = ["define_env"]


def define_env(env: Any) -> None:
    """Add blocks and macros to a site; called by mkdocs-macros once a build, by Zensical once a page."""
    if type(env).__module__.startswith("zensical."):
        from docker_notes.site import zensical  # noqa: PLC0415  # for Zensical alone

        zensical.define(env)
        return
    from docker_notes.site import wiring  # noqa: PLC0415  # the package can be used without MkDocs

    wiring.define(env)
