import asyncio
from contextlib import aclosing

import pytest

from services.logs.follow.follower import TailBatch
from services.logs.follow.shared_tails import SharedTails
from services.models.logs import LogLine, TailStats


class Source:
    def __init__(self):
        self.queues: dict[tuple[str, str], asyncio.Queue[TailBatch | Exception]] = {}
        self.started: list[tuple[str, str]] = []
        self.ended: list[tuple[str, str]] = []

    async def loop(self, group, pattern):
        key = (group, pattern)
        self.started.append(key)
        queue = self.queues.setdefault(key, asyncio.Queue())
        try:
            while True:
                item = await queue.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.ended.append(key)

    def say(self, group, *names):
        lines = tuple(LogLine(name, 1, 1, "s", name) for name in names)
        self.queues.setdefault((group, ""), asyncio.Queue()).put_nowait(
            TailBatch(lines, TailStats(group=group))
        )


def names(batch):
    return [line.id for line in batch.lines]


async def test_two_panes_share_one_loop_and_the_later_one_gets_the_backlog():
    source = Source()
    tails = SharedTails(source.loop)
    async with aclosing(tails.batches("/g")) as first:
        source.say("/g", "a", "b")
        assert names(await anext(first)) == ["a", "b"]
        async with aclosing(tails.batches("/g")) as second:
            assert names(await anext(second)) == ["a", "b"]
            source.say("/g", "c")
            assert names(await anext(first)) == ["c"]
            assert names(await anext(second)) == ["c"]
        assert source.started == [("/g", "")]
        assert tails.open == (("/g", ""),)


async def test_the_loop_ends_with_its_last_reader():
    source = Source()
    tails = SharedTails(source.loop)
    async with aclosing(tails.batches("/g")) as batches:
        source.say("/g", "a")
        await anext(batches)
    assert tails.open == ()
    assert source.ended == [("/g", "")]


async def test_another_pattern_is_another_loop():
    source = Source()
    tails = SharedTails(source.loop)
    source.say("/g", "a")
    source.queues[("/g", "ERROR")] = asyncio.Queue()
    source.queues[("/g", "ERROR")].put_nowait(TailBatch((), TailStats(group="/g")))
    async with aclosing(tails.batches("/g")) as plain, aclosing(tails.batches("/g", "ERROR")) as filtered:
        await anext(plain)
        await anext(filtered)
        assert set(tails.open) == {("/g", ""), ("/g", "ERROR")}
    await tails.close()


async def test_a_bug_in_the_loop_reaches_the_reader_instead_of_silence():
    source = Source()
    tails = SharedTails(source.loop)
    source.queues[("/g", "")] = asyncio.Queue()
    source.queues[("/g", "")].put_nowait(ZeroDivisionError())
    async with aclosing(tails.batches("/g")) as batches:
        with pytest.raises(ZeroDivisionError):
            await anext(batches)


async def test_a_subscriber_after_the_loop_ended_is_notified_too():
    source = Source()
    tails = SharedTails(source.loop)
    source.say("/g", "a")
    async with aclosing(tails.batches("/g")) as first:
        assert names(await anext(first)) == ["a"]
        source.queues[("/g", "")].put_nowait(ZeroDivisionError())
        async with aclosing(tails.batches("/g")) as second:
            assert names(await anext(second)) == ["a"]
            with pytest.raises(ZeroDivisionError):
                await anext(second)
        async with aclosing(tails.batches("/g")) as third:
            assert names(await anext(third)) == ["a"]
            with pytest.raises(ZeroDivisionError):
                await anext(third)
