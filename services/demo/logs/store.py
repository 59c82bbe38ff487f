"""Source: PutLogEvents, FilterLogEvents (Amazon CloudWatch Logs API reference)."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

_FEW = 50  # Maximum number of events that are inserted individually; more are sorted in
_MOST = 400_000  # Events that a group holds at most; when there are more, the oldest quarter is dropped


class LogEvent(NamedTuple):
    """One event; the tuple's order is the order of FilterLogEvents."""

    at: int  # Epoch milliseconds
    ingested: int  # Epoch milliseconds
    number: int  # Ascending; unique in the world together with `at`
    stream: str
    message: str

    @property
    def size(self) -> int:
        """Bytes as CloudWatch Logs counts them: the message in UTF-8, and 26."""
        return len(self.message.encode("utf-8", "surrogatepass")) + 26

    @property
    def id(self) -> str:
        """Unique and stable, 56 digits as AWS's."""
        return f"{self.at:020d}{self.number:036d}"


@dataclass(slots=True)
class Stream:
    name: str
    created: int
    first: int | None = None
    last: int | None = None
    ingested: int | None = None
    bytes: int = 0
    events: list[LogEvent] = field(default_factory=list)  # In time order

    def add(self, events: Sequence[LogEvent]) -> int:
        """Add events; returns their size in bytes."""
        low, high = (min(events).at, max(events).at) if len(events) > 1 else (events[0].at, events[0].at)
        size = sum(event.size for event in events)
        _insert(self.events, events)
        self.first = low if self.first is None else min(low, self.first)
        self.last = high if self.last is None else max(high, self.last)
        self.ingested = max(events[-1].ingested, self.ingested or 0)
        self.bytes += size
        return size


@dataclass(frozen=True, slots=True)
class Past:
    """Events of a stream from before the world began; generated when they are first read."""

    until: int  # Epoch milliseconds
    stream: str
    rows: Callable[[], Sequence[tuple[int, str]]]  # (Epoch milliseconds, message)


@dataclass(slots=True)
class LogGroupRecord:
    name: str
    created: int
    region: str
    account: str
    retention: int | None = None
    streams: dict[str, Stream] = field(default_factory=dict)
    events: list[LogEvent] = field(default_factory=list)
    arrivals: deque[LogEvent] = field(default_factory=lambda: deque(maxlen=20_000))
    """The newest events in the order in which they arrived."""
    bytes: int = 0
    indexes: tuple[str, ...] = ()  # Fields of the index policy
    indexed_at: int = 0  # When the policy was put, epoch milliseconds
    past: Past | None = None  # Events not generated yet; None: there are none, or they are among `events`
    searches: int = 0  # How many searches were started; see `services.demo.logs.search`

    @property
    def arn(self) -> str:
        """Without the `:*`."""
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.name}"

    def since(self, number: int) -> list[LogEvent]:
        newer = list(takewhile(lambda event: event.number > number, reversed(self.arrivals)))
        return newer[::-1]

    def read(self, start: int) -> list[LogEvent]:
        """The events in time order; those from before the world began only if `start` (epoch ms) is."""
        if self.past is not None and start < self.past.until:
            name = self.past.stream
            events = [
                LogEvent(at, at, number, name, text) for number, (at, text) in enumerate(self.past.rows())
            ]
            self.past = None
            self.bytes += self.streams.setdefault(name, Stream(name, events[0].at)).add(events)
            self.events += events
            self.events.sort()
        return self.events


class DemoLogStore:
    def __init__(self, account: str) -> None:
        self._account = account
        self.newest = 0  # Number of the newest event
        self.groups: dict[tuple[str, str], LogGroupRecord] = {}

    def create_group(self, name: str, at: int, region: str, retention: int | None = None) -> LogGroupRecord:
        """Create a group at `at` (epoch milliseconds)."""
        group = LogGroupRecord(name, at, region, self._account, retention)
        self.groups[region, name] = group
        return group

    def create_stream(self, group: LogGroupRecord, name: str, at: int) -> Stream:
        return group.streams.setdefault(name, Stream(name, at))

    def put(self, group: LogGroupRecord, stream: str, rows: Iterable[tuple[int, str]], ingested: int) -> None:
        """Add (epoch milliseconds, message) rows; they are visible at once, at their place in time."""
        new = [
            LogEvent(at, ingested, number, stream, message)
            for number, (at, message) in enumerate(rows, self.newest + 1)
        ]
        if not new:
            return
        self.newest = new[-1].number
        group.bytes += self.create_stream(group, stream, ingested).add(new)
        group.arrivals += new
        _insert(group.events, new)
        if len(group.events) > _MOST:
            oldest = group.events[_MOST // 4]
            for events in (group.events, *(each.events for each in group.streams.values())):
                del events[: bisect_left(events, oldest)]


def _insert(events: list[LogEvent], new: Sequence[LogEvent]) -> None:
    if len(new) <= _FEW:
        for event in new:
            insort(events, event)
        return
    at = bisect_left(events, min(new))
    events[at:] = sorted([*events[at:], *new])


def between(events: list[LogEvent], start: int, end: int) -> range:
    """Indexes of the events from `start` to `end`, both included (epoch milliseconds)."""
    return range(bisect_left(events, (start,)), bisect_right(events, (end, float("inf"))))


def after(events: list[LogEvent], cursor: tuple[int, int, int], *, forward: bool) -> int:
    return bisect_right(events, (*cursor, "\U0010ffff")) if forward else bisect_left(events, cursor)


def cursor_of(event: LogEvent) -> tuple[int, int, int]:
    return event.at, event.ingested, event.number


def walk(events: list[LogEvent], indexes: range, *, forward: bool) -> Iterator[LogEvent]:
    for index in indexes if forward else reversed(indexes):
        yield events[index]
