"""MkDocs empties `site_dir` before it reads a page; here it does so once all that can fail has not failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mkdocs import utils

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LateCleaning"]


class LateCleaning:
    """Puts off MkDocs' cleaning of a folder; the folder stays MkDocs' own, be it a link or a mount point.

    `mkdocs.commands.build` asks `mkdocs.utils.clean_directory` for it (MkDocs 1.6, the last of its line).
    """

    def __init__(self) -> None:
        self._real: Callable[[str], None] | None = None
        self._folder = ""

    def put_off(self) -> None:
        """From now on a cleaning is only noted."""
        if self._real is None:
            self._real = utils.clean_directory
            utils.clean_directory = self._note  # type: ignore[assignment]
            self._folder = ""

    def do(self) -> None:
        """Clean what was to be cleaned."""
        real = self.give_up()
        if real and self._folder:
            real(self._folder)

    def give_up(self) -> Callable[[str], None] | None:
        """Leave what was to be cleaned; later cleanings are MkDocs' again."""
        real, self._real = self._real, None
        if real:
            utils.clean_directory = real  # type: ignore[assignment]
        return real

    def _note(self, folder: str) -> None:
        self._folder = folder
