from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from services.models.problem import Problem

T_co = TypeVar("T_co", covariant=True)


class Freshness(StrEnum):
    """How far the displayed value can be trusted; each level is displayed differently."""

    WAITING = "waiting"  # Nothing was read yet
    FRESH = "fresh"
    STALE = "stale"  # A value is shown, but reading fails or is overdue
    FAILED = "failed"  # No value was ever read and reading fails


@dataclass(frozen=True, slots=True)
class FeedState(Generic[T_co]):
    """A feed's last good value, its age, and the current problem. It changes on every poll; panels redraw
    their body only if `value` changed."""

    value: T_co | None = None
    fetched_at: datetime | None = None  # When `value` was read (UTC); None: nothing was read yet
    problem: Problem | None = None  # Why the latest read failed; None after a success
    next_at: datetime | None = None  # When the next read is due (UTC); None: not scheduled
    interval: float = 60.0  # Seconds between reads without failures
    failures: int = 0  # Number of consecutive failed reads
    since: Callable[[], float] | None = field(default=None, compare=False, repr=False)
    """Seconds since `value` was read, by a monotonic clock; None if only `fetched_at` is known."""

    def age(self, now: datetime) -> float:
        """Seconds since `value` was read: the maximum of both clocks; 0 if nothing was read. Negative only if
        the wall clock was set back and there is no monotonic reading."""
        if self.fetched_at is None:
            return 0.0
        wall = (now - self.fetched_at).total_seconds()
        return wall if self.since is None else max(wall, self.since())

    def freshness(self, now: datetime) -> Freshness:
        """STALE after a failure, when two intervals and a second passed without a read, or read in the future."""
        if self.value is None:
            return Freshness.FAILED if self.problem else Freshness.WAITING
        if self.problem or self.fetched_at is None or now < self.fetched_at:
            return Freshness.STALE
        return Freshness.STALE if self.age(now) > 2 * self.interval + 1 else Freshness.FRESH
