"""Source: "CloudWatch statistics definitions" (Amazon CloudWatch User Guide)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_PERCENTILE = re.compile(r"(p|tm)(\d{1,2}(?:\.\d+)?|100(?:\.0+)?)")


@dataclass(slots=True)
class Bucket:
    """The samples of one period; `at` is its start in epoch seconds."""

    at: int
    count: float
    sum: float
    min: float
    max: float
    samples: dict[float, float] | None
    """Count by value; None if only a statistic set was published, so that no percentile exists."""

    def add(self, other: "Bucket") -> None:
        self.count += other.count
        self.sum += other.sum
        self.min = min(self.min, other.min)
        self.max = max(self.max, other.max)
        if self.samples is None or other.samples is None:
            self.samples = None
            return
        for value, count in other.samples.items():
            self.samples[value] = self.samples.get(value, 0.0) + count

    def add_value(self, value: float) -> None:
        self.count += 1.0
        self.sum += value
        if value < self.min:
            self.min = value
        if value > self.max:
            self.max = value
        if self.samples is not None:
            self.samples[value] = self.samples.get(value, 0.0) + 1.0

    def stat(self, name: str) -> float | None:
        """The statistic `name` (`Average`, `Sum`, `p95`, `tm99`…); None if it cannot be computed.

        Raises KeyError for a name that is no statistic.
        """
        plain = _PLAIN.get(name)
        if plain is not None:
            return plain(self)
        match = _PERCENTILE.fullmatch(name)
        if match is None:
            raise KeyError(name)
        if self.samples is None:
            # AWS returns a percentile of a statistic set only if all samples must be equal.
            return self.min if self.min == self.max else None
        share = float(match[2]) / 100
        return (percentile if match[1] == "p" else trimmed_mean)(self.samples, share)


_PLAIN: dict[str, Callable[[Bucket], float]] = {
    "Average": lambda bucket: bucket.sum / bucket.count,
    "Sum": lambda bucket: bucket.sum,
    "Minimum": lambda bucket: bucket.min,
    "Maximum": lambda bucket: bucket.max,
    "SampleCount": lambda bucket: bucket.count,
}
BASIC = frozenset(_PLAIN)


def is_stat(name: str) -> bool:
    return name in _PLAIN or _PERCENTILE.fullmatch(name) is not None


def percentile_of(name: str) -> float | None:
    """The share (0–1) that `pNN` stands for; None for any other statistic."""
    match = _PERCENTILE.fullmatch(name)
    return float(match[2]) / 100 if match is not None and match[1] == "p" else None


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
