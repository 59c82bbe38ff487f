"""What happened last, where some entries waited for the ledger before they were recorded. The journal's
numbers are the order of events, whatever the clocks of the hosts say, but for the entries that are late: what
has a lower number than such an entry may have happened after it. So a late one is placed by its time among
the entries before it, and everything that was recorded after it is newer."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

from services.models.journal import Entry

T = TypeVar("T")


class Newest(Generic[T]):
    """The newest of the entries about one thing, whatever order they are read in and how often."""

    __slots__ = ("_late", "_on_time")

    def __init__(self) -> None:
        self._on_time: tuple[int, datetime, T] | None = None
        self._late: tuple[datetime, int, T] | None = None

    def add(self, entry: Entry, value: T) -> bool:
        """Note an entry and what it stands for. Returns whether it is the newest now and was not before."""
        if entry.is_late:
            if self._late is not None and self._late[:2] >= (entry.at, entry.seq):
                return False
            self._late = entry.at, entry.seq, value
            return self.is_late
        if self._on_time is not None and self._on_time[0] >= entry.seq:
            return False
        was_late, self._on_time = self.is_late, (entry.seq, entry.at, value)
        return not (was_late and self.is_late)

    @property
    def is_late(self) -> bool:
        if self._late is None or self._on_time is None:
            return self._late is not None
        return self._late[1] > self._on_time[0] and self._late[0] >= self._on_time[1]

    @property
    def value(self) -> T:
        """What the newest entry stands for; one must have been added."""
        newest = self._late if self.is_late else self._on_time
        assert newest is not None
        return newest[2]

    @property
    def seqs(self) -> tuple[int, ...]:
        on_time = (self._on_time[0],) if self._on_time is not None else ()
        return (*on_time, self._late[1]) if self._late is not None else on_time


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    ordered: list[Entry] = []
    waited: list[Entry] = []
    for entry in entries:
        (waited if entry.is_late else ordered).append(entry)
    if not waited:
        return ordered
    seqs = [entry.seq for entry in ordered]
    behind: dict[int, list[Entry]] = {}
    for entry in sorted(waited, key=lambda late: (late.at, late.seq)):
        place = bisect_left(seqs, entry.seq)
        while place and ordered[place - 1].at > entry.at:
            place -= 1
        behind.setdefault(place, []).append(entry)
    whole = list(behind.get(0, ()))
    for place, entry in enumerate(ordered, 1):
        whole += (entry, *behind.get(place, ()))
    return whole
