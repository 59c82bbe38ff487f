"""Ticks that a person would choose: round values, round local times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from services.models.units import Unit
from widgets.drawing.format import crop

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LABEL_CELLS = 7  # `╵09:00` and a space
_TIME_STEPS = (
    _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE,
    _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR,
    _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def part(self, value: float) -> float:
        """Position of `value`: 0 at the bottom, 1 at the top, beyond them for values outside."""
        return (value - self.low) / (self.high - self.low)

    @property
    def width(self) -> int:
        return max((len(label) for label in self.labels), default=0)


def scale_for(
    values: Sequence[float], unit: Unit, *, low: float | None = None, high: float | None = None, room: int = 8
) -> Scale:
    """An axis that includes all values; `low` and `high` fix its ends, `room` is its height in rows. An axis
    of positive values starts at zero if they vary by more than a fifth of the largest."""
    least, most = _bounds(values, low, high)
    divisor, suffix = unit.step(max(abs(least), abs(most)))
    step = nice_step((most - least) / divisor, max(2, min(6, int(room / 2.2))))
    bottom = math.floor(least / divisor / step + 1e-9) * step if low is None else least / divisor
    top = math.ceil(most / divisor / step - 1e-9) * step if high is None else most / divisor
    first = math.ceil(bottom / step - 1e-9)
    count = math.floor(top / step + 1e-9) - first + 1
    ticks = [(first + index) * step for index in range(max(0, count))]
    decimals = len(f"{step:.12f}".rstrip("0").partition(".")[2])
    labels = tuple(_label(tick, decimals, suffix) for tick in ticks)
    return Scale(bottom * divisor, top * divisor, tuple(tick * divisor for tick in ticks), labels)


def _bounds(values: Sequence[float], low: float | None, high: float | None) -> tuple[float, float]:
    finite = [value for value in values if math.isfinite(value)]
    least = min(finite, default=0.0) if low is None else low
    most = max(finite, default=1.0) if high is None else high
    if low is None and least > 0 and most - least > 0.2 * most:
        least = 0.0
    if high is None and most < 0 and most - least > 0.2 * -least:
        most = 0.0
    size = max(abs(least), abs(most))
    if most - least <= 1e-12 * max(1.0, size):
        pad = 0.1 * size if size > 1e-9 else 1.0
        if low is None and least >= 0:
            return 0.0, (most if size > 1e-9 else 1.0)
        return (least - pad if low is None else least), most + pad
    return least, most


def _label(tick: float, decimals: int, suffix: str) -> str:
    if abs(tick) < 1e-12:
        return "0"
    return f"{tick:,.{decimals}f}{suffix}" if 1e-4 <= abs(tick) < 1e6 else f"{tick:.3g}{suffix}"


def nice_step(span: float, count: int) -> float:
    """The smallest of 1, 2, 2.5, 5 × 10ⁿ that cuts `span` into at most `count` pieces."""
    rough = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(power * step for step in _STEPS if power * step >= rough * (1 - 1e-9))


def time_ticks(start: int, end: int, columns: int, zone: tzinfo) -> list[tuple[int, str]]:
    """(epoch seconds, label) of round local times, at least a label's width apart in `columns` cells. A label
    is `HH:MM`, or `MM-DD` at midnight."""
    if end <= start or columns < 8:
        return []
    least = (end - start) * _LABEL_CELLS / columns
    step = next((step for step in _TIME_STEPS if step >= least), _TIME_STEPS[-1])
    offset = _offset(start, zone)
    first = -((-(start + offset)) // step) * step - offset
    return [(at, _time_label(at, zone)) for at in range(first, end + 1, step)]


def _offset(at: int, zone: tzinfo) -> int:
    ahead = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    return int(ahead.total_seconds()) if ahead else 0


def _time_label(at: int, zone: tzinfo) -> str:
    local = datetime.fromtimestamp(at, UTC).astimezone(zone)
    return f"{local:%m-%d}" if (local.hour, local.minute) == (0, 0) else f"{local:%H:%M}"


class TimeScale:
    """Maps times to positions on a chart of `columns` cells from `start` to `end` (epoch seconds). A cell
    always covers the same span of time, wherever the chart begins, so that new data moves the curves by whole
    cells. That leaves up to one cell free at the right."""

    def __init__(self, start: int, end: int, columns: int) -> None:
        self._step = max(1, end - start) / max(1, 2 * columns - 2)
        self._base = 2 * math.floor(start / self._step / 2)

    def dot(self, at: float) -> int:
        return math.floor(at / self._step) - self._base

    def cell(self, at: float) -> int:
        return self.dot(at) // 2


def time_axis(start: int, end: int, columns: int, zone: tzinfo) -> str:
    """One row of `columns` cells: `╵09:00 ╵10:00 JST`; each label begins under its time. Where no round time
    has room, the beginning is labelled."""
    row = [" "] * columns
    scale = TimeScale(start, end, columns)
    name = datetime.fromtimestamp(end, UTC).astimezone(zone).tzname() or ""
    limit = columns - len(name) - 1
    ticks = [(scale.cell(at), label) for at, label in time_ticks(start, end, columns, zone)]
    ticks = [(x, label) for x, label in ticks if x >= 0 and x + 1 + len(label) < limit]
    for x, label in ticks or [(0, _time_label(start, zone))]:
        if x + 1 + len(label) < limit:
            row[x : x + 1 + len(label)] = f"╵{label}"
    if limit > 0:
        row[columns - len(name) :] = crop(name, columns)
    return "".join(row)
