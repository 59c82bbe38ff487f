"""Paints a screen when it has changed, without a timer that wakes up again afterwards. Textual's
`screen_update` timer sleeps once more after each frame, so that an idle console woke up twice a second to
show one. Here one call is scheduled for each frame, and none in between."""

import asyncio
from typing import Any

from textual.screen import UPDATE_PERIOD, Screen

_NAME = "screen_updates"


class ScreenUpdates:
    """Stands in for the timer of one screen; `resume` and `pause` are what Textual calls."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self._next: asyncio.Handle | None = None
        self._free_at = 0.0  # The loop's time from which on the next frame may be painted

    def resume(self) -> None:
        """Paint at once, or when that is no more than one frame in UPDATE_PERIOD seconds, and one more after a pause."""
        if self._next is not None:
            return
        loop = asyncio.get_running_loop()
        seconds = self._free_at - loop.time()
        self._next = loop.call_later(seconds, self._paint) if seconds > 0 else loop.call_soon(self._paint)

    def pause(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _paint(self) -> None:
        self._next = None
        screen = self._screen
        # After a pause a second frame may follow at once: an answer that comes just after the clock's tick would
        # otherwise wake the console up twice.
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now - UPDATE_PERIOD) + UPDATE_PERIOD
        if not screen.is_running or screen.app._exit:
            return
        try:
            screen._on_timer_update()
        except Exception as error:  # noqa: BLE001  as Textual's timer: the app reports it
            screen.app._handle_exception(error)


def _updates_of(screen: Screen[Any]) -> ScreenUpdates:
    """A screen's own, stored in the screen so that it disappears with it."""
    updates: ScreenUpdates = vars(screen).get(_NAME) or vars(screen).setdefault(_NAME, ScreenUpdates(screen))
    return updates


def install() -> None:
    Screen._update_timer = property(_updates_of)  # type: ignore[assignment, method-assign]
