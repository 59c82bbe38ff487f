"""Athena: a workgroup, and a query's state and results.

Source: WorkGroup, QueryExecution, ResultSet (Amazon Athena API reference).
"""

from enum import StrEnum

from services.models.base import Clean, CleanLine, Model


class SqlState(StrEnum):
    """Query states as spelled by AWS."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    """Stopped: by somebody, or because it read more than the workgroup allows."""


class Workgroup(Model):
    """Where a query runs."""

    name: Clean
    enabled: bool
    cutoff: int | None
    """Bytes that one query may read before Athena stops it; None: no limit."""


class SqlResult(Model):
    """A query's state, and its rows once it has succeeded."""

    state: SqlState
    reason: Clean = ""
    """Why it failed or was stopped, in Athena's words."""
    scanned: int = 0
    """Bytes read so far, which AWS charges for."""
    reused: bool = False
    """The results of an identical recent query were reused: nothing was scanned."""
    rows: tuple[dict[Clean, CleanLine], ...] = ()
    """Column to text; a column that is NULL is absent."""

    @property
    def going(self) -> bool:
        """The query is still queued or running."""
        return self.state in (SqlState.QUEUED, SqlState.RUNNING)
