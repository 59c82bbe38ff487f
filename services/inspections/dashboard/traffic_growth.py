"""Whether unusually much data was transferred: each hour beside the same hour of a comparable week before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from services.aws.cloudwatch.alarms.parsing import eventful
from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.base import table
from services.inspections.dashboard.evaluation import unanswered
from services.inspections.dashboard.reading import HOUR, Answer, Wanted
from services.inspections.toolkit.checks import CheckResult
from services.inspections.toolkit.curves import Stretch, active, at, widest
from services.inspections.toolkit.curves import gaps as gaps_of
from services.inspections.toolkit.logs.queries import number, size_words
from services.inspections.toolkit.wording import moment, stretch
from services.models.findings import Evidence, Measure, Row
from services.models.metrics import Series, SeriesStatus, TimeSpan
from services.models.verdict import Verdict

TIMES = 3.0
"""So many times as much is unusual."""
FLOOR = 10e6
"""Bytes an hour: less is never unusual."""
RUN = 3
"""Hours: a shorter rise is a passing one."""
WEEKS = 4
"""No comparison reaches further back."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Growth:
    """How much more went through in some hours than in the same hours before."""

    began: int
    """Epoch seconds."""
    hours: int
    now: float
    """Bytes an hour."""
    before: float

    @property
    def times(self) -> float:
        """The ratio."""
        return self.now / self.before


def comparable(calendar: Calendar, span: TimeSpan) -> tuple[timedelta, bool]:
    """(how far back the compared time lies, whether its days are open and closed alike)."""
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
    """Of these hours together; None where nothing went through before."""
    past = sum(before[hour] for hour in hours)
    if not hours or past <= 0:
        return None
    return Growth(hours[0], len(hours), sum(now[hour] for hour in hours) / len(hours), past / len(hours))


def judged(now: Mapping[int, float], before: Mapping[int, float]) -> tuple[Growth | None, Growth | None]:
    """(that of the whole window, the greatest unusual one); hours that either lacks are left out.

    Both by the beginning of the hour in the window (epoch seconds), in bytes an hour. Unusual is what RUN hours or
    more, or the whole window, carried: more than TIMES as much, more than FLOOR and more than the usual hour.
    """
    hours = sorted(now.keys() & before.keys())
    whole = growth(hours, now, before)
    if whole is None:
        return None, None
    least = max(FLOOR, whole.before)
    runs = [hours[first : first + RUN] for first in range(len(hours) - RUN + 1)]
    loud: set[int] = set()
    for run in runs:
        each = growth(run, now, before) if run[-1] - run[0] == (RUN - 1) * HOUR else None
        if each is not None and _unusual(each, least):
            # What the run only touches at its edges was as usual.
            loud.update(hour for hour in run if now[hour] > TIMES * before[hour])
    joined = [growth(each, now, before) for each in _joined(sorted(loud))]
    found = [each for each in (whole, *joined) if each is not None and _unusual(each, least)]
    return whole, max(found, key=lambda each: each.times, default=None)


def _unusual(each: Growth, least: float) -> bool:
    return each.times > TIMES and each.now > least


def _joined(hours: Sequence[int]) -> Iterator[list[int]]:
    """Hours that follow one another, together."""
    current: list[int] = []
    for hour in hours:
        if current and hour - current[-1] != HOUR:
            yield current
            current = []
        current.append(hour)
    if current:
        yield current


def by_hour(series: Series, wanted: Wanted, back: timedelta = timedelta()) -> dict[int, float]:
    """Bytes an hour, by the beginning of the hour, moved on by `back`."""
    # A throughput is in bytes a second, averaged.
    scale = HOUR if "Throughput" in wanted.query.metric else 1
    shift = int(back.total_seconds())
    return {time + shift: value * scale for time, value in zip(series.times, series.values, strict=True)}


