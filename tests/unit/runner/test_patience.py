"""When a line may be typed: at rest, or after a bounded wait, and as long as the machine holds the work up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docker_notes.engine.look import Look
from docker_notes.runner import patience as rules
from docker_notes.runner.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Callable


def typed_after(
    *,
    prints: Callable[[float], bool] = lambda _: False,
    speed: Callable[[float], float] = lambda _: 0.0,
    wanting: Callable[[float], int] = lambda _: 0,
    at_prompt: bool = False,
    is_key: bool = False,
    seen: bool = False,
) -> float:
    """The seconds after which a line is typed, on a clock of its own.

    Args:
        prints: whether the program prints at that second.
        speed: the share of a processor that it uses then.
        wanting: the threads that want one.
        at_prompt: whether it shows a prompt.
        is_key: whether a key is typed.
        seen: whether a text was waited for before.
    """
    now = used = 0.0

    def look() -> Look:
        return Look(used=used, wanting=wanting(now), beside=1)

    patience = Patience(look, now, is_key=is_key, seen=seen)
    while (wait := patience.wait(now, at_prompt=at_prompt)) > 0:
        assert now < 100
        for _ in range(max(1, round(min(wait, 10) / 0.01))):
            used += speed(now) * 0.01
            now = round(now + 0.01, 2)
            if prints(now):
                patience.heard(now)
                break
    return now


def test_at_rest_it_takes_a_moment() -> None:
    assert typed_after() == pytest.approx(rules.AT_REST, abs=0.12)
    assert typed_after(at_prompt=True) == pytest.approx(rules.AT_PROMPT, abs=0.12)
    assert typed_after(seen=True, is_key=True) == 0.0


@pytest.mark.parametrize("at_prompt", [False, True])
def test_work_is_waited_for(at_prompt: bool) -> None:  # noqa: FBT001
    rest = rules.AT_PROMPT if at_prompt else rules.AT_REST
    assert typed_after(speed=lambda now: 1.0 if now < 0.8 else 0.0, at_prompt=at_prompt) == pytest.approx(0.8 + rest, abs=0.25)


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2, 0.5])
def test_work_that_hardly_gets_a_processor_is_waited_for_as_well(share: float) -> None:
    """Two seconds of work, at any speed, end after they are done."""
    done = min(0.7 / share, 7.0)
    said = typed_after(speed=lambda now: share if now < done else 0.0, wanting=lambda now: int(now < done))
    assert said >= done


def test_what_never_rests_is_not_waited_for_for_ever() -> None:
    assert typed_after(speed=lambda _: 1.0, wanting=lambda _: 1) == pytest.approx(rules.SILENT, abs=0.3)
    assert typed_after(speed=lambda _: 1.0, wanting=lambda _: 1, at_prompt=True) == pytest.approx(rules.SILENT_AT_PROMPT, abs=0.3)


def test_what_is_never_silent_is_not_either() -> None:
    def often(now: float) -> bool:
        return round(now * 100) % 5 == 0

    assert typed_after(prints=often, is_key=True) == pytest.approx(rules.KEY, abs=0.6)
    assert typed_after(prints=often) == pytest.approx(rules.LINE, abs=0.6)
    assert typed_after(prints=often, seen=True) == pytest.approx(rules.SEEN, abs=0.6)
    assert typed_after(prints=often, speed=lambda _: 1.0, is_key=True) == pytest.approx(rules.LONGEST, abs=0.6)


def test_a_program_that_prints_now_and_then_is_typed_into_between() -> None:
    assert typed_after(prints=lambda now: round(now * 100) % 200 == 1) < 1.0


def test_few_looks_are_not_taken_for_rest() -> None:
    """On a busy machine whoever looks is late as well, and sees little of what went on."""
    patience = Patience(lambda: Look(used=0.0, wanting=0, beside=1), 0.0, is_key=False, seen=False)
    assert [patience.wait(now, at_prompt=False) > 0 for now in (0.0, 0.7, 1.4)] == [True, True, True]
