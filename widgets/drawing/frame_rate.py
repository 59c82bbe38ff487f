"""When a widget that moves draws: not more often than it should, and together with its neighbours."""

import asyncio
import time
from collections.abc import Callable


class FrameLimiter:
    """Calls `draw` after it was asked for, at once or when the time for the next frame has come."""

    def __init__(self, draw: Callable[[], object], fps: float, pace: Callable[[], float]) -> None:
        """At most `fps` frames a second; `pace`: seconds between two that are worth it at present."""
        self.drawn_at = 0.0
        """Of the monotonic clock, in seconds."""
        self.period = 1 / fps
        """Seconds between two frames, at least."""
        self._draw = draw
        self._pace = pace
        self._next: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        """There is something to draw."""
        if self._next is None:
            period = max(self.period, self._pace())
            # Widgets of one period draw in the same moment, so that the screen is composed once for all of them.
            due = (self.drawn_at // period + 1) * period
            if due - self.drawn_at < period / 2:
                due += period  # a neighbour of a shorter period, or a clock that fired a moment early
            wait = max(0.0, due - time.monotonic())
            self._next = asyncio.get_running_loop().call_later(wait, self._run)

    def _run(self) -> None:
        self._next = None
        self.drawn_at = time.monotonic()
        self._draw()

    def stop(self) -> None:
        """Draw no more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
