import asyncio
import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import BY_KIND
from services.clock import ManualClock, SystemClock
from services.feed import Feed
from services.models.feeds import Freshness
from services.models.problem import Problem, ProblemKind
from tests.faults.waiting import until

START = datetime(2026, 4, 1, 0, 0, 37, tzinfo=UTC)
SLOWING = (ProblemKind.THROTTLED, ProblemKind.UNREACHABLE, ProblemKind.UNAVAILABLE)


def failure(kind):
    return BY_KIND[kind](Problem(kind=kind, summary=kind.value, at=START))


class Source:
    """Answers with what was prepared, else with the number of the read."""

    def __init__(self):
        self.reads = 0
        self.failing: ProblemKind | None = None

    async def __call__(self):
        self.reads += 1
        if self.failing:
            raise failure(self.failing)
        return self.reads


@pytest.fixture
def clock():
    return ManualClock(START)


async def until_asleep(clock):
    await until(lambda: clock.sleepers)


async def next_state(states, clock):
    """Move the clock to the next read and return what it brought."""
    waiting = asyncio.ensure_future(anext(states))
    await until_asleep(clock)
    while not waiting.done():
        clock.advance(1)
        for _ in range(5):
            await asyncio.sleep(0)
    return await waiting


async def test_the_first_read_is_at_once_and_the_next_after_the_interval(clock):
    source = Source()
    feed = Feed("f", source, clock=clock, interval=60, jitter=0)
    states = feed.states()
    first = await anext(states)
    assert (first.value, first.fetched_at, first.next_at) == (1, START, START + timedelta(seconds=60))
    assert first.freshness(clock.now()) is Freshness.FRESH
    second = await next_state(states, clock)
    assert (second.value, second.fetched_at) == (2, START + timedelta(seconds=60))
    assert feed.state is second


async def test_a_first_delay_is_kept(clock):
    source = Source()
    states = Feed("f", source, clock=clock, interval=60, first_delay=5).states()
    state = await next_state(states, clock)
    assert state.fetched_at == START + timedelta(seconds=5)


async def test_a_failure_keeps_the_last_good_value_and_says_why(clock):
    source = Source()
    feed = Feed("f", source, clock=clock, interval=60, jitter=0)
    states = feed.states()
    await anext(states)
    source.failing = ProblemKind.EXPIRED
    failed = await next_state(states, clock)
    assert (failed.value, failed.fetched_at, failed.failures) == (1, START, 1)
    assert failed.problem.kind is ProblemKind.EXPIRED
    assert failed.freshness(clock.now()) is Freshness.STALE
    assert feed.error is not None
    source.failing = None
    mended = await next_state(states, clock)
    assert (mended.value, mended.problem, mended.failures, feed.error) == (3, None, 0, None)


@pytest.mark.parametrize("kind", [kind for kind in BY_KIND if kind not in SLOWING])
async def test_what_waits_for_a_person_is_tried_at_the_usual_pace(kind, clock):
    source = Source()
    source.failing = kind
    states = Feed("f", source, clock=clock, interval=60, jitter=0).states()
    state = await anext(states)
    for _ in range(4):
        assert state.next_at == clock.now() + timedelta(seconds=60)
        assert state.freshness(clock.now()) is Freshness.FAILED
        state = await next_state(states, clock)
    source.failing = None
    assert (await next_state(states, clock)).value == 6


@pytest.mark.parametrize("kind", SLOWING)
@pytest.mark.parametrize(
    ("interval", "limit", "waits"),
    [
        (60, None, [60, 120, 240, 300, 300]),
        (5, None, [5, 10, 20, 25, 25]),
        (600, None, [600] * 5),
        (5, 60, [5, 10, 20, 40, 60]),
    ],
)
async def test_what_slowing_down_helps_is_slowed(kind, interval, limit, waits, clock):
    source = Source()
    source.failing = kind
    states = Feed("f", source, clock=clock, interval=interval, jitter=0, backoff_limit=limit).states()
    state = await anext(states)
    for wait in waits:
        assert state.next_at == clock.now() + timedelta(seconds=wait)
        state = await next_state(states, clock)
    source.failing = None
    assert (await next_state(states, clock)).next_at == clock.now() + timedelta(seconds=interval)


async def test_a_thousand_failures_do_not_overflow(clock):
    feed = Feed("f", Source(), clock=clock, interval=5)
    for _ in range(1_500):
        feed._failed(failure(ProblemKind.THROTTLED))
    assert feed.state.next_at is not None
    assert feed.state.next_at <= clock.now() + timedelta(seconds=25 * 1.1)


async def test_jitter_only_delays_and_is_bounded(clock):
    for seed in range(50):
        feed = Feed("f", Source(), clock=clock, interval=60, jitter=0.1, rng=random.Random(seed))
        state = await anext(feed.states())
        assert state.next_at is not None
        assert 60 <= (state.next_at - START).total_seconds() <= 66


async def test_aligned_reads_fall_after_the_period_is_over(clock):
    states = Feed("f", Source(), clock=clock, interval=60, jitter=0, align=60, lag=20).states()
    seconds = [(await anext(states)).fetched_at]
    seconds += [(await next_state(states, clock)).fetched_at for _ in range(3)]
    assert [moment.strftime("%M:%S") for moment in seconds if moment] == ["00:37", "01:20", "02:20", "03:20"]


