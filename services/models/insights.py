"""Logs Insights: what a query answered, and how much it read.

Source: GetQueryResults, GetLogGroupFields (Amazon CloudWatch Logs API reference).
"""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, CleanLine, Model


class QueryState(StrEnum):
    """As AWS spells them."""

    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    TIMEOUT = "Timeout"
    UNKNOWN = "Unknown"
    """AWS's own word: it does not know how the query stands."""


GOING = frozenset({QueryState.SCHEDULED, QueryState.RUNNING})
"""States that another one follows; "Unknown" is none, for waiting on it ends nowhere."""


class QueryResult(Model):
    """What a query has found so far. Count by `matched`, never by `rows`: a query has a limit."""

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
        """Everything was read; otherwise it is partial and must not be judged."""
        return self.state is QueryState.COMPLETE

    @property
    def going(self) -> bool:
        """AWS still works on it."""
        return self.state in GOING

    @property
    def whole(self) -> bool:
        """Complete, and every matched event is a row; only of queries without `stats`."""
        return self.complete and len(self.rows) >= self.matched


class GroupSize(Model):
    """What a query over a span of a log group would read: an estimate."""

    bytes: int
    """From the stored size, which is compressed: it may be several times as much."""
    since: datetime | None = None
    """Older events cannot be there: the group was made then, or keeps no longer. None: not known."""
