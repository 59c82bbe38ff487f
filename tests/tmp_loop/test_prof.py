import os, time, asyncio, gc, cProfile, pstats
import pytest
from asyncio import Handle
from services.demo.cloudwatch.alarms.missing import State
from tests.conftest import Embedded
from tests.services.aws.cloudwatch.many_alarms import add, names, turn
from tests.tools.console import console, screen_text, settled, until
N = int(os.environ.get("N", "5000"))

@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_loop(embedded: Embedded):
    add(embedded, *names(N))
    add(embedded, *[f"y-fire-{i}" for i in range(5)], state=State.ALARM)
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.alarms.value.is_whole)
        await settled(pilot)
        gc.collect(); gc.freeze()
        p = cProfile.Profile(time.thread_time)
        run = Handle._run
        def noting(handle):
            cb = getattr(handle._callback, "__self__", None)
            n = repr(cb)
            if "Worker._run" in n:
                p.enable(); run(handle); p.disable()
            else: run(handle)
        Handle._run = noting
        app.ready.refresh_feeds()
        await asyncio.sleep(2); await settled(pilot)
        await until(pilot, lambda: app.alarms.value.is_whole)
        embedded.clock.advance(70); await asyncio.sleep(2); await settled(pilot)
        Handle._run = run
        pstats.Stats(p).sort_stats("cumulative").print_stats(45)
