"""Detects that the follow loop of a log pane has gone silent."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from textual.widget import Widget

from services.models.full_seconds import until_full
from widgets.drawing.timers import detached_timer

LONGEST_WAIT = 5.0
"""Maximum seconds between checks, because the loop's timers stop while the machine is suspended. They end together with
the ticker's and all other waits."""


class Watchdog:
    """Restarted by every sign of life; expires if there is none for too long."""

    def __init__(
        self,
        widget: Widget,
        now: Callable[[], datetime],
        elapsed: Callable[[], float],
        stale_after: float,
        on_expiry: Callable[[], object],
    ) -> None:
        """`on_expiry` is called once, by `widget`; `stale_after` and `elapsed` are in seconds."""
        self.read_at: datetime | None = None
        """When the last sign of life came (UTC); None before the first."""
        self._widget = widget
        self._now = now
        self._elapsed = elapsed
        self._stale_after = stale_after
        self._on_expiry = on_expiry
        self._read_elapsed = 0.0
        """The same by `elapsed`, a clock that cannot be set."""
        self._has_expired = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def expired(self) -> bool:
        """Whether the silence is too long by either clock, or the last sign of life is in the future."""
        if self.read_at is None:
            return False
        by_wall_clock = (self._now() - self.read_at).total_seconds()
        age = max(by_wall_clock, self._elapsed() - self._read_elapsed)
        return self._has_expired or by_wall_clock < 0 or age > self._stale_after

    def restart(self) -> None:
        """Record a sign of life, and wait for the next one."""
        self.read_at, self._read_elapsed = self._now(), self._elapsed()
        self._has_expired = False
        self._schedule()

    def reset(self) -> None:
        """Start over for another log group: no sign of life yet."""
        self.read_at = None

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def check(self) -> None:
        """Report the expiry once, or check again later: a clock may run faster or slower than the timer."""
        self._timer = None
        if self.expired:
            self._has_expired = True
            self._on_expiry()
        else:
            self._schedule()

    def _schedule(self) -> None:
        self.stop()
        seconds = min(self._stale_after + 0.1, until_full(time.time(), LONGEST_WAIT))
        self._timer = detached_timer(seconds, self._widget.call_later, self.check)
