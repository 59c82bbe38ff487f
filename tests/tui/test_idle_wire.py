import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.screen import Screen

from services.models.intervals import Intervals
from tests.conftest import Embedded, MonkeyPatch
from tests.tools.console import console, settled
from tests.tui.terminal.cells.line import Line, MadeUpLoop
from tui.terminal.cells.cell_output import CellOutput
from tui.terminal.cells.compositor import is_paintable
from widgets.drawing.ticker import ticker_of

pytestmark = pytest.mark.slow

AT_REST = Intervals.model_construct(alarms=36_000, metrics=36_000, logs=36_000)
SIZE = (160, 48)
MOST_BYTES = 25  # A second: the clock's digits, ages and counts; 60 is the goal with every read
OURS = ("tui.", "widgets.", "services.")
FEW = 5  # Timers in a minute: a read that ends late is drawn. One in ten seconds would be more.
PAINTS = "ScreenUpdates._paint"  # Set where two seconds of the made-up clock lie less than a frame apart


class Wire:
    """A terminal at the end of a fast line, to which an app is drawn."""

    def __init__(self, app: Any, patch: MonkeyPatch) -> None:
        self.loop = MadeUpLoop()
        self.line = Line(self.loop, *SIZE)
        self.line.output = self.output = CellOutput(self.line, self.loop)
        self.output.begin()

        def display(_screen: Screen[Any], renderable: Any) -> None:
            if is_paintable(renderable):
                self.output.paint(renderable)

        patch.setattr(app, "_display", display)

    @property
    def sent(self) -> int:
        return sum(len(data) for _at, data in self.line.sent)


@pytest.fixture(autouse=True)
def no_ticks(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.drawing.ticker.Ticker._wait", lambda _beat: None)


async def minute(pilot: Any, embedded: Embedded, wire: Wire) -> None:
    for second in range(1, 61):
        embedded.clock.advance(1)
        ticker_of(pilot.app).now(second)
        await pilot.pause()
        wire.loop.run(1)


async def test_an_idle_second_sends_one_small_frame(embedded, monkeypatch):
    async with console(embedded.url, embedded.clock, size=SIZE, intervals=AT_REST) as pilot:
        for key in "1234567":
            await pilot.press(key)
            await settled(pilot)
            with monkeypatch.context() as patch:
                wire = Wire(pilot.app, patch)
                pilot.app.screen.refresh()
                await pilot.pause()
                wire.loop.run(5)
                assert wire.output.is_drawn
                sent, frames = wire.sent, len(wire.line.frames)
                await minute(pilot, embedded, wire)
                assert len(wire.line.frames) - frames <= 60, f"{key}: more than one frame a second"
                assert wire.sent - sent <= 60 * MOST_BYTES, key


async def test_an_idle_minute_sets_hardly_a_timer(embedded, monkeypatch):
    # Every widget that changes with time follows the ticker, whose timer does not run here.
    timers: list[str] = []
    async with console(embedded.url, embedded.clock, size=SIZE, intervals=AT_REST) as pilot:
        loop = asyncio.get_running_loop()
        call_at = loop.call_at

        def recorded(when: float, callback: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
            if callback.__module__.startswith(OURS) and callback.__qualname__ != PAINTS:
                timers.append(callback.__qualname__)
            return call_at(when, callback, *arguments, **options)

        for key in "1234567":
            await pilot.press(key)
            await settled(pilot)
            with monkeypatch.context() as patch:
                wire = Wire(pilot.app, patch)
                patch.setattr(loop, "call_at", recorded)
                await minute(pilot, embedded, wire)
            assert len(timers) <= FEW, f"{key}: {timers}"
            timers.clear()
