"""The one rule for silence, for every source that a verdict rests on. Pure.

A source without data for LEAST beyond its usual lag is compared with the same time on days of the same kind in the
opening calendar; where weekdays tell which have none, on the same weekday. The chance of none is that of a negative binomial
distribution: what came on those days, in clusters, scaled by what came today if days differ. Pauses that hardly differ,
and what starts once a day, are held to that. What chance does not explain, or has no past, is not judged.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum, auto
from itertools import pairwise
from math import ceil, exp, inf, log, log1p, nextafter, prod, sqrt
from statistics import covariance, mean, stdev, variance

from services.calendar.calendar import Calendar
from services.i18n import _, sentences
from services.inspections.toolkit.curves import at
from services.inspections.toolkit.toolkit_wording import number
from services.models.date_text import zoned_time
from services.models.metrics import Series, TimeSpan
from services.models.verdict import Verdict

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
LEAST = timedelta(minutes=15)  # A shorter silence, beyond the source's lag, is ignored
REACH = timedelta(days=30)
"""How far back the past is read where it can be read at once: eight closed days, and four of each weekday."""
FINE = 300
"""Period in which the past of metrics is read, in seconds; CloudWatch keeps it for 63 days, shorter ones for 15."""
CHANCE = 1e-3  # A silence is unusual if a source that goes on would be as silent in a smaller share of cases
SILENT_BEFORE = 2
"""Number of earlier silent times that make a silence usual; a single one may have been an outage."""
_AROUND = 0.1
"""Share of its length by which an earlier silence may lie beside it: nobody leaves at the same minute each day."""
_ENOUGH = 4  # Of fewer days only what is overwhelming, or very likely, is said
_LIKELY = log(0.2)
_WEEKLY = 4.5
"""Logarithm of how much likelier weekdays make it which days have no data, from which on they tell it."""
_BUSY = 10  # Number of events by which a part of the compared time counts for the whole
_Piece = tuple[float, float]
_JOB, _HOUR, _QUARTER = 1200.0, 3600.0, 900
"""Seconds within which a scheduled job starts, of the least silence that shows one, and in which rates are constant."""
_PAUSE, _BEFORE = 600.0, 10800.0
"""Seconds after which a pause is one between clusters, and how long before a silence they are looked at."""
_LONGEST = 43_200.0  # Seconds; what comes less often may leave out a time, on a holiday
_SPREAD, _QUIETER, _MOST = 2.5, 0.8, 4000
"""Standard deviations that prove clusters; the share of days, and the number of events, that are looked at for them."""


class SourceKind(StrEnum):
    """What a verdict rests on."""

    METRIC = "metric"
    LOG = "log"
    FIREWALL = "firewall"
    FILES = "files"
    TRAIL = "trail"
    COST = "cost"


LAGS: Mapping[SourceKind, timedelta] = {
    SourceKind.METRIC: timedelta(minutes=10),
    SourceKind.LOG: timedelta(minutes=1),
    SourceKind.FIREWALL: timedelta(minutes=10),
    SourceKind.FILES: timedelta(minutes=15),
    SourceKind.TRAIL: timedelta(minutes=15),
    SourceKind.COST: timedelta(hours=48),
}
"""How much later than they happen things usually appear; nothing is concluded from the absence of what is younger."""


class Likeness(Enum):
    USUAL = auto()  # Chance explains it, or it is too short to mean anything
    NEW = auto()  # There are too few earlier days of this kind
    COSTLY = auto()  # The comparison would need more requests than remain
    UNUSUAL = auto()


@dataclass(frozen=True, slots=True)
class Activity:
    """When a source had data, in its window and before it. All times in epoch seconds, ascending."""

    times: Sequence[float]
    """Times of events, or the beginnings of the periods that had data."""
    step: float = 0.0
    """Length of a period; 0 for events."""
    complete: Sequence[tuple[float, float]] = ()
    """Where `times` is complete; by default from the first time on, because before that there may have been no source."""
    values: Sequence[float] = ()
    """What the periods counted; by default one each."""

    @property
    def spans(self) -> Sequence[tuple[float, float]]:
        return self.complete or ([(self.times[0], inf)] if self.times else [])

    def within(self, first: float, last: float) -> Sequence[float]:
        return self.times[bisect_left(self.times, first) : bisect_left(self.times, last)]

    def number(self, first: float, last: float) -> int:
        return bisect_left(self.times, last) - bisect_left(self.times, first)

    def amount(self, first: float, last: float) -> float:
        start, end = bisect_left(self.times, first), bisect_left(self.times, last)
        return sum(self.values[start:end]) if self.values else end - start


def events(times: Iterable[datetime], complete: Iterable[TimeSpan] = ()) -> Activity:
    """Single events. `complete`: where all of them are among `times`; spans may overlap."""
    spans: list[tuple[float, float]] = []
    for first, last in sorted((each.start.timestamp(), each.end.timestamp()) for each in complete):
        if spans and first <= spans[-1][1]:
            first, last = spans[-1][0], max(spans.pop()[1], last)
        spans.append((first, last))
    return Activity(sorted({at.timestamp() for at in times}), complete=spans)


def with_data(*parts: Series, positive: bool = False) -> Activity:
    """When any of the metrics had a value, or a `positive` one, in periods as long as their longest."""
    step = max(part.period for part in parts)
    amounts: dict[int, float] = {}
    for part in parts:
        for time, value in zip(part.times, part.values, strict=True):
            if value > 0 or not positive:
                amounts[time // step * step] = amounts.get(time // step * step, 0.0) + value
    times = sorted(amounts)
    return Activity(times, step, values=[amounts[time] for time in times])


@dataclass(frozen=True, slots=True)
class Silence:
    since: datetime | None  # None: there was never any data
    until: datetime
    likeness: Likeness
    per_hour: float | None = None  # What is usual at the same time on such days; None: unknown

    @property
    def verdict(self) -> Verdict:
        """NORMAL, or UNKNOWN: what happened since is not known."""
        return Verdict.NORMAL if self.likeness is Likeness.USUAL else Verdict.UNKNOWN

    def words(self, what: str, calendar: Calendar) -> str:
        """Since when `what` has no data, what is usual then, and what is not known because of it, if it is not usual."""
        if self.since is None:
            return _("{what}: no data at all, so nothing is known.", what=what)
        days, time = days_like(self.until, calendar), zoned_time(self.since, calendar.zone)
        text = _("{what}: no data since {time}; what happened after that is not known.")
        first = text.format(what=what, time=time)
        if self.likeness is not Likeness.UNUSUAL:
            return sentences(first, _("There are too few earlier {days} to compare that with.", days=days))
        if not self.per_hour:
            return sentences(first, _("At this time on {days} there is data.", days=days))
        text = _("Usual at this time on {days}: {count} per hour.")
        return sentences(first, text.format(days=days, count=number(self.per_hour)))


def days_like(moment: datetime, calendar: Calendar) -> str:
    return _("open days") if calendar.open_days.is_open(calendar.day_of(moment)) else _("closed days")


def judge_silence(kind: SourceKind, activity: Activity, until: datetime, calendar: Calendar) -> Silence:
    """Whether the time from the newest data to `until` (the window's end) is a usual silence."""
    times = activity.within(-inf, nextafter(until.timestamp(), inf))
    if not times:
        return Silence(None, until, Likeness.NEW)
    began, ended = times[-1] + activity.step, (until - LAGS[kind]).timestamp()
    since = at(min(began, until.timestamp()))
    if ended - began < LEAST.total_seconds():
        return Silence(since, until, Likeness.USUAL)
    likeness, per_hour = _Comparison(began, ended, activity, calendar).result(log(CHANCE))
    return Silence(since, until, likeness, per_hour)


def judged_gaps(
    activity: Activity, span: TimeSpan, calendar: Calendar
) -> Iterator[tuple[TimeSpan, Likeness]]:
    """The silences between data within the window, and before its first."""
    first, last = span.start.timestamp(), span.end.timestamp()
    # Of many silences one is long.
    limit = log(CHANCE) - log(max(1.0, (last - first) / LEAST.total_seconds()))
    before = [first - activity.step] if activity.within(-inf, first) else []
    for one, other in pairwise([*before, *activity.within(first, last)]):
        began = one + activity.step
        if other - began >= LEAST.total_seconds():
            likeness, _per_hour = _Comparison(began, other, activity, calendar).result(limit)
            yield TimeSpan(start=at(began), end=at(other)), likeness


def unusual_gaps(activity: Activity, span: TimeSpan, calendar: Calendar) -> tuple[TimeSpan, ...]:
    gaps = judged_gaps(activity, span, calendar)
    return tuple(gap for gap, likeness in gaps if likeness is Likeness.UNUSUAL)


@dataclass(frozen=True, slots=True)
class _Reference:
    shift: float
    first: float
    last: float
    known_from: float  # From when on the source is known, before it
    whole: bool  # All of the same time is known
    silent: bool  # It was about as silent


@dataclass(frozen=True, slots=True)
class _Comparison:
    began: float
    ended: float
    activity: Activity
    calendar: Calendar

    def result(self, limit: float) -> tuple[Likeness, float | None]:
        """The likeness, and what is usual per hour at the end. `limit`: logarithm of the smallest chance."""
        total, per_hour, few, unclear = 0.0, None, False, False
        references: list[_Reference] = []
        for first, last, day in self._pieces():
            references = list(self._references(first, last, day))
            silent = sum(each.silent for each in references)
            if len(references) < _ENOUGH and silent < SILENT_BEFORE:
                few = True
                unclear |= len(references) < SILENT_BEFORE or silent > 0
            whole = [each.shift for each in references if each.whole]
            if hours := len(whole) * (last - first) / _HOUR:
                per_hour = sum(self.activity.amount(first - shift, last - shift) for shift in whole) / hours
            total += self._chance(first, last, references)
            if total < limit * (_ENOUGH if few else 1):
                return Likeness.UNUSUAL, per_hour
        if self._of_rhythm(references) < limit:
            return Likeness.UNUSUAL, per_hour
        return Likeness.NEW if few and (unclear or total < _LIKELY) else Likeness.USUAL, per_hour

    def _pieces(self) -> Iterator[tuple[float, float, date]]:
        step, day_of = self.activity.step, self.calendar.day_of
        if step >= DAY.total_seconds():
            for number_of_day in range(int((self.ended - self.began) // step)):
                begun = self.began + number_of_day * step
                yield begun, begun + step, day_of(at(begun + step / 2))
            return
        for piece in spans_by_day(TimeSpan(start=at(self.began), end=at(self.ended)), self.calendar):
            yield piece.start.timestamp(), piece.end.timestamp(), day_of(piece.start)

    def _references(self, first: float, last: float, day: date) -> Iterator[_Reference]:
        """The nearest days first, of the same kind, before the silence or after it."""
        activity, is_open = self.activity, self.calendar.open_days.is_open
        begins = first < self.began + 1 and activity.step < _HOUR
        around = min(_AROUND * (last - first), _JOB) if begins else 0.0
        backs = (sign * back for back in range(1, REACH // DAY + 1) for sign in (1, -1))
        for back in backs:
            shift, other = back * DAY.total_seconds(), day - back * DAY
            start, end = first - shift, last - shift
            if is_open(other) is not is_open(day) or (start < self.ended and end > self.began):
                continue
            limits = (-inf, self.began) if shift > 0 else (self.ended, inf)
            for span in activity.spans:
                known_from = max(span[0], limits[0])
                low, high = (
                    max(start, known_from),
                    min(end, span[1], limits[1], activity.times[-1] + activity.step),
                )
                whole, half = low <= start and high >= end, high - low >= (end - start) / 2
                # Of a busy source one page of events is short, and says enough.
                if high > low and (half or activity.number(low, high) >= _BUSY):
                    silent = whole and not activity.number(start + around, end)
                    yield _Reference(shift, low, high, known_from, whole, silent)
                    break

    def _chance(self, first: float, last: float, references: Sequence[_Reference]) -> float:
        """The logarithm of the chance of none; where whole weekdays have none, by the same weekday."""
        chance = self._of_all(first, last, references)
        weekdays: defaultdict[float, list[_Reference]] = defaultdict(list)
        for reference in references:
            weekdays[reference.shift % WEEK.total_seconds()].append(reference)
        silent = {shift: sum(each.silent for each in days) for shift, days in weekdays.items()}
        explained = sum(_fit(silent[shift], len(days)) for shift, days in weekdays.items())
        week = weekdays[0]
        if len(week) >= SILENT_BEFORE and explained - _fit(sum(silent.values()), len(references)) > _WEEKLY:
            if silent[0] == len(week):
                return 0.0
            if silent[0] < SILENT_BEFORE:
                return min(chance, self._of_all(first, last, week))
        return chance

    def _of_all(self, first: float, last: float, references: Sequence[_Reference]) -> float:
        """The logarithm of the chance of none."""
        expected, counted, low = 0.0, 0, first
        while low < last:
            high = min(last, low + max(_HOUR, self.activity.step))
            ends = ((max(low - a.shift, a.first), min(high - a.shift, a.last)) for a in references)
            spans = [span for span in ends if span[0] < span[1]]
            number = sum(self.activity.number(*span) for span in spans)
            expected += (high - low) * self._rate(number, sum(span[1] - span[0] for span in spans))
            counted, low = counted + number, high
        piece, count = (first, last), len(references)
        chance = self._at_level(piece, references, expected, counted)
        if chance < _LIKELY and (size := self._size_of_clusters(first, references)) > 1:
            chance = self._at_level(piece, references, expected / size, counted / size, size)
        chance = min(chance, self._of_schedule(first, last, references))
        silent, likely = sum(each.silent for each in references), count * exp(chance)
        if silent >= SILENT_BEFORE and silent > likely + _SPREAD * sqrt(likely):
            chance = max(chance, log((silent - 0.5) / count))
        return chance

    def _rate(self, number: float, seconds: float) -> float:
        """Per second; of periods it is what leaves as many of them without data."""
        step = self.activity.step
        if not number or not seconds or not step:
            return number / seconds if number and seconds else 0.0
        return -log1p(-min(number / (seconds / step + 0.5), 1 - 0.5 * step / (seconds + step))) / step

    def _at_level(
        self, piece: _Piece, days: Sequence[_Reference], expected: float, counted: float, size: float = 1
    ) -> float:
        """The logarithm of the chance of none of the expected clusters at today's level. Days have levels if
        what they have in some quarters of an hour goes with what they have in those between."""
        (first, last), midnight = piece, self.calendar.local(self.calendar.day_of(at(piece[0]))).timestamp()
        shifts = [each.shift for each in days if each.whole and each.known_from <= midnight - each.shift]
        # The sizes of clusters differ, so each says less than an event; of periods it is how they overlap.
        number, weight = self.activity.number, 1.0 if size == 1 or self.activity.step else 0.5
        counted *= weight
        parts: list[list[float]] = []
        for place in (0, _QUARTER):
            lows = range(int(midnight) + place, int(last), 2 * _QUARTER)
            spans = [(low, min(low + _QUARTER, last)) for low in lows]
            parts.append([sum(number(a - each, b - each) for a, b in spans) / size for each in shifts])
        product = prod(mean(part or [0]) for part in parts)
        if len(shifts) < _ENOUGH or not product:
            return _of_none(expected, counted)
        noise = 1 / weight / sqrt(len(shifts) * product)
        varies = covariance(*parts) / product - noise
        if varies <= 0:
            return _of_none(expected, counted)
        certain, level = 1 / varies, 1.0
        if first < self.began + 1:
            today = number(midnight, self.began + 1) * weight / size
            usual = mean(number(midnight - each, self.began - each + 1) for each in shifts) * weight / size
            level = (certain + today) / (certain + usual)
            certain += today
        chance = _of_none(expected * (level if varies > noise else min(1.0, level)), counted, certain)
        if len(shifts) >= 2 * _ENOUGH:
            # Today is likely to be as one of them; that the least busy one had few by chance is on the safe side.
            like = [expected * sum(day) / sum(map(mean, parts)) for day in zip(*parts, strict=True)]
            chance = min(chance, log(mean(exp(min(like) - each) for each in like)) - min(like))
        return chance

    def _size_of_clusters(self, first: float, references: Sequence[_Reference]) -> float:
        step, left = self.activity.step, _MOST
        pause, stratum = (_PAUSE if step < FINE else step), max(_QUARTER, step)
        strata: defaultdict[float, list[float]] = defaultdict(lambda: [0.0] * 4)
        used = [each for each in references if not each.silent] or references
        spans = [(max(first - _BEFORE - each.shift, each.known_from), each.last, each.shift) for each in used]
        # Days that are much busier than others would pass for clusters.
        spans.sort(key=lambda span: self.activity.number(*span[:2]))
        for low, high, shift in spans[: ceil(_QUIETER * len(spans))]:
            for one, other, ends in self._pauses(low, high):
                reached, waits, left = one + step, one + step + pause, left - 1
                while reached < other + step:
                    place = (reached + shift) // stratum
                    until = min(other + step, (place + 1) * stratum - shift)
                    strata[place][1] += until - reached
                    strata[place][3] += max(0.0, until - max(reached, waits))
                    reached = until
                strata[(other + shift) // stratum][0] += ends
                strata[(other + shift) // stratum][2] += ends and other >= waits
            if left < 0:
                break
        likely = sum(each[3] * self._rate(*each[:2]) for each in strata.values())
        starts = sum(each[3] * self._rate(*each[2:]) for each in strata.values())
        is_sure = likely - starts > sqrt(likely) * (_SPREAD if step < FINE else 1)
        return likely / starts if starts and is_sure else 1.0

    def _pauses(self, first: float, last: float) -> Iterator[tuple[float, float, bool]]:
        times = self.activity.within(first, last)
        yield from ((one, other, True) for one, other in pairwise([first - self.activity.step, *times]))
        yield times[-1] if times else first - self.activity.step, last, False

    def _of_rhythm(self, references: Sequence[_Reference]) -> float:
        """The logarithm of the chance of a pause that long, if pauses differ as little as before."""
        length, step = self.ended - self.began, self.activity.step
        long_pauses: set[tuple[float, float]] = set()
        for reference in references:
            low = max(reference.known_from, reference.last - 2 * length, self.activity.times[0])
            for one, other, ends in self._pauses(low, reference.last):
                if other - one - step > length / (20 if ends and one > low else 2):
                    long_pauses.add((one, other))
            if len(long_pauses) > _MOST / 8:
                break
        pauses = [other - one for one, other in long_pauses]
        if len(pauses) < 2 * _ENOUGH or 3 * stdev(pauses) > mean(pauses):
            return 0.0
        usual = mean(pauses)
        if usual > _LONGEST and length < 3 * usual:
            return 0.0
        times = max(1.0, (length + step) / usual)
        # The tail of a gamma distribution is thinner than this.
        return -((usual / max(60.0, stdev(pauses))) ** 2) * (times - 1 - log(times))

    def _of_schedule(self, first: float, last: float, references: Sequence[_Reference]) -> float:
        """The logarithm of the chance that what starts equally often on each of the days starts so late."""
        starts: list[list[float]] = []
        is_long = last - first >= _HOUR > self.activity.step
        for low in (first - each.shift for each in references if is_long and each.whole):
            times = self.activity.within(low - _PAUSE, low + last - first)
            pairs = pairwise([-inf, *times])
            # Not right after the last data: a job, or a day's work, ends some minutes sooner or later.
            after = low + _JOB * (first < self.began + 1)
            starts.append([time - low for one, time in pairs if time - one > _PAUSE and time >= after])
        days, numbers = len(starts), [len(each) for each in starts]
        differ = 0.3 * mean(numbers) if days >= 2 * _ENOUGH else 0.0
        if days < _ENOUGH or not all(starts) or variance(numbers) > differ:
            return 0.0
        delays = [each[0] for each in starts]
        late = last - first - mean(delays)
        return (1 - days) * log1p((1 + late / max(60.0, stdev(delays) * (1 + _ENOUGH / days))) / days)


def _fit(some: int, days: int) -> float:
    return sum(each * log(each / days) for each in (some, days - some) if each)


def _of_none(expected: float, counted: float, certain: float = inf) -> float:
    """The logarithm of the chance of none, if so many events tell what is expected, and as `certain` many the
    level. This is a negative binomial distribution, and a Poisson distribution if both are many."""
    shape = 1 / (1 / counted + 1 / certain) if counted else 0.0
    return -shape * log1p(expected / shape) if shape else 0.0


# What can only be asked piece by piece


def spans_by_day(span: TimeSpan, calendar: Calendar) -> Iterator[TimeSpan]:
    begun = span.start
    while begun < span.end:
        midnight = calendar.local(calendar.day_of(begun) + DAY)
        ended = min(span.end, midnight)
        yield TimeSpan(start=begun, end=ended)
        begun = ended


def comparable(piece: TimeSpan, began: datetime, calendar: Calendar) -> tuple[timedelta, ...]:
    """The distances from `piece` back to the times compared with it, all before the silence began (`began`).
    The same weekday one and two weeks earlier, and the two latest days that were open or closed like its own
    day: a Saturday is not compared with Sundays, nor a holiday with ordinary Mondays."""
    weeks = max(1, -(-(piece.end - began) // WEEK))
    is_open, day = calendar.open_days.is_open, calendar.day_of(piece.start)
    first = max(1, -(-(piece.end - began) // DAY))
    alike = (
        back * DAY
        for back in range(first, first + 2 * WEEK // DAY)
        if is_open(day - back * DAY) is is_open(day)
    )
    backs = (next(alike, None), weeks * WEEK, next(alike, None), (weeks + 1) * WEEK)
    return tuple(dict.fromkeys(back for back in backs if back is not None))


def moved(span: TimeSpan, back: timedelta) -> TimeSpan:
    return TimeSpan(start=span.start - back, end=span.end - back)
