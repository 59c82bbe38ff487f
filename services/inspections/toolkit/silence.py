"""The one rule for silence, for every source that a verdict rests on. Pure.

A source that has had no data for LEAST beyond its usual lag is compared with the same time on days of the same kind in
the opening calendar, open or closed; where such days differ, with the same weekday. Chance explains a silence if a source as
busy as on those days would be silent that long, from beginning to end, in more than CHANCE of all cases. Events that
come in clusters count as one each. What chance does not explain, and what there is no past for, is not judged.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum, auto
from itertools import pairwise
from math import ceil, inf, log, nextafter, sqrt
from statistics import mean, stdev, variance

from services.calendar.calendar import Calendar
from services.i18n import _, sentences
from services.inspections.toolkit.curves import at
from services.inspections.toolkit.wording import number
from services.models.date_text import zoned_time
from services.models.metrics import Series, TimeSpan
from services.models.verdict import Verdict

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
LEAST = timedelta(minutes=15)
"""A shorter silence, beyond the source's lag, is ignored."""
REACH = timedelta(days=30)
"""How far back the past is read where it can be read at once: eight closed days, and four of each weekday."""
FINE = 300
"""Period in which the past of metrics is read, in seconds; CloudWatch keeps it for 63 days, shorter ones for 15."""
CHANCE = 1e-3
"""A silence is unusual if a source that goes on would be as silent in a smaller share of cases."""
SILENT_BEFORE = 2
"""Number of earlier silent times that make a silence usual; a single one may have been an outage."""
SIMILAR = 0.85
"""Share of a silence's length from which an earlier one is about as long."""
_AROUND = 0.1
"""Share of its length by which an earlier silence may lie beside it: nobody leaves at the same minute each day."""
_PIECE = timedelta(hours=3)
_ENOUGH = 4
"""Number of days of which a single silent one is taken for an outage, and on all of which a job shows its schedule."""
_BUSY = 10
"""Number of events by which a part of the compared time counts for the whole."""
_TIMES, _FEW = 3, 8
"""A silence is unusual if it is so many times as long as any between data of at least so many days, in open days' time."""
_JOB, _JOB_STEP, _JOB_LEAST = 1200.0, 600.0, 3600.0
"""Seconds: within these a scheduled job starts; how densely such starts are searched, and in how long a silence."""
_SPREAD = 2.0
"""Number of standard deviations by which events vary more than chance if they are not independent."""
_PAUSE = 600.0
"""Seconds after which a pause is one between visitors, not between the events of one."""
_CERTAIN = -50.0


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
    """The result of comparing a silence with earlier days."""

    USUAL = auto()
    """Chance explains it, or it is too short to mean anything."""
    NEW = auto()
    """There are too few earlier days of this kind."""
    COSTLY = auto()
    """The comparison would need more requests than remain."""
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
        """Where `times` is complete."""
        return self.complete or ([(self.times[0], inf)] if self.times else [])

    def within(self, first: float, last: float) -> Sequence[float]:
        """The times in a half-open span."""
        return self.times[bisect_left(self.times, first) : bisect_left(self.times, last)]

    def amount(self, first: float, last: float) -> float:
        """What was counted in a half-open span."""
        start, end = bisect_left(self.times, first), bisect_left(self.times, last)
        return sum(self.values[start:end]) if self.values else end - start

    def gaps(self, first: float, last: float) -> Iterator[float]:
        """The lengths of the times without data within a span, cut off at its ends."""
        reached = first
        for time in self.within(first - self.step, last):
            yield max(0.0, time - reached)
            reached = max(reached, time + self.step)
        yield max(0.0, last - reached)


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
    """A time without data, compared with earlier days."""

    since: datetime | None
    """None: there was never any data."""
    until: datetime
    likeness: Likeness
    per_hour: float | None = None
    """What is usual at the same time on such days; None: unknown."""

    @property
    def verdict(self) -> Verdict:
        """NORMAL, or UNKNOWN: what happened since is not known."""
        return Verdict.NORMAL if self.likeness is Likeness.USUAL else Verdict.UNKNOWN

    def words(self, what: str, calendar: Calendar) -> str:
        """Since when `what` has no data, what is usual then, and what is not known because of it, if it is not usual."""
        if self.since is None:
            return _("{what}: no data at all, so nothing is known.").format(what=what)
        days, time = days_like(self.until, calendar), zoned_time(self.since, calendar.zone)
        text = _("{what}: no data since {time}; what happened after that is not known.")
        first = text.format(what=what, time=time)
        if self.likeness is not Likeness.UNUSUAL:
            text = _("There are too few earlier {days} to compare that with.")
            return sentences(first, text.format(days=days))
        if not self.per_hour:
            return sentences(first, _("At this time on {days} there is data.").format(days=days))
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
    comparison = _Comparison(began, ended, activity, calendar)
    likeness, per_hour = comparison.result(log(CHANCE))
    if likeness is Likeness.USUAL and comparison.is_too_long():
        likeness = Likeness.UNUSUAL
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
    """Those that chance does not explain."""
    gaps = judged_gaps(activity, span, calendar)
    return tuple(gap for gap, likeness in gaps if likeness is Likeness.UNUSUAL)


