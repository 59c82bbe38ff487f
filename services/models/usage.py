"""The console's AWS requests today and their cost."""

from datetime import date

from services.models.base import Clean, Model


class UsageRow(Model):
    """One API operation."""

    name: str
    """`service.Operation`, e.g. `cloudwatch.GetMetricData`."""
    calls: int
    """Requests sent since local midnight, retries included."""
    yen: float
    """Their certain cost."""


class Usage(Model):
    """A day's requests and their price."""

    day: date
    """The day, in the system's zone."""
    calls: int = 0
    yen: float = 0.0
    """What they certainly cost: what AWS charges whatever the free tier."""
    worst_yen: float = 0.0
    """Cost if others have used up CloudWatch's free tier of a million requests."""
    rows: tuple[UsageRow, ...] = ()
    """Most frequent first."""
    basis: Clean = ""
    """How the price is worked out, one sentence."""
