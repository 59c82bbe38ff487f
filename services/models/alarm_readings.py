"""What the metrics of the alarms are now. An old value is never the present one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.models.alarms import Alarm
from services.models.base import Model, RawId
from services.models.curve_spans import CurveSpan, draws_own, watched_query
from services.models.dashboards import DashboardView
from services.models.feeds import FeedState, Freshness
from services.models.metrics import Series, SeriesStatus

LATE = 300  # Seconds by which the newest point may be late and still be the present value


class AlarmSeries(Model):
    alarm: RawId
    """The alarm's exact name."""
    series: Series


class Doubt(StrEnum):
    OVERDUE = "overdue"  # No new data has arrived for too long
    FAILED = "failed"  # The newest read failed
    DENIED = "denied"  # AWS refused this metric
    UNFINISHED = "unfinished"  # AWS could not answer for this metric
    UNREAD = "unread"  # It was not requested yet, because it was not on screen


_DOUBTS = {
    SeriesStatus.FORBIDDEN: Doubt.DENIED,
    SeriesStatus.ERROR: Doubt.UNFINISHED,
    SeriesStatus.PARTIAL: Doubt.UNFINISHED,
    SeriesStatus.FOREIGN: Doubt.UNFINISHED,
}


def doubt_of(status: SeriesStatus) -> Doubt | None:
    return _DOUBTS.get(status)


@dataclass(frozen=True, slots=True)
class Now:
    """The present value of an alarm's metric."""

    value: float | None = None  # None: there is none
    at: int | None = None  # Start of the value's period, epoch seconds
    doubt: Doubt | None = None  # Why the present value is unknown; None if it is known, or known to be absent

    @property
    def doubtful(self) -> bool:
        """Reading fails, is overdue or was refused for this metric, so that the present value is unknown."""
        return self.doubt is not None


@dataclass(frozen=True, slots=True)
class AlarmReadings:
    """The metrics of all alarms: those that the dashboard shows anyway, and those that are read for the alarms."""

    drawn: Mapping[str, Series] = field(default_factory=dict)  # Series of the dashboard, by alarm
    read: Mapping[str, Series] = field(default_factory=dict)  # Series read for the alarms alone, by alarm
    dashboard: FeedState[DashboardView] = field(default_factory=FeedState)
    own: FeedState[tuple[AlarmSeries, ...]] = field(default_factory=FeedState)
    ahead: timedelta = timedelta()
    """By how much AWS's clock, which dates the points, is ahead of the one that dates the reads."""

    def series(self, alarm: Alarm) -> Series | None:
        series = self._answer(alarm)
        return series if series is not None and series.values else None

    def now(self, alarm: Alarm, at: datetime) -> Now:
        """The value at `at`, AWS's time: absent if its newest point is too old, doubtful while reading fails."""
        series, state = self._answer(alarm), self._state(alarm)
        if alarm.queries and state.freshness(at - self.ahead) in (Freshness.STALE, Freshness.FAILED):
            return Now(doubt=Doubt.FAILED if state.problem is not None else Doubt.OVERDUE)
        if series is None:
            is_unread = watched_query(alarm.queries) is not None and not alarm.several
            return Now(doubt=Doubt.UNREAD) if is_unread and state.value is not None else Now()
        # By whole minutes, as the curve beside it.
        value = present_value(series.times, series.values, series.period, at.replace(second=0, microsecond=0))
        return Now(doubt=doubt_of(series.status)) if value is None else Now(value, series.times[-1])

    def with_curve(
        self, alarm: Alarm, curve: FeedState[tuple[Series, ...]], span: CurveSpan
    ) -> tuple["AlarmReadings", tuple[Series, ...]]:
        """Readings and curve with the points of both, so that the value now is the one at the curve's end.
        They come from different reads. A curve of another statistic stays as it is: its values are others."""
        series, watched = curve.value or (), watched_query(alarm.queries)
        own_curves = [each for each in series if watched is not None and each.id == watched.id]
        if len(own_curves) != 1 or curve.fetched_at is None or not draws_own(span, alarm):
            return self, series
        own, state = self._answer(alarm), self._state(alarm)
        if own is None or state.fetched_at is None or state.fetched_at <= curve.fetched_at:
            newest: FeedState[object] = curve
            points = _points(own) | _points(own_curves[0]) if own is not None else _points(own_curves[0])
        else:
            newest, points = state, _points(own_curves[0]) | _points(own)
        times = tuple(sorted(points))
        joined = own_curves[0].model_copy(
            update={"times": times, "values": tuple(points[at] for at in times)}
        )
        readings = replace(
            self,
            drawn={id: each for id, each in self.drawn.items() if id != alarm.id},
            read={**self.read, alarm.id: joined},
            own=FeedState((), newest.fetched_at, newest.problem, interval=state.interval),
        )
        return readings, tuple(joined if each is own_curves[0] else each for each in series)

    def _answer(self, alarm: Alarm) -> Series | None:
        return self.drawn.get(alarm.id) or self.read.get(alarm.id)

    def _state(self, alarm: Alarm) -> FeedState[object]:
        return self.dashboard if alarm.id in self.drawn else self.own


def _points(series: Series) -> dict[int, float]:
    return dict(zip(series.times, series.values, strict=True))


def present_value(times: Sequence[int], values: Sequence[float], period: int, at: datetime) -> float | None:
    return present_value_at(times, values, period, at.timestamp())


def present_value_at(times: Sequence[int], values: Sequence[float], period: int, at: float) -> float | None:
    """As `present_value`; `at` in epoch seconds."""
    if not times or at - times[-1] - period > max(LATE, 2 * period):
        return None
    return values[-1]
