from datetime import date

from services.models.base import Clean, Model


class UsageRow(Model):
    name: str
    """`service.Operation`, e.g. `cloudwatch.GetMetricData`."""
    calls: int
    """Number of requests sent since local midnight, retries included."""
    yen: float
    """Cost in yen that AWS charges whatever the free tier."""


class Usage(Model):
    day: date
    """The day in the system's time zone."""
    calls: int = 0
    yen: float = 0.0
    """Cost in yen that AWS charges whatever the free tier."""
    worst_yen: float = 0.0
    """Cost in yen if others have used up CloudWatch's free tier of a million requests."""
    rows: tuple[UsageRow, ...] = ()
    """Most frequent first."""
    basis: Clean = ""
    """How the cost is calculated: one sentence."""
