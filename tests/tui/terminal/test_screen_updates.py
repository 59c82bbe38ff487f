import asyncio
from collections.abc import Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from tui.terminal.screen_updates import ScreenUpdates, install


class Painted(App[None]):
    def __init__(self) -> None:
        install()
        super().__init__()
        self.frames = 0

    def compose(self) -> ComposeResult:
        yield Static("one")

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        self.frames += renderable is not None
        super()._display(screen, renderable)


async def turns(until: Callable[[], bool]) -> None:
    for _turn in range(1000):
        if until():
            return
        await asyncio.sleep(0)
    raise AssertionError("not within 1000 turns of the loop")


async def test_a_change_after_a_pause_is_painted_without_any_timer(monkeypatch):
    app = Painted()
    async with app.run_test() as pilot:
        await pilot.pause()
        updates, loop = app.screen._update_timer, asyncio.get_running_loop()
        assert isinstance(updates, ScreenUpdates)
        timers: list[float] = []
        monkeypatch.setattr(updates, "_free_at", 0.0)
        monkeypatch.setattr(loop, "call_at", lambda when, *_arguments, **_options: timers.append(when))
        before = app.frames
        app.query_one(Static).update("two")
        await turns(lambda: app.frames > before)
        for _turn in range(20):
            await asyncio.sleep(0)
        assert (app.frames - before, timers) == (1, [])


async def test_what_comes_just_after_a_frame_that_followed_a_pause_is_painted_without_any_timer(monkeypatch):
    # The answer to a read that began with the clock's tick woke the console up once more to be painted.
    app = Painted()
    async with app.run_test() as pilot:
        await pilot.pause()
        updates, loop = app.screen._update_timer, asyncio.get_running_loop()
        timers: list[float] = []
        call_at = loop.call_at

        def recorded(when: float, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
            timers.append(when)
            return call_at(when, *arguments, **options)

        monkeypatch.setattr(updates, "_free_at", 0.0)
        monkeypatch.setattr(loop, "time", lambda: 1e9)
        monkeypatch.setattr(loop, "call_at", recorded)
        for text in ("two", "three"):
            before = app.frames
            app.query_one(Static).update(text)
            await turns(lambda before=before: app.frames > before)  # type: ignore[misc]
        assert timers == []
        app.query_one(Static).update("four")
        await turns(lambda: bool(timers))
        monkeypatch.undo()


async def test_frames_keep_their_distance_and_come_once(monkeypatch):
    app = Painted()
    async with app.run_test() as pilot:
        await pilot.pause()
        updates, loop = app.screen._update_timer, asyncio.get_running_loop()
        asked: list[tuple[float, Callable[[], object]]] = []

        class Handle:
            def cancel(self) -> None:
                asked.clear()

        def call_later(seconds: float, callback: Callable[[], object]) -> Handle:
            asked.append((seconds, callback))
            return Handle()

        updates.pause()
        monkeypatch.setattr(updates, "_free_at", loop.time() + 0.01)
        monkeypatch.setattr(loop, "call_later", call_later)
        updates.resume()
        updates.resume()
        assert len(asked) == 1
        assert 0 < asked[0][0] <= 0.01
        updates.pause()
        assert asked == []
        updates.pause()


async def test_an_error_while_painting_is_reported_and_the_next_frame_is_painted(monkeypatch):
    app = Painted()
    errors: list[Exception] = []
    monkeypatch.setattr(app, "_handle_exception", errors.append)
    async with app.run_test() as pilot:
        await pilot.pause()
        screen, paint = app.screen, app.screen._on_timer_update

        def fail() -> None:
            screen._on_timer_update = paint  # type: ignore[method-assign]
            raise ValueError("broken")

        screen._on_timer_update = fail  # type: ignore[method-assign]
        monkeypatch.setattr(screen._update_timer, "_free_at", 0.0)
        app.query_one(Static).update("two")
        await turns(lambda: bool(errors))
        before = app.frames
        app.query_one(Static).update("three")
        await pilot.pause()
        assert app.frames > before


async def test_a_screen_that_was_closed_is_not_painted():
    app = Painted()
    async with app.run_test() as pilot:
        await app.push_screen(Screen())
        closed = app.screen
        await app.pop_screen()
        await pilot.pause()
        calls: list[int] = []
        closed._on_timer_update = lambda: calls.append(1)  # type: ignore[method-assign]
        closed._update_timer.resume()
        await pilot.pause()
        assert calls == []
