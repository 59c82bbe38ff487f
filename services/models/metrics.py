"""Source: GetMetricData (Amazon CloudWatch API reference)."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from services.models.base import Clean, Model, RawId


def last_whole(now: datetime, period: int) -> datetime:
    """The end (UTC) of the last whole period of so many seconds: the present one is incomplete and would look like a drop."""
    return datetime.fromtimestamp(int(now.timestamp()) // period * period, UTC)


class MetricQuery(Model):
    """One row of a GetMetricData request: a metric with a statistic, or an expression."""

    id: str
    """Matches `[a-z][a-zA-Z0-9_]*`; unique within its widget or alarm."""
    namespace: RawId = RawId("")
    metric: RawId = RawId("")
    dimensions: tuple[tuple[RawId, RawId], ...] = ()
    stat: str = "Average"
    """`Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, `p95`, `tm99`…"""
    expression: RawId = RawId("")
    """Metric math or SEARCH, evaluated by AWS; empty for a plain metric."""
    period: int = 300
    """Seconds."""
    label: RawId = RawId("")
    """As sent in the request (may contain `${LAST}` tokens); the label to draw is the response's."""
    visible: bool = True
    """Whether its series is returned (`ReturnData`)."""
    region: str = ""
    """Empty: the system's own region."""
    account: str = ""
    """AWS account id; "" for the own account."""


class SeriesStatus(StrEnum):
    """How complete the result of one query is."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FORBIDDEN = "forbidden"
    ERROR = "error"
    FOREIGN = "foreign"  # Of another account or region than the runbook's; the message says of which


class Series(Model):
    """One curve. Times ascend; a period without data has no element."""

    id: str
    """Id of the MetricQuery that it results from; SEARCH gives several series with one id."""
    label: Clean
    times: tuple[int, ...] = ()
    """Start of each period, epoch seconds (UTC)."""
    values: tuple[float, ...] = ()
    period: int = 300
    """Seconds between adjacent points."""
    status: SeriesStatus = SeriesStatus.COMPLETE
    message: Clean = ""
    """AWS's message on this query; "" if there is none."""

    @property
    def last(self) -> float | None:
        return self.values[-1] if self.values else None


class TimeSpan(Model):
    """A half-open span of time (UTC)."""

    start: datetime
    """Inclusive."""
    end: datetime
    """Exclusive."""


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
    queries: tuple[MetricQuery, ...]
    series: tuple[Series, ...]
    """Those of `queries`, by their ids."""
    span: TimeSpan


def last_hour(now: datetime) -> TimeSpan:
    end = last_whole(now, 60)
    return TimeSpan(start=end - LENGTH, end=end)
