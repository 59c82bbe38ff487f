"""Detects unusual data transfer by comparing each hour with the same hour of a comparable earlier week."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from services.aws.cloudwatch.alarms.parsing import eventful
from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.base import table
from services.inspections.dashboard.reading import HOUR, DashboardCurve, WindowSeries
from services.inspections.toolkit.checks import CheckRow
from services.inspections.toolkit.curves import Stretch, active, at, widest
from services.inspections.toolkit.curves import gaps as gaps_of
from services.inspections.toolkit.toolkit_wording import incomplete_words, number, size_words, stretch
from services.models.date_text import zoned_time
from services.models.evidence import Evidence, Row
from services.models.findings import Measure
from services.models.metrics import Series, SeriesStatus, TimeSpan
from services.models.verdict import Verdict

TIMES = 3.0  # Factor above which growth is unusual
FLOOR = 10e6  # Bytes per hour below which growth is never unusual
RUN = 3  # Hours; a shorter rise is temporary
WEEKS = 4  # Maximum number of weeks that a comparison reaches back
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Growth:
    began: int  # Epoch seconds
    hours: int
    now: float  # Bytes per hour
    before: float

    @property
    def times(self) -> float:
        return self.now / self.before


def comparable(calendar: Calendar, span: TimeSpan) -> tuple[timedelta, bool]:
    """(distance to the compared time, whether its days are open and closed in the same way)."""
    fewest = -(-(span.end - span.start) // WEEK)
    for weeks in range(fewest, max(WEEKS, fewest) + 1):
        if _alike(calendar, span, weeks * WEEK):
            return weeks * WEEK, True
    return fewest * WEEK, False


def _alike(calendar: Calendar, span: TimeSpan, back: timedelta) -> bool:
    day, last = calendar.day_of(span.start), calendar.day_of(span.end)
    while day <= last:
        if calendar.open_days.is_open(day) is not calendar.open_days.is_open(day - back):
            return False
        day += timedelta(days=1)
    return True


def growth(hours: Sequence[int], now: Mapping[int, float], before: Mapping[int, float]) -> Growth | None:
    past = sum(before[hour] for hour in hours)
    if not hours or past <= 0:
        return None
    return Growth(hours[0], len(hours), sum(now[hour] for hour in hours) / len(hours), past / len(hours))


def judged(now: Mapping[int, float], before: Mapping[int, float]) -> tuple[Growth | None, Growth | None]:
    """(growth over the whole window, the greatest unusual growth); hours missing on either side are ignored.
    Both arguments: bytes per hour, by the beginning of the hour in the window (epoch seconds). Growth is
    unusual if it lasts RUN hours or more, or covers the whole window, and is more than TIMES as much, more
    than FLOOR and more than the usual hour."""
    hours = sorted(now.keys() & before.keys())
    whole = growth(hours, now, before)
    if whole is None:
        return None, None
    least = max(FLOOR, whole.before)
    runs = [hours[first : first + RUN] for first in range(len(hours) - RUN + 1)]
    loud: set[int] = set()
    for run in runs:
        of_run = growth(run, now, before) if run[-1] - run[0] == (RUN - 1) * HOUR else None
        if of_run is not None and _unusual(of_run, least):
            # The hours at the edges of the run may have been normal.
            loud.update(hour for hour in run if now[hour] > TIMES * before[hour])
    of_runs = [growth(run, now, before) for run in _joined(sorted(loud))]
    unusual = [each for each in (whole, *of_runs) if each is not None and _unusual(each, least)]
    return whole, max(unusual, key=lambda growth: growth.times, default=None)


def _unusual(candidate: Growth, least: float) -> bool:
    return candidate.times > TIMES and candidate.now > least


def _joined(hours: Sequence[int]) -> Iterator[list[int]]:
    current: list[int] = []
    for hour in hours:
        if current and hour - current[-1] != HOUR:
            yield current
            current = []
        current.append(hour)
    if current:
        yield current


def by_hour(series: Series, curve: DashboardCurve, back: timedelta = timedelta()) -> dict[int, float]:
    """Bytes per hour, by the beginning of the hour, moved forward by `back`."""
    # A throughput is an average in bytes per second.
    scale = HOUR if "Throughput" in curve.query.metric else 1
    shift = int(back.total_seconds())
    return {time + shift: value * scale for time, value in zip(series.times, series.values, strict=True)}


class Transfers:
    def __init__(
        self,
        curves: Sequence[DashboardCurve],
        answer: WindowSeries,
        past: WindowSeries | None,
        back: timedelta,
        zone: tzinfo,
    ) -> None:
        self._curves = [curve for curve in curves if curve.role == "transfer"]
        self._requests = [curve for curve in curves if curve.role == "requests"]
        self._answer = answer
        self._past = past
        self._back = back
        self._zone = zone

    def checks(self) -> Iterator[CheckRow]:
        for curve in self._curves:
            yield self._check(curve)

    @property
    def without(self) -> list[str]:
        return [self._label(curve) for curve in self._curves if self._growths(curve)[0] is None]

    def evidence(self) -> Evidence:
        hours: list[tuple[float, DashboardCurve, Growth]] = []
        for curve in self._curves:
            now, before = self._both(curve)
            for hour in now.keys() & before.keys():
                if before[hour] > 0:
                    one = Growth(hour, 1, now[hour], before[hour])
                    hours.append((one.times, curve, one))
        hours.sort(key=lambda row: (-row[0], row[2].began))
        rows = [
            Row(
                cells=(
                    self._label(curve),
                    stretch(at(one.began), at(one.began + HOUR), self._zone),
                    size_words(one.now),
                    size_words(one.before),
                    f"×{times:.1f}",
                ),
                verdict=Verdict.ATTENTION if times > TIMES and one.now > FLOOR else None,
            )
            for times, curve, one in hours
        ]
        columns = (_("Data"), _("Hour"), _("This time"), _("Compared with"), _("Growth"))
        return table(_("Data transferred by hour"), columns, rows)

    def _label(self, curve: DashboardCurve) -> str:
        label = str(self._answer.of(curve).label)
        return label if label != curve.query.metric else f"{curve.query.namespace} {label}"

    def _both(self, curve: DashboardCurve) -> tuple[dict[int, float], dict[int, float]]:
        now = by_hour(self._answer.of(curve), curve)
        past = by_hour(self._past.of(curve), curve, self._back) if self._past else {}
        return now, past

    def _growths(self, curve: DashboardCurve) -> tuple[Growth | None, Growth | None]:
        return judged(*self._both(curve))

    def _check(self, curve: DashboardCurve) -> CheckRow:
        whole, unusual = self._growths(curve)
        series = self._answer.of(curve)
        growth = unusual or whole
        title = _("Data transferred ({label})", label=self._label(curve))
        measure = Measure(
            title=title,
            shown=f"×{number(growth.times)}" if growth else "",
            allowed=_("≤ ×{times} of the same hours before", times=number(TIMES)),
            verdict=self._verdict(curve, series, whole, unusual),
            value=growth.times if growth else None,
            at=at(unusual.began) if unusual else None,
            note=self._note(curve, series, growth),
        )
        text = _(
            "Find out what transfers so much: requests and their addresses in the application log, and "
            "the WAF log."
        )
        return CheckRow(
            measure=measure,
            sentence=_("{title}: {said}.", title=title, said=self._sentence(curve, series, unusual)),
            advice=(text,) if unusual else (),
            by_runbook=bool(unusual),
        )

    def _ended(self, curve: DashboardCurve, series: Series) -> bool:
        """Whether the newest whole hours are missing; a load balancer counts bytes only while there are requests."""
        if not series.times or eventful(curve.query.namespace, curve.query.metric):
            return False
        return series.times[-1] + 2 * series.period < self._answer.end

    def _verdict(
        self, curve: DashboardCurve, series: Series, whole: Growth | None, unusual: Growth | None
    ) -> Verdict | None:
        unread = series.status is not SeriesStatus.COMPLETE or self._past is None or not series.values
        gaps = self._gaps(curve, series)
        if unread or self._ended(curve, series) or any(gap.ended == self._last for gap in gaps):
            return Verdict.UNKNOWN
        if unusual or gaps:
            return Verdict.ATTENTION
        # Without data to compare with, growth is not judged, and the finding says so.
        return Verdict.NORMAL if whole else None

    @property
    def _last(self) -> int:
        return self._answer.end // HOUR * HOUR

    def _gaps(self, curve: DashboardCurve, series: Series) -> list[Stretch]:
        """Hours without data that should have some; a load balancer has none while there are no requests."""
        # The query begins on the hour, before the window does.
        first = -(-self._answer.due(curve) // HOUR) * HOUR
        if not eventful(curve.query.namespace, curve.query.metric):
            return list(gaps_of(series, first))
        hours = [Stretch(hour, hour + HOUR) for hour in range(first, self._last, HOUR)]
        own = [self._answer.of(other) for other in self._requests if other.balancer == curve.balancer]
        lost = [
            hour
            for hour in hours
            if hour.began not in series.times and any(active(requests, hour) for requests in own)
        ]
        return [Stretch(run[0], run[-1] + HOUR) for run in _joined([hour.began for hour in lost])]

    def _note(self, curve: DashboardCurve, series: Series, growth: Growth | None) -> str:
        if series.status is not SeriesStatus.COMPLETE:
            return incomplete_words(series)
        if not series.values:
            return _("no data in the window")
        if self._ended(curve, series):
            end = at(series.times[-1] + series.period)
            return _("no data since {time}", time=zoned_time(end, self._zone))
        gaps = self._gaps(curve, series)
        if gaps:
            return _("no data {stretch}", stretch=stretch(*widest(gaps).moments, self._zone))
        if growth is None:
            return _("nothing to compare with")
        text = _("{now} per hour, before {before}")
        return text.format(now=size_words(growth.now), before=size_words(growth.before))

    def _sentence(self, curve: DashboardCurve, series: Series, unusual: Growth | None) -> str:
        if unusual is None:
            return self._note(curve, series, None)
        text = _("{times} times as much as in the same hours before, {stretch}")
        when = stretch(at(unusual.began), at(unusual.began + unusual.hours * HOUR), self._zone)
        return text.format(times=number(unusual.times), stretch=when)
