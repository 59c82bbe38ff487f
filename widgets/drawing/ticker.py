"""One beat for everything that moves with time alone."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import NamedTuple

from textual.app import App
from textual.screen import Screen
from textual.widget import Widget

from widgets.drawing.timers import detached_timer, is_going

_NAME = "heartbeat"
_LATE = 0.002
"""Seconds after the full second: a wake-up a moment too early would show the second before."""


class _Follower(NamedTuple):
    widget: Widget
    tick: Callable[[], object]
    each: int
    """Beats between two calls."""


class Ticker:
    """Calls what is on screen once on each full second; nothing wakes up while there is nothing to call.

    All tick at the same moment, so the process wakes up once and the screen is painted once for all of them.
    """

    def __init__(self) -> None:
        self._followers: list[_Follower] = []
        self._next: asyncio.TimerHandle | None = None

    def follow(self, widget: Widget, tick: Callable[[], object], each: int) -> Callable[[], None]:
        """Call `tick` on every `each`-th full second while `widget` is mounted and on screen; how to end that."""
        follower = _Follower(widget, tick, each)
        self._followers.append(follower)
        if self._next is None:
            self._wait()

        def stop() -> None:
            # Two followers of one widget are equal where they call the same.
            self._followers = [other for other in self._followers if other is not follower]

        return stop

    def now(self, second: int = 0, only: Screen[object] | None = None) -> None:
        """Call whoever is due at this second (0: everybody) and on screen, or on one screen."""
        self._followers = [each for each in self._followers if not is_going(each.widget)]
        due = [follower for follower in self._followers if second % follower.each == 0]
        if not due:
            return
        seen = on_screen(due[0].widget.app) if only is None else [only]
        for follower in due:
            screen = follower.widget.screen
            if screen in seen:
                # All in the screen's one turn, so that whatever they change is painted in the same frame.
                screen.call_later(follower.tick)

    def _wait(self) -> None:
        now = time.time()
        # From the nearest full second, or a wake-up just before it would be followed by another just after.
        left = math.floor(now + 0.5) + 1 - now
        # Beat follows beat for as long as the console runs; in the first follower's context they would keep that.
        self._next = detached_timer(left + _LATE, self._beat)

    def _beat(self) -> None:
        self._next = None
        try:
            self.now(int(time.time()))
        finally:
            # A beat that failed is not the last one: ages that stand still would make old data look fresh.
            if self._followers:
                self._wait()


def on_screen(app: App[object]) -> list[Screen[object]]:
    """The screens that can be seen: the top one, and what shows through it."""
    seen: list[Screen[object]] = []
    for screen in reversed(app.screen_stack):
        seen.append(screen)
        if screen.styles.background.a == 1:
            break
    return seen


def beat_of(app: App[object]) -> Ticker:
    """The app's beat; it is kept by the app itself, so that it goes when the app goes."""
    beat = vars(app).setdefault(_NAME, Ticker())
    assert isinstance(beat, Ticker)
    return beat


def every_second(widget: Widget, tick: Callable[[], object], each: int = 1) -> Callable[[], None]:
    """Call `tick` on each full second, or every `each`-th, while `widget` is on screen; how to end that.

    What was covered is brought up to date by `catch_up`.
    """
    return beat_of(widget.app).follow(widget, tick, each)


def catch_up(screen: Screen[object]) -> None:
    """The screen is seen again: what moves with time has stood still there."""
    beat_of(screen.app).now(only=screen)
