"""A chunk's levels are read once; its counts by bar follow from them by bisection, because its lines are in time order."""

import time
from bisect import bisect_left
from typing import NamedTuple

from services.models.logs import Severity
from widgets.logs.store.levels import has_levels, levels_of
from widgets.logs.store.line_chunk import Chunk
from widgets.logs.store.store import LogStore

_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
STEPS = (
    *(100, 200, 500, _SECOND, 2 * _SECOND, 5 * _SECOND, 10 * _SECOND, 15 * _SECOND, 30 * _SECOND),
    *(_MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 5 * _DAY, 10 * _DAY, 30 * _DAY),
)
"""Widths of a bar, milliseconds."""
_SLACK = 0.8
"""Share of the columns that a narrower bar must leave, so that the width does not flip to and fro."""
_SLOT = "histogram"
_CLASSES = bytes(2 if n >= Severity.ERROR else 1 if n == Severity.WARNING else 0 for n in range(256))
"""From a level to the index of its count."""


class LevelCounts(NamedTuple):
    others: int = 0  # Below WARNING, or not classified yet
    warnings: int = 0
    errors: int = 0  # ERROR and FATAL

    @property
    def total(self) -> int:
        return self.others + self.warnings + self.errors


Bars = dict[int, LevelCounts]  # By number: bar `n` begins `n * step - offset` after the epoch


class BarScale(NamedTuple):
    step: int  # Milliseconds
    offset: int = 0  # Milliseconds that the zone is ahead of UTC: a bar of a day begins at midnight

    def bar(self, at: int) -> int:
        """The bar of a time (epoch milliseconds)."""
        return (at + self.offset) // self.step

    def start(self, bar: int) -> int:
        """When a bar begins, epoch milliseconds."""
        return bar * self.step - self.offset


def fitting(first: int, last: int, columns: int, offset: int, step: int = 0) -> BarScale:
    """The narrowest bars with which `first` to `last` (epoch ms) fit; those of `step`, the next wider, while they are as good."""

    def needs(width: int) -> int:
        scale = BarScale(width, offset)
        return scale.bar(last) - scale.bar(first) + 1

    columns = max(1, columns)
    best = next((each for each in STEPS if needs(each) <= columns), STEPS[-1])
    is_next = step in STEPS and STEPS.index(step) == STEPS.index(best) + 1
    if is_next and needs(best) > columns * _SLACK:
        return BarScale(step, offset)
    return BarScale(best, offset)


class Histogram:
    """Counts all lines held, whatever is filtered."""

    def __init__(self, store: LogStore) -> None:
        self._store = store

    def classify(self, seconds: float) -> float:
        """Read levels for at most `seconds`, the newest first; returns the share of lines that are read."""
        due = time.perf_counter() + seconds
        total = unread = 0
        for chunk in reversed(self._store.chunks):
            total += len(chunk)
            if has_levels(chunk):
                continue
            if time.perf_counter() >= due:
                unread += len(chunk)
            else:
                levels_of(chunk)
        return 1.0 - unread / total if total else 1.0

    def bars(self, scale: BarScale) -> Bars:
        bars: Bars = {}
        for chunk in self._store.chunks:
            flat = _counts(chunk, scale)
            for place in range(0, len(flat), 4):
                bar, others, warnings, errors = flat[place : place + 4]
                before = bars.get(bar)
                if before is not None:
                    others, warnings, errors = (before[0] + others, before[1] + warnings, before[2] + errors)
                bars[bar] = LevelCounts(others, warnings, errors)
        return bars


def _counts(chunk: Chunk, scale: BarScale) -> list[int]:
    """Bar, others, warnings, errors for every bar with lines in the chunk, one after another."""
    key = (scale, has_levels(chunk))
    cached = chunk.memo.get(_SLOT)
    if cached is not None and cached[1] == chunk.version and cached[0] == key:
        return list(cached[2])
    ats, classes = chunk.ats, levels_of(chunk).translate(_CLASSES) if key[1] else bytes(len(chunk))
    flat: list[int] = []
    start = 0
    while start < len(ats):
        bar = scale.bar(ats[start])
        end = bisect_left(ats, scale.start(bar + 1), start)
        warnings, errors = classes.count(1, start, end), classes.count(2, start, end)
        flat += [bar, end - start - warnings - errors, warnings, errors]
        start = end
    chunk.memo[_SLOT] = (key, chunk.version, flat)
    return flat
