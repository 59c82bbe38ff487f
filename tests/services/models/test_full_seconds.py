"""All who wait for a full second, or for a multiple of several, wait for the same moment."""

import asyncio
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.clock import NAP, AwsClock, ManualClock, SpedClock, SystemClock, until_tick
from services.models.full_seconds import until_full, until_last_full

START = datetime(2026, 1, 18, 0, 0, tzinfo=UTC)


@given(st.floats(0, 4e9), st.sampled_from((0.001, 1.0, 5.0, 60.0)))
def test_it_is_the_next_moment_and_no_later(now, seconds):
    wait = until_full(now, seconds)
    assert 0 < wait <= seconds + 0.11


@pytest.mark.parametrize("now", [100.0, 101.5, 104.89, 102.25])
def test_everybody_meets_at_the_same_moment(now):
    assert now + until_full(now, 5) == pytest.approx(105.002)


@pytest.mark.parametrize("now", [104.95, 104.9999, 105.0019])
def test_a_timer_that_fired_early_does_not_fire_twice(now):
    assert now + until_full(now, 5) == pytest.approx(110.002)


async def test_waits_that_began_at_any_time_nap_until_the_same_moment(monkeypatch):
    # Ten waits with naps of their own woke the idle console up 96 times a minute.
    boot, ends = 0.0, list[float]()
    began = 1000.0

    async def sleep(seconds):
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


@given(st.floats(0, 4e9), st.floats(2, 600))
def test_a_wait_that_ends_with_a_full_second_is_hardly_longer_and_less_than_a_second_shorter(now, seconds):
    wait = until_last_full(now, seconds)
    assert seconds - 0.91 < wait < seconds + 0.11
    assert (now + wait) % 1 == pytest.approx(0.002, abs=1e-5)


@pytest.mark.parametrize("speed", [1.0, 60.0])
async def test_reads_every_five_seconds_are_at_the_ticks_and_keep_their_distance(monkeypatch, speed):
    # Each read at a moment of its own woke the console up twelve times a minute more.
    at = 1000.4
    monkeypatch.setattr(time, "time", lambda: at)
    clock = SpedClock(START, 0.0, speed)
    starts = []
    for _round in range(20):
        at += 0.05  # the read
        at += until_tick(clock, (5 - 0.05) * speed) / speed
        starts.append(at)
        at += 0.0004  # the timer is a little late, or early
    gaps = [round(after - before, 2) for before, after in pairwise(starts)]
    assert [start % 1 for start in starts] == [pytest.approx(0.002, abs=0.001)] * 20
    assert set(gaps) == {5.0}


def test_waits_by_other_clocks_and_short_ones_are_not_changed():
    assert until_tick(ManualClock(START), 5) == 5
    assert until_tick(SystemClock(), 1.5) == 1.5
    assert until_tick(SpedClock(START, 0.0, 60), 100) == 100
    corrected = AwsClock(SystemClock(), lambda: None)
    assert 4 < until_tick(corrected, 5) < 5.2
