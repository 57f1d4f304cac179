"""How the tool comes into a site: mkdocs-macros calls `define_env` of a module that its configuration names."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import click
from mkdocs.exceptions import PluginError
from packaging.version import Version

from docker_notes.errors import DockerNotesError
from docker_notes.project.project import Project
from docker_notes.site.background import BackgroundRuns
from docker_notes.site.plugin import NAME, Plugin, to_terminal
from docker_notes.site.settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker_notes.project.settings import Settings

__all__ = ["collecting", "define"]

LEAST_MACROS = "1.3"

# One a process, so that `mkdocs serve` keeps its sandboxes and results from build to build.
_projects: dict[Settings, Project] = {}
_backgrounds: dict[Settings, BackgroundRuns] = {}
_collecting = False


def define(env: Any) -> None:
    """Add the plugin of one build to MkDocs, and its macros to mkdocs-macros.

    Args:
        env: mkdocs-macros' plugin.

    Raises:
        PluginError: where a setting is wrong, or mkdocs-macros is too old.
    """
    found = version("mkdocs-macros-plugin")
    if Version(found) < Version(LEAST_MACROS):
        raise PluginError(
            f"mkdocs-macros-plugin {found} is too old; docker-notes needs {LEAST_MACROS}: pip install -U mkdocs-macros-plugin"
        )
    try:
        settings = settings_of(env.conf)
    except DockerNotesError as error:
        raise PluginError(str(error)) from error
    plugin = env.conf["plugins"].get(NAME)
    if isinstance(plugin, Plugin):  # built again in one process, as for each language of mkdocs-static-i18n
        plugin.begin()
    else:
        plugin = env.conf["plugins"][NAME] = _plugin(settings, env)
    plugin.extend(env.conf)
    for name, macro in plugin.macros.macros().items():
        env.macro(macro, name)


def _plugin(settings: Settings, env: Any) -> Plugin:
    project = _projects.setdefault(settings, Project(settings))
    if not _serving():
        return Plugin(project, env, collect=_collecting)
    if settings not in _backgrounds:
        signal = settings.cache / "serve"
        signal.parent.mkdir(parents=True, exist_ok=True)
        signal.touch()
        _backgrounds[settings] = BackgroundRuns(project, signal, lambda: os.utime(signal), to_terminal)
    # A page that cannot be rendered shows why, and serve goes on.
    env.config["on_error_fail"] = False
    return Plugin(project, env, _backgrounds[settings])


def _serving() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name == "serve"


@contextmanager
def collecting() -> Iterator[None]:
    """Within it a build ends, by Collected, when its pages are known."""
    global _collecting  # noqa: PLW0603  # a build is handed over by mkdocs-macros, which takes no word along
    _collecting = True
    try:
        yield
    finally:
        _collecting = False
