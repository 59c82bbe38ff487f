"""Remembers which events were read: eight bytes an event, by the minute of the event, within a bound."""

from array import array
from bisect import bisect_left

MINUTE = 60_000
"""Milliseconds."""
MOST_IDS = 2_000_000
"""Ids in memory at most: 16 MB."""
_NONE = -(1 << 62)
_LOOSE = 2_048
"""Ids of a minute that may be kept in a set (about 70 bytes each) before they are packed."""


class _Minute:
    """The ids of one minute: a packed sorted array, and a small set of the newest."""

    __slots__ = ("loose", "packed")

    def __init__(self) -> None:
        self.packed = array("q")
        self.loose: set[int] = set()

    def __len__(self) -> int:
        return len(self.packed) + len(self.loose)

    def add(self, identity: int) -> bool:
        """Add an id; False if it was there."""
        if identity in self.loose:
            return False
        index = bisect_left(self.packed, identity)
        if index < len(self.packed) and self.packed[index] == identity:
            return False
        self.loose.add(identity)
        # The share of the packed ones keeps the work linear in the number of ids.
        if len(self.loose) > max(_LOOSE, len(self.packed) >> 2):
            self.pack()
        return True

    def pack(self) -> None:
        """Move the ids of the set into the array."""
        if self.loose:
            self.packed = array("q", sorted([*self.packed, *self.loose]))
            self.loose.clear()


class EventIds:
    """The ids of a log group's events; the oldest minutes are dropped when there are more than `most`.

    An id is represented by its 64-bit hash: with a million ids a minute, one event in 10^13 is taken for another.
    """

    def __init__(self, most: int = MOST_IDS) -> None:
        self._most = most
        self._minutes: dict[int, _Minute] = {}
        self._count = 0
        self._newest = 0
        """The newest minute with ids."""
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
        """A new minute has begun: pack the others, which grow no more, or little."""
        if number > self._newest:
            self._newest = number
            for minute in self._minutes.values():
                minute.pack()
