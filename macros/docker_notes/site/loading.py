"""The pages of a site, read as MkDocs reads them, without building it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, ConfigurationError
from mkdocs.plugins import BasePlugin

from docker_notes.errors import DockerNotesError
from docker_notes.site.plugin import NAME, Collected, NoOptions
from docker_notes.site.wiring import collecting

if TYPE_CHECKING:
    from pathlib import Path

    from mkdocs.config.defaults import MkDocsConfig

    from docker_notes.errors import PageError
    from docker_notes.page.model import Page
    from docker_notes.project.project import Project
    from docker_notes.site.plugin import Plugin

__all__ = ["Site", "load"]


@dataclass(frozen=True)
class Site:
    """A site's pages with blocks, by their paths below its folder of pages.

    Args:
        project: the site's.
        pages: those without mistakes.
        failures: the mistakes of the others.
    """

    project: Project
    pages: dict[str, Page]
    failures: list[PageError]


def load(file: Path) -> Site:
    """Read a site's pages: the very blocks that its build would run.

    Args:
        file: its mkdocs.yml.

    Raises:
        DockerNotesError: where MkDocs cannot read it, or it does not use this tool.
    """
    logger = logging.getLogger("mkdocs")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        # Warnings are the build's to judge.
        config = load_config(str(file), strict=False)
        config.plugins["docker-notes-asked"] = _Asked()
        with collecting():
            return _read(config)
    except _NotUsedError:
        fix = "    add to its plugins:\n      - macros:\n          modules: [docker_notes]"
        raise DockerNotesError(f"{file.name} does not use docker-notes\n{fix}") from None
    except (Abort, ConfigurationError) as error:
        raise DockerNotesError(f"{file.name} cannot be read by MkDocs: {error}") from error
    except SystemExit as error:
        raise DockerNotesError(f"{file.name}: a macro of a page failed, as told above") from error
    finally:
        logger.setLevel(level)


class _NotUsedError(Exception):
    pass


class _Asked(BasePlugin[NoOptions]):  # type: ignore[no-untyped-call]  # MkDocs' own hook
    """Ends the build of a site that does not use this tool before MkDocs empties its folder."""

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        if NAME not in config.plugins:
            raise _NotUsedError


def _read(config: MkDocsConfig) -> Site:
    site = _collected(config)
    # mkdocs-static-i18n builds its other languages from an event that is not reached here.
    languages: Any = config.plugins.get("i18n")
    for language in getattr(languages, "build_languages", ()):
        if language != languages.default_language:
            languages.current_language = language
            more = _collected(config)
            site.pages.update(more.pages)
            told = {str(failure) for failure in site.failures}
            site.failures.extend(failure for failure in more.failures if str(failure) not in told)
    return site


def _collected(config: MkDocsConfig) -> Site:
    try:
        build(config)
    except Collected:
        plugin = cast("Plugin", config.plugins[NAME])
        right = {path: page for path, page in plugin.pages.pages.items() if not plugin.pages.failures.get(path)}
        return Site(plugin.project, right, plugin.pages.all_failures)
    raise _NotUsedError
