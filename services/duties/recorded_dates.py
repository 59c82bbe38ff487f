"""The occurrences of past days that follow no rule, of the months that are shown: as the journal dates them.

The console's own dates are of what is to be done: a change that is to be reverted, a follow-up that is not done, a key
that AWS has. What was done long ago, or is gone, is read from the journal when its month is shown.
"""

from collections.abc import Callable
from datetime import date, datetime

from services.duties.slots import Slots, months
from services.journal.journal import Journal
from services.journal.reader import JournalReader

DatesIn = Callable[[JournalReader, date, date, datetime], Slots]
"""The occurrences from the first to the last day, read from the journal as of a time (UTC); blocks. Raises sqlite3.Error."""
_MONTHS = 60
"""Maximum number of months that are held."""
Month = tuple[int, int]


def no_dates(_reader: JournalReader, _first: date, _last: date, _now: datetime) -> Slots:
    """None."""
    return ()


class RecordedDates:
    """The dates of the months that were read last."""

    def __init__(self, journal: Journal, dates_in: DatesIn) -> None:
        self._journal = journal
        self._dates_in = dates_in
        self._months: dict[Month, Slots] = {}
        self.version = 0
        """Incremented whenever a month's dates change."""

    def of(self, month: Month) -> Slots:
        """The dates of a month, as far as they were read."""
        return self._months.get(month, ())

    def between(self, first: date, last: date) -> Slots:
        """The dates of the months from `first`'s to `last`'s, as far as they were read."""
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