@dataclass(frozen=True, slots=True)
class _Reference:
    """The same time on another day, as far as it is known."""

    shift: float
    first: float
    last: float
    """What is known of it, with some time around."""
    whole: bool
    """All of the same time is known."""
    silent: bool
    """It was about as silent."""
    like: bool
    """The same weekday, after a day of the same kind."""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A silence, and the data with which it is compared."""

    began: float
    ended: float
    activity: Activity
    calendar: Calendar

    def result(self, limit: float) -> tuple[Likeness, float | None]:
        """The likeness, and what is usual per hour at the end. `limit`: logarithm of the smallest chance."""
        total, without_past, per_hour = 0.0, False, None
        for piece in self._pieces():
            compared = self._chance(*piece)
            if compared is None:
                without_past = True
            else:
                total, per_hour = total + compared[0], compared[1]
            if total < limit:
                return Likeness.UNUSUAL, per_hour
        return Likeness.NEW if without_past else Likeness.USUAL, per_hour

    def _pieces(self) -> Iterator[tuple[float, float, date]]:
        """Divided at midnight, opening and closing time, or into the days of a source that has one value a day."""
        step, day_of = self.activity.step, self.calendar.day_of
        if step >= DAY.total_seconds():
            for number_of_day in range(int((self.ended - self.began) // step)):
                begun = self.began + number_of_day * step
                yield begun, begun + step, day_of(at(begun + step / 2))
            return
        span, is_open = TimeSpan(start=at(self.began), end=at(self.ended)), self.calendar.open_days.is_open
        last_day = day_of(span.end)
        if span.end - span.start <= _PIECE and is_open(day_of(span.start)) is is_open(last_day):
            yield self.began, self.ended, last_day
            return
        for piece in spans_by_day(span, self.calendar):
            day = day_of(piece.start)
            inside = [each for each in self.calendar.hours_of(day) if piece.start < each < piece.end]
            for first, last in pairwise([piece.start, *inside, piece.end]):
                for part in spans_by_day(TimeSpan(start=first, end=last), self.calendar, _PIECE):
                    yield part.start.timestamp(), part.end.timestamp(), day

    def _references(self, first: float, last: float, day: date) -> Iterator[_Reference]:
        """The nearest days first, of the same kind, before the silence or after it."""
        activity, is_open = self.activity, self.calendar.open_days.is_open
        around = _AROUND * (last - first) if activity.step < _JOB_LEAST else 0.0
        backs = (sign * back for back in range(1, REACH // DAY + 1) for sign in (1, -1))
        for back in backs:
            shift, other = back * DAY.total_seconds(), day - back * DAY
            start, end = first - shift, last - shift
            if is_open(other) is not is_open(day) or (start < self.ended and end > self.began):
                continue
            limits = (-inf, self.began) if shift > 0 else (self.ended, inf)
            for span in activity.spans:
                low = max(start - around, span[0], limits[0])
                high = min(end + around, span[1], limits[1], activity.times[-1] + activity.step)
                whole = low <= start and high >= end
                half = min(high, end) - max(low, start) >= (end - start) / 2
                # Of a busy source one page of events is short, and says enough.
                if high > low and (half or len(activity.within(low, high)) >= _BUSY):
                    silent = whole and max(activity.gaps(low, high)) >= SIMILAR * (last - first)
                    like = other.weekday() == day.weekday() and is_open(other - DAY) is is_open(day - DAY)
                    yield _Reference(shift, low, high, whole, silent, like)
                    break

    def _chance(self, first: float, last: float, day: date) -> tuple[float, float] | None:
        """The logarithm of the chance of a silent piece, and the usual amount per hour; None: there is no past."""
        references: list[_Reference] = []
        silent, job = 0, last - first >= _JOB_LEAST and self.activity.step < _JOB_LEAST
        for reference in self._references(first, last, day):
            references.append(reference)
            silent += reference.silent
        if len(references) < SILENT_BEFORE or (silent == 1 and len(references) < _ENOUGH):
            return None
        whole = [reference for reference in references if reference.whole]
        hours = len(whole) * (last - first) / 3600
        amount = sum(self.activity.amount(first - each.shift, last - each.shift) for each in whole)
        chance = self._of_all(first, last, references)
        if job:
            like = [reference for reference in references if reference.like]
            jobs = (self._of_job(first, last, each) for each in (references, like))
            # The days of one weekday are few, and so have to say more.
            week = _weekly(references)
            weekday = self._of_all(first, last, week) / 2 if len(week) >= _ENOUGH - 1 else 0.0
            chance = min(chance, *jobs, weekday)
        return chance, amount / hours if hours else 0.0

    def _of_all(self, first: float, last: float, references: Sequence[_Reference]) -> float:
        """The logarithm of the chance, by the share of slots with data, and by the longest gap of each day."""
        counted = [reference for reference in references if not reference.silent]
        by_gaps = self._of_gaps(last - first, references)
        if len(references) - len(counted) >= SILENT_BEFORE:
            return min(by_gaps, self._of_pauses(last - first, references))
        slot = max(FINE, self.activity.step)
        by_slots = all_with_data = all_slots = 0.0
        number_of_events = spread = likely_spread = 0.0
        for number_of_slot in range(ceil((last - first) / slot)):
            start = first + number_of_slot * slot
            starts = ((start - each.shift, each) for each in counted)
            slots = [low for low, each in starts if each.first <= low and low + slot <= each.last]
            counts = [len(self.activity.within(low, low + slot)) for low in slots]
            with_data = sum(map(bool, counts))
            if len(counts) > 1:
                spread += variance(counts) * (len(counts) - 1)
                likely_spread += mean(counts) * (len(counts) - 1)
            number_of_events += sum(counts)
            # Counted as if there were half a slot more without data: a few days do not prove regularity.
            chance = log((len(slots) - with_data + 0.5) / (len(slots) + 0.5))
            by_slots += min(1.0, (last - start) / slot) * chance
            all_with_data, all_slots = all_with_data + with_data, all_slots + len(slots)
        together = (last - first) / slot * log((all_slots - all_with_data + 0.5) / (all_slots + 0.5))
        by_slots = min(by_slots, together)
        if spread > likely_spread * (1 + _SPREAD * sqrt(2 / max(1.0, all_slots))):
            # Events come in clusters, which are fewer.
            clusters = number_of_events * likely_spread / spread
            by_clusters = -clusters * log(1 + (last - first) / slot / all_slots)
            by_slots = max(by_slots, min(by_clusters, self._of_pauses(last - first, references)))
        return min(by_slots, by_gaps, self._of_gaps(last - first, counted))

    def _of_pauses(self, length: float, references: Sequence[_Reference]) -> float:
        """The logarithm of the chance that a pause goes on for so long, by how many such pauses ended in what time."""
        ends, waited = [0] * len(references), 0.0
        for place, (first, last) in enumerate((each.first, each.last) for each in references):
            since = first - _PAUSE
            for time in [*self.activity.within(first - _PAUSE, last), last]:
                begun = max(first, since + _PAUSE)
                if time > begun:
                    waited += time - begun
                    ends[place] += time < last
                since = time + self.activity.step
        if not any(ends):
            return 0.0
        chance = sum(ends) * log(waited / (waited + length))
        if variance(ends) / mean(ends) <= 1 + _SPREAD * sqrt(2 / (len(ends) - 1)):
            return chance
        # Days that differ by more than chance are of several kinds, maybe by weekday.
        week = _weekly(references)
        return self._of_pauses(length, week) if _ENOUGH - 1 <= len(week) < len(references) else 0.0

    def _of_gaps(self, length: float, references: Sequence[_Reference]) -> float:
        """The logarithm of the chance that the longest gap is as long, by those of the days and their spread."""
        if len(references) < 2 * _ENOUGH or self.activity.step >= _JOB_LEAST:
            return 0.0
        longest = [max(self.activity.gaps(each.first, each.last)) for each in references]
        usual = mean(longest)
        # The longest gaps of days follow a Gumbel distribution; its scale is uncertain where there are few days.
        scale = 0.78 * stdev(longest) * (1 + _ENOUGH / len(longest))
        return min(0.0, 0.58 - (length - usual) / max(60.0, self.activity.step / 2, usual / 60, scale))

    def _of_job(self, first: float, last: float, references: Sequence[_Reference]) -> float:
        """The logarithm of the chance that what came at one time on each of the days was not by schedule."""
        days = [reference.shift for reference in references if reference.whole]
        # Not right after the last data: a day's work, or the job itself, ends some minutes sooner or later.
        starts = [first + place * _JOB_STEP for place in range(int((last - first) // _JOB_STEP))]
        starts = [start for start in starts if self.began + _JOB <= start <= self.ended - _JOB]
        if len(days) < _ENOUGH or not starts:
            return 0.0
        within = self.activity.within
        shares = [
            sum(bool(within(start - day, start - day + _JOB)) for day in days) / len(days) for start in starts
        ]
        by_schedule = 1.0 in shares and len(starts) * mean(shares) ** len(days) < CHANCE
        return _CERTAIN if by_schedule else 0.0

    def is_too_long(self) -> bool:
        """Whether a rare source, silent at any time on most days, has been silent for far longer than ever before."""
        least = self._on_open_days(self.began, self.ended) / _TIMES
        days = {int(time // DAY.total_seconds()) for time in self.activity.times}
        return (
            least >= LEAST.total_seconds()
            and len(days) >= _FEW
            and all(self._on_open_days(*gap) < least for gap in self._own_gaps(least))
        )

    def _own_gaps(self, least: float) -> Iterator[tuple[float, float]]:
        """The known gaps between data, at least so many seconds long."""
        for one, other in pairwise(self.activity.times):
            first = one + self.activity.step
            if other - first >= least and any(a <= one and other <= b for a, b in self.activity.spans):
                yield first, other

    def _on_open_days(self, first: float, last: float) -> float:
        """Seconds of a time range that lie on open days."""
        pieces = spans_by_day(TimeSpan(start=at(first), end=at(last)), self.calendar)
        is_open, day_of = self.calendar.open_days.is_open, self.calendar.day_of
        return sum((each.end - each.start).total_seconds() for each in pieces if is_open(day_of(each.start)))


def _weekly(references: Sequence[_Reference]) -> list[_Reference]:
    """Those of the same weekday."""
    return [reference for reference in references if not reference.shift % WEEK.total_seconds()]


# What can only be asked piece by piece


def spans_by_day(span: TimeSpan, calendar: Calendar, longest: timedelta | None = None) -> Iterator[TimeSpan]:
    """A time range divided at each local midnight, and into pieces of at most `longest`: each lies on one day."""
    begun = span.start
    while begun < span.end:
        midnight = calendar.local(calendar.day_of(begun) + DAY)
        ended = min(span.end, midnight, begun + longest if longest else span.end)
        yield TimeSpan(start=begun, end=ended)
        begun = ended


def comparable(piece: TimeSpan, began: datetime, calendar: Calendar) -> tuple[timedelta, ...]:
    """The distances from `piece` back to the times compared with it, all before the silence began (`began`).

    The same weekday one and two weeks earlier, and the two latest days that were open or closed like its own day: a
    Saturday is not compared with Sundays, nor a holiday with ordinary Mondays.
    """
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
