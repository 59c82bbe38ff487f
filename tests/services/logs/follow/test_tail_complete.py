"""A tail says from when to when no line is missing, and says no more than is so."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

from services.clock import ManualClock
from services.logs.follow import shared_tails
from services.logs.follow.follower import LogFollower, TailBatch
from services.logs.follow.shared_tails import SharedTails
from services.logs.follow.window import OVERLAP
from services.models.logs import LogLine, TailStats
from tests.faults.waiting import until

START = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
NOW = int(START.timestamp() * 1000)


def line(at):
    return LogLine(str(at), at, at, "s", "text")


class Source:
    def __init__(self, *times):
        self.lines = [line(at) for at in times]
        self.error: Exception | None = None
        self.starts: list[int] = []

    async def page(self, group, start_ms, end_ms=None, pattern="", token=None):
        self.starts.append(start_ms)
        if self.error is not None:
            raise self.error
        lines = [each for each in self.lines if each.at >= start_ms and (end_ms is None or each.at <= end_ms)]
        return tuple(lines), None


async def first_stats(*times, backlog=200):
    async with aclosing(
        LogFollower(Source(*times), "/g", clock=ManualClock(START), backlog=backlog).batches()
    ) as batches:
        last = await anext(batches)
        while last.stats.complete_to is None:
            last = await anext(batches)
        return last.stats


async def test_a_tail_begins_to_be_complete_where_it_began_to_read():
    stats = await first_stats(NOW - 1000, NOW - 500)
    assert stats.complete_from == NOW - 7 * 86_400_000
    assert stats.complete_to == NOW - OVERLAP


async def test_lines_that_the_backlog_omits_are_not_counted_as_shown():
    times = [NOW - 20_000 + 100 * number for number in range(100)]
    stats = await first_stats(*times, backlog=10)
    assert stats.complete_from == times[-11] + 1


async def test_a_failure_and_a_step_of_the_clock_leave_no_hole_and_promise_none():
    clock, source = ManualClock(START), Source(NOW - 1000)
    faults: list[BaseException] = []
    follow = LogFollower(source, "/g", clock=clock, start_ms=NOW - 60_000, fault=faults.append)
    heard: list[TailBatch] = []

    async def listen():
        async for batch in follow.batches():
            heard.append(batch)

    task = asyncio.create_task(listen())
    await until(lambda: clock.sleepers)
    assert heard[-1].stats.complete_to == NOW - OVERLAP
    source.error = KeyError("events")
    clock.advance(5)
    await until(lambda: heard[-1].problem is not None and clock.sleepers)
    assert faults == [source.error]
    assert heard[-1].stats.complete_to == NOW - OVERLAP, "what failed reads nothing"
    clock.step(-3 * 86_400)
    clock.suspend(3600)
    source.lines += [line(NOW + 1_000_000), line(NOW + 3_000_000)]
    source.error = None
    clock.advance(60)
    await until(lambda: heard[-1].problem is None and clock.sleepers)
    delivered = {each.at for batch in heard for each in batch.lines}
    assert delivered == {each.at for each in source.lines}
    assert heard[-1].stats.complete_from == NOW - 60_000
    assert heard[-1].stats.complete_to == NOW + 5_000 + 3_600_000 + 60_000 - OVERLAP
    assert min(source.starts) >= NOW - 8_000_000, "nothing of days ago is read again"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_late_subscriber_to_a_long_tail_hears_nothing_of_dropped_lines():
    queue: asyncio.Queue[TailBatch] = asyncio.Queue()

    async def loop(_group, _pattern):
        while True:
            yield await queue.get()

    tails = SharedTails(loop)
    stats = TailStats(group="/g", complete_from=0, complete_to=10**9)
    lines = tuple(line(at) for at in range(shared_tails.BACKLOG + 5))
    async with aclosing(tails.batches("/g")) as first:
        queue.put_nowait(TailBatch(lines, stats))
        assert (await anext(first)).stats.complete_from == 0
        async with aclosing(tails.batches("/g")) as second:
            assert (await anext(second)).stats.complete_from == 5
            queue.put_nowait(TailBatch((), stats))
            assert (await anext(second)).stats.complete_from == 5
            assert (await anext(first)).stats.complete_from == 0
    # Nor of the many that few long ones took the room of.
    long = shared_tails.BACKLOG_CHARACTERS // 4
    async with aclosing(tails.batches("/g")) as first:
        for at in range(6):
            queue.put_nowait(TailBatch((line(at)._replace(text="x" * long),), stats))
            await anext(first)
        async with aclosing(tails.batches("/g")) as second:
            late = await anext(second)
            assert [each.at for each in late.lines] == [2, 3, 4, 5]
            assert late.stats.complete_from == 2
