"""What a page declares in its front matter, which is read as MkDocs reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from docker_notes.errors import GrammarError
from docker_notes.page.kinds import Kind, kinds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Declared", "declared", "split"]

# The rule is that of MkDocs 1.6, mkdocs/utils/meta.py, `YAML_RE`.
_YAML = re.compile(r"-{3}[ \t]*\n(.*?\n)(?:\.{3}|-{3})[ \t]*\n", re.DOTALL)
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/-]*(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?")


@dataclass(frozen=True)
class Declared:
    """What a page's front matter says to this tool.

    Args:
        kinds: the page's own kinds of text that may differ from run to run.
        images: base images that are there when the page begins.
        allow: texts that look like secrets, and are none.
    """

    kinds: tuple[Kind, ...] = ()
    images: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()


def split(text: str) -> tuple[dict[str, Any], str, int]:
    """A page's front matter, its Markdown, and the line (from 1) in the file at which that begins."""
    text = text.removeprefix("\ufeff")
    found = _YAML.match(text)
    if not found:
        return {}, text, 1
    try:
        meta = yaml.load(found[1], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    except yaml.YAMLError:
        return {}, text, 1
    if not isinstance(meta, dict):
        return {}, text, 1
    body = text[found.end() :].lstrip("\n")
    return meta, body, text[: len(text) - len(body)].count("\n") + 1


def declared(path: str, meta: Mapping[str, Any]) -> Declared:
    """What a page declares.

    Args:
        path: the page's path below `docs/`, for errors.
        meta: its front matter.

    Raises:
        GrammarError: where an entry has another form.
    """
    try:
        kinds = tuple(kinds_of(meta.get("volatile") or ()))
    except (ValueError, TypeError) as error:
        fix = "write `volatile:` as a list of `- {name: …, pattern: …}`"
        raise GrammarError(path, 1, f"in the front matter: {error}", fix) from error
    return Declared(kinds, _texts(path, meta, "images", _IMAGE), _texts(path, meta, "allow", re.compile(r"\S.*")))


def _texts(path: str, meta: Mapping[str, Any], key: str, form: re.Pattern[str]) -> tuple[str, ...]:
    found = meta.get(key) or ()
    if not isinstance(found, (list, tuple)) or not all(isinstance(text, str) and form.fullmatch(text) for text in found):
        what = f"in the front matter: `{key}:` is {found!r}"
        raise GrammarError(
            path, 1, what, f"write it as a list, such as `{key}: [{'node:24-slim' if key == 'images' else 'hunter2'}]`"
        )
    return tuple(found)
