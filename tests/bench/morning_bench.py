"""How soon after nine on a Monday what is due is judged by one console, over the embedded AWS."""

import asyncio
import tempfile
from collections.abc import Coroutine, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.aws.client.settings import AwsSettings
from services.models.journal import Entry, EntryKind, EntryQuery
from services.runbook.loader import load_named
from services.system import Services
from tests.bench.rows import Row, against
from tests.bench.world import World, running_world

GROUP = "morning"
NINE = datetime(2026, 11, 30, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
EARLY = timedelta(seconds=55)  # How long before nine the console begins
OPENING = "daily-morning"
GOAL_S, LIMIT_S = 2.0, 120.0


def run(quick: bool) -> list[Row]:
    del quick  # one morning is a minute, whatever is asked
    with running_world("ordinary-day", origin=NINE - EARLY) as world:
        findings = asyncio.run(_judged(world))
    opening = _last(entry for entry in findings if entry.subject.startswith(OPENING))
    return [
        against(
            GROUP, "Monday 9:00: the opening check is judged after", opening, "s", "goal", GOAL_S, "<= 1"
        ),
        against(GROUP, "  everything that is due", _last(findings), "s", "goal", GOAL_S),
    ]


def _last(findings: Iterable[Entry]) -> float:
    return max((entry.at - NINE).total_seconds() for entry in findings)


async def _judged(world: World) -> tuple[Entry, ...]:
    runbook = load_named("facility-prod")
    settings = AwsSettings(region=runbook.system.region, endpoint_url=world.url)
    with tempfile.TemporaryDirectory() as folder:
        services = Services(runbook, settings, world.clock, journal=Path(folder) / "journal.db")
        await services.open_journal()
        watching = [asyncio.create_task(work) for work in _work(services)]
        try:
            async with asyncio.timeout(LIMIT_S):
                while not _is_judged(services):  # noqa: ASYNC110  what is waited for has no event
                    await asyncio.sleep(0.05)
            query = EntryQuery(kinds=frozenset({EntryKind.FINDING}), since=NINE)
            return await services.journal.entries(query)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            await services.close()


def _is_judged(services: Services) -> bool:
    today = services.duties.month(NINE.year, NINE.month).days[NINE.day - 1]
    due = [services.scheduler.of(each.slot) for each in today.occurrences if each.open and each.slot.timed]
    return bool(due) and all(findings is None or findings.complete for findings in due)


def _work(services: Services) -> tuple[Coroutine[Any, Any, None], ...]:
    async def duties() -> None:
        async for view in services.duties.states():
            services.scheduler.schedule(view)

    async def findings() -> None:
        async for _view in services.scheduler.states():
            pass

    return duties(), findings()
