"""Live Tail over HTTP: updates, minutes and price, the end without keys, opened again when it breaks."""

import asyncio
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime

import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.logs.live_tail import LiveTail, LiveUpdate
from services.clock import ManualClock
from services.demo.logs import handlers as embedded_live
from services.logs.follow.live import IDLE, PAUSES, LiveSession, LiveTailState
from services.models.problem import ProblemKind
from tests.services.logs.follow.test_follow_http import GROUP, STREAMS, create, now_ms, put, writer

ARN = f"arn:aws:logs:ap-northeast-1:123456789012:log-group:{GROUP}"


class Live:
    def __init__(self, aws, session, meter):
        self.aws, self.session, self.meter = aws, session, meter
        self.states: list[LiveTailState] = []

    async def run(self):
        async with aclosing(self.session.states()) as states:
            async for state in states:
                self.states.append(state)

    async def until(self, condition):
        async with asyncio.timeout(60):
            while not (self.states and condition(self.states[-1])):  # noqa: ASYNC110  nothing tells
                await asyncio.sleep(0.005)
        return self.states[-1]

    @property
    def texts(self):
        return [line.text for state in self.states for line in state.lines]


@asynccontextmanager
async def live(aws, monkeypatch, arn=ARN):
    monkeypatch.setattr(embedded_live, "LIVE_UPDATE", 0.02)
    meter = UsageMeter(aws.clock)
    session = AwsSession(AwsSettings(**aws.settings()), clock=aws.clock, meter=meter)

    async def resolved():
        return arn

    running = Live(aws, LiveSession(LiveTail(session), resolved, "", aws.clock, meter, 150.0), meter)
    task = asyncio.create_task(running.run())
    try:
        yield running
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await session.close()


async def test_lines_minutes_price_and_the_end_without_keys(empty_aws, monkeypatch):
    async with writer(empty_aws) as client:
        await create(client)
        async with live(empty_aws, monkeypatch) as running:
            assert await running.until(lambda state: state.open) == LiveTailState((), True, 1, 1.5)
            await put(client, STREAMS[0], (now_ms(empty_aws), "a"), (now_ms(empty_aws), "b"))
            await running.until(lambda _state: running.texts == ["a", "b"])
            empty_aws.advance(61)
            assert (await running.until(lambda state: state.minutes == 2)).yen == 3.0
            assert running.meter.yen_today == pytest.approx(3.0)
            await put(client, STREAMS[0], *((now_ms(empty_aws), f"{number}") for number in range(600)))
            await running.until(lambda _state: any(state.sampled for state in running.states))
            empty_aws.advance(IDLE - 70)
            running.session.touch()
            empty_aws.advance(80)
            state = await running.until(lambda state: state.minutes == 17)
            assert not state.ended
            empty_aws.advance(IDLE)
            assert (await running.until(lambda state: state.ended)).open is False


async def test_a_broken_session_is_opened_again_and_the_minutes_go_on(empty_aws, monkeypatch):
    async with writer(empty_aws) as client:
        await create(client)
        async with live(empty_aws, monkeypatch) as running:
            await running.until(lambda state: state.open)
            empty_aws.fault("logs", "StartLiveTail.update", code="SessionStreamingException", times=1)
            state = await running.until(lambda state: not state.open)
            assert state.problem is not None
            assert state.minutes == 1
            while not empty_aws.clock.sleepers:  # noqa: ASYNC110  a manual clock has no event to wait on
                await asyncio.sleep(0.002)
            empty_aws.advance(5)
            assert (await running.until(lambda state: state.open)).minutes == 2
            await put(client, STREAMS[1], (now_ms(empty_aws), "after"))
            await running.until(lambda _state: running.texts == ["after"])


async def test_what_cannot_be_opened_ends_with_its_reason(empty_aws, monkeypatch):
    async with live(empty_aws, monkeypatch, ARN + "-none") as running:
        state = await running.until(lambda state: state.problem is not None)
        assert state.problem.kind is ProblemKind.NOT_FOUND
        assert state.minutes == 0


class Breaking:
    """Sessions that AWS opens and breaks at once; each one that was opened is charged a minute."""

    async def updates(self, _arn, _pattern=""):
        yield LiveUpdate()


async def test_sessions_that_break_at_once_are_opened_seldomer_and_seldomer_until_nobody_reads():
    clock = ManualClock(datetime(2026, 1, 14, tzinfo=UTC))

    async def arn():
        return ARN

    session = LiveSession(Breaking(), arn, "", clock, UsageMeter(clock), 150.0)
    states: list[LiveTailState] = []

    async def run():
        async with aclosing(session.states()) as sessions:
            async for state in sessions:
                states.append(state)

    task = asyncio.create_task(run())
    for _second in range(round(IDLE) + 60):
        for _turn in range(5):
            await asyncio.sleep(0)
        clock.advance(1)
    await task
    assert states[-1].ended
    assert states[-1].minutes <= len(PAUSES) + IDLE / PAUSES[-1]
