"""Subsets of a store's rows: the visible ones, the matches of a search. The rows of a chunk are computed at
the first request and cached until the chunk changes, so that a subset stays correct while lines come and
go."""

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from widgets.logs.store.line_chunk import Chunk
from widgets.logs.store.store import LogStore

_SLICE_SECONDS = 0.008  # Longest stretch of work before the event loop gets its turn


class RowSubset:
    """The rows that `pick` selects; `pick` returns ascending indexes within one chunk. A chunk caches the two
    latest results per `slot`, each valid for an equal `key` only: one is drawn while the next is computed."""

    def __init__(
        self, store: LogStore, slot: str, key: object, pick: Callable[[Chunk], Sequence[int]]
    ) -> None:
        self._store = store
        self._slot, self._earlier = slot, f"{slot}, earlier"
        self._key = key
        self._pick = pick

    def within(self, chunk: Chunk) -> Sequence[int]:
        latest, earlier = chunk.memo.get(self._slot), chunk.memo.get(self._earlier)
        for cached in (latest, earlier):
            if cached is not None and cached[1] == chunk.version and cached[0] == self._key:
                return cached[2]
        indexes = self._pick(chunk)
        if latest is not None and latest[0] != self._key:
            chunk.memo[self._earlier] = latest
        chunk.memo[self._slot] = (self._key, chunk.version, indexes)
        return indexes

    async def prepare(self) -> None:
        due = time.perf_counter() + _SLICE_SECONDS
        for chunk in self._store.chunks[:]:
            self.within(chunk)
            if time.perf_counter() > due:
                await asyncio.sleep(0)
                due = time.perf_counter() + _SLICE_SECONDS

    def count(self) -> int:
        return sum(len(self.within(chunk)) for chunk in self._store.chunks)

    def contains(self, row: int) -> bool:
        return self.at_or_after(row) == row

    def rank(self, row: int) -> int:
        total = 0
        for chunk in self._store.chunks:
            if chunk.first + len(chunk) <= row:
                total += len(self.within(chunk))
            else:
                return total + bisect_left(self.within(chunk), row - chunk.first)
        return total

    def nth(self, number: int) -> int | None:
        for chunk in self._store.chunks:
            indexes = self.within(chunk)
            if number < len(indexes):
                return chunk.first + indexes[number]
            number -= len(indexes)
        return None

    def at_or_after(self, row: int) -> int | None:
        """The first row of the subset from `row` on; None without one."""
        store = self._store
        row = max(row, store.first)
        if row >= store.end:
            return None
        for index in range(store.chunk_index(row), len(store.chunks)):
            chunk = store.chunks[index]
            indexes = self.within(chunk)
            place = bisect_left(indexes, row - chunk.first)
            if place < len(indexes):
                return chunk.first + indexes[place]
        return None

    def at_or_before(self, row: int) -> int | None:
        """The last row of the subset up to `row`; None without one."""
        store = self._store
        if row < store.first or not store.chunks:
            return None
        row = min(row, store.end - 1)
        for index in range(store.chunk_index(row), -1, -1):
            chunk = store.chunks[index]
            indexes = self.within(chunk)
            place = bisect_right(indexes, row - chunk.first)
            if place:
                return chunk.first + indexes[place - 1]
        return None


class AllRows(RowSubset):
    """Every row, for a view that hides nothing: answers without a look at the chunks."""

    def __init__(self, store: LogStore) -> None:
        super().__init__(store, "visible", None, lambda chunk: range(len(chunk)))

    async def prepare(self) -> None: ...

    def count(self) -> int:
        return len(self._store)

    def rank(self, row: int) -> int:
        return max(0, min(row, self._store.end) - self._store.first)

    def nth(self, number: int) -> int | None:
        return self._store.first + number if 0 <= number < len(self._store) else None

    def at_or_after(self, row: int) -> int | None:
        return max(row, self._store.first) if row < self._store.end and len(self._store) else None

    def at_or_before(self, row: int) -> int | None:
        return min(row, self._store.end - 1) if row >= self._store.first and len(self._store) else None
