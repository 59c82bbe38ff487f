"""The patterns of the lines that a view shows, counted in slices; a chunk is read once while it does not change."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from weakref import WeakKeyDictionary

from widgets.logs.reading.patterns import (
    Pattern,
    PatternQuery,
    Shape,
    Tally,
    clustered,
    patterns_of,
    summed,
    tallied,
)
from widgets.logs.store.levels import levels_of
from widgets.logs.store.line_chunk import Chunk
from widgets.logs.store.view import LogView

_SLICE_SECONDS = 0.008
_SLICE_LINES = 256
"""Lines between two looks at the clock."""


class PatternCounts:
    def __init__(self, view: LogView) -> None:
        self._view = view
        self._tallies = WeakKeyDictionary[Chunk, tuple[object, dict[Shape, Tally]]]()
        """Of each chunk as it was when it was counted; a chunk that the store drops is not kept for its tallies."""
        self._pattern_by_shape: dict[Shape, Shape] = {}

    async def count(self, progress: Callable[[float], object]) -> list[Pattern]:
        """The patterns, the most frequent first; `progress` gets the share of lines that are counted."""
        chunks = self._view.store.chunks[:]
        total, done = max(1, sum(map(len, chunks))), 0
        due = time.perf_counter() + _SLICE_SECONDS
        parts: list[Mapping[Shape, Tally]] = []
        for chunk in chunks:
            key = (chunk.version, self._view.hits)
            cached = self._tallies.get(chunk)
            if cached is None or cached[0] != key:
                slices = []
                for lines in self._slices(chunk):
                    slices.append(tallied(lines))
                    if time.perf_counter() > due:
                        progress(done / total)
                        await asyncio.sleep(0)
                        due = time.perf_counter() + _SLICE_SECONDS
                cached = self._tallies[chunk] = key, summed(slices)
            parts.append(cached[1])
            done += len(chunk)
        self._pattern_by_shape, patterns = await asyncio.to_thread(_patterns, parts)
        return patterns

    def query(self, pattern: Pattern) -> PatternQuery:
        """Selects the lines of a pattern that `count` returned last."""
        return PatternQuery(pattern.text, pattern.shape, self._pattern_by_shape)

    def _slices(self, chunk: Chunk) -> Iterator[list[tuple[bytes, int, int]]]:
        indexes = self._view.hits.within(chunk)
        lines, levels, ats = self._view.store.lines_of(chunk), levels_of(chunk), chunk.ats
        for start in range(0, len(indexes), _SLICE_LINES):
            yield [
                (lines[index], ats[index], levels[index]) for index in indexes[start : start + _SLICE_LINES]
            ]


def _patterns(parts: Sequence[Mapping[Shape, Tally]]) -> tuple[dict[Shape, Shape], list[Pattern]]:
    """The pattern of every shape, and the patterns, the most frequent first."""
    merged = summed(parts)
    pattern_by_shape = clustered(merged)
    return pattern_by_shape, patterns_of(merged, pattern_by_shape)
