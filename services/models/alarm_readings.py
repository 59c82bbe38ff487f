"""What the metrics of the alarms are now. An old value is never the present one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.models.alarms import Alarm
from services.models.base import Model, RawId
from services.models.dashboards import DashboardView
from services.models.feeds import FeedState, Freshness
from services.models.metrics import Series, SeriesStatus

LATE = 300
"""Seconds by which the newest point may be late and still be the present value."""


class AlarmSeries(Model):
    """The metric of one alarm, for the last hour."""

    alarm: RawId
    """The alarm's exact name."""
    series: Series


@dataclass(frozen=True, slots=True)
class Now:
    """The present value of an alarm's metric."""

    value: float | None = None
    """None: there is none."""
    doubtful: bool = False
    """Reading fails, is overdue or was refused for this metric, so that the present value is unknown."""


@dataclass(frozen=True, slots=True)
class AlarmReadings:
    """The metrics of all alarms: those that the dashboard shows anyway, and those that are read for the alarms."""

    drawn: Mapping[str, Series] = field(default_factory=dict)
    """Series of the dashboard, by alarm."""
    read: Mapping[str, Series] = field(default_factory=dict)
    """Series read for the alarms alone, by alarm."""
    dashboard: FeedState[DashboardView] = field(default_factory=FeedState)
    own: FeedState[tuple[AlarmSeries, ...]] = field(default_factory=FeedState)

    def series(self, alarm: Alarm) -> Series | None:
        """The values of the last hours; None without any."""
        series = self._answer(alarm)
        return series if series is not None and series.values else None

    def now(self, alarm: Alarm, at: datetime) -> Now:
        """The value at `at`: absent if its newest point is too old, doubtful while reading fails."""
        series = self._answer(alarm)
        state: FeedState[object] = self.dashboard if alarm.id in self.drawn else self.own
        if alarm.queries and state.freshness(at) in (Freshness.STALE, Freshness.FAILED):
            return Now(doubtful=True)
        if series is None:
            return Now()
        value = present_value(series.times, series.values, series.period, at)
        return Now(value, doubtful=value is None and series.status is not SeriesStatus.COMPLETE)

    def _answer(self, alarm: Alarm) -> Series | None:
        return self.drawn.get(alarm.id) or self.read.get(alarm.id)


def present_value(times: Sequence[int], values: Sequence[float], period: int, at: datetime) -> float | None:
    """The newest value, if its period ended a short time before `at`."""
    return present_value_at(times, values, period, at.timestamp())


def present_value_at(times: Sequence[int], values: Sequence[float], period: int, at: float) -> float | None:
    """As `present_value`; `at` in epoch seconds."""
    if not times or at - times[-1] - period > max(LATE, 2 * period):
        return None
    return values[-1]
