"""Remembers which events were read: eight bytes an event, by the minute of the event, within a bound."""

from array import array
from bisect import bisect_left
from collections import deque

MINUTE = 60_000  # Milliseconds
MOST_IDS = 2_000_000  # Ids in memory at most: 16 MB
_NONE = -(1 << 62)
_LOOSE = 512  # Ids of a part that may be kept in a set (about 70 bytes each) before they are packed
_WHOLE, _PARTS = 4_096, 32
"""Ids of a minute from which on it is divided, and into how many parts (a power of two)."""
_EVERY = 128  # Ids that are added between two parts of past minutes that are packed


class _Packed:
    """Ids as a sorted array, and a small set of the newest."""

    __slots__ = ("array", "loose")

    def __init__(self) -> None:
        self.array = array("q")
        self.loose: set[int] = set()

    def __len__(self) -> int:
        return len(self.array) + len(self.loose)

    def add(self, identity: int) -> bool:
        if identity in self.loose:
            return False
        index = bisect_left(self.array, identity)
        if index < len(self.array) and self.array[index] == identity:
            return False
        self.loose.add(identity)
        # The share of the packed ones keeps the work linear in the number of ids.
        if len(self.loose) > max(_LOOSE, len(self.array) >> 2):
            self.pack()
        return True

    def pack(self) -> None:
        if self.loose:
            self.array = array("q", sorted([*self.array, *self.loose]))
            self.loose.clear()


class _Minute:
    """The ids of one minute, those of a busy one in parts by their last bits, so that packing one takes little time."""

    __slots__ = ("count", "parts")

    def __init__(self) -> None:
        self.parts = [_Packed()]
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def add(self, identity: int) -> bool:
        is_new = self.parts[identity & (len(self.parts) - 1)].add(identity)
        self.count += is_new
        if self.count > _WHOLE and len(self.parts) == 1:
            self._divide()
        return is_new

    def _divide(self) -> None:
        whole = self.parts[0]
        self.parts = [_Packed() for _part in range(_PARTS)]
        for identity in (*whole.array, *whole.loose):
            self.parts[identity & (_PARTS - 1)].loose.add(identity)


class EventIds:
    """The ids of a log group's events; the oldest minutes are dropped when there are more than `most`. Ids
    are 64-bit hashes: with a million a minute, one event in 10^13 is taken for another."""

    def __init__(self, most: int = MOST_IDS) -> None:
        self._most = most
        self._minutes: dict[int, _Minute] = {}
        self._unpacked: deque[_Packed] = deque()
        """Parts of past minutes, to be packed one by one: all at once would keep keys waiting."""
        self._count = 0
        self._newest = 0  # The newest minute with ids
        self.horizon = _NONE
        """Epoch milliseconds: ids of older events are unknown, so these events must not be delivered again."""

    def __len__(self) -> int:
        return self._count

    def add(self, identity: str, at: int) -> bool:
        """Remember an event of the time `at` (epoch milliseconds); False if it is known already."""
        number = at // MINUTE
        minute = self._minutes.get(number)
        if minute is None:
            minute = self._minutes[number] = _Minute()
            self._pack_older(number)
        if not minute.add(hash(identity)):
            return False
        self._count += 1
        if self._unpacked and self._count % _EVERY == 0:
            self._unpacked.popleft().pack()
        if self._count > self._most and len(self._minutes) > 1:
            oldest = min(self._minutes)
            self.drop_before((oldest + 1) * MINUTE)
        return True

    def count(self, start: int, end: int) -> int:
        """Number of events known from the minute of `start` to that of `end` (epoch milliseconds)."""
        first, last = start // MINUTE, end // MINUTE
        if last - first < len(self._minutes):
            return sum(
                len(self._minutes[number]) for number in range(first, last + 1) if number in self._minutes
            )
        return sum(len(minute) for number, minute in self._minutes.items() if first <= number <= last)

    def drop_before(self, moment: int) -> None:
        """Forget the events of the minutes that end by `moment` (epoch milliseconds); the horizon moves there."""
        self.horizon = max(self.horizon, moment - moment % MINUTE)
        for number in [number for number in self._minutes if (number + 1) * MINUTE <= moment]:
            self._count -= len(self._minutes.pop(number))

    def _pack_older(self, number: int) -> None:
        if number > self._newest:
            self._newest = number
            self._unpacked = deque(
                part for minute in self._minutes.values() for part in minute.parts if part.loose
            )