async def test_aligned_reads_of_a_longer_interval_skip_periods(clock):
    states = Feed("f", Source(), clock=clock, interval=300, jitter=0, align=60, lag=5).states()
    seconds = [(await anext(states)).fetched_at]
    seconds += [(await next_state(states, clock)).fetched_at for _ in range(2)]
    assert [moment.strftime("%M:%S") for moment in seconds if moment] == ["00:37", "05:05", "10:05"]


async def test_a_refresh_reads_at_once(clock):
    source = Source()
    feed = Feed("f", source, clock=clock, interval=60)
    states = feed.states()
    await anext(states)
    waiting = asyncio.ensure_future(anext(states))
    await until_asleep(clock)
    feed.refresh()
    feed.refresh()
    assert (await waiting).value == 2
    assert clock.now() == START
    waiting = asyncio.ensure_future(anext(states))
    await until_asleep(clock)
    assert source.reads == 2
    waiting.cancel()


async def test_a_refresh_during_a_read_is_followed_by_another(clock):
    release = asyncio.Event()
    reads = 0

    async def slow():
        nonlocal reads
        reads += 1
        await release.wait()
        return reads

    feed = Feed("f", slow, clock=clock, interval=60)
    states = feed.states()
    waiting = asyncio.ensure_future(anext(states))
    await until(lambda: reads)
    feed.refresh()
    await asyncio.sleep(0)
    assert reads == 1
    release.set()
    assert (await waiting).next_at == START
    assert (await anext(states)).value == 2


async def test_a_paused_feed_reads_nothing_and_catches_up(clock):
    source = Source()
    feed = Feed("f", source, clock=clock, interval=60, jitter=0)
    states = feed.states()
    await anext(states)
    waiting = asyncio.ensure_future(anext(states))
    await until_asleep(clock)
    feed.pause()
    for _ in range(5):
        clock.advance(60)
        await asyncio.sleep(0)
    assert feed.paused
    assert source.reads == 1
    assert feed.state.freshness(clock.now()) is Freshness.STALE
    feed.resume()
    assert (await waiting).value == 2


async def test_a_slower_interval_is_reported_and_kept(clock):
    source = Source()
    feed = Feed("f", source, clock=clock, interval=5, jitter=0)
    states = feed.states()
    await anext(states)
    waiting = asyncio.ensure_future(anext(states))
    await until_asleep(clock)
    feed.interval = 60
    state = await waiting
    assert (state.value, state.interval, state.next_at) == (1, 60, START + timedelta(seconds=60))
    assert source.reads == 1
    clock.advance(30)
    assert state.freshness(clock.now()) is Freshness.FRESH
    assert (await next_state(states, clock)).fetched_at == START + timedelta(seconds=60)


async def test_a_faster_pace_reads_what_is_overdue(clock):
    feed = Feed("f", Source(), clock=clock, interval=60, jitter=0)
    states = feed.states()
    await anext(states)
    clock.advance(30)
    feed.interval = 5
    state = await anext(states)
    value = state.value if state.value == 2 else (await anext(states)).value
    assert value == 2
    assert clock.now() == START + timedelta(seconds=30)


async def test_leaving_leaves_nothing_behind(clock):
    feed = Feed("f", Source(), clock=clock, interval=60)

    async def follow():
        async for _state in feed.states():
            pass

    following = asyncio.create_task(follow())
    await until_asleep(clock)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    await until(lambda: len(asyncio.all_tasks()) == 1)
    assert clock.sleepers == 0


async def test_a_read_ahead_is_the_first_state_and_sets_the_time_of_the_next(clock):
    source = Source()
    feed = Feed("f", source, clock=clock, interval=60, jitter=0)
    ahead = await feed.read_ahead()
    assert (ahead.value, source.reads, feed.state) == (1, 1, ahead)
    clock.advance(20)
    states = feed.states()
    assert await anext(states) is ahead
    waiting = asyncio.ensure_future(anext(states))
    await until_asleep(clock)
    clock.advance(39)
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.advance(1)
    assert (await waiting).value == 2


async def test_who_listens_waits_for_a_read_ahead_that_is_under_way(clock):
    answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    feed = Feed("f", lambda: answer, clock=clock, interval=60, jitter=0)
    feed.read_ahead()
    waiting = asyncio.ensure_future(anext(feed.states()))
    await asyncio.sleep(0)
    assert not waiting.done()
    answer.set_result(5)
    assert (await waiting).value == 5


async def test_a_read_ahead_that_fails_is_a_state_with_the_problem(clock):
    source = Source()
    source.failing = ProblemKind.UNREACHABLE
    feed = Feed("f", source, clock=clock, interval=60, jitter=0)
    ahead = await feed.read_ahead()
    assert ahead.problem is not None
    assert await anext(feed.states()) is ahead


@pytest.mark.parametrize("align", [None, 60.0])
async def test_reads_of_all_feeds_start_at_full_seconds_but_never_before_they_may(monkeypatch, align):
    # Each feed's jitter woke the console up at a moment of its own.
    at, real_clock = 1_000_000.25, SystemClock(boot=lambda: at)
    monkeypatch.setattr(time, "time", lambda: at)
    monkeypatch.setattr(real_clock, "now", lambda: datetime.fromtimestamp(at, UTC))
    feed = Feed("test", Source(), clock=real_clock, interval=60.0, align=align, lag=5.0)
    for _read in range(50):
        await anext(aiter(feed.states()))
        due, least = feed._due, feed._aligned(feed._ended.at, 60.0) if align else 60.0
        assert at + least - 1e-6 <= due <= at + least + 6.1
        assert due == pytest.approx(at + least) or due % 1 == pytest.approx(0.002, abs=1e-4)
        at = due + 0.3
