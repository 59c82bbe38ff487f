import time
from datetime import timedelta

import pytest

from services.clock import SpedClock
from tests.tools.console import console, screen_text, until


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=600)
async def test_a_demo_that_runs_faster_counts_down_real_minutes(embedded):
    clock = SpedClock(embedded.clock.now(), time.time(), 8.0)
    async with console(embedded.url, clock, mode="change") as pilot:
        await pilot.app.ready.engine.arm("a test", timedelta(minutes=15))
        await until(pilot, lambda: "ARMED 15m left" in screen_text(pilot))
