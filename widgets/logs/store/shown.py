from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.models.logs import Severity
from widgets.logs.store.levels import levels_of
from widgets.logs.store.line_chunk import Chunk
from widgets.logs.store.row_subsets import RowSubset
from widgets.logs.store.store import LogStore


class LineQuery(Protocol):
    """Selects lines by their text; hashable, equal for the same selection."""

    @property
    def text(self) -> str: ...

    def lines_in(self, text: bytes | bytearray) -> Sequence[int]:
        """Indexes of the matching lines of `text`, ascending; every line ends in a line feed."""


@dataclass(frozen=True)
class LineFilter:
    query: LineQuery
    hides: bool = False
    is_on: bool = True


@dataclass(frozen=True)
class Shown:
    """A choice of lines. Several filters narrow each other."""

    threshold: Severity = Severity.PLAIN
    filters: tuple[LineFilter, ...] = ()
    context: int = 0  # Lines shown before and after each line that is left

    @property
    def active(self) -> tuple[LineFilter, ...]:
        return tuple(each for each in self.filters if each.is_on)

    @property
    def hides(self) -> bool:
        return bool(self.threshold or self.active)

    @property
    def key(self) -> object:
        return self.threshold, self.active

    def pick(self, chunk: Chunk) -> Sequence[int]:
        """Indexes of the lines that threshold and filters leave, ascending."""
        indexes: Sequence[int] = range(len(chunk))
        if self.threshold is not Severity.PLAIN:
            indexes = [index for index, level in enumerate(levels_of(chunk)) if level >= self.threshold]
        for local in self.active:
            matching = set(local.query.lines_in(chunk.text))
            indexes = [index for index in indexes if (index in matching) != local.hides]
        return indexes


class ContextRows(RowSubset):
    def __init__(self, store: LogStore, hits: RowSubset, lines: int) -> None:
        super().__init__(store, "context", None, lambda _chunk: ())
        self._hits = hits
        self._lines = lines

    def within(self, chunk: Chunk) -> Sequence[int]:
        """The subset's indexes within `chunk`, ascending; hits of the neighbours reach into it."""
        hits = self._hits.within(chunk)
        before, after = self._reach_from_before(chunk), self._reach_from_after(chunk)
        key = (self._hits, before, after, self._lines)
        cached = chunk.memo.get("context")
        if cached is not None and cached[1] == chunk.version and cached[0] == key:
            return cached[2]
        indexes = _widened(hits, len(chunk), self._lines, before, after)
        chunk.memo["context"] = (key, chunk.version, indexes)
        return indexes

    def _reach_from_before(self, chunk: Chunk) -> int:
        chunks, place = self._store.chunks, self._store.chunk_index(chunk.first) - 1
        while place >= 0 and chunk.first - chunks[place].first - len(chunks[place]) < self._lines:
            hits = self._hits.within(chunks[place])
            if hits:
                return max(0, self._lines - (chunk.first - chunks[place].first - hits[-1] - 1))
            place -= 1
        return 0

    def _reach_from_after(self, chunk: Chunk) -> int:
        """How many of the chunk's last lines precede a hit of a later chunk closely enough."""
        chunks, place = self._store.chunks, self._store.chunk_index(chunk.first) + 1
        end = chunk.first + len(chunk)
        while place < len(chunks) and chunks[place].first - end < self._lines:
            hits = self._hits.within(chunks[place])
            if hits:
                return max(0, self._lines - (chunks[place].first + hits[0] - end))
            place += 1
        return 0


def _widened(hits: Sequence[int], length: int, lines: int, before: int, after: int) -> list[int]:
    """Indexes below `length` within `lines` of a hit, the first `before` and the last `after`; ascending."""
    indexes: list[int] = list(range(min(before, length)))
    for hit in hits:
        start = max(hit - lines, indexes[-1] + 1 if indexes else 0)
        indexes += range(start, min(hit + lines + 1, length))
    indexes += range(max(length - after, indexes[-1] + 1 if indexes else 0), length)
    return indexes
