"""The spans over which an alarm's metric is drawn, each with its period and statistic. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.models.alarms import Alarm
from services.models.metrics import MetricQuery, TimeSpan, last_whole

LEAST_POINTS = 12  # A span has at least this many periods, also for a metric that arrives once a day
COUNTING = ("Sum", "SampleCount")
"""Statistics that add up: neither their mean nor their maximum means anything."""


class Statistic(StrEnum):
    OWN = "own"  # The alarm's own
    MEAN = "mean"
    WORST = "worst"  # The one nearest to the threshold: the maximum, or the minimum where less is worse


@dataclass(frozen=True, slots=True)
class CurveSpan:
    length: timedelta
    statistic: Statistic
    period: int = 60  # Seconds; an alarm with longer periods keeps its own


SPANS = (
    CurveSpan(timedelta(hours=1), Statistic.MEAN, 300),
    CurveSpan(timedelta(hours=1), Statistic.WORST, 60),
    CurveSpan(timedelta(hours=3), Statistic.OWN, 60),
    CurveSpan(timedelta(hours=24), Statistic.OWN, 300),
)
"""From the shortest, in the order of `[` and `]`."""
USUAL = 2  # Index of the span that is drawn first: it shows what the alarm evaluates


def period_of(span: CurveSpan, alarm: Alarm) -> int:
    """Seconds between two points."""
    return max(span.period, alarm.period)


def curve_queries(span: CurveSpan, alarm: Alarm) -> tuple[MetricQuery, ...]:
    period = period_of(span, alarm)
    return tuple(
        query.model_copy(update={"period": period, "stat": _stat(query.stat, span.statistic, alarm)})
        for query in alarm.queries
    )


def drawn_stat(span: CurveSpan, alarm: Alarm) -> str:
    """The statistic of the drawn curve as CloudWatch names it; "" for a result of metric math."""
    query = watched_query(alarm.queries)
    if query is None or query.expression:
        return ""
    return _stat(query.stat, span.statistic, alarm)


def draws_own(span: CurveSpan, alarm: Alarm) -> bool:
    return curve_queries(span, alarm) == alarm.queries


def curve_range(span: CurveSpan, alarm: Alarm, now: datetime) -> TimeSpan:
    period = period_of(span, alarm)
    end = last_whole(now, period)
    return TimeSpan(start=end - max(span.length, timedelta(seconds=LEAST_POINTS * period)), end=end)


def watched_query(queries: Sequence[MetricQuery]) -> MetricQuery | None:
    visible = [query for query in queries if query.visible]
    return next((query for query in visible if query.metric), visible[0] if visible else None)


def less_is_worse(alarm: Alarm) -> bool:
    return alarm.comparison.startswith("<")


def _stat(own: str, statistic: Statistic, alarm: Alarm) -> str:
    if statistic is Statistic.OWN or own in COUNTING:
        return own
    if statistic is Statistic.MEAN:
        return "Average"
    return "Minimum" if less_is_worse(alarm) else "Maximum"
