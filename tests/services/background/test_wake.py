import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.background.wake import Wake, Wakes
from services.clock import ManualClock

NOON = datetime(2026, 1, 14, 3, 0, tzinfo=UTC)


async def turns(count=5):
    for _turn in range(count):
        await asyncio.sleep(0)


def clock():
    return ManualClock(NOON)


async def test_a_wait_ends_when_the_time_has_passed_and_not_before():
    time, wake = clock(), Wake()
    waiting = asyncio.ensure_future(wake.wait(time, 10))
    await turns()
    time.advance(9)
    await turns()
    assert not waiting.done()
    time.advance(1)
    assert await waiting is False


async def test_a_call_during_the_wait_ends_it():
    time, wake = clock(), Wake()
    waiting = asyncio.ensure_future(wake.wait(time, 10))
    await turns()
    wake.wake()
    assert await waiting is True
    await turns()
    assert time.sleepers == 0, "nobody sleeps for a wait that is over"


async def test_a_call_before_the_wait_ends_it_at_once_and_counts_once():
    time, wake = clock(), Wake()
    wake.wake()
    wake.wake()
    assert await wake.wait(time, 10) is True
    waiting = asyncio.ensure_future(wake.wait(time, 10))
    await turns()
    assert not waiting.done()
    time.advance(10)
    assert await waiting is False


async def test_a_call_that_was_cleared_ends_nothing():
    time, wake = clock(), Wake()
    wake.wake()
    wake.clear()
    waiting = asyncio.ensure_future(wake.wait(time, 10))
    await turns()
    assert not waiting.done()
    wake.wake()
    assert await waiting is True


async def test_time_that_passes_before_the_sleep_begins_counts():
    time, wake = clock(), Wake()
    waiting = asyncio.ensure_future(wake.wait(time, 10))
    await asyncio.sleep(0)
    assert time.sleepers == 0, "the wait was called, and its sleep has not begun"
    time.advance(4)
    await turns()
    time.advance(6)
    assert await waiting is False


@pytest.mark.parametrize("seconds", [0.0, -3.0])
async def test_a_time_that_has_come_already_is_not_waited_for(seconds):
    assert await Wake().wait(clock(), seconds) is False


@pytest.mark.parametrize("unlimited", ["wait", "until_woken"])
async def test_without_a_time_only_a_call_ends_it(unlimited):
    time, wake = clock(), Wake()
    waiting = asyncio.ensure_future(wake.wait(time, None) if unlimited == "wait" else wake.until_woken())
    await turns()
    time.advance(1e9)
    await turns()
    assert not waiting.done()
    wake.wake()
    await waiting
    assert time.sleepers == 0


async def test_a_wait_that_is_cancelled_leaves_no_sleeper_and_keeps_the_call():
    time, wake = clock(), Wake()
    waiting = asyncio.ensure_future(wake.wait(time, 10))
    await turns()
    wake.wake()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await turns()
    assert time.sleepers == 0
    assert await wake.wait(time, 10) is True


async def test_every_listener_is_notified_until_it_stops_listening():
    time, wakes = clock(), Wakes()
    with wakes.listen() as first:
        with wakes.listen() as second:
            wakes.wake()
            assert await first.wait(time, 10) is True
            assert await second.wait(time, 10) is True
        wakes.wake()
        assert await first.wait(time, 10) is True
        waiting = asyncio.ensure_future(second.wait(time, 10))
        await turns()
        assert not waiting.done(), "it listens no longer"
        time.advance(10)
        assert await waiting is False


@given(st.lists(st.sampled_from(["wake", "turn", "advance"]), max_size=60))
def test_writes_round_trip_in_any_order(steps):
    # A loop that reads, then waits, has read everything soon after the last call, without time's help.
    async def check():
        time, wake, entries, read = clock(), Wake(), 0, -1

        async def follow():
            nonlocal read
            while True:
                read = entries
                await wake.wait(time, 1000)

        follower = asyncio.ensure_future(follow())
        for step in steps:
            if step == "wake":
                entries += 1
                wake.wake()
            elif step == "turn":
                await asyncio.sleep(0)
            else:
                time.advance(1)
        await turns(10)
        assert read == entries
        follower.cancel()
        await asyncio.gather(follower, return_exceptions=True)
        await turns()
        assert time.sleepers == 0

    asyncio.run(check())
