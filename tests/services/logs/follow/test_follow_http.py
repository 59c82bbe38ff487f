import asyncio
from collections import Counter
from contextlib import aclosing, asynccontextmanager

import pytest
from aiobotocore.session import get_session

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.logs.events import Logs
from services.logs.follow.follower import LogFollower, TailBatch

GROUP = "/ecs/other"
STREAMS = tuple(f"ecs/other/{number}" for number in range(10))


class Watched:
    def __init__(self, aws):
        self.aws = aws
        self.batches: list[TailBatch] = []

    async def run(self, follow):
        async with aclosing(follow.batches()) as batches:
            async for batch in batches:
                self.batches.append(batch)

    @property
    def texts(self):
        return [line.text for batch in self.batches for line in batch.lines]

    @property
    def late(self):
        return {line.text for batch in self.batches for line in batch.lines if line.late}

    async def until_it_sleeps(self):
        while not self.aws.clock.sleepers:  # noqa: ASYNC110  a manual clock has no event to wait on
            await asyncio.sleep(0.002)

    async def advance(self, seconds):
        self.aws.advance(seconds)
        await self.until_it_sleeps()


@asynccontextmanager
async def following(aws, **options):
    session = AwsSession(AwsSettings(**aws.settings()), clock=aws.clock, meter=UsageMeter(aws.clock))
    watched = Watched(aws)
    task = asyncio.create_task(watched.run(LogFollower(Logs(session), GROUP, clock=aws.clock, **options)))
    try:
        await watched.until_it_sleeps()
        yield watched
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await session.close()


@asynccontextmanager
async def writer(aws):
    async with get_session().create_client(
        "logs", region_name="ap-northeast-1", endpoint_url=aws.url
    ) as client:
        yield client


async def create(client):
    await client.create_log_group(logGroupName=GROUP)
    for stream in STREAMS:
        await client.create_log_stream(logGroupName=GROUP, logStreamName=stream)


async def put(client, stream, *events):
    rows = [{"timestamp": at, "message": text} for at, text in sorted(events)]
    await client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=rows)


def now_ms(aws):
    return int(aws.clock.now().timestamp() * 1000)


@pytest.mark.slow
async def test_a_burst_late_events_and_one_millisecond_every_event_exactly_once(empty_aws):
    async with writer(empty_aws) as client:
        await create(client)
        await put(client, STREAMS[0], (now_ms(empty_aws) - 1_000, "first"))
        async with following(empty_aws) as watched:
            assert watched.texts == ["first"]
            expected = ["first"]
            moment = now_ms(empty_aws)

            async def burst(number):
                rows = [(moment + index, f"burst {number} {index}") for index in range(500)]
                expected.extend(text for _at, text in rows)
                await put(client, STREAMS[number], *rows)

            # The loop reads while the burst is being written.
            writing = asyncio.gather(*(burst(number) for number in range(10)))
            await watched.advance(5)
            await writing
            await watched.advance(5)

            same = [(now_ms(empty_aws), f"same {index}") for index in range(7)]
            await put(client, STREAMS[1], *same[:4])
            await watched.advance(5)
            # Three more of the very millisecond that was already shown, and some a minute and a half late.
            await put(client, STREAMS[2], *same[4:])
            late = [(now_ms(empty_aws) - 90_000, f"late {index}") for index in range(20)]
            await put(client, STREAMS[3], *late)
            await watched.advance(5)
            expected += [text for _at, text in same + late]
            # The sweeps and overlaps of ten minutes bring nothing twice.
            for _round in range(20):
                await watched.advance(31)

            counted = Counter(watched.texts)
            assert counted == Counter(expected)
            assert len(expected) == 5_028
            assert {text for _at, text in late} <= watched.late
            stats = watched.batches[-1].stats
            assert (stats.lines, stats.duplicates > 5_000) == (5_028, True)


async def test_a_pattern_is_applied_by_aws(empty_aws):
    async with writer(empty_aws) as client:
        await create(client)
        moment = now_ms(empty_aws)
        await put(client, STREAMS[0], (moment - 2, "level=ERROR one"), (moment - 1, "level=INFO two"))
        async with following(empty_aws, pattern="ERROR") as watched:
            assert watched.texts == ["level=ERROR one"]


async def test_a_group_created_later_and_a_permission_granted_again(empty_aws):
    async with following(empty_aws) as watched:
        problem = watched.batches[-1].problem
        assert GROUP in problem.summary
        async with writer(empty_aws) as client:
            await create(client)
            await put(client, STREAMS[0], (now_ms(empty_aws), "born"))
            await watched.advance(60)
            assert watched.texts == ["born"]
            empty_aws.fault("logs", "FilterLogEvents", preset="denied")
            await put(client, STREAMS[0], (now_ms(empty_aws), "meanwhile"))
            await watched.advance(60)
            assert watched.batches[-1].problem is not None
            empty_aws.clear_faults()
            await watched.advance(60)
            await watched.advance(60)
        assert watched.texts == ["born", "meanwhile"]
        assert watched.batches[-1].problem is None
