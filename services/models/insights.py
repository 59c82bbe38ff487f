"""Source: GetQueryResults, GetLogGroupFields (Amazon CloudWatch Logs API reference)."""

from datetime import datetime, timedelta
from enum import StrEnum

from services.models.base import Clean, CleanLine, Model
from services.models.metrics import TimeSpan


class QueryState(StrEnum):
    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    TIMEOUT = "Timeout"
    UNKNOWN = "Unknown"  # AWS does not know the query's state


GOING = frozenset({QueryState.SCHEDULED, QueryState.RUNNING})
"""Non-final states; "Unknown" is excluded, because waiting on it might never end."""


class QueryResult(Model):
    """Results of a query so far. Count with `matched`, not with `rows`, which are limited."""

    state: QueryState
    rows: tuple[dict[Clean, CleanLine], ...] = ()
    """Field to text (AWS sends every value as text); a field that an event lacks is absent. No `@ptr`."""
    matched: int = 0
    """Number of log events that the query matched, whatever its limit."""
    scanned: int = 0
    """Number of log events scanned."""
    bytes: int = 0
    """Bytes scanned, which AWS charges for."""

    @property
    def complete(self) -> bool:
        """Whether the query has completed; otherwise the result is partial and must not be judged."""
        return self.state is QueryState.COMPLETE

    @property
    def going(self) -> bool:
        return self.state in GOING

    @property
    def is_complete(self) -> bool:
        return self.complete and len(self.rows) >= self.matched


class GroupSize(Model):
    """Estimate of what a query over a period of a log group would scan."""

    bytes: int
    """Estimated bytes, from the compressed stored size; a query may scan several times as much."""
    since: datetime | None = None
    """Since when the group can have events (UTC), by its creation and retention; None: unknown."""


LONGEST_KEPT = 3653  # The longest finite retention of a log group, in days


class StoredGroup(Model):
    """How much a log group stores, and of which time."""

    bytes: int
    """Bytes stored, compressed."""
    retention_days: int | None = None
    """None: without limit, or unknown."""
    created_at: datetime | None = None
    """UTC; None: unknown."""

    def oldest(self, now: datetime) -> datetime | None:
        retention = self.retention_days
        since = [now - timedelta(days=retention)] if retention and retention <= LONGEST_KEPT else []
        return max([*since, *([self.created_at] if self.created_at else [])], default=None)

    def scanned(self, span: TimeSpan, now: datetime) -> GroupSize:
        """An estimate of what a query over `span` scans: the share of the stored time."""
        oldest = self.oldest(now)
        if oldest is None:
            # All stored events may lie within the span.
            return GroupSize(bytes=self.bytes)
        stored_seconds = max(1.0, (now - oldest).total_seconds())
        span_seconds = (min(span.end, now) - max(span.start, oldest)).total_seconds()
        # Without a creation time the start of the group's data is unknown.
        return GroupSize(
            bytes=int(self.bytes * min(1.0, max(0.0, span_seconds / stored_seconds))),
            since=oldest if self.created_at is not None else None,
        )
