"""Athena: a workgroup, and what a query answered.

Source: WorkGroup, QueryExecution, ResultSet (Amazon Athena API reference).
"""

from enum import StrEnum

from services.models.base import Clean, CleanLine, Model


class SqlState(StrEnum):
    """As AWS spells them."""

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
    """How far a query has come, or what it found."""

    state: SqlState
    reason: Clean = ""
    """Why it failed or was stopped, in Athena's words."""
    scanned: int = 0
    """Bytes read so far, which AWS charges for."""
    reused: bool = False
    """The answer of an equal query made shortly before: nothing was read."""
    rows: tuple[dict[Clean, CleanLine], ...] = ()
    """Column to text; a column that is NULL is absent."""

    @property
    def going(self) -> bool:
        """Athena still works on it."""
        return self.state in (SqlState.QUEUED, SqlState.RUNNING)
