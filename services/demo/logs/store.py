"""The log events of the embedded AWS: by group, in time order, readable while late ones arrive.

Source: PutLogEvents, FilterLogEvents (Amazon CloudWatch Logs API reference).
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Event(NamedTuple):
    """One event; the tuple's order is the order of FilterLogEvents."""

    at: int
    """Epoch milliseconds."""
    ingested: int
    """Epoch milliseconds."""
    number: int
    """Unique in the world, growing."""
    stream: str
    message: str

    @property
    def id(self) -> str:
        """Unique and stable, 56 digits as AWS's."""
        return f"{self.at:020d}{self.number:036d}"


@dataclass(slots=True)
class Stream:
    """One log stream."""

    name: str
    created: int
    first: int | None = None
    last: int | None = None
    ingested: int | None = None
    bytes: int = 0


@dataclass(slots=True)
class Group:
    """One log group."""

    name: str
    created: int
    region: str
    account: str
    retention: int | None = None
    streams: dict[str, Stream] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    bytes: int = 0
    asked: int = 0
    """How many searches were begun; see `services.demo.logs.search`."""

    @property
    def arn(self) -> str:
        """Without the `:*`."""
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.name}"


class LogStore:
    """Groups by (region, name)."""

    def __init__(self, account: str, keep_hours: float = 48) -> None:
        self._account = account
        self._keep = int(keep_hours * 3_600_000)
        self._number = 0
        self.groups: dict[tuple[str, str], Group] = {}

    def create_group(self, name: str, at: int, region: str, retention: int | None = None) -> Group:
        """A new group; `at` epoch milliseconds."""
        group = Group(name, at, region, self._account, retention)
        self.groups[region, name] = group
        return group

    def create_stream(self, group: Group, name: str, at: int) -> Stream:
        """A new stream, or the one there is."""
        return group.streams.setdefault(name, Stream(name, at))

    def put(self, group: Group, stream: str, rows: Iterable[tuple[int, str]], ingested: int) -> None:
        """Add (epoch milliseconds, message) rows; they are visible from now on, in their place in time."""
        number = self._number
        new = []
        size = 0
        for at, message in rows:
            number += 1
            size += len(message) + 26
            new.append(Event(at, ingested, number, stream, message))
        self._number = number
        if not new:
            return
        self._note(self.create_stream(group, stream, ingested), new, size)
        group.bytes += size
        events = group.events
        if len(new) == 1 and events and new[0] < events[-1]:
            insort(events, new[0])
        else:
            in_order = not events or new[0] > events[-1]
            events += new
            if not in_order or len(new) > 1:
                events.sort()
        if events[0].at < events[-1].at - 2 * self._keep:
            del events[: bisect_left(events, (events[-1].at - self._keep,))]

    @staticmethod
    def _note(stream: Stream, new: Sequence[Event], size: int) -> None:
        low, high = min(new).at, max(new).at
        stream.first = low if stream.first is None else min(low, stream.first)
        stream.last = high if stream.last is None else max(high, stream.last)
        stream.ingested = new[-1].ingested
        stream.bytes += size


def between(events: list[Event], start: int, end: int) -> range:
    """Indexes of the events from `start` to `end`, both included (epoch milliseconds)."""
    return range(bisect_left(events, (start,)), bisect_right(events, (end, float("inf"))))


def after(events: list[Event], cursor: tuple[int, int, int], *, forward: bool) -> int:
    """Where to go on: the index after (forward) or of (backward, exclusive) the event with this key."""
    return bisect_right(events, (*cursor, "\U0010ffff")) if forward else bisect_left(events, cursor)


def cursor_of(event: Event) -> tuple[int, int, int]:
    """What a token remembers."""
    return event.at, event.ingested, event.number


def walk(events: list[Event], indexes: range, *, forward: bool) -> Iterator[Event]:
    """The events of `indexes` in either direction."""
    for index in indexes if forward else reversed(indexes):
        yield events[index]
