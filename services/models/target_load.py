"""How a change's target did over the last hour: its curves, and the values they are read against."""

from datetime import datetime, timedelta

from services.models.base import Clean, Model
from services.models.metrics import MetricQuery, Series, TimeSpan, last_whole

LENGTH = timedelta(hours=1)


class Bound(Model):
    """A present value of the target, drawn as a line across one of its curves."""

    curve: str
    """Id of the curve's query."""
    value: float
    label: Clean
    is_limit: bool = False
    """Whether it is a limit of the runbook; otherwise it is a setting in AWS."""


class TargetLoad(Model):
    """The target's curves as read at one moment."""

    queries: tuple[MetricQuery, ...]
    series: tuple[Series, ...]
    """Those of `queries`, by their ids."""
    span: TimeSpan


def last_hour(now: datetime) -> TimeSpan:
    """The time to read, by whole minutes."""
    end = last_whole(now, 60)
    return TimeSpan(start=end - LENGTH, end=end)
