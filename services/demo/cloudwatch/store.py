"""The datapoints of the embedded AWS: one bucket per metric and minute, pruned after some days. Source:
"CloudWatch statistics definitions" (Amazon CloudWatch User Guide)."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_PERCENTILE = re.compile(r"(p|tm)(\d{1,2}(?:\.\d+)?|100(?:\.0+)?)")


@dataclass(slots=True)
class Bucket:
    """The samples of one period; `at` is its start in epoch seconds."""

    at: int
    count: float
    sum: float
    min: float
    max: float
    samples: dict[float, float]  # Count by value

    def add(self, other: "Bucket") -> None:
        self.count += other.count
        self.sum += other.sum
        self.min = min(self.min, other.min)
        self.max = max(self.max, other.max)
        for value, count in other.samples.items():
            self.samples[value] = self.samples.get(value, 0.0) + count

    def add_value(self, value: float) -> None:
        self.count += 1.0
        self.sum += value
        if value < self.min:
            self.min = value
        if value > self.max:
            self.max = value
        self.samples[value] = self.samples.get(value, 0.0) + 1.0

    def stat(self, name: str) -> float:
        """The statistic `name` (`Average`, `Sum`, `p95`, `tm99`…). Raises KeyError for any other name."""
        plain = _PLAIN.get(name)
        if plain is not None:
            return plain(self)
        match = _PERCENTILE.fullmatch(name)
        if match is None:
            raise KeyError(name)
        share = float(match[2]) / 100
        return (percentile if match[1] == "p" else trimmed_mean)(self.samples, share)


_PLAIN: dict[str, Callable[[Bucket], float]] = {
    "Average": lambda bucket: bucket.sum / bucket.count,
    "Sum": lambda bucket: bucket.sum,
    "Minimum": lambda bucket: bucket.min,
    "Maximum": lambda bucket: bucket.max,
    "SampleCount": lambda bucket: bucket.count,
}


def is_stat(name: str) -> bool:
    return name in _PLAIN or _PERCENTILE.fullmatch(name) is not None


def percentile(samples: dict[float, float], share: float) -> float:
    """The smallest value that at least `share` of the samples do not exceed (nearest rank)."""
    target = sum(samples.values()) * share
    count = 0.0
    value = 0.0
    for value in sorted(samples):
        count += samples[value]
        if count >= target - 1e-9:
            break
    return value


def trimmed_mean(samples: dict[float, float], share: float) -> float:
    """The mean of the lowest `share` of the samples (`tm99` drops the highest 1 %)."""
    size = remaining = max(sum(samples.values()) * share, 1e-12)
    total = 0.0
    for value in sorted(samples):
        count = min(samples[value], remaining)
        total += value * count
        remaining -= count
        if remaining <= 0:
            break
    return total / size


Dimensions = tuple[tuple[str, str], ...]
MINUTE = 60


class MetricKey(NamedTuple):
    """What identifies a metric; dimensions sorted by name."""

    namespace: str
    name: str
    dimensions: Dimensions = ()


def metric_key(
    namespace: str, name: str, dimensions: Mapping[str, str] | Iterable[tuple[str, str]] = ()
) -> MetricKey:
    pairs = dimensions.items() if isinstance(dimensions, Mapping) else dimensions
    return MetricKey(namespace, name, tuple(sorted(pairs)))


@dataclass(slots=True)
class _Track:
    """One metric: by minute (epoch seconds) a single value, or a Bucket for several."""

    points: dict[int, float | Bucket] = field(default_factory=dict)
    unit: str = "None"
    newest: int = 0


class MetricStore:
    """Every datapoint, in 60-second buckets. A single value is stored as a bare float, because nearly all
    metrics of the simulation have one value per minute."""

    def __init__(self, retention_days: float = 15) -> None:
        self._tracks: dict[MetricKey, _Track] = {}
        self.before: Callable[[int, int], None] = lambda _start, _end: None
        """Called before a range is read (epoch seconds): puts what is only made when somebody asks for it."""
        self._retention = int(retention_days * 86_400)

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str] | Iterable[tuple[str, str]],
        at: float,
        *,
        value: float | None = None,
        values: Sequence[float] = (),
        counts: Sequence[float] = (),
        unit: str = "None",
    ) -> None:
        """Add a datapoint of `at` (epoch seconds): a value, or values with counts, which default to one each."""
        minute = int(at) // MINUTE * MINUTE
        key = metric_key(namespace, name, dimensions)
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = _Track()
        track.unit = unit
        points = track.points
        if value is not None and minute not in points:
            points[minute] = float(value)
        else:
            new = _bucket(minute, value, values, counts)
            if new is None:
                return
            if minute in points:
                old = _as_bucket(minute, points[minute])
                old.add(new)
                new = old
            points[minute] = new
        if minute > track.newest:
            track.newest = minute
            if len(points) > self._retention // MINUTE + 60:
                oldest = minute - self._retention
                track.points = {at: point for at, point in points.items() if at >= oldest}

    def metrics(self) -> list[MetricKey]:
        return sorted(self._tracks)

    def newest(self, key: MetricKey) -> int:
        """Start of the newest minute with data, epoch seconds; 0 without any."""
        track = self._tracks.get(key)
        return track.newest if track is not None else 0

    def unit(self, key: MetricKey) -> str:
        track = self._tracks.get(key)
        return track.unit if track is not None else "None"

    def buckets(self, key: MetricKey, start: int, end: int, period: int = MINUTE) -> list[Bucket]:
        """The samples from `start` to before `end`: one Bucket per period with data, oldest first. Periods
        begin at `start`, as in GetMetricData when start is not on the period's grid."""
        self.before(start, end)
        buckets: list[Bucket] = []
        for minute, point in self._between(key, start, end):
            at = start + (minute - start) // period * period
            if not buckets or buckets[-1].at != at:
                buckets.append(_as_bucket(at, point, copy=True))
            elif isinstance(point, Bucket):
                buckets[-1].add(point)
            else:
                buckets[-1].add_value(point)
        return buckets

    def _between(self, key: MetricKey, start: int, end: int) -> Iterator[tuple[int, float | Bucket]]:
        track = self._tracks.get(key)
        if track is None:
            return
        points = track.points
        first = -(-start // MINUTE) * MINUTE
        # A range of years must not be walked minute by minute.
        walk: Iterable[int] = range(first, min(end, track.newest + 1), MINUTE)
        if (end - first) // MINUTE > len(points):
            walk = sorted(minute for minute in points if first <= minute < end)
        for minute in walk:
            point = points.get(minute)
            if point is not None:
                yield minute, point


def _as_bucket(at: int, point: float | Bucket, *, copy: bool = False) -> Bucket:
    if isinstance(point, Bucket):
        if not copy:
            return point
        return Bucket(at, point.count, point.sum, point.min, point.max, dict(point.samples))
    return Bucket(at, 1.0, point, point, point, {point: 1.0})


def _bucket(
    minute: int, value: float | None, values: Sequence[float], counts: Sequence[float]
) -> Bucket | None:
    if value is not None:
        return _as_bucket(minute, float(value))
    samples: dict[float, float] = {}
    for item, count in zip(values, counts or [1.0] * len(values), strict=True):
        if count > 0:
            samples[float(item)] = samples.get(item, 0.0) + count
    if not samples:
        return None
    total = sum(item * count for item, count in samples.items())
    return Bucket(minute, sum(samples.values()), total, min(samples), max(samples), samples)