class Transfers:
    """What was transferred in the window beside the time before. `past` is None where that could not be read."""

    def __init__(
        self, wanted: Sequence[Wanted], answer: Answer, past: Answer | None, back: timedelta, zone: tzinfo
    ) -> None:
        self._wanted = [each for each in wanted if each.role == "transfer"]
        self._requests = [each for each in wanted if each.role == "requests"]
        self._answer = answer
        self._past = past
        self._back = back
        self._zone = zone

    def points(self) -> Iterator[CheckResult]:
        """One for each curve."""
        for each in self._wanted:
            yield self._point(each)

    @property
    def without(self) -> list[str]:
        """Titles of curves without anything to compare with."""
        return [self._label(each) for each in self._wanted if self._growths(each)[0] is None]

    def evidence(self) -> Evidence:
        """Every hour beside the hour before it is compared with, the greatest growth first."""
        found = []
        for each in self._wanted:
            now, before = self._both(each)
            for hour in now.keys() & before.keys():
                if before[hour] > 0:
                    found.append((now[hour] / before[hour], each, Growth(hour, 1, now[hour], before[hour])))
        found.sort(key=lambda row: (-row[0], row[2].began))
        rows = [
            Row(
                cells=(
                    self._label(each),
                    stretch(at(one.began), at(one.began + HOUR), self._zone),
                    size_words(one.now),
                    size_words(one.before),
                    f"×{times:.1f}",
                ),
                verdict=Verdict.ATTENTION if times > TIMES and one.now > FLOOR else None,
            )
            for times, each, one in found
        ]
        columns = (_("Data"), _("Hour"), _("This time"), _("Compared with"), _("Growth"))
        return table(_("Data transferred by the hour"), columns, rows)

    def _label(self, wanted: Wanted) -> str:
        label = str(self._answer.of(wanted).label)
        return label if label != wanted.query.metric else f"{wanted.query.namespace} {label}"

    def _both(self, wanted: Wanted) -> tuple[dict[int, float], dict[int, float]]:
        now = by_hour(self._answer.of(wanted), wanted)
        past = by_hour(self._past.of(wanted), wanted, self._back) if self._past else {}
        return now, past

    def _growths(self, wanted: Wanted) -> tuple[Growth | None, Growth | None]:
        return judged(*self._both(wanted))

    def _point(self, wanted: Wanted) -> CheckResult:
        whole, found = self._growths(wanted)
        series = self._answer.of(wanted)
        shown = found or whole
        title = _("Data transferred ({label})").format(label=self._label(wanted))
        measure = Measure(
            title=title,
            shown=f"×{number(shown.times)}" if shown else "",
            allowed=_("≤ ×{times} of the same hours before").format(times=number(TIMES)),
            verdict=self._verdict(wanted, series, whole, found),
            value=shown.times if shown else None,
            at=at(found.began) if found else None,
            note=self._note(wanted, series, shown),
        )
        said = _("{title}: {said}.").format(title=title, said=self._sentence(wanted, series, found))
        text = _(
            "Find out who transfers so much: requests and their addresses in the application's log, the firewall's log."
        )
        return CheckResult(
            measure=measure, sentence=said, advice=(text,) if found else (), by_runbook=bool(found)
        )

    def _ended(self, wanted: Wanted, series: Series) -> bool:
        """The newest whole hours are not there; a load balancer counts bytes only while there are requests."""
        if not series.times or eventful(wanted.query.namespace, wanted.query.metric):
            return False
        return series.times[-1] + 2 * series.period < self._answer.end

    def _verdict(
        self, wanted: Wanted, series: Series, whole: Growth | None, found: Growth | None
    ) -> Verdict | None:
        unread = series.status is not SeriesStatus.COMPLETE or self._past is None or not series.values
        gaps = self._gaps(wanted, series)
        if unread or self._ended(wanted, series) or any(each.ended == self._last for each in gaps):
            return Verdict.UNKNOWN
        if found or gaps:
            return Verdict.ATTENTION
        # Without anything to compare with, growth is not judged; that is said.
        return Verdict.NORMAL if whole else None

    @property
    def _last(self) -> int:
        """The end of the last whole hour."""
        return self._answer.end // HOUR * HOUR

    def _gaps(self, wanted: Wanted, series: Series) -> list[Stretch]:
        """Hours without data in which there was some: a load balancer has none where there were no requests."""
        # The question begins on the hour, before the window does.
        first = -(-self._answer.due(wanted) // HOUR) * HOUR
        if not eventful(wanted.query.namespace, wanted.query.metric):
            return list(gaps_of(series, first))
        hours = [Stretch(hour, hour + HOUR) for hour in range(first, self._last, HOUR)]
        own = [self._answer.of(each) for each in self._requests if each.balancer == wanted.balancer]
        lost = [
            hour
            for hour in hours
            if hour.began not in series.times and any(active(each, hour) for each in own)
        ]
        return [Stretch(run[0], run[-1] + HOUR) for run in _joined([hour.began for hour in lost])]

    def _note(self, wanted: Wanted, series: Series, shown: Growth | None) -> str:
        if series.status is not SeriesStatus.COMPLETE:
            return unanswered(series)
        if not series.values:
            return _("no data in the window")
        if self._ended(wanted, series):
            end = at(series.times[-1] + series.period)
            return _("no data since {time}").format(time=moment(end, self._zone))
        found = self._gaps(wanted, series)
        if found:
            return _("no data {stretch}").format(stretch=stretch(*widest(found).moments, self._zone))
        if shown is None:
            return _("nothing to compare with")
        text = _("{now} an hour, before {before}")
        return text.format(now=size_words(shown.now), before=size_words(shown.before))

    def _sentence(self, wanted: Wanted, series: Series, found: Growth | None) -> str:
        if found is None:
            return self._note(wanted, series, None)
        text = _("{times} times as much as in the same hours before, {stretch}")
        when = stretch(at(found.began), at(found.began + found.hours * HOUR), self._zone)
        return text.format(times=number(found.times), stretch=when)


def moved(span: TimeSpan, back: timedelta) -> TimeSpan:
    """The same span so much earlier."""
    return TimeSpan(start=span.start - back, end=span.end - back)
