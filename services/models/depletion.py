"""How fast a quantity runs out, from the trend of its measured values. The slope is the median of the slopes
between all pairs of points (Theil-Sen), which a few wild points do not move. It counts as falling only if the
Mann-Kendall test says so, so that noise yields no date."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from statistics import median

HOUR = 3600
RECENT = 600  # Seconds of the short span: a fall that has become faster must not be averaged away
LEAST_POINTS = {HOUR: 10, RECENT: 6}  # Fewest points of each span that a trend is computed from
SPANS = (HOUR, 6 * HOUR)  # Seconds of the spans whose whole change is shown beside the trend
CERTAIN = 1.96  # Standard deviations of the Mann-Kendall statistic from which a trend is one (95 %)


@dataclass(frozen=True, slots=True)
class Depletion:
    """A quantity that falls towards zero."""

    per_hour: float  # Change per hour, negative, in the quantity's own unit
    left: float  # Seconds until it is zero, if it goes on like this
    span: int  # Seconds of measured values that the change was computed from


@dataclass(frozen=True, slots=True)
class Trend:
    slope: float  # Change per second
    certainty: float  # Standard deviations from "no trend"; negative where the values fall


@lru_cache(64)
def depletion(times: tuple[int, ...], values: tuple[float, ...]) -> Depletion | None:
    """When the quantity is used up; None if it is not certain that it falls. Computed from the last hour, and
    from the last ten minutes where those bring the end nearer."""
    points = [(at, value) for at, value in zip(times, values, strict=True) if math.isfinite(value)]
    if not points:
        return None
    times, values = zip(*points, strict=True)
    hour, recent = (_within(times, values, span) for span in (HOUR, RECENT))
    if hour is None or hour.certainty > -CERTAIN or (recent is not None and recent.certainty > CERTAIN):
        return None
    falls = [(hour, HOUR)]
    if recent is not None and recent.certainty < -CERTAIN:
        falls.append((recent, RECENT))
    all_ends = [
        Depletion(fall.slope * HOUR, max(0.0, values[-1]) / -fall.slope, span)
        for fall, span in falls
        if fall.slope < 0
    ]
    return min(all_ends, key=lambda end: end.left, default=None)


def change_per_hour(times: Sequence[int], values: Sequence[float], span: int) -> float | None:
    """Change per hour over the last `span` seconds; None without values so old."""
    early = next((index for index, at in enumerate(times) if at >= times[-1] - span), None)
    if early is None or times[-1] - times[early] < span * 3 // 4:
        return None
    return (values[-1] - values[early]) / (times[-1] - times[early]) * HOUR


def ends(times: tuple[int, ...], values: tuple[float, ...]) -> tuple[float, float] | None:
    """(soonest, latest) seconds after the last value at which the quantity is used up: by its trend and by
    SPANS. None if it is not certain that it falls."""
    trend = depletion(times, values)
    if trend is None:
        return None
    falls = (change_per_hour(times, values, span) for span in SPANS)
    left = max(0.0, values[-1])
    all_ends = [trend.left, *(left / -fall * HOUR for fall in falls if fall is not None and fall < 0)]
    return min(all_ends), max(all_ends)


def _within(times: tuple[int, ...], values: tuple[float, ...], span: int) -> Trend | None:
    """The trend of the last `span` seconds; None with too few points."""
    points = [(at, value) for at, value in zip(times, values, strict=True) if at > times[-1] - span]
    return trend(points) if len(points) >= LEAST_POINTS[span] else None


def trend(points: Sequence[tuple[int, float]]) -> Trend:
    """The trend of at least three points with ascending times."""
    count = len(points)
    slopes, score = [], 0
    for (early, before), (late, after) in combinations(points, 2):
        slopes.append((after - before) / (late - early))
        score += (after > before) - (after < before)
    spread = math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    # One step towards zero corrects for a score of whole numbers.
    return Trend(median(slopes), (score - (score > 0) + (score < 0)) / spread)
