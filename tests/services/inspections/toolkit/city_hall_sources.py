"""Sources of a city hall's system with a known true rate, for judging what is said of their silence. Times
are epoch seconds; a window is `PAST` days of past, a week in which it is looked at, and `AFTER` days for
stops."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import exp, inf, lgamma, log
from random import Random

from services.calendar.calendar import Calendar
from services.inspections.toolkit.silence import LAGS, Activity, SourceKind
from services.runbook.loader import load_builtin

CALENDAR = Calendar(load_builtin("facility-prod"))
SLOT, HOUR, DAY, JST = 600, 3600, 86400, 9 * 3600
PAST, WEEK, AFTER = 30, 7, 5
CHANCE = 0.001
FIRST = date(2025, 12, 1)
"""The Monday of the first of 60 weeks, which end on 2027-01-24: twice New Year, Golden Week, Silver Week."""

Shape = Callable[["Day", float], float]  # Events an hour on a day at an hour of it


@dataclass(frozen=True)
class Day:
    on: date
    number: int
    """Days since the beginning of the window."""

    @property
    def is_open(self) -> bool:
        return CALENDAR.open_days.is_open(self.on)

    @property
    def is_new_year(self) -> bool:
        return (self.on.month, self.on.day) >= (12, 29) or (self.on.month, self.on.day) <= (1, 3)

    @property
    def is_month_end(self) -> bool:
        """Whether it is one of the last three open days of its month."""
        later = (self.on + timedelta(days=each) for each in range(1, 32))
        return (
            self.is_open
            and sum(CALENDAR.open_days.is_open(day) for day in later if day.month == self.on.month) < 3
        )


class Rate:
    """Arrivals at random with a rate that is constant in each slot; each may bring followers within minutes."""

    def __init__(self, shape: Shape, days: Sequence[Day], begins: float, followers: float = 0.0) -> None:
        self.begins, self.followers = begins, followers
        self.rates = [shape(day, slot / 6) / 6 for day in days for slot in range(DAY // SLOT)]
        self.sums = [0.0]
        for rate in self.rates:
            self.sums.append(self.sums[-1] + rate)

    def expected(self, since: float, until: float) -> float:
        return max(0.0, self._sum(until) - self._sum(since))

    def chance(self, since: float, until: float) -> float:
        """That nothing arrives; of clusters that none begins, which is the most that it can be."""
        return exp(-self.expected(since, until))

    def after(self, since: float, number: float) -> float:
        """When that many more are expected; infinite beyond the window."""
        place = bisect_left(self.sums, self._sum(since) + number)
        return self.begins + place * SLOT if place < len(self.sums) else inf

    def times(self, random: Random) -> Iterator[float]:
        reached = random.expovariate(1)
        for place, rate in enumerate(self.rates):
            while reached < self.sums[place + 1]:
                at = self.begins + (place + (reached - self.sums[place]) / rate) * SLOT
                yield at
                while self.followers and random.random() < self.followers / (1 + self.followers):
                    yield at + random.expovariate(1 / 120)
                reached += random.expovariate(1)

    def _sum(self, at: float) -> float:
        place = (at - self.begins) // SLOT
        slot = min(max(int(place), 0), len(self.rates) - 1)
        return self.sums[slot] + self.rates[slot] * min(max(at - self.begins - slot * SLOT, 0), SLOT) / SLOT


class Beats:
    """Runs by a schedule, each late by up to `jitter` seconds, with some events each."""

    def __init__(self, at: Sequence[float], jitter: float, most: int = 1, lasts: float = 0.0) -> None:
        self.at, self.jitter, self.most, self.lasts = at, jitter, most, lasts

    def expected(self, since: float, until: float) -> float:
        return sum(self._shares(since, until))

    def chance(self, since: float, until: float) -> float:
        """That no run begins, of those that are wholly after `since`."""
        chance = 1.0
        for share in self._shares(since, until):
            chance *= 1 - share
        return chance

    def after(self, since: float, number: float) -> float:
        place = bisect_left(self.at, since) + round(number)
        return self.at[place] + self.jitter if place < len(self.at) else inf

    def times(self, random: Random) -> Iterator[float]:
        for beat in self.at:
            begun = beat + random.uniform(0, self.jitter)
            yield begun
            for _each in range(random.randrange(self.most)):
                yield begun + random.uniform(0, self.lasts)

    def _shares(self, since: float, until: float) -> Iterator[float]:
        for beat in self.at[bisect_left(self.at, since) : bisect_left(self.at, until)]:
            yield min(1.0, (until - beat) / self.jitter)


@dataclass(frozen=True)
class Source:
    """A kind of system; each window draws its own size and hours."""

    kind: SourceKind
    arrivals: Callable[[Random, Sequence[Day], float], Rate | Beats]
    step: int = 0
    age: timedelta | None = None  # How old a new system is when it is looked at
    kind_of: Callable[[Day], object] = lambda day: day.is_open
    """What the calendar and the past tell of a day; not that a month ends, which 30 days of past show once at most."""


class Window:
    """One system over `PAST + WEEK + AFTER` days, as it is seen at a time."""

    def __init__(self, name: str, source: Source, seed: int, week: int) -> None:
        random = Random(f"{name}/{seed}/{week}")
        self.source, self.monday = source, FIRST + timedelta(weeks=week)
        first = self.monday - timedelta(days=PAST)
        self.days = [Day(first + timedelta(days=each), each) for each in range(PAST + WEEK + AFTER)]
        self.begins = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp() - JST
        self.week = self.begins + PAST * DAY
        self.ends = self.begins + len(self.days) * DAY
        self.arrivals = source.arrivals(random, self.days, self.begins)
        self.times = sorted(self.arrivals.times(random))
        self.lag = LAGS[source.kind].total_seconds()
        self.delays = [min(self.lag, random.expovariate(4 / self.lag)) for _time in self.times]

    def past(self, until: float, stop: float = inf) -> float:
        age = self.source.age
        return min(until, stop) - age.total_seconds() if age else until - PAST * DAY

    def seen(self, until: float, stop: float = inf) -> Activity:
        """What has arrived until then of all that happened before the stop."""
        first = bisect_left(self.times, self.past(until, stop))
        sure = bisect_left(self.times, min(until - self.lag, stop))
        last = bisect_left(self.times, min(until, stop))
        late = (
            self.times[each]
            for each in range(max(first, sure), last)
            if self.times[each] + self.delays[each] <= until
        )
        times = [*self.times[first:sure], *late]
        step = self.source.step
        if not step:
            return Activity(times)
        counts: dict[float, float] = {}
        for time in self.times[first:last]:
            if time // step * step + step + 120 <= until:
                counts[time // step * step] = counts.get(time // step * step, 0) + 1
        return Activity(list(counts), step, values=list(counts.values()))

    def judged_until(self, until: float) -> float:
        step = self.source.step or 1
        return (until - self.lag) // step * step

    def earlier(self, past: float, since: float, until: float) -> tuple[float, float]:
        """What the days of the same kind had at the times of a silence, in all, and how many days; none if
        any is new. The days of a silence that is of several kinds count by how much each makes the sum
        uncertain."""
        level = doubt = 0.0
        for number in range(int((since - self.begins) // DAY), len(self.days)):
            midnight = self.begins + number * DAY
            start, end = max(since, midnight), min(until, midnight + DAY)
            if start >= end or not self.arrivals.expected(start, end):
                continue
            counts = [
                self.arrivals.expected(start - ago * DAY, end - ago * DAY)
                for ago in range(1, number + 1)
                if start - ago * DAY >= past
                and end - ago * DAY <= since
                and self.source.kind_of(self.days[number - ago]) == self.source.kind_of(self.days[number])
            ]
            if not counts:
                return 0.0, 0.0
            level += sum(counts) / len(counts)
            doubt += sum(counts) / len(counts) ** 2
        days = level / doubt if doubt else 1.0
        return level * days, days

    def same_day(self, past: float, since: float, until: float) -> tuple[float, float]:
        """What the day had before a silence began, and how many times as much as it would have had in the silence."""
        midnight = self.begins + (since - self.begins) // DAY * DAY
        before = self.arrivals.expected(max(past, midnight), since)
        lost = self.arrivals.expected(since, min(until, midnight + DAY))
        return before, before / lost if lost else 0.0


def bump(hour: float, middle: float, width: float) -> float:
    return exp(-(((hour - middle) / width) ** 2))


def office(hour: float) -> float:
    """Work from half past eight to a quarter past five, less at noon."""
    return (0.4 if 12 <= hour < 13 else 1.0) if 8.5 <= hour < 17.25 else 0.0


def between(random: Random, least: float, most: float) -> float:
    """A number by its size: as many from 1 to 10 as from 10 to 100."""
    return exp(random.uniform(log(least), log(most)))


def busy_web(random: Random, days: Sequence[Day], begins: float) -> Rate:
    peak, night, closed = between(random, 60, 250), random.uniform(0.02, 0.06), random.uniform(0.4, 0.8)
    return Rate(
        lambda day, hour: (
            peak * (night + bump(hour, 10.5, 3) + 0.7 * bump(hour, 20, 3)) * (1 if day.is_open else closed)
        ),
        days,
        begins,
    )


def staff(random: Random, days: Sequence[Day], begins: float) -> Rate:
    size, overtime = between(random, 5, 60), random.uniform(0, 0.05)
    return Rate(
        lambda day, hour: (
            size * (office(hour) or (overtime if 17.25 <= hour < 20.5 else 0.0)) if day.is_open else 0.0
        ),
        days,
        begins,
    )


def public_site(random: Random, days: Sequence[Day], begins: float) -> Rate:
    size, night, new_year = between(random, 6, 60), random.uniform(0.1, 0.3), random.uniform(0.4, 1)
    return Rate(
        lambda day, hour: size * (night + bump(hour, 15, 6)) * (new_year if day.is_new_year else 1),
        days,
        begins,
    )


def holiday_shape(random: Random, days: Sequence[Day], begins: float) -> Rate:
    """Open days have their peak in the morning, closed days in the evening."""
    size = between(random, 10, 60)
    return Rate(
        lambda day, hour: size * (0.05 + (bump(hour, 10, 2.5) if day.is_open else 0.8 * bump(hour, 19, 3))),
        days,
        begins,
    )


def sessions(random: Random, days: Sequence[Day], begins: float) -> Rate:
    size = between(random, 4, 20)
    return Rate(
        lambda day, hour: size * (0.1 + bump(hour, 14, 5)) * (1 if day.is_open else 0.6),
        days,
        begins,
        followers=random.uniform(3, 10),
    )


def audit(random: Random, days: Sequence[Day], begins: float) -> Rate:
    size = between(random, 2, 20) / 8.15
    return Rate(lambda day, hour: size * office(hour) if day.is_open else 0.0, days, begins)


def few(random: Random, days: Sequence[Day], begins: float) -> Rate:
    """4 to 16 a day, around the clock; as what other regions have."""
    size = between(random, 4, 16) / 24
    return Rate(lambda day, hour: size, days, begins)


def month_end(random: Random, days: Sequence[Day], begins: float) -> Rate:
    size, peak = between(random, 2, 15), random.uniform(4, 8)
    return Rate(
        lambda day, hour: size * office(hour) * (peak if day.is_month_end else 1) if day.is_open else 0.0,
        days,
        begins,
    )


def wednesdays(random: Random, days: Sequence[Day], begins: float) -> Rate:
    size = between(random, 3, 30)
    return Rate(
        lambda day, hour: size * office(hour) if day.is_open and day.on.weekday() == 2 else 0.0, days, begins
    )


def every(days: Sequence[Day], begins: float, period: float, offset: float) -> list[float]:
    return [begins + offset + each * period for each in range(int(len(days) * DAY // period))]


def heartbeat(random: Random, days: Sequence[Day], begins: float) -> Beats:
    return Beats(every(days, begins, 300, random.uniform(0, 300)), jitter=60)


def nightly(random: Random, days: Sequence[Day], begins: float) -> Beats:
    return Beats(
        every(days, begins, DAY, 2 * HOUR), random.uniform(30, 600), most=random.randint(1, 20), lasts=300
    )


def mixed(random: Random, days: Sequence[Day], begins: float) -> Rate | Beats:
    return random.choice((busy_web, staff, public_site, heartbeat, sessions))(random, days, begins)


SOURCES = {
    "busy web": Source(SourceKind.LOG, busy_web),
    "staff in office hours": Source(SourceKind.LOG, staff),
    "public site": Source(SourceKind.METRIC, public_site, step=60),
    "heartbeat": Source(SourceKind.LOG, heartbeat),
    "nightly batch": Source(SourceKind.LOG, nightly),
    "sparse audit": Source(SourceKind.TRAIL, audit),
    "few around the clock": Source(SourceKind.TRAIL, few),
    "month-end peaks": Source(SourceKind.TRAIL, month_end),
    "Wednesdays only": Source(
        SourceKind.TRAIL, wednesdays, kind_of=lambda day: (day.is_open, day.on.weekday() == 2)
    ),
    "another shape on holidays": Source(SourceKind.TRAIL, holiday_shape),
    "visitors in clusters": Source(SourceKind.LOG, sessions),
    "new for 3 h": Source(SourceKind.LOG, mixed, age=timedelta(hours=3)),
    "new for 1 day": Source(SourceKind.TRAIL, mixed, age=timedelta(days=1)),
    "new for 5 days": Source(SourceKind.TRAIL, mixed, age=timedelta(days=5)),
}


@dataclass(frozen=True)
class Trial:
    """One look at a source, healthy or stopped, with what is true of it."""

    source: Source
    activity: Activity
    until: float
    expected: float
    """Events, runs or clusters that a healthy source would have had since the stop, or since its last data."""
    chance: float  # That a healthy source would have had none of them
    ideal: float  # The chance that an ideal rule tells it as normal; see `_ideal`
    share: float
    """The chance, before anything is known, that it is the first look at a silence beyond `CHANCE`."""
    silent: float  # Seconds from the last data to the lag before the look

    @property
    def last(self) -> float:
        return self.activity.times[-1] if self.activity.times else 0.0


def stops(window: Window, random: Random, number: int) -> Iterator[Trial]:
    """The source stops for good, and is looked at when an operator looks, or when a number of events is missed."""
    least = window.lag + 15 * 60 + window.source.step + 1
    number_of_stops = 0
    for _try in range(100 * number):  # a new system may have nothing to stop in a week that is closed
        if number_of_stops == number:
            return
        stop = window.week + random.uniform(0, WEEK * DAY)
        if random.random() < 0.5:
            until = random.choice(list(_office_looks(stop + least))[:6])
        else:
            until = max(window.arrivals.after(stop, between(random, 1, 40)) + window.lag, stop + least)
        if until > min(window.ends, stop + 4 * DAY):
            continue
        activity = window.seen(until, stop)
        if activity.times:
            number_of_stops += 1
            yield _trial(window, activity, until, stop)


def looks(window: Window, random: Random) -> Iterator[Trial]:
    """At 9:00, 13:00, 17:00 and two random times of each day of the week."""
    before = window.begins
    for day in range(WEEK):
        midnight = window.week + day * DAY
        for hour in sorted((9, 13, 17, random.uniform(0, 24), random.uniform(0, 24))):
            until = midnight + hour * HOUR
            activity = window.seen(until)
            if activity.times:
                yield _trial(window, activity, until, before=before)
            before = window.judged_until(until)


def _office_looks(after: float) -> Iterator[float]:
    midnight = (after + JST) // DAY * DAY - JST
    for day in range(4):
        for hour in (9, 13, 17):
            if (at := midnight + day * DAY + hour * HOUR) >= after:
                yield at


def _trial(window: Window, activity: Activity, until: float, stop: float = inf, before: float = 0.0) -> Trial:
    ended, last, arrivals = window.judged_until(until), activity.times[-1] + activity.step, window.arrivals
    since = last if stop == inf else max(stop, last)
    chance = arrivals.chance(since, ended)
    return Trial(
        source=window.source,
        activity=activity,
        until=until,
        expected=arrivals.expected(since, ended),
        chance=chance,
        ideal=float(chance > 0)  # how late a run may be, nobody knows to the second
        if isinstance(arrivals, Beats)
        else _ideal(window, until, last, ended, stop),
        share=min(CHANCE, arrivals.chance(ended - 15 * 60, ended)) * (1 - arrivals.chance(before, ended)),
        silent=until - window.lag - last,
    )


def _ideal(window: Window, until: float, last: float, ended: float, stop: float) -> float:
    """The chance that an ideal rule, which knows the kind of day and the shape and counts the size, says normal.

    A stop shows by earlier days of its kind, or else by its own day before it: a peak that nobody announced, and that
    stops before it is seen, is known only to an operator who knows of the month's end or the campaign.
    Of healthy silences a rule need not know that an earlier day was busier, only that a few days may mislead.
    Without an earlier day it says so, which is right for both.
    """
    past = window.past(until, stop)
    count, days = window.earlier(past, last, ended)
    lost = window.arrivals.expected(last, ended) * days
    if stop == inf:
        return told_normal(lost, days) if days else 1.0
    count = min(count, lost)  # it is not surer of an ordinary day for the peaks before
    return min(told_normal(count, days), told_normal(*window.same_day(past, last, ended))) if days else 0.0


def told_normal(mean: float, days: float) -> float:
    """The chance that a silence is told as normal by who counts `mean` events on the average in as many
    `days`. Having counted n events on k days, that takes a silence for a chance of (k / (k + 1)) ** n."""
    if not mean or not days:
        return 1.0
    least = log(1 / CHANCE) / log((days + 1) / days)
    return min(1.0, sum(exp(n * log(mean) - mean - lgamma(n + 1)) for n in range(int(least) + 1)))
