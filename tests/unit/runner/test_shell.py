"""The shell, on a bash of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local_bash import LocalBash
from tests.shell_suite import TURNS, ShellSuite, busy, everything

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class TestLocalBash(ShellSuite):
    """All of the suite."""

    @pytest.fixture
    def executor_of(self, tmp_path: Path) -> Iterator[Callable[[], LocalBash]]:
        opened: list[LocalBash] = []

        def executor() -> LocalBash:
            opened.append(LocalBash(tmp_path))
            return opened[-1]

        yield executor
        for one in opened:
            one.close()

    @pytest.fixture
    def executor(self, executor_of: Callable[[], LocalBash]) -> LocalBash:
        return executor_of()

    @pytest.mark.parametrize("turn", range(TURNS))
    def test_a_busy_machine_shows_the_same(self, executor_of: Callable[[], LocalBash], turn: int) -> None:
        quiet = everything(executor_of())
        with busy():
            assert everything(executor_of()) == quiet, f"turn {turn}"
