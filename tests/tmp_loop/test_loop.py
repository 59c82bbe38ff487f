import os, time, asyncio, gc
import pytest
from services.demo.cloudwatch.alarms.missing import State
from tests.conftest import Embedded
from tests.services.aws.cloudwatch.many_alarms import add, names, turn
from tests.tools.console import console, screen_text, settled, until
from tests.tools.loop_load import noted_handles

N = int(os.environ.get("N", "5000"))

import traceback
from asyncio import Handle
from contextlib import contextmanager
@contextmanager
def noted(worst):
    run = Handle._run
    def noting(handle):
        began = time.thread_time(); 
        run(handle)
        t = time.thread_time() - began
        if t > 0.008:
            cb = handle._callback
            task = getattr(cb, "__self__", None)
            name = repr(task)[:200] if task is not None else repr(cb)
            worst.append((t, name))
    Handle._run = noting
    try: yield
    finally: Handle._run = run

@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_loop(embedded: Embedded):
    add(embedded, *names(N))
    add(embedded, *[f"y-fire-{i}" for i in range(5)], state=State.ALARM)
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        app = pilot.app
        w = []
        with noted(w):
            await until(pilot, lambda: app.alarms.value.is_whole)
            await settled(pilot)
        print("\nuntil whole", sorted(w, reverse=True)[:6])
        gc.collect(); gc.freeze()
        from widgets.drawing.ticker import ticker_of
        for what in ("tick", "refresh", "keys", "minute", "list"):
            w = []
            t0 = time.thread_time()
            with noted(w):
                if what == "tick":
                    for i in range(10):
                        ticker_of(app).now(i+1); await pilot.pause()
                elif what == "refresh":
                    await pilot.press("ctrl+r"); 
                    await asyncio.sleep(1); await settled(pilot)
                    await until(pilot, lambda: app.alarms.value.is_whole)
                elif what == "minute":
                    turn(embedded, names(1)[0], State.ALARM)
                    embedded.clock.advance(61); await asyncio.sleep(3); await settled(pilot)
                elif what == "keys":
                    await pilot.press("a")
                    for key in ("end", "enter", "j","k","pagedown","pagedown","end","home","pageup", "end", "enter"):
                        k0=time.thread_time(); await pilot.press(key); await pilot.pause(); print(key, round((time.thread_time()-k0)*1e3))
                    print(screen_text(pilot)[:3000])
                elif what == "list":
                    for key in ("home","ctrl+p",):
                        await pilot.press(key); await pilot.pause()
                    for key in "serv":
                        k0=time.thread_time(); await pilot.press(key); await pilot.pause(); print(key, round((time.thread_time()-k0)*1e3))
                    await asyncio.sleep(1); print(screen_text(pilot)[:1500])
            print(what, "cpu", round((time.thread_time()-t0)*1e3), "ms; worst", [(round(t*1e3), n) for t, n in sorted(w, reverse=True)[:6]])
