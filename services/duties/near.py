import asyncio
from calendar import monthrange
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta

from services.calendar.calendar import Calendar
from services.duties.records import DutyRecords
from services.duties.slots import ScheduleCache, months
from services.journal.errors import JournalError
from services.models.duties import Occurrence, OccurrenceState, ScheduledOccurrence

BACK = timedelta(days=400)  # How long after its day an occurrence that is still late is listed
MISSED_BACK = timedelta(days=14)  # How long after its last day a missed occurrence is listed
AHEAD = timedelta(days=400)  # How far ahead the next occurrence is searched for
DAY = timedelta(days=1)
LONGEST_MONTH = timedelta(days=31)
SOON = timedelta(days=35)  # How far ahead an occurrence may have been signed off early


class Near:
    def __init__(self, calendar: Calendar, schedule: ScheduleCache, records: DutyRecords) -> None:
        self._calendar = calendar
        self._schedule = schedule
        self._records = records
        self.is_whole = False  # All records that were needed last could be read

    async def load(self, now: datetime) -> None:
        self.is_whole = False
        view_keys, open_keys = await asyncio.to_thread(self.keys, now)
        with suppress(JournalError):
            await self._records.load(view_keys)
            await self._records.load_open(open_keys)
            self.is_whole = True

    def keys(self, now: datetime) -> tuple[set[str], set[str]]:
        """Keys of what the view shows, and of what it shows unless it is signed off; call it in a thread."""
        today = self._calendar.day_of(now)
        schedule = self._schedule
        of_today = (*schedule.dated(), *schedule.undated(today), *schedule.between(today, today))
        return {slot.key for slot in of_today}, {
            slot.key for slot in (*self._coming(today), *self.unfinished(now))
        }

    def around(self, year: int, month: int) -> set[str]:
        """Keys of the occurrences of a month and of those before and after it; call it in a thread."""
        by_day = (self._schedule.month(*each).values() for each in months(*self.months_around(year, month)))
        return {slot.key for each in by_day for slots in each for slot in slots}

    def months_around(self, year: int, month: int) -> tuple[date, date]:
        first = date(year, month, 1)
        after = first + LONGEST_MONTH
        return (first - DAY).replace(day=1), after.replace(day=monthrange(after.year, after.month)[1])

    def basis(self, now: datetime) -> object:
        return self._calendar.day_of(now), self._schedule.basis()

    def unfinished(self, now: datetime) -> Iterator[ScheduledOccurrence]:
        today = self._calendar.day_of(now)
        return self._schedule.unfinished(
            today - BACK, today, now, missed_since=today - MISSED_BACK, begun=self._records.begun
        )

    def _coming(self, today: date) -> Iterator[ScheduledOccurrence]:
        takes_place = False
        for slot in self._schedule.between(today, today + AHEAD):
            if takes_place and slot.day > today + SOON:
                return
            takes_place = takes_place or not slot.if_planned
            yield slot


def is_carried(occurrence: Occurrence, today: date) -> bool:
    recent = occurrence.slot.until >= today - MISSED_BACK
    return occurrence.state is not OccurrenceState.MISSED or occurrence.underway or recent
