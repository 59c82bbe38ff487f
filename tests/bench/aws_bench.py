"""AWS requests and their price per business day (08:30 to 17:15), counted on the embedded AWS, beside naive ways."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from services.aws.client.settings import AwsSettings
from services.dashboards.pacing import OnScreen
from services.inspections.base import InspectionRequest
from services.models.usage import Usage
from services.runbook.loader import load_named
from services.system import Services
from tests.bench.rows import Row, against
from tests.bench.world import World, running_world
from tests.tui.seeding import client

GROUP = "aws"
BUSINESS_MINUTES = 525
SPEED = 20.0
"""Fast enough to wait for, slow enough that the time an answer takes is small against the intervals."""
BUDGET_YEN = 15.0
DAY_YEN = 20.0
"""With every inspection of a Monday, what Logs Insights scans included (the demo's logs are small)."""
MONDAY = ("alarms", "dashboard", "error-logs", "alarms", "alarms", "costs", "backups", "maintenance")
LARGE_SPEED, LARGE_MINUTES = 60.0, 31
"""Of the large dashboard: it is measured over the longest time between two reads of a widget that is not on screen."""
LARGE_WIDGETS, LARGE_METRICS, LARGE_ON_SCREEN = 250, 2, 8
LARGE_YEN = 40.0
USD_JPY = 150.0
POLL = 10.0  # Seconds between reads of a console that asks for each widget by itself
USD_PER_METRIC = 0.01 / 1000
USD_PER_LIVE_TAIL_MINUTE = 0.01
USD_PER_COST_EXPLORER_CALL = 0.01


def run(quick: bool) -> list[Row]:
    rows, calls = business_day(6 if quick else 16)
    return [*rows, *_large(), *calls]


def business_day(minutes: int) -> tuple[list[Row], list[Row]]:
    with running_world("ordinary-day", speed=SPEED) as world:
        start, end, metrics, looks = asyncio.run(_watch(world, minutes))
    calls, yen = _day(start.calls, end.calls, minutes), _day(start.yen, end.yen, minutes)
    reads = BUSINESS_MINUTES * 60 / POLL
    # The same metrics each in a request of its own, the alarms and the log with them.
    naive_calls = reads * (metrics + 2)
    naive_yen = reads * metrics * USD_PER_METRIC * USD_JPY
    rows = [
        against(GROUP, "requests a business day", calls, "", f"each widget every {POLL:.0f} s", naive_calls),
        against(GROUP, "charges a business day", yen, "yen", "budget", BUDGET_YEN, "<= 1"),
        against(GROUP, "charges a business day", yen, "yen", f"each widget every {POLL:.0f} s", naive_yen),
        against(GROUP, "with a Monday's looks", yen + looks, "yen", "budget", DAY_YEN, "<= 1"),
        against(GROUP, "charges a business day", yen, "yen", "Live Tail left open", _live_tail()),
        against(GROUP, "charges a business day", yen, "yen", "Cost Explorer every 5 min", _cost_explorer()),
    ]
    return rows, [
        Row(GROUP, f"  {row.name}", _day(_calls(start, row.name), row.calls, minutes), "", "of them")
        for row in end.rows
    ]


def _large() -> list[Row]:
    with running_world("ordinary-day", speed=LARGE_SPEED) as world:
        asyncio.run(_put_large(world))
        start, end, metrics, _looks_yen = asyncio.run(_watch(world, LARGE_MINUTES, looks=False))
    yen = _day(start.yen, end.yen, LARGE_MINUTES)
    full = BUSINESS_MINUTES * LARGE_WIDGETS * LARGE_METRICS * USD_PER_METRIC * USD_JPY
    name = f"{metrics} metrics, charges a business day"
    return [
        against(GROUP, name, yen, "yen", "budget", LARGE_YEN, "<= 1"),
        against(GROUP, name, yen, "yen", "all of them every minute", full),
    ]


async def _put_large(world: World) -> None:
    widgets = [
        {
            "type": "metric",
            **{"x": number % 4 * 6, "y": number // 4 * 6, "width": 6, "height": 6},
            "properties": {
                "region": "ap-northeast-1",
                "period": 60,
                "metrics": [
                    ["AWS/ECS", "CPUUtilization", "ServiceName", f"{number}.{each}"]
                    for each in range(LARGE_METRICS)
                ],
            },
        }
        for number in range(LARGE_WIDGETS)
    ]
    async with client("cloudwatch", world.url) as cloudwatch:
        body = json.dumps({"widgets": widgets})
        await cloudwatch.put_dashboard(DashboardName="facility-prod-main", DashboardBody=body)


def _day(start: float, end: float, minutes: int) -> float:
    return start + (end - start) / (minutes - 1) * (BUSINESS_MINUTES - 1)


def _calls(usage: Usage, name: str) -> int:
    return next((row.calls for row in usage.rows if row.name == name), 0)


def _live_tail() -> float:
    return BUSINESS_MINUTES * USD_PER_LIVE_TAIL_MINUTE * USD_JPY


def _cost_explorer() -> float:
    return BUSINESS_MINUTES / 5 * USD_PER_COST_EXPLORER_CALL * USD_JPY


async def _watch(world: World, minutes: int, *, looks: bool = True) -> tuple[Usage, Usage, int, float]:
    """(the console's own meter after a minute, after `minutes`, metrics on the dashboard, yen of a Monday's inspections)."""
    runbook = load_named("facility-prod")
    services = Services(
        runbook,
        AwsSettings(region=runbook.system.region, endpoint_url=world.url),
        world.clock,
        journal=Path(tempfile.gettempdir()) / "never-opened.db",
        seed=1,
    )
    tail = services.tails.batches(str(runbook.log_groups[0].id))
    services.dashboard.on_screen = lambda: OnScreen(frozenset(map(str, range(LARGE_ON_SCREEN))))
    streams = [*(feed.states() for feed in services.feeds.values()), tail]
    watching = [asyncio.create_task(_watch_one(stream, services)) for stream in streams]
    try:
        await world.clock.sleep(60)
        start = services.meter.snapshot()
        await world.clock.sleep((minutes - 1) * 60)
        end = services.meter.snapshot()
        view = services.feeds["dashboard"].state.value
        assert view is not None, "the dashboard was never read"
        return start, end, view.price.metrics, await _looks(services) if looks else 0.0
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        await services.close()


async def _looks(services: Services) -> float:
    until = services.clock.now()
    look = InspectionRequest(since=until - timedelta(hours=16), until=until)
    return sum([(await services.inspection_runner.run(id, look)).cost.yen for id in MONDAY])


async def _watch_one(stream: AsyncIterator[object], services: Services) -> None:
    async for _item in stream:
        if services.dashboard.is_due():
            services.feeds["dashboard"].refresh()
