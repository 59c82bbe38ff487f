"""Whatever any read of the console raises: the cause is reported, counted as an internal error, and reading goes on."""

import asyncio
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.alarms.values import AlarmValues
from services.aws.client.settings import AwsSettings
from services.feed import Feed
from services.inspections.base import InspectionRequest
from services.inspections.registry import INSPECTIONS
from services.inspections.running.windows import window
from services.models.feeds import FeedState
from services.models.logs import TailBatch
from services.models.problem import Problem, ProblemKind
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from services.system import Services
from tests.faults.waiting import until
from tests.services.exceptions import EVERY

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


class Breaking:
    """Every request of a session, which raises `error` while there is one."""

    def __init__(self, whole):
        self.whole = whole
        self.error: BaseException | None = None

    async def __call__(self, *arguments, **options):
        if self.error is not None:
            raise self.error
        return await self.whole(*arguments, **options)


UNSEEN = Problem(kind=ProblemKind.NOT_FOUND, summary="no dashboard", at=datetime(2026, 1, 14, tzinfo=UTC))


@asynccontextmanager
async def connected(embedded, patch):
    """The console's services, what breaks their requests, and the faults that were reported."""
    book, journal = load_builtin("facility-prod"), Path(os.environ["HOME"]) / "journal.db"
    services = Services(book, AwsSettings(**embedded.settings()), embedded.clock, journal=journal, seed=1)
    faults: list[Any] = []
    services.report_faults(faults.append, faults.append)
    breaking = Breaking(services.session.read)
    patch.setattr(services.session, "read", breaking)
    try:
        yield services, breaking, faults
    finally:
        await services.close()


def feeds_of(services):
    """The console's own, and one as the change screen makes it. Without a dashboard, the metrics of all
    alarms are requested."""
    feeds: dict[str, Feed[Any]] = {**services.feeds}
    values, nothing = services.alarm_values, FeedState(problem=UNSEEN)
    alone = AlarmValues(services.metrics, services.clock, services.region, values._alarms, lambda: nothing)
    feeds["alarm_values"] = services.feed("alarm_values", alone.read, interval=60.0)
    change = services.engine.changes["task-limit"]
    target = change.targets()[0]
    feeds["live"] = services.feed("live", lambda: change.read_target(target), interval=15.0)
    return feeds


@pytest.mark.slow
async def test_any_exception_in_a_feed_is_reported_and_the_read_retried(embedded, monkeypatch):
    async with connected(embedded, monkeypatch) as (services, breaking, faults):
        for name, feed in feeds_of(services).items():
            states = feed.states()
            whole = await anext(states)
            assert whole.problem is None, name
            for error in EVERY:
                faults.clear()
                breaking.error = error
                # What was read within the minute is not asked for again, what shows outages within two.
                embedded.advance(121)
                feed.refresh()
                state = await anext(states)
                assert state.problem is not None, (name, error)
                assert state.problem.kind is ProblemKind.FAULT, (name, error)
                assert (state.value, len(faults)) == (whole.value, 1), (name, error)
                assert state.next_at is not None
                assert state.next_at > embedded.clock.now()
            breaking.error = None
            embedded.advance(121)
            feed.refresh()
            assert (await anext(states)).problem is None, name
            await states.aclose()


async def test_any_exception_in_a_tail_is_reported_and_the_read_retried(embedded, monkeypatch):
    async with connected(embedded, monkeypatch) as (services, breaking, faults):
        newest: list[TailBatch] = []

        async def read():
            async for batch in services.tails.batches("/ecs/staff-api"):
                newest[:] = [batch]

        def turn():
            return bool(embedded.clock.sleepers) and embedded.advance(10) is not None

        reading = asyncio.create_task(read())
        await until(lambda: newest)
        for error in EVERY:
            faults.clear()
            breaking.error = error
            name = type(error).__name__
            await until(lambda name=name: (newest[0].problem and newest[0].problem.detail == name) or turn())
            assert newest[0].problem.kind is ProblemKind.FAULT, error
            assert faults, error
        breaking.error = None
        await until(lambda: newest[0].problem is None or turn())
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


@pytest.mark.parametrize("id", [kind.id for kind in INSPECTIONS])
async def test_an_inspection_whose_read_raises_is_not_judged(embedded, monkeypatch, id):
    async with connected(embedded, monkeypatch) as (services, breaking, faults):
        now = embedded.clock.now()
        since, gap = window(services.inspection_runner.inspection(id), None, now, services.calendar)
        for error in EVERY:
            faults.clear()
            breaking.error = error
            finding = await services.inspection_runner.run(
                id, InspectionRequest(since=since, until=now, gap=gap)
            )
            assert finding.verdict is Verdict.UNKNOWN, error
            assert finding.problem, error
            assert finding.problem.remedy, error
            assert len(faults) == 1, error
