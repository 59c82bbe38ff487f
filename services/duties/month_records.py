import asyncio
from collections.abc import Callable, Iterable
from datetime import date, datetime

from services.calendar.usable_days import usable
from services.duties.near import Near
from services.duties.records import DutyRecords
from services.duties.slots import Slots, months
from services.journal.journal import Journal
from services.journal.reader import JournalReader

# The occurrences of past days that follow no rule, of the months that are shown: as the journal dates them.
#
# The console's own dates are of what is to be done: a change that is to be reverted, a follow-up that is not done, a key
# that AWS has. What was done long ago, or is gone, is read from the journal when its month is shown.


DatesIn = Callable[[JournalReader, date, date, datetime], Slots]
"""The occurrences from the first to the last day, read from the journal as of a time (UTC); blocks. Raises sqlite3.Error."""
_MONTHS = 60
"""Maximum number of months that are held."""
Month = tuple[int, int]


def no_dates(_reader: JournalReader, _first: date, _last: date, _now: datetime) -> Slots:
    return ()


class RecordedDates:
    def __init__(self, journal: Journal, dates_in: DatesIn) -> None:
        self._journal = journal
        self._dates_in = dates_in
        self._months: dict[Month, Slots] = {}
        self.version = 0
        """Incremented whenever a month's dates change."""

    def of(self, month: Month) -> Slots:
        return self._months.get(month, ())

    def between(self, first: date, last: date) -> Slots:
        return tuple(slot for month in months(first, last) for slot in self.of(month))

    async def load(self, first: date, last: date, now: datetime) -> None:
        """Read whole months, from their first to their last day (local). Raises JournalError."""
        slots = await self._journal.ask_aside(lambda reader: self._dates_in(reader, first, last, now))
        for month in months(first, last):
            of_month = tuple(slot for slot in slots if (slot.day.year, slot.day.month) == month)
            self.version += of_month != self._months.pop(month, ())
            self._months[month] = of_month
        while len(self._months) > _MONTHS:
            del self._months[next(iter(self._months))]


class MonthRecords:
    """The records of the month that was asked for last, and of its neighbours, so that a key to them shows them at once."""

    def __init__(self, near: Near, records: DutyRecords, dates: RecordedDates) -> None:
        self._near = near
        self._records = records
        self.dates = dates
        """The occurrences of past days that follow no rule."""
        self._missing: set[str] = set()
        """Keys that are missing in a month that was asked for."""
        self._month: tuple[int, int] | None = None
        """The month that was asked for last."""
        self._as_of: object = None
        """The day on which it was asked for, and the console's own dates then: others are read anew."""
        self._around: object = None
        """The month of which the records, and those of its neighbours, were read last, and as of what."""

    @property
    def is_missing(self) -> bool:
        return bool(self._missing) or (self._month is not None and self._around != (self._month, self._as_of))

    def ask(self, month: tuple[int, int], keys: Iterable[str], now: datetime) -> bool:
        """Want the records of these occurrences of a month, and its neighbours'. Returns whether that is new.

        Not in years of which nothing is recorded: the months around them, or their moments, may not exist.
        """
        if usable(date(*month, 1)) is None:
            return False
        missing, as_of = self._records.unread(keys), self._near.basis(now)
        if missing <= self._missing and (self._month, self._as_of) == (month, as_of):
            return False
        self._missing |= missing
        self._month, self._as_of = month, as_of
        return True

    async def load(self, now: datetime) -> None:
        """Read what is missing, as of now. Raises JournalError."""
        month, keys, as_of = self._month, set(self._missing), self._as_of
        is_new = month is not None and self._around != (month, as_of)
        if month is not None and is_new:
            keys |= await asyncio.to_thread(self._near.around, *month)
        await self._records.load(keys)
        self._missing -= keys
        if month is not None and is_new:
            await self._load_dates(month, now)
            self._around = month, as_of

    async def _load_dates(self, month: tuple[int, int], now: datetime) -> None:
        first, last = self._near.months_around(*month)
        await self.dates.load(first, last, now)
        keys = {slot.key for slot in self.dates.between(first, last)}
        await self._records.load(keys)
        self._missing -= keys
