"""A block of adjacent log lines, with cached subsets of them. The text is one piece of UTF-8 (a single
Japanese character would double the size of a `str`), with columns of numbers beside it; it is split into
lines only when they are read."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from services.models.logs import LogLine

LINE_COST = 32  # Bytes that the numbers of a line take beside its text
_DELAY_LIMIT = 2**31 - 1

T = TypeVar("T")


class Columns(NamedTuple):
    text: bytes  # Every line followed by a line feed
    ids: Sequence[int]
    ats: Sequence[int]  # Event times, epoch milliseconds
    delays: Sequence[int]  # Milliseconds from event to ingestion, at most 24 days
    streams: Sequence[int]  # Numbers of log streams, assigned by the store
    late: Sequence[int]  # 0 or 1


class Chunk:
    """Adjacent lines; `first` is the row of the first one."""

    __slots__ = ("__weakref__", "ats", "delays", "first", "ids", "late", "memo", "streams", "text", "version")

    def __init__(self, first: int, columns: Columns) -> None:
        self.first = first
        self.text: bytes | bytearray = columns.text  # A `bytearray` while the chunk is the newest and grows
        self.ids = columns.ids
        self.ats = array("q", columns.ats)
        self.delays = array("i", columns.delays)
        self.streams = array("i", columns.streams)
        self.late = bytearray(columns.late)
        self.version = 0  # Increases with every change, which invalidates `memo`
        self.memo: dict[str, tuple[object, int, Sequence[int]]] = {}
        """The subsets that `Rows` computed, by slot: key, version, indexes."""

    def __len__(self) -> int:
        return len(self.ats)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.text) + LINE_COST * len(self.ats)

    def lines(self) -> list[bytes]:
        return bytes(self.text).split(b"\n")[:-1]

    def seal(self) -> None:
        self.text = bytes(self.text)

    def extend(self, columns: Columns) -> None:
        if isinstance(self.text, bytes):
            self.text = bytearray(self.text)
        self.text += columns.text
        self.ids = _join_ids(self.ids, columns.ids)
        self.ats.extend(columns.ats)
        self.delays.extend(columns.delays)
        self.streams.extend(columns.streams)
        self.late.extend(columns.late)
        self.version += 1

    def merge(self, columns: Columns, places: Sequence[int] | None = None) -> None:
        """Insert lines (ascending by time), each before the index in `places`, else after those of its own time."""
        if places is None:
            places = [bisect_right(self.ats, at) for at in columns.ats]
        texts = columns.text.split(b"\n")[:-1]
        self.text = b"".join([line + b"\n" for line in _splice(self.lines(), places, texts)])
        self.ids = array("q", _splice(self.ids, places, columns.ids))
        self.delays = array("i", _splice(self.delays, places, columns.delays))
        self.streams = array("i", _splice(self.streams, places, columns.streams))
        self.late = bytearray(_splice(self.late, places, columns.late))
        self.ats = array("q", _splice(self.ats, places, columns.ats))
        self.version += 1

    def divide(self, parts: int) -> "list[Chunk]":
        step = max(1, -(-len(self) // parts))
        lines = self.lines()
        return [self._part(lines, slice(start, start + step)) for start in range(0, len(self), step)]

    def _part(self, lines: list[bytes], cut: slice) -> "Chunk":
        text = b"".join(line + b"\n" for line in lines[cut])
        ids, ats, delays = self.ids[cut], self.ats[cut], self.delays[cut]
        columns = Columns(text, ids, ats, delays, self.streams[cut], self.late[cut])
        return Chunk(self.first + cut.start, columns)


def columns_of(lines: Sequence[LogLine], first_id: int, numbers: dict[str, int]) -> Columns:
    """A line feed inside a line becomes a visible sign; new streams are added to `numbers`."""
    _ids, ats, ingestion_times, streams, texts, late = zip(*lines, strict=True)
    text = "\n".join(texts)
    if text.count("\n") != len(lines) - 1:
        text = "\n".join([line.replace("\n", "\u240a") for line in texts])
    for stream in set(streams):
        numbers.setdefault(stream, len(numbers))
    delays = [ingested_at - at for at, ingested_at in zip(ats, ingestion_times, strict=True)]
    if min(delays) < 0 or max(delays) > _DELAY_LIMIT:
        delays = [max(0, min(_DELAY_LIMIT, delay)) for delay in delays]
    return Columns(
        text=text.encode("utf-8", "replace") + b"\n",
        ids=range(first_id, first_id + len(lines)),
        ats=ats,
        delays=delays,
        streams=[numbers[stream] for stream in streams],
        late=late,
    )


def _join_ids(ids: Sequence[int], more: Sequence[int]) -> Sequence[int]:
    if isinstance(ids, range) and isinstance(more, range) and ids.stop == more.start:
        return range(ids.start, more.stop)
    all_ids = array("q", ids)
    all_ids.extend(more)
    return all_ids


def _splice(column: Sequence[T], places: Sequence[int], values: Sequence[T]) -> Iterator[T]:
    """`column` with `values[i]` put before its old index `places[i]` (ascending)."""
    start = 0
    for place, value in zip(places, values, strict=True):
        yield from column[start:place]
        yield value
        start = place
    yield from column[start:]
