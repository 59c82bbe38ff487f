"""The memory of a log pane: lines in time order, within a bound of bytes. A *row* counts lines since the
beginning: it does not change when lines are appended or dropped, only when an older line is inserted before
it. An *id* never changes, so a line is followed by its id. The oldest chunk is dropped whole, and its lines
are counted."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from services.models.logs import LogLine
from widgets.logs.store.line_chunk import Chunk, Columns, columns_of

CHUNK_BYTES = 256 * 1024
DEFAULT_BYTES = 64 * 1024 * 1024
_SPLIT_CHUNKS = 8  # Chunks whose split lines are cached: those near the reader


class StoredLine(NamedTuple):
    id: int  # Number within the pane; never changes
    at: int  # Event time, epoch milliseconds
    ingested_at: int  # Ingestion time, epoch milliseconds (at most 24 days after `at`)
    stream: str
    late: bool
    text: str


def order_of(line: LogLine | StoredLine) -> tuple[int, int, str]:
    """Where a line stands among those of several streams: by time, ingestion time, stream."""
    return line.at, max(line.at, line.ingested_at), line.stream


class LogStore:
    """Lines ordered by time; among equals, by arrival."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.max_bytes = max_bytes
        self.chunk_bytes = chunk_bytes
        self.chunks: list[Chunk] = []
        self.first = 0  # Row of the oldest line in memory
        self.end = 0  # Row after the newest line
        self.size = 0  # Bytes in memory
        self.dropped = 0  # Number of lines dropped since the last `clear`
        self.moves = 0
        """Increases whenever lines change their rows: the row of an id must then be looked up again."""
        self.by_ingestion = False
        """Lines of one time are ordered by ingestion time and stream instead of by arrival."""
        self.next_id = 0  # The id of the next line that arrives
        self._streams: dict[str, int] = {"": 0}
        self._stream_names: list[str] = [""]
        self._split: dict[Chunk, tuple[int, list[bytes]]] = {}

    def __len__(self) -> int:
        return self.end - self.first

    def append(self, lines: Sequence[LogLine]) -> None:
        """Add a batch; lines older than the newest one are inserted at their time."""
        if not lines:
            return
        if self.by_ingestion:
            lines = sorted(lines, key=order_of)
            newest = self._order_at(self.chunks[-1], -1) if self.chunks else None
            older = bisect_left(lines, newest, key=order_of) if newest is not None else 0
        else:
            ats = [line.at for line in lines]
            if ats != sorted(ats):
                lines = sorted(lines, key=lambda line: line.at)
            older = bisect_right(lines, self.newest - 1, key=lambda line: line.at) if self.chunks else 0
        if older < len(lines):
            self._extend(lines[older:])
        if older:
            self._insert(lines[:older])
        self._evict()

    def clear(self) -> None:
        self.chunks.clear()
        self._split.clear()
        self.first, self.size, self.dropped = self.end, 0, 0
        self.moves += 1

    @property
    def newest(self) -> int:
        """Event time of the newest line, epoch milliseconds; 0 when empty."""
        return self.chunks[-1].ats[-1] if self.chunks else 0

    @property
    def oldest(self) -> int:
        """Event time of the oldest line, epoch milliseconds; 0 when empty."""
        return self.chunks[0].ats[0] if self.chunks else 0

    def chunk_index(self, row: int) -> int:
        """Index of the chunk with `row`, which must be in memory."""
        if row >= self.chunks[-1].first:
            return len(self.chunks) - 1  # as it nearly always is while the end is followed
        return bisect_right(self.chunks, row, key=lambda chunk: chunk.first) - 1

    def line(self, row: int) -> StoredLine:
        """The line at `row`; raises IndexError if it is not in memory."""
        if not self.first <= row < self.end:
            raise IndexError(row)
        chunk = self.chunks[self.chunk_index(row)]
        index = row - chunk.first
        at = chunk.ats[index]
        text = self.lines_of(chunk)[index].decode("utf-8", "replace")
        stream = self._stream_names[chunk.streams[index]]
        return StoredLine(
            chunk.ids[index], at, at + chunk.delays[index], stream, bool(chunk.late[index]), text
        )

    def stream_name(self, number: int) -> str:
        return self._stream_names[number]

    def id_at(self, row: int) -> int:
        """The id of the line at `row`, which must be in memory."""
        chunk = self.chunks[self.chunk_index(row)]
        return chunk.ids[row - chunk.first]

    def time_at(self, row: int) -> int:
        """Event time of the line at `row`, which must be in memory; epoch milliseconds."""
        chunk = self.chunks[self.chunk_index(row)]
        return chunk.ats[row - chunk.first]

    def row_of(self, line_id: int) -> int | None:
        for chunk in reversed(self.chunks):
            if line_id in chunk.ids:
                return chunk.first + chunk.ids.index(line_id)
        return None

    def row_at(self, at: int) -> int:
        """The first row whose time is `at` or later; `end` without one."""
        index = bisect_right(self.chunks, at - 1, key=lambda chunk: chunk.ats[-1])
        if index == len(self.chunks):
            return self.end
        chunk = self.chunks[index]
        return chunk.first + bisect_right(chunk.ats, at - 1)

    def lines_of(self, chunk: Chunk) -> list[bytes]:
        """The text of each line of `chunk`; the split is cached for the chunks read last."""
        version, lines = self._split.pop(chunk, (-1, []))
        if version != chunk.version:
            lines = chunk.lines()
        self._split[chunk] = (chunk.version, lines)
        if len(self._split) > _SPLIT_CHUNKS:
            self._split.pop(next(iter(self._split)))
        return lines

    def _columns(self, lines: Sequence[LogLine]) -> Columns:
        columns = columns_of(lines, self.next_id, self._streams)
        if len(self._streams) > len(self._stream_names):
            self._stream_names = list(self._streams)
        self.next_id += len(lines)
        return columns

    def _extend(self, lines: Sequence[LogLine]) -> None:
        total = sum([len(line.text) for line in lines])
        step = max(1, len(lines) * self.chunk_bytes // (2 * total + 1))
        for start in range(0, len(lines), step):
            self._put(self._columns(lines[start : start + step]))

    def _put(self, columns: Columns) -> None:
        count = len(columns.ats)
        last = self.chunks[-1] if self.chunks else None
        if last is not None and len(last.text) + len(columns.text) <= self.chunk_bytes:
            before = last.size
            last.extend(columns)
            self.size += last.size - before
        else:
            if last is not None:
                last.seal()
            self.chunks.append(Chunk(self.end, columns))
            self.size += self.chunks[-1].size
        self.end += count
        self.next_id = max(self.next_id, columns.ids[-1] + 1)

    def _insert(self, lines: Sequence[LogLine]) -> None:
        """Insert lines (ascending, all older than the newest one) at their times."""

        def chunk_for(line: LogLine) -> int:
            if self.by_ingestion:
                return bisect_right(self.chunks, order_of(line), key=lambda chunk: self._order_at(chunk, -1))
            return bisect_right(self.chunks, line.at, key=lambda chunk: chunk.ats[-1])

        groups = [(index, list(group)) for index, group in groupby(lines, key=chunk_for)]
        for index, group in reversed(groups):
            chunk = self.chunks[index]
            before = chunk.size
            chunk.merge(self._columns(group), self._places(chunk, group) if self.by_ingestion else None)
            self.size += chunk.size - before
            if len(chunk.text) > 2 * self.chunk_bytes:
                self._split.pop(chunk, None)
                self.chunks[index : index + 1] = chunk.divide(-(-len(chunk.text) // self.chunk_bytes))
        row = self.first
        for chunk in self.chunks:
            chunk.first = row
            row += len(chunk)
        self.end = row
        self.moves += 1

    def _order_at(self, chunk: Chunk, index: int) -> tuple[int, int, str]:
        at = chunk.ats[index]
        return at, at + chunk.delays[index], self._stream_names[chunk.streams[index]]

    def _places(self, chunk: Chunk, lines: Sequence[LogLine]) -> list[int]:
        """Before which index of `chunk` each line belongs, among lines of one time by ingestion time and stream."""
        indexes = range(len(chunk))
        return [
            bisect_right(
                indexes,
                order_of(line),
                bisect_left(chunk.ats, line.at),
                bisect_right(chunk.ats, line.at),
                key=lambda index: self._order_at(chunk, index),
            )
            for line in lines
        ]

    def _evict(self) -> None:
        while self.size > self.max_bytes and len(self.chunks) > 1:
            oldest = self.chunks.pop(0)
            self._split.pop(oldest, None)
            self.size -= oldest.size
            self.first += len(oldest)
            self.dropped += len(oldest)
