from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from services.models.problem import Problem, ProblemKind
from tests.conftest import Embedded, MonkeyPatch
from tests.tools.console import console, screen_text, until


@pytest.fixture(autouse=True)
def soon(monkeypatch: MonkeyPatch) -> None:
    """What a fault stopped begins anew at once, as it does later for people."""
    monkeypatch.setattr("services.background.faults.AGAIN", 0.5)


pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


class Broken:
    """Stands in the place of a method; raises while it is `on`."""

    def __init__(self, whole: Callable[..., Any], error: BaseException) -> None:
        self.whole = whole
        self.error = error
        self.on = True
        self.calls = 0

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.calls += 1
        if self.on:
            raise self.error
        return self.whole(*arguments, **options)


def broken(monkeypatch: MonkeyPatch, owner: object, name: str, error: BaseException) -> Broken:
    stub = Broken(getattr(owner, name), error)
    monkeypatch.setattr(owner, name, stub)
    return stub


@asynccontextmanager
async def forgiving(embedded: Embedded) -> AsyncIterator[Pilot[None]]:
    """The console as people have it: its faults do not end it."""
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        pilot.app.fail_fast = False
        yield pilot


def green(pilot: Pilot[None]) -> bool:
    return "● ok" in screen_text(pilot)


def bugs(pilot: Pilot[None]) -> int:
    return sum(bug.count for bug in pilot.app.bugs.values())


async def test_one_bad_answer_stops_no_feed(embedded, monkeypatch):
    error = UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogate")
    async with forgiving(embedded) as pilot:
        app = pilot.app
        await until(pilot, lambda: green(pilot))
        stubs = [broken(monkeypatch, feed, "_read", error) for feed in app.services.feeds.values()]
        app.action_refresh_feeds()
        await until(pilot, lambda: all(stub.calls for stub in stubs))
        await until(pilot, lambda: app.alarms.problem and app.view.problem)
        text = screen_text(pilot)
        assert "An internal error stopped this read" in text
        assert "stale" in text
        assert not green(pilot), text
        assert "? ok" in text
        assert bugs(pilot) >= len(stubs)
        assert app.screen.header.facts.bugs > 0
        for stub in stubs:
            stub.on = False
        app.action_refresh_feeds()
        await until(pilot, lambda: app.alarms.problem is None and app.view.problem is None)
        await until(pilot, lambda: green(pilot))


LOOPS = {
    "duties": lambda services: (services.duties, "_read"),
    "findings": lambda services: (services.scheduler, "_view"),
    "runs": lambda services: (services.engine._history, "load"),
    "acknowledgements": lambda services: (services.acknowledgements, "_read"),
    "outbox": lambda services: (services.outbox, "_steps"),
    "journal-watch": lambda services: (services.journal, "_check_file"),
    "journal": lambda services: (services.journal, "_read"),
}
"""By name: what of each loop of the console is broken."""


@pytest.mark.slow
async def test_a_loop_stopped_by_a_fault_continues(embedded, monkeypatch):
    async with forgiving(embedded) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.duties is not None and app.findings is not None)
        for loop, place in LOOPS.items():
            stub = broken(monkeypatch, *place(app.services), error=KeyError(loop))
            # Whatever the loops listen to moves: the time, the journal, the duties.
            app.services.duties.refresh()
            await app.services.usage_log.record()
            embedded.advance(61)
            app.services.scheduler._wake.wake()
            stopped: list[Problem] = []
            await until(
                pilot, lambda stopped=stopped: stopped or stopped.extend(filter(None, [app.services.stopped]))
            )
            assert stub.calls, loop
            assert stopped[0].kind is ProblemKind.FAULT
            app.screen._frame_changed()
            await until(pilot, lambda stopped=stopped: stopped[0].summary in screen_text(pilot))
            stub.on = False
            await until(pilot, lambda: app.services.stopped is None or embedded.advance(1))
            app.screen._frame_changed()
            await until(pilot, lambda: not app.screen.banner.display)
        assert bugs(pilot) >= len(LOOPS)


@pytest.mark.slow
async def test_a_fault_in_what_the_change_screen_reads_is_counted_and_read_again(embedded, monkeypatch):
    async with forgiving(embedded) as pilot:
        app = pilot.app
        await pilot.press("4")
        await until(pilot, lambda: getattr(app.screen, "live", None) and app.screen.live.state.value)
        (feed,) = app.screen.feeds._states.values()
        stub = broken(monkeypatch, feed, "_read", OverflowError("too large"))
        await until(pilot, lambda: app.screen.live.state.problem or embedded.advance(20))
        assert app.screen.live.state.problem.kind is ProblemKind.FAULT
        assert bugs(pilot)
        stub.on = False
        await until(pilot, lambda: app.screen.live.state.problem is None or embedded.advance(20))


async def test_a_tail_that_cannot_add_a_line_continues(embedded, monkeypatch):
    async with forgiving(embedded) as pilot:
        app = pilot.app
        pane = app.screen.tail
        await until(pilot, lambda: pane.stats is not None)
        stub = broken(
            monkeypatch, app.services.logs, "page", UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x")
        )
        await until(pilot, lambda: pane.problem or embedded.advance(6))
        assert pane.problem.kind is ProblemKind.FAULT
        stub.on = False
        await until(pilot, lambda: pane.problem is None or embedded.advance(6))
        broken(monkeypatch, pane, "append", ValueError("no such line"))
        await until(pilot, lambda: pane.problem or embedded.advance(6))
        assert "lines" in pane.problem.summary


async def test_a_failed_tick_is_not_the_last(embedded, monkeypatch):
    from widgets.drawing.ticker import ticker_of

    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        beat = ticker_of(pilot.app)
        stub = broken(monkeypatch, beat, "now", RuntimeError("a widget without a screen"))
        with pytest.raises(RuntimeError):
            beat._tick()
        assert beat._next is not None
        stub.on = False
