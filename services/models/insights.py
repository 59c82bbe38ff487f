"""Logs Insights: a query's results, and how much it scanned.

Source: GetQueryResults, GetLogGroupFields (Amazon CloudWatch Logs API reference).
"""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, CleanLine, Model


class QueryState(StrEnum):
    """Query states as spelled by AWS."""

    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    TIMEOUT = "Timeout"
    UNKNOWN = "Unknown"
    """AWS does not know the query's state."""


GOING = frozenset({QueryState.SCHEDULED, QueryState.RUNNING})
"""Non-final states; "Unknown" is excluded, because waiting on it might never end."""


class QueryResult(Model):
    """A query's results so far. Use `matched` for counting, not `rows`, which is limited."""

    state: QueryState
    rows: tuple[dict[Clean, CleanLine], ...] = ()
    """Field to text (AWS sends every value as text); a field that an event lacks is absent. No `@ptr`."""
    matched: int = 0
    """Log events that the query matched, whatever its limit."""
    scanned: int = 0
    """Log events read."""
    bytes: int = 0
    """Bytes read, which AWS charges for."""

    @property
    def complete(self) -> bool:
        """The query has completed; otherwise the result is partial and must not be judged."""
        return self.state is QueryState.COMPLETE

    @property
    def going(self) -> bool:
        """The query is scheduled or running."""
        return self.state in GOING

    @property
    def is_complete(self) -> bool:
        """Complete, and every matched event is a row; only for queries without `stats`."""
        return self.complete and len(self.rows) >= self.matched


class GroupSize(Model):
    """An estimate of what a query over a span of a log group would scan."""

    bytes: int
    """Based on the compressed stored size: the actual amount may be several times as large."""
    since: datetime | None = None
    """No older events exist, given the group's creation time and retention. None: unknown."""
