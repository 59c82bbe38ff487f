"""A feed outlives whatever its read raises, and no setting of the clock hastens, delays or greens anything."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import BY_KIND
from services.clock import ManualClock, SystemClock
from services.feed import Feed
from services.models.feeds import FeedState, Freshness
from services.models.problem import Problem, ProblemKind
from tests.faults.waiting import until
from tests.services.exceptions import EVERY

START = datetime(2026, 4, 1, 0, 0, 37, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0


class Source:
    """Raises what is set, else answers with the number of the read."""

    def __init__(self):
        self.reads = 0
        self.error: BaseException | None = None

    async def __call__(self):
        self.reads += 1
        if self.error is not None:
            raise self.error
        return self.reads


class Following:
    def __init__(self, clock):
        self.clock = clock
        self.source = Source()
        self.faults: list[BaseException] = []
        self.states: list[FeedState[int]] = []
        self.feed = Feed("alarms", self.source, clock=clock, interval=60, jitter=0, fault=self.faults.append)
        self.task = asyncio.create_task(self._follow())

    async def _follow(self):
        async for state in self.feed.states():
            self.states.append(state)

    async def turn(self):
        for _ in range(20):
            await asyncio.sleep(0)
        assert not self.task.done()

    async def stop(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    @property
    def freshness(self):
        return self.feed.state.freshness(self.clock.now())


@pytest.fixture
async def following():
    following = Following(ManualClock(START))
    await following.turn()
    return following


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
async def test_any_exception_of_a_read_is_shown_counted_and_followed_by_the_next_read(error):
    following = Following(ManualClock(START))
    await following.turn()
    following.source.error = error
    following.clock.advance(60)
    await following.turn()
    state = following.feed.state
    assert state.problem.kind is ProblemKind.FAULT
    assert state.problem.detail == type(error).__name__
    assert (state.value, following.freshness) == (1, Freshness.STALE)
    assert following.faults == [error]
    assert state.next_at == following.clock.now() + timedelta(seconds=60)
    following.source.error = None
    following.clock.advance(59)
    await following.turn()
    assert following.source.reads == 2
    following.clock.advance(1)
    await following.turn()
    assert (following.feed.state.value, following.freshness) == (3, Freshness.FRESH)
    assert following.feed.error is None
    await following.stop()


async def test_a_read_that_never_worked_is_failed_and_never_empty():
    following = Following(ManualClock(START))
    following.source.error = KeyError("MetricAlarms")
    await following.turn()
    assert following.freshness is Freshness.FAILED
    following.source.error = None
    following.feed.refresh()
    await following.turn()
    assert following.freshness is Freshness.FRESH
    await following.stop()


async def test_cancelling_a_feed_amid_a_read_ends_it(following):
    reading = asyncio.Event()

    async def hanging():
        reading.set()
        await asyncio.Event().wait()
        return 0

    task = asyncio.create_task(anext(Feed("f", hanging, clock=following.clock, interval=60).states()))
    await reading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await following.stop()


# ---- the clock is set


@pytest.mark.parametrize("step", [-1.0, -HOUR, -3 * DAY, DAY, 1.0, HOUR])
async def test_reads_keep_their_pace_however_the_clock_is_set(following, step):
    following.clock.advance(30)
    following.clock.step(step)
    for expected in range(2, 8):
        following.clock.advance(30)
        await following.turn()
        assert following.source.reads == expected
        assert following.freshness is Freshness.FRESH
        following.clock.advance(30)
        await following.turn()
        assert following.source.reads == expected
    await following.stop()


@pytest.mark.parametrize("step", [-1.0, -HOUR, -3 * DAY, DAY])
async def test_a_feed_whose_reads_hang_is_never_fresh_after_a_step(step):
    clock = ManualClock(START)
    hang = asyncio.Event()
    reads = 0

    async def read():
        nonlocal reads
        reads += 1
        if reads > 1:
            await hang.wait()
        return reads

    feed = Feed("alarms", read, clock=clock, interval=60, jitter=0)
    states = feed.states()
    await anext(states)
    waiting = asyncio.ensure_future(anext(states))
    await until(lambda: clock.sleepers)
    clock.advance(61)
    await until(lambda: reads == 2)
    clock.step(step)
    clock.advance(61)
    # Two intervals are over by any clock: at no later moment does the value count as fresh.
    for _ in range(200):
        assert feed.state.freshness(clock.now()) is Freshness.STALE
        assert feed.state.age(clock.now()) >= 122
        clock.advance(abs(step) / 100 + 1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_what_was_read_in_the_future_is_stale(following):
    assert following.freshness is Freshness.FRESH
    following.clock.step(-1)
    assert following.freshness is Freshness.STALE


@pytest.mark.parametrize("hours", [1, 10])
async def test_after_suspend_the_value_is_old_at_once_and_read_again(following, hours):
    following.clock.suspend(hours * HOUR)
    assert following.freshness is Freshness.STALE
    assert following.feed.state.age(following.clock.now()) == hours * HOUR
    following.clock.advance(0.001)  # the next nap is over
    await following.turn()
    assert following.source.reads == 2
    assert following.freshness is Freshness.FRESH
    await following.stop()


async def test_last_nights_value_is_old_even_where_the_wall_clock_was_set_back(following):
    following.clock.suspend(10 * HOUR)
    following.clock.step(-10 * HOUR + 1)
    assert following.freshness is Freshness.STALE
    await following.stop()


async def test_slowing_down_survives_a_step(following):
    kind = ProblemKind.THROTTLED
    following.source.error = BY_KIND[kind](Problem(kind=kind, summary="slow down", at=START))
    following.clock.advance(60)
    await following.turn()
    following.clock.step(-3 * DAY)
    following.clock.advance(60)
    await following.turn()
    assert following.source.reads == 3
    following.clock.step(5 * DAY)
    following.clock.advance(119)
    await following.turn()
    assert following.source.reads == 3
    following.clock.advance(1)
    await following.turn()
    assert following.source.reads == 4
    await following.stop()


async def test_a_wait_of_the_machines_clock_ends_by_what_passed_and_not_by_the_loops_timers():
    boot = 100.0
    clock = SystemClock(boot=lambda: boot, nap=0.001)
    waiting = asyncio.create_task(clock.sleep(8 * HOUR))
    for _ in range(5):
        await asyncio.sleep(0.002)
    assert not waiting.done()
    boot += 8 * HOUR  # the machine was suspended for a night
    await waiting
    assert clock.elapsed() == boot
