"""Source: WorkGroup, QueryExecution, ResultSet (Amazon Athena API reference)."""

from enum import StrEnum

from services.models.base import Clean, CleanLine, Model


class SqlState(StrEnum):
    """Query states as AWS spells them."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"  # Stopped by a person, or because it scanned more than the workgroup allows


class Workgroup(Model):
    name: Clean
    enabled: bool
    cutoff: int | None
    """Bytes that a query may scan before Athena stops it; None: no limit."""


class SqlResult(Model):
    state: SqlState
    reason: Clean = ""
    """Why it failed or was stopped, as Athena words it; "" otherwise."""
    scanned: int = 0
    """Bytes scanned so far, which AWS charges for."""
    reused: bool = False
    """Whether results of a recent identical query were reused, so that nothing was scanned."""
    rows: tuple[dict[Clean, CleanLine], ...] = ()
    """Column to text; a column that is NULL is absent."""

    @property
    def going(self) -> bool:
        return self.state in (SqlState.QUEUED, SqlState.RUNNING)
