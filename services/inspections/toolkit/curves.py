from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from services.dashboards.evaluation import LATE
from services.models.metrics import Series
from services.models.verdict import Limit, Verdict

STEP = 300  # Period in seconds in which curves are read; alarms use single minutes
SUSTAINED = 900
"""Seconds beyond a limit from which it is more than a short peak, and seconds without data that make a gap."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time from `began` to `ended`, epoch seconds."""

    began: int
    ended: int

    @property
    def seconds(self) -> int:
        return self.ended - self.began

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Both ends as datetimes (UTC)."""
        return at(self.began), at(self.ended)


@dataclass(frozen=True, slots=True)
class Course:
    worst: float | None = None
    worst_at: int | None = None  # Start of the period with the worst value; the newest of several
    now: float | None = None  # The newest value, unless it is too old to be current
    first: int | None = None  # Start of the first period with data
    newest: int | None = None  # End of the last period with data
    beyond: tuple[Stretch, ...] = ()  # Times beyond the limit, in order
    gaps: tuple[Stretch, ...] = ()
    """Gaps of at least SUSTAINED seconds, before the first value or between two."""

    @property
    def longest(self) -> int:
        """Seconds of the longest stretch beyond the limit."""
        return max((stretch.seconds for stretch in self.beyond), default=0)

    @property
    def total(self) -> int:
        """Total seconds beyond the limit."""
        return sum(stretch.seconds for stretch in self.beyond)


def course_of(series: Series, limit: Limit, end: int, start: int) -> Course:
    """The course of a series; values are expected from `start` to `end` (epoch seconds)."""
    if not series.times:
        return Course()
    points = list(zip(series.times, series.values, strict=True))
    sign = -1.0 if limit.above is not None else 1.0
    worst_at, worst = max(points, key=lambda point: (sign * point[1], point[0]))
    newest = series.times[-1] + series.period
    times = [time for time, value in points if limit.judge(value) is Verdict.ABNORMAL]
    return Course(
        worst=worst,
        worst_at=worst_at,
        now=points[-1][1] if fresh(newest, series.period, end) else None,
        first=series.times[0],
        newest=newest,
        beyond=tuple(stretches(times, series.period)),
        gaps=tuple(gaps(series, start)),
    )


def fresh(newest: int | None, period: int, end: int) -> bool:
    return newest is not None and newest >= end - max(LATE, 2 * period)


def stretches(times: Iterable[int], period: int) -> Iterator[Stretch]:
    current: Stretch | None = None
    for time in times:
        if current is not None and time <= current.ended:
            current = Stretch(current.began, time + period)
            continue
        if current is not None:
            yield current
        current = Stretch(time, time + period)
    if current is not None:
        yield current


def gaps(series: Series, start: int) -> Iterator[Stretch]:
    """Times of at least SUSTAINED seconds without values, from `start` to the last value; none in an empty curve."""
    reached = start
    for time in series.times:
        if time - reached >= SUSTAINED:
            yield Stretch(reached, time)
        reached = max(reached, time + series.period)


def silences(series: Series, start: int, end: int) -> Iterator[Stretch]:
    """Times without values from `start` to `end`: the gaps, and the time since the last value unless it is fresh."""
    yield from gaps(series, start)
    newest = series.times[-1] + series.period if series.times else start
    if newest < end and not fresh(newest, series.period, end):
        yield Stretch(newest, end)


def widest(stretches: Iterable[Stretch]) -> Stretch:
    return max(stretches, key=lambda stretch: (stretch.seconds, stretch.began))


def active(series: Series, gap: Stretch) -> bool:
    """Whether a curve counted something in `gap` so often that dependent metrics should have values, too."""
    steps = {
        time // STEP
        for time, value in zip(series.times, series.values, strict=True)
        if value > 0 and gap.began <= time < gap.ended
    }
    return len(steps) * STEP >= SUSTAINED


def at(seconds: float) -> datetime:
    """Epoch seconds as a datetime (UTC)."""
    return datetime.fromtimestamp(seconds, UTC)
