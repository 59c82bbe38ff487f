"""A console with a queue of events in its runbook, and one without, which sends no request of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from services.aws.client.errors import Refused
from services.aws.client.settings import AwsSettings
from services.events.entries import event_entry
from services.events.messages import seen_event
from services.events.wakes import BETWEEN
from services.models.runbook import Runbook
from services.models.runbook_events import EventsSpec
from services.runbook.loader import load_builtin
from services.system import Services, connect
from tests.conftest import Embedded
from tests.services.events import bodies
from tests.services.events.bodies import ACCOUNT
from tests.services.events.consoles import until
from tests.services.journal.book import open_journal
from tui.cli.headless_watch import HeadlessWatch

BOOK = load_builtin("facility-prod")
URL = "https://sqs.ap-northeast-1.amazonaws.com/123456789012/city-events"


def book(url: str) -> Runbook:
    return BOOK.model_copy(update={"events": EventsSpec(queue_url=url) if url else None})


@asynccontextmanager
async def system(embedded: Embedded, url: str, path: Path) -> AsyncIterator[Services]:
    settings = AwsSettings(**embedded.settings())
    services = connect(book(url), settings, embedded.clock, journal=path / "journal.db", seed=1)
    await services.open_journal()
    try:
        yield services
    finally:
        await services.close()


def calls(services: Services, name: str) -> int:
    return sum(row.calls for row in services.meter.snapshot().rows if row.name.startswith(name))


async def watched(embedded: Embedded, url: str, path: Path) -> tuple[int, int, list[str]]:
    """A watch without a screen: its pieces of work, its requests to SQS, and what it said."""
    lines: list[str] = []

    class Printed:
        def print_lines(self, more: Iterable[str], *, error: bool = False) -> None:
            lines.extend(more)

    async with system(embedded, url, path) as services:
        await services.journal.close()
    async with system(embedded, url, path) as services:
        # Opened by the watch itself.
        console = HeadlessWatch(services, cast("Any", Printed()))
        tasks = [asyncio.create_task(work) for work in await console.begin()]
        try:
            done = partial(calls, services, "sqs." if url else "cloudwatch.DescribeAlarms")
            await until(done, embedded.clock)
            await until(lambda: not url or any("queue of events" in line for line in lines), embedded.clock)
            return len(tasks), calls(services, "sqs."), lines
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_without_a_queue_there_is_no_work_and_no_request(embedded: Embedded, tmp_path: Path) -> None:
    async with system(embedded, "", tmp_path) as services:
        assert services.events is None
        with pytest.raises(Refused):
            await services.session.read("sqs", "ReceiveMessage", QueueUrl=URL)
        assert calls(services, "sqs.") == 0
    without, requests, _lines = await watched(embedded, "", tmp_path / "a")
    assert requests == 0
    with_queue, requests, lines = await watched(embedded, URL, tmp_path / "b")
    assert with_queue == without + 2
    assert requests >= 1
    assert sum("The queue of events cannot be used" in line for line in lines) == 1


@pytest.mark.slow
async def test_an_event_of_another_console_reads_the_alarms_at_once(
    embedded: Embedded, tmp_path: Path
) -> None:
    async with system(embedded, URL, tmp_path) as services:
        assert services.events is not None
        wakes = services.events.wakes
        states: list[object] = []

        async def follow() -> None:
            async for state in services.feeds["alarms"].states():
                states.append(state)

        tasks = [asyncio.create_task(work) for work in (follow(), wakes.keep())]
        try:
            await until(lambda: states and wakes._position is not None)
            for number, body in enumerate((bodies.alarm(), bodies.task(), bodies.database())):
                before, now = len(states), services.clock.elapsed()
                async with open_journal(tmp_path / "journal.db") as other:
                    await other.append(event_entry(seen_event(body, ACCOUNT)))
                await until(lambda before=before: len(states) > before)
                assert services.clock.elapsed() == now, number
                embedded.clock.advance(BETWEEN + 1)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
