import asyncio
import time
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.screen import ModalScreen, Screen

from tests.widgets.stage import running
from widgets.drawing.lines import Line, LineWidget
from widgets.drawing.ticker import catch_up, every_second, ticker_of


class TickCounter(LineWidget):
    DEFAULT_CSS = "TickCounter { height: 1; }"

    def __init__(self, period: int = 1) -> None:
        super().__init__()
        self.period = period
        self.ticks = 0

    def on_mount(self) -> None:
        self.end = every_second(self, self.tick, self.period)

    def tick(self) -> None:
        self.ticks += 1
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        return [[(str(self.ticks), "")]]


class TickerApp(App[None]):
    frames = 0

    def compose(self) -> ComposeResult:
        yield TickCounter()
        yield TickCounter()
        yield TickCounter(period=5)

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        self.frames += 1
        super()._display(screen, renderable)


class Opaque(Screen[None]):
    CSS = "Opaque { background: black; }"


class Dialog(ModalScreen[None]):
    CSS = "Dialog { background: black 50%; }"


def ticks(app: App[None], *, screen: int = 0) -> list[int]:
    return [ticker.ticks for ticker in app.screen_stack[screen].query(TickCounter)]


@pytest.fixture(autouse=True)
def no_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.drawing.ticker.Ticker._wait", lambda _beat: None)


async def test_all_widgets_tick_together_and_are_painted_in_one_frame():
    async with running(TickerApp()) as (app, pilot):
        await pilot.pause()
        app.frames = 0
        ticker_of(app).now(5)
        await pilot.pause(0.05)
        assert ticks(app) == [1, 1, 1]
        assert app.frames == 1


async def test_some_tick_only_on_every_fifth_second():
    async with running(TickerApp()) as (app, pilot):
        for second in range(1, 11):
            ticker_of(app).now(second)
        await pilot.pause()
        assert ticks(app) == [10, 10, 2]


async def test_a_covered_widget_stands_still_until_it_catches_up():
    async with running(TickerApp()) as (app, pilot):
        under = app.screen
        await app.push_screen(Opaque())
        ticker_of(app).now(5)
        await pilot.pause()
        assert ticks(app) == [0, 0, 0]
        app.pop_screen()
        catch_up(under)
        await pilot.pause()
        assert ticks(app) == [1, 1, 1]


async def test_a_widget_visible_behind_a_dialog_keeps_ticking():
    async with running(TickerApp()) as (app, pilot):
        await app.push_screen(Dialog())
        ticker_of(app).now(1)
        await pilot.pause()
        assert ticks(app) == [1, 1, 0]


async def test_a_callback_that_left_or_stopped_the_ticker_is_no_longer_called():
    async with running(TickerApp()) as (app, pilot):
        first, second, third = app.query(TickCounter)
        first.end()
        await second.remove()
        ticker_of(app).now(5)
        await pilot.pause()
        assert [ticker.ticks for ticker in (first, second, third)] == [0, 0, 1]


async def test_an_unseen_console_ticks_less_and_catches_up_at_once(monkeypatch):
    monkeypatch.undo()
    waits: list[float] = []

    def timer(seconds: float, _tick: object) -> Handle:
        waits.append(seconds)
        return Handle()

    monkeypatch.setattr("widgets.drawing.ticker.detached_timer", timer)
    monkeypatch.setattr(time, "time", lambda: 101.0)
    async with running(TickerApp()) as (app, pilot):
        beat = ticker_of(app)
        await pilot.pause()
        assert waits == [pytest.approx(1, abs=0.01)]
        beat.tick_every(5)
        assert waits[1:] == [pytest.approx(4, abs=0.01)]
        await pilot.pause()
        assert ticks(app) == [0, 0, 0], "slower is no reason to tick"
        beat.tick_every(1)
        assert waits[2:] == [pytest.approx(1, abs=0.01)]
        await pilot.pause()
        assert ticks(app) == [1, 1, 1]


class Handle:
    def cancel(self) -> None:
        pass


async def test_a_tick_falls_on_the_full_second_and_never_twice(monkeypatch):
    monkeypatch.undo()
    waits: list[float] = []
    async with running(TickerApp()) as (app, pilot):
        loop, first = asyncio.get_running_loop(), next(iter(app.query(TickCounter)))
        beat = ticker_of(app)
        for now, wait in ((100.25, 0.75), (100.0, 1.0), (100.9999, 1.0001), (101.0019, 0.9981)):
            with monkeypatch.context() as patch:
                patch.setattr(time, "time", lambda now=now: now)
                patch.setattr(loop, "call_later", lambda seconds, _call, context: waits.append(seconds))
                beat._wait()
            assert waits.pop() == pytest.approx(wait, abs=0.005)
        for ticker in app.query(TickCounter):
            ticker.end()
        beat._tick()
        assert beat._next is None, "nobody follows: nothing wakes up"
        every_second(first, first.tick)
        assert beat._next is not None
        await pilot.pause()
