"""AWS requests and their price per business day (08:30 to 17:15), counted on the embedded AWS."""

import asyncio
from datetime import timedelta

from tests.bench.rows import Row
from tests.bench.world import running_world

BUSINESS_MINUTES = 525
NAIVE_POLL = 10.0
"""Seconds between reads of a console that asks for every widget by itself."""


async def _count(url: str, minutes: int) -> tuple[float, float]:
    """(calls, yen) of `minutes` of watching, counted by the console's own meter."""
    from services.aws.session import AwsSettings
    from services.clock import SpedClock
    from services.runbook.loader import load_builtin
    from tests.bench.world import clock_of
    from tui.wiring import connect

    clock: SpedClock = clock_of(url)
    runbook = load_builtin("facility-prod")
    services = connect(runbook, AwsSettings(region=runbook.system.region, endpoint_url=url), clock)
    end = clock.now() + timedelta(minutes=minutes)

    async def follow(states: object) -> None:
        async for _state in states:  # type: ignore[attr-defined]  three feeds of three types
            if clock.now() >= end:
                return

    async def tail() -> None:
        async for _batch in services.tails.batches(str(runbook.log_groups[0].id)):
            if clock.now() >= end:
                return

    try:
        await asyncio.gather(*(follow(feed.states()) for feed in services.feeds), tail())
        usage = services.meter.snapshot()
        return usage.calls, usage.yen
    finally:
        await services.close()


def run(quick: bool) -> list[Row]:
    """The rows of this group."""
    minutes = 30 if quick else 60
    with running_world("ordinary-day", speed=120.0) as world:
        calls, yen = asyncio.run(_count(world.url, minutes))
    day = BUSINESS_MINUTES / minutes
    naive_yen = BUSINESS_MINUTES * 60 / NAIVE_POLL * 14 * 0.01 / 1000 * 150
    return [
        Row("aws", "requests per business day", calls * day, "calls", "", None, ""),
        Row(
            "aws",
            "charges per business day",
            yen * day,
            "yen",
            "14 metrics every 10 s",
            naive_yen,
            "ours < 15 yen",
        ),
    ]
