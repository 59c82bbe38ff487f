import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from textual.app import App
from textual.screen import Screen
from textual.widget import Widget

from services.models.full_seconds import until_full
from widgets.drawing.timers import detached_timer, is_going

_NAME = "heartbeat"


class _Follower(NamedTuple):
    widget: Widget
    tick: Callable[[], object]
    period: int  # Seconds between two calls


class Ticker:
    """Calls the widgets on screen at each full second; sets no timer while there is nothing to call. All are
    called at the same moment: the process wakes up once, and the screen is painted once for all."""

    def __init__(self) -> None:
        self._followers: list[_Follower] = []
        self._next: asyncio.TimerHandle | None = None
        self._step = 1  # Seconds between two ticks

    def follow(self, widget: Widget, tick: Callable[[], object], period: int) -> Callable[[], None]:
        """Call `tick` at every `period`-th second while `widget` is on screen; returns how to end it."""
        follower = _Follower(widget, tick, period)
        self._followers.append(follower)
        if self._next is None:
            self._wait()

        def stop() -> None:
            # By identity: two followers of one widget with the same callback are equal.
            self._followers = [other for other in self._followers if other is not follower]

        return stop

    def now(self, second: int = 0, only: Screen[object] | None = None) -> None:
        """Call the followers due at `second` (0: all) that are on screen, or on the screen `only`."""
        self._followers = [each for each in self._followers if not is_going(each.widget)]
        due = [follower for follower in self._followers if second % follower.period == 0]
        if not due:
            return
        screens = on_screen(due[0].widget.app) if only is None else [only]
        for follower in due:
            screen = follower.widget.screen
            if screen in screens:
                # All in one turn of the screen, so that their changes are painted in the same frame.
                screen.call_later(follower.tick)

    def tick_every(self, seconds: int) -> None:
        """Tick at every `seconds`-th second from now on; at once if that is more often than before."""
        sooner, self._step = seconds < self._step, seconds
        if self._next is not None:
            self._next.cancel()
            self._wait()
        if sooner:
            self.now()

    def _wait(self) -> None:
        # Detached, because the timers follow one another for as long as the console runs, and would keep the
        # first follower's context for all that time.
        self._next = detached_timer(until_full(time.time(), self._step), self._tick)

    def _tick(self) -> None:
        self._next = None
        try:
            self.now(int(time.time()))
        finally:
            # Continue after an error: ages that no longer grow would make old data look fresh.
            if self._followers:
                self._wait()


def on_screen(app: App[Any]) -> list[Screen[object]]:
    """A dialog's background does not tell: among 16 colours it counts as opaque."""
    screens: list[Screen[object]] = []
    for screen in reversed(app.screen_stack):
        screens.append(screen)
        if not screen.is_modal:
            break
    return screens


def ticker_of(app: App[Any]) -> Ticker:
    """The app's ticker, stored in the app itself so that it disappears with it."""
    ticker = vars(app).setdefault(_NAME, Ticker())
    assert isinstance(ticker, Ticker)
    return ticker


def every_second(widget: Widget, tick: Callable[[], object], seconds: int = 1) -> Callable[[], None]:
    """Call `tick` at each full second, or every `seconds`-th, while `widget` is on screen. Returns a function
    that ends it. A screen that was covered is brought up to date by `catch_up`."""
    return ticker_of(widget.app).follow(widget, tick, seconds)


def catch_up(screen: Screen[object]) -> None:
    ticker_of(screen.app).now(only=screen)
