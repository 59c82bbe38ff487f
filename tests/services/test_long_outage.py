"""AWS out of reach, or refusing, for many minutes: words, slower questions, nothing fresh, and the end by itself."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff

from services.aws.client.errors import AwsError
from services.aws.client.session import AwsSettings
from services.feed import LONGEST_BACKOFF
from services.inspections.base import InspectionRequest
from services.models.feeds import FeedState, Freshness
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from services.system import Services
from tests.conftest import REGION
from tests.faults.waiting import until
from tui.cli.reads import alarms

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)
HOST = "aws.example.test"
STEP = 30.0
MINUTES = 20
JUDGED = ("alarms", "backups", "scaling")
Outage = Callable[[bool], None]  # Begins or ends it


@pytest.fixture(autouse=True)
def retries_at_once(monkeypatch):
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)


def slow(name):
    return pytest.param(name, marks=pytest.mark.slow)


@pytest.fixture(params=["no name", slow("no name server"), "throttled", slow("too many requests")])
def outage(request, embedded, monkeypatch):
    look_up = socket.getaddrinfo
    broken = False

    def answer(host, *more, **named):
        if host in (HOST, HOST.encode()):
            if broken and request.param == "no name":
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            if broken and request.param == "no name server":
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return look_up("127.0.0.1", *more, **named)
        return look_up(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", answer)

    def switch(on):
        nonlocal broken
        broken = on
        embedded.clear_faults()
        if on and request.param.startswith("no name"):
            # What is open already needs no name.
            embedded.fault(mode="reset-before")
        if on and request.param == "throttled":
            embedded.fault(preset="throttled")
        if on and request.param == "too many requests":
            embedded.fault(code="TooManyRequestsException", message="Rate exceeded", status=429)

    yield switch
    embedded.clear_faults()


@asynccontextmanager
async def wired(embedded):
    port = embedded.url.rpartition(":")[2]
    settings = AwsSettings(region=REGION, endpoint_url=f"http://{HOST}:{port}")
    services = Services(
        load_builtin("facility-prod"),
        settings,
        embedded.clock,
        journal=Path(os.environ["HOME"]) / "j.db",
        seed=1,
    )
    try:
        yield services
    finally:
        await services.close()


def read_often(services):
    """The feeds that are read within minutes."""
    return [services.feeds[name] for name in ("alarms", "dashboard", "identity")]


@asynccontextmanager
async def followed(services):
    states: dict[str, list[FeedState[Any]]] = {}

    async def follow(feed):
        async for state in feed.states():
            states.setdefault(feed.name, []).append(state)

    tasks = [asyncio.create_task(follow(feed)) for feed in read_often(services)]
    try:
        yield states
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def settled(embedded, services):
    now = services.clock.now()
    feeds = read_often(services)
    async with asyncio.timeout(60):
        await until(lambda: all(feed.state.next_at and feed.state.next_at > now for feed in feeds))
        await until(lambda: embedded.clock.sleepers >= len(feeds))


async def live(embedded, services, minutes, *, whenever=bool):
    for _step in range(int(minutes * 60 / STEP)):
        embedded.advance(STEP)
        await settled(embedded, services)
        whenever()


def is_outage(state):
    problem = state.problem
    return problem is not None and problem.kind in (ProblemKind.THROTTLED, ProblemKind.UNREACHABLE)


async def test_an_outage_is_reported_backed_off_from_and_survived(embedded, outage):
    async with wired(embedded) as services, followed(services) as states:
        await settled(embedded, services)
        overview = services.feeds["alarms"]
        before = overview.state.value
        assert overview.state.freshness(services.clock.now()) is Freshness.FRESH
        outage(True)
        await live(embedded, services, 2)
        tasks = len(asyncio.all_tasks())

        def stays_stale():
            now = services.clock.now()
            for feed in (overview, services.feeds["dashboard"]):
                assert feed.state.freshness(now) is Freshness.STALE
                assert is_outage(feed.state), feed.state.problem
                assert feed.state.problem.summary
                assert feed.state.problem.remedy
            assert overview.state.value is before, "the last value stays"
            assert len(asyncio.all_tasks()) <= tasks

        await live(embedded, services, MINUTES, whenever=stays_stale)
        failed = [state for state in states["alarms"] if is_outage(state)]
        assert [state.failures for state in failed] == list(range(1, len(failed) + 1))
        due = [state.next_at for state in failed if state.next_at]
        waits = [(after - before).total_seconds() for before, after in pairwise(due)]
        assert len(failed) < MINUTES / 2, "asked less and less often"
        assert waits == sorted(waits) or max(waits) >= 0.9 * LONGEST_BACKOFF
        assert max(waits) <= 1.1 * LONGEST_BACKOFF + STEP

        outage(False)
        await live(embedded, services, 1.2 * LONGEST_BACKOFF / 60 + 2)
        now = services.clock.now()
        for feed in read_often(services):
            assert feed.state.freshness(now) is Freshness.FRESH, feed.name
            assert feed.state.problem is None
            assert feed.state.failures == 0
        read = len(states["alarms"])
        await live(embedded, services, 4)
        assert len(states["alarms"]) - read >= 3, "at the usual pace again"


async def test_nothing_is_green_in_a_console_that_starts_in_an_outage(embedded, outage):
    outage(True)
    async with wired(embedded) as services, followed(services):
        await settled(embedded, services)
        now = services.clock.now()
        for feed in read_often(services):
            assert feed.state.freshness(now) is Freshness.FAILED
            assert feed.state.value is None
            assert is_outage(feed.state)
        with pytest.raises(AwsError):
            await alarms(services)
        inspection_request = InspectionRequest(since=now.replace(hour=0), until=now)
        for id in JUDGED:
            finding = await services.inspection_runner.run(id, inspection_request)
            assert finding.verdict is Verdict.UNKNOWN, id
            assert finding.summary
        outage(False)
        await live(embedded, services, 6)
        assert all(
            feed.state.freshness(services.clock.now()) is Freshness.FRESH for feed in read_often(services)
        )
