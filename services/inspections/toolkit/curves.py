"""A curve over a window: its worst value, how long it was beyond its limit, where it has gaps. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from services.dashboards.evaluation import LATE
from services.models.metrics import Series
from services.models.verdict import Limit, Verdict

STEP = 300
"""Seconds: the period in which curves are read; alarms use single minutes."""
SUSTAINED = 900
"""Seconds beyond a limit from which it is no passing peak, and without data from which something was missed."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `began` to `ended`, epoch seconds."""

    began: int
    ended: int

    @property
    def seconds(self) -> int:
        """How long."""
        return self.ended - self.began

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The same as times (UTC)."""
        return at(self.began), at(self.ended)


@dataclass(frozen=True, slots=True)
class Course:
    """A curve judged by its limit."""

    worst: float | None = None
    worst_at: int | None = None
    """Beginning of the period with the worst value; the newest of several."""
    now: float | None = None
    """The newest value, unless it is too old to count as current."""
    first: int | None = None
    """Beginning of the first period with data."""
    newest: int | None = None
    """End of the last period with data."""
    beyond: tuple[Stretch, ...] = ()
    """In order."""
    gaps: tuple[Stretch, ...] = ()
    """Of SUSTAINED seconds at least: before the first value or between two."""

    @property
    def longest(self) -> int:
        """Seconds of the longest stretch beyond the limit."""
        return max((stretch.seconds for stretch in self.beyond), default=0)

    @property
    def total(self) -> int:
        """Seconds beyond the limit in all."""
        return sum(stretch.seconds for stretch in self.beyond)


def course_of(series: Series, limit: Limit, end: int, start: int) -> Course:
    """`start`, `end`: between which values are due, epoch seconds."""
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
    """Whether a curve that ends at `newest` still tells the value at `end`."""
    return newest is not None and newest >= end - max(LATE, 2 * period)


def stretches(times: Iterable[int], period: int) -> Iterator[Stretch]:
    """Consecutive periods joined; `times` are their beginnings in order."""
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
    """Where values are missing for SUSTAINED seconds or more, from `start` to the last value; none in an empty curve."""
    reached = start
    for time in series.times:
        if time - reached >= SUSTAINED:
            yield Stretch(reached, time)
        reached = max(reached, time + series.period)


def silences(series: Series, start: int, end: int) -> Iterator[Stretch]:
    """Where values are missing from `start` to `end`: the gaps, and the time since the last value where it is not
    fresh."""
    yield from gaps(series, start)
    newest = series.times[-1] + series.period if series.times else start
    if newest < end and not fresh(newest, series.period, end):
        yield Stretch(newest, end)


def widest(stretches: Iterable[Stretch]) -> Stretch:
    """The longest of several, the newest of equals."""
    return max(stretches, key=lambda stretch: (stretch.seconds, stretch.began))


def active(series: Series, gap: Stretch) -> bool:
    """Whether a curve counted something in `gap` so often that what depends on it should have values, too."""
    steps = {
        time // STEP
        for time, value in zip(series.times, series.values, strict=True)
        if value > 0 and gap.began <= time < gap.ended
    }
    return len(steps) * STEP >= SUSTAINED


def at(seconds: int) -> datetime:
    """Epoch seconds as a time (UTC)."""
    return datetime.fromtimestamp(seconds, UTC)
