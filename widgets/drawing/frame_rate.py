import asyncio
import time
from collections.abc import Callable


class FrameLimiter:
    """Calls `draw` after a request, at once or when the next frame is due."""

    def __init__(self, draw: Callable[[], object], fps: float, pace: Callable[[], float]) -> None:
        """At most `fps` frames a second, with at least `pace()` seconds between them."""
        self.drawn_at = 0.0  # When the last frame was drawn, in seconds of the monotonic clock
        self.period = 1 / fps  # Shortest time between two frames, in seconds
        self._draw = draw
        self._pace = pace
        self._next: asyncio.TimerHandle | None = None
        self._due = 0.0  # When the pending frame is drawn

    def ask(self, fps: float = 0.0) -> None:
        """Request a frame; `fps` raises the rate for this one."""
        period = max(min(self.period, 1 / fps) if fps else self.period, self._pace())
        # Widgets of the same period draw at the same moment, so that the screen is composed once for all of them.
        due = (self.drawn_at // period + 1) * period
        if due - self.drawn_at < period / 2:
            due += period  # requested by a widget with a shorter period, or the timer fired slightly early
        if self._next is not None:
            if due >= self._due:
                return
            self._next.cancel()
        self._due = due
        wait = max(0.0, due - time.monotonic())
        self._next = asyncio.get_running_loop().call_later(wait, self._run)

    def _run(self) -> None:
        self._next = None
        self.drawn_at = time.monotonic()
        self._draw()

    def stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
