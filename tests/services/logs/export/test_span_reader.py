"""What is exported is read whole: by pages within the account's limit, long lines uncut, retried while AWS throttles."""

import asyncio
from datetime import UTC, datetime

from aiobotocore.session import get_session

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.logs.events import Logs
from services.clock import ManualClock
from services.logs.export.reading import SpanReader
from services.logs.export.rendering import is_cut
from services.logs.follow.limiter import LogLimiter
from services.models.logs import LogLine
from services.models.problem import ProblemKind
from tests.services.aws.canned import failure

GROUP = "/ecs/other"


class World:
    def __init__(self, aws):
        self.aws = aws
        self.session = AwsSession(AwsSettings(**aws.settings()), clock=aws.clock, meter=UsageMeter(aws.clock))
        self.logs = Logs(self.session)
        self.reader = SpanReader(self.logs, LogLimiter(aws.clock), aws.clock)
        self.now = int(aws.clock.now().timestamp() * 1000)

    async def fill(self):
        async with get_session().create_client(
            "logs", region_name="ap-northeast-1", endpoint_url=self.aws.url
        ) as client:
            await client.create_log_group(logGroupName=GROUP)
            for stream in "ab":
                await client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
                rows = [{"timestamp": self.now - 60_000 + number, "message": f"{stream} {number} {'x' * 500}"}
                        for number in range(1_500)]  # fmt: skip
                await client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=rows)
            long = [{"timestamp": self.now - 10_000, "message": "long " + "y" * 60_000}]
            await client.put_log_events(logGroupName=GROUP, logStreamName="a", logEvents=long)

    async def span(self):
        async def read():
            return [
                line async for batch in self.reader.span(GROUP, self.now - 90_000, self.now) for line in batch
            ]

        task = asyncio.create_task(read())
        while not task.done():
            await asyncio.sleep(0.01)
            if self.aws.clock.sleepers:
                self.aws.advance(1)
        return await task


async def test_every_event_once_in_order_and_whole(empty_aws):
    world = World(empty_aws)
    await world.fill()
    lines = await world.span()
    assert len(lines) == len({each.line.id for each in lines}) == 3_001
    assert [each.line.at for each in lines] == sorted(each.line.at for each in lines)
    assert len(lines[-1].line.text) == 60_005
    await world.session.close()


async def test_throttling_is_waited_out(empty_aws):
    world = World(empty_aws)
    await world.fill()
    empty_aws.fault("logs", "FilterLogEvents", preset="throttled", times=2)
    assert len(await world.span()) == 3_001
    await world.session.close()


async def test_each_attempt_waits_for_the_limit_and_refusals_slow_everything_down():
    clock = ManualClock(datetime(2026, 1, 14, tzinfo=UTC))
    refusals = [failure(ProblemKind.THROTTLED)] * 2

    class Pages:
        async def page(self, *_arguments, **_options):
            if refusals:
                raise refusals.pop()
            return (LogLine("1", 1, 0, "s", "1"),), None

    limiter = LogLimiter(clock)
    task = asyncio.create_task(anext(aiter(SpanReader(Pages(), limiter, clock).span(GROUP, 0, 9))))
    while not task.done():
        if clock.sleepers:
            clock.advance(0.25)
        await asyncio.sleep(0)
    assert limiter.served == 3
    assert limiter.spare < 1


async def test_a_line_that_a_pane_holds_cut_is_read_anew(empty_aws):
    world = World(empty_aws)
    await world.fill()
    lines, _token = await world.logs.page(GROUP, world.now - 20_000, world.now)
    (line,) = lines
    assert is_cut(line.text)
    (whole,) = await world.reader.whole(GROUP, [line._replace(late=True)])
    assert (len(whole.line.text), whole.line.late) == (60_005, True)
    await world.session.close()


async def test_an_event_that_is_repeated_after_an_empty_page_is_read_once():
    clock = ManualClock(datetime(2026, 1, 14, tzinfo=UTC))
    pages = {None: ("12", "x"), "x": ("", "y"), "y": ("23", None)}

    class Pages:
        async def page(self, *arguments, **_options):
            ids, token = pages[arguments[4]]
            return tuple(LogLine(each, int(each), 0, "s", each) for each in ids), token

    reader = SpanReader(Pages(), LogLimiter(clock), clock)
    lines = [line.line.id async for batch in reader.span(GROUP, 0, 9) for line in batch]
    assert lines == ["1", "2", "3"]


async def test_a_line_that_is_read_anew_leaves_the_limit_to_others_at_once():
    clock = ManualClock(datetime(2026, 1, 14, tzinfo=UTC))
    whole = LogLine("1", 1, 0, "s", "long line")

    class Pages:
        async def page(self, *_arguments, **_options):
            return (whole,), "further pages that are not read"

    limiter = LogLimiter(clock)
    lane = limiter.open("a tail")
    (read,) = await SpanReader(Pages(), limiter, clock).whole(GROUP, [whole._replace(text="long…(+5)")])
    assert read.line == whole
    assert limiter.share(lane) == limiter.spare
