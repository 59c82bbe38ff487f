"""All who wait for a full second, or for a multiple of several, wait for the same moment."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.clock import NAP, SystemClock
from services.models.full_seconds import until_full


@given(st.floats(0, 4e9), st.sampled_from((0.001, 1.0, 5.0, 60.0)))
def test_it_is_the_next_moment_and_no_later(now: float, seconds: float) -> None:
    wait = until_full(now, seconds)
    assert 0 < wait <= seconds + 0.11


@pytest.mark.parametrize("now", [100.0, 101.5, 104.89, 102.25])
def test_everybody_meets_at_the_same_moment(now: float) -> None:
    assert now + until_full(now, 5) == pytest.approx(105.002)


@pytest.mark.parametrize("now", [104.95, 104.9999, 105.0019])
def test_a_timer_that_fired_early_does_not_fire_twice(now: float) -> None:
    assert now + until_full(now, 5) == pytest.approx(110.002)


async def test_waits_that_began_at_any_time_nap_until_the_same_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten waits with naps of their own woke the idle console up 96 times a minute."""
    boot, ends = 0.0, list[float]()
    began = 1000.0

    async def sleep(seconds: float) -> None:
        nonlocal boot
        ends.append(began + boot + seconds)
        boot += seconds

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(time, "time", lambda: began + boot)
    clock = SystemClock(boot=lambda: boot)
    for offset in (0.7, 1.3, 2.6, 3.9):
        boot = offset
        await clock.sleep(60)
    naps = [end for end in ends if end % NAP < 0.01]
    assert len(naps) >= 4 * 11
    assert len(ends) - len(naps) == 4, "only the ends of the waits are moments of their own"
