import asyncio
import time
from collections.abc import Callable

from widgets.drawing.frame_rate import FrameLimiter
from widgets.drawing.timers import is_going
from widgets.logs.pane.pager import LogPager

STATUS_SECONDS = 0.25  # Shortest time between two paintings of the counters


class PaneFrames(FrameLimiter):
    def __init__(
        self, pane: LogPager, fps: float, pace: Callable[[], float], before: Callable[[], object]
    ) -> None:
        """`before` runs at the beginning of every frame."""
        super().__init__(self._draw_frame, fps, pace)
        self._pane = pane
        self._before = before
        self._full_fps = 4 * fps
        """The rate while half a window of new lines waits: little of the last frame would be left to be scrolled."""
        self._drawn_end = 0  # Row after the newest line when the last frame was drawn
        self.undrawn = False  # Whether something waits for a frame
        self._status_at = 0.0  # When the counters were last updated, by the monotonic clock
        self._status_timer: asyncio.TimerHandle | None = None

    def mark_dirty(self) -> None:
        self.undrawn = True
        if not is_going(self._pane):
            self.ask(self._full_fps if self._is_full() else 0.0)

    def _is_full(self) -> bool:
        lines = self._pane.lines
        return lines.scroller.follow and self._pane.store.end - self._drawn_end >= max(
            1, lines.size.height // 2
        )

    def _draw_frame(self) -> None:
        self.undrawn = False
        self._drawn_end = self._pane.store.end
        self._before()
        if not self._pane.paused:
            self._pane.lines.refresh_changed()
        wait = self._status_at + STATUS_SECONDS - self.drawn_at
        if wait <= 0:
            self._pane.show_status()
        elif self._status_timer is None:
            # While lines keep arriving, the counters are painted with a frame, not between two.
            self._status_timer = asyncio.get_running_loop().call_later(
                wait + self.period, self._pane.show_status
            )

    def status_shown(self) -> None:
        self._status_at = time.monotonic()
        if self._status_timer is not None:
            self._status_timer.cancel()
            self._status_timer = None

    def stop(self) -> None:
        super().stop()
        if self._status_timer is not None:
            self._status_timer.cancel()
