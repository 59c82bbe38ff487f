"""A subset of a store's rows: those shown, those a search found.

What a chunk contributes is worked out when first asked for and kept until the chunk changes, so a
subset follows appending, dropping and late lines by itself.
"""

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from widgets.logs.chunk import Chunk
from widgets.logs.store import LogStore

_SLICE_SECONDS = 0.008
"""Longest stretch of work before the event loop gets its turn."""


class Rows:
    """The rows that `pick` chooses; `pick` gives ascending indexes within one chunk.

    `slot` names the subset's kind (one remembered answer per chunk and kind), `key` what it depends
    on: an equal key means an equal answer.
    """

    def __init__(
        self, store: LogStore, slot: str, key: object, pick: Callable[[Chunk], Sequence[int]]
    ) -> None:
        self._store = store
        self._slot = slot
        self._key = key
        self._pick = pick

    def within(self, chunk: Chunk) -> Sequence[int]:
        """Indexes chosen within `chunk`, ascending."""
        known = chunk.memo.get(self._slot)
        if known is not None and known[1] == chunk.version and known[0] == self._key:
            return known[2]
        chosen = self._pick(chunk)
        chunk.memo[self._slot] = (self._key, chunk.version, chosen)
        return chosen

    async def prepare(self) -> None:
        """Look through the whole store, letting the event loop breathe."""
        due = time.perf_counter() + _SLICE_SECONDS
        for chunk in self._store.chunks[:]:
            self.within(chunk)
            if time.perf_counter() > due:
                await asyncio.sleep(0)
                due = time.perf_counter() + _SLICE_SECONDS

    def count(self) -> int:
        """How many rows."""
        return sum(len(self.within(chunk)) for chunk in self._store.chunks)

    def contains(self, row: int) -> bool:
        """Whether `row` is one of them."""
        return self.at_or_after(row) == row

    def rank(self, row: int) -> int:
        """How many of them come before `row`."""
        total = 0
        for chunk in self._store.chunks:
            if chunk.first + len(chunk) <= row:
                total += len(self.within(chunk))
            else:
                return total + bisect_left(self.within(chunk), row - chunk.first)
        return total

    def nth(self, number: int) -> int | None:
        """The row before which `number` of them come; None beyond the end."""
        for chunk in self._store.chunks:
            chosen = self.within(chunk)
            if number < len(chosen):
                return chunk.first + chosen[number]
            number -= len(chosen)
        return None

    def at_or_after(self, row: int) -> int | None:
        """The first of them from `row` on."""
        store = self._store
        row = max(row, store.first)
        if row >= store.end:
            return None
        for index in range(store.chunk_index(row), len(store.chunks)):
            chunk = store.chunks[index]
            chosen = self.within(chunk)
            place = bisect_left(chosen, row - chunk.first)
            if place < len(chosen):
                return chunk.first + chosen[place]
        return None

    def at_or_before(self, row: int) -> int | None:
        """The last of them up to `row`."""
        store = self._store
        if row < store.first or not store.chunks:
            return None
        row = min(row, store.end - 1)
        for index in range(store.chunk_index(row), -1, -1):
            chunk = store.chunks[index]
            chosen = self.within(chunk)
            place = bisect_right(chosen, row - chunk.first)
            if place:
                return chunk.first + chosen[place - 1]
        return None
