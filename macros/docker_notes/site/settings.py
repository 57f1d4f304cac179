"""The settings of a site: `extra: docker_notes:` of its mkdocs.yml, checked by MkDocs' own means."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config import config_options as c
from mkdocs.config.base import Config

from docker_notes.errors import DockerNotesError
from docker_notes.project.settings import Mode, Settings

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

__all__ = ["SettingsError", "settings_of"]

KEY = "extra: docker_notes:"


class SettingsError(DockerNotesError):
    """A setting that is unknown or wrong; the message names the file and the key."""


class _Options(Config):  # type: ignore[no-untyped-call]  # MkDocs' own hook
    """What may stand there."""

    examples = c.Type(str, default="examples")
    recordings = c.Type(str, default="recordings")
    images = c.ListOfItems(c.Type(str), default=[])
    engine = c.Choice([mode.value for mode in Mode], default="auto")


def settings_of(config: MkDocsConfig) -> Settings:
    """The settings of a site.

    Raises:
        SettingsError: listing every setting that is unknown or wrong.
    """
    file = Path(config.config_file_path or "mkdocs.yml")
    given = config.extra.get("docker_notes") or {}
    if not isinstance(given, dict):
        raise SettingsError(f"{file.name}: {KEY} is {given!r}\n    write settings below it, or leave it out")
    options = _Options(config_file_path=str(file))
    options.load_dict(given)
    failed, warned = options.validate()
    unknown = [key for key in given if key not in dict(_Options._schema)]  # noqa: SLF001  # MkDocs tells it in a warning only
    wrong = [f"{file.name}: {KEY} {key}: {error}" for key, error in failed if key not in unknown]
    wrong += [f"{file.name}: {KEY} {key}: {text}" for key, text in warned if key not in unknown]
    known = ", ".join(dict(_Options._schema))  # noqa: SLF001
    wrong += [f"{file.name}: {KEY} {key}: there is no such setting; settings: {known}" for key in unknown]
    root = file.resolve().parent
    for key in ("examples", "recordings"):
        value = given.get(key)
        if isinstance(value, str) and key == "examples" and not (root / value).is_dir():
            wrong.append(f"{file.name}: {KEY} {key}: there is no folder {value}/ beside {file.name}")
        if isinstance(value, str) and (root / value).resolve() == Path(config.docs_dir).resolve():
            wrong.append(f"{file.name}: {KEY} {key}: {value}/ is the folder of the pages")
    if wrong:
        raise SettingsError("\n".join(wrong))
    # Plugins put another folder in its place for the time of a build, as mkdocs-monorepo-plugin does.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # MkDocs itself has no use for it
        docs = next((given["docs_dir"] for given in reversed(config.user_configs) if given.get("docs_dir")), "docs")
    return Settings(root, (root / docs).resolve(), root / options.examples, root / options.recordings, options.engine)
