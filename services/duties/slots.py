"""Scheduled occurrences by month, cached until a date that they depend on changes."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from services import i18n
from services.calendar.calendar import Calendar
from services.models.duties import BaseDate, ScheduledOccurrence

_MONTHS = 120
"""Maximum number of cached months; the duties of today need about fourteen, the rest are months that were opened."""


class ScheduleCache:
    """Occurrences by the month of their day, including those dated by a base date or a change."""

    def __init__(
        self,
        calendar: Calendar,
        anchors: Callable[[], tuple[BaseDate, ...]],
        dated: Callable[[], tuple[ScheduledOccurrence, ...]],
    ) -> None:
        self._calendar = calendar
        self._base_dates = anchors
        self._dated = dated
        # Replaced as a whole: a thread that still computes with older dates fills only the months it began with.
        self._months: tuple[object, dict[tuple[int, int], tuple[ScheduledOccurrence, ...]]] = (None, {})

    def basis(self) -> object:
        """What the schedule depends on besides the calendar; if it differs, the schedule does."""
        return self._base_dates(), self._dated(), i18n.language()

    def dated(self) -> tuple[ScheduledOccurrence, ...]:
        """Occurrences that depend on a base date or a change, however long ago they were due."""
        return (*self._calendar.anchored(self._base_dates()), *self._dated())

    def undated(self, today: date) -> Iterator[ScheduledOccurrence]:
        """Duties whose base date is unknown: due today, until they are signed off."""
        for duty, anchor in self._calendar.undated(self._base_dates()):
            yield ScheduledOccurrence(
                key=f"{duty.id}:{anchor.id}@",
                duty=duty.id,
                title=duty.title,
                nominal=(),
                day=today,
                until=today,
                due_at=self._calendar.local(today, "00:00"),
                late_at=self._calendar.local(today + timedelta(days=1), "00:00"),
                missed_at=None,
                timed=False,
                remark=anchor.remark,
            )

    def month(self, year: int, month: int) -> tuple[ScheduledOccurrence, ...]:
        """The occurrences of a month, by time; those without a time of day first on their day."""
        dated = tuple(each for each in self._dated() if (each.day.year, each.day.month) == (year, month))
        ruled = self._of_month(year, month)
        return tuple(sorted((*ruled, *dated), key=order)) if dated else ruled

    def between(self, first: date, last: date) -> Iterator[ScheduledOccurrence]:
        """The occurrences from `first` to `last` (local, inclusive)."""
        for year, month in months(first, last):
            yield from (slot for slot in self.month(year, month) if first <= slot.day <= last)

    def _of_month(self, year: int, month: int) -> tuple[ScheduledOccurrence, ...]:
        anchors = self._base_dates()
        # Remarks are in the language of the screen.
        basis = anchors, i18n.language()
        basis_before, by_month = self._months
        if basis != basis_before:
            by_month = {}
            self._months = (basis, by_month)
        slots = by_month.get((year, month))
        if slots is None:
            first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
            slots = tuple(sorted(self._calendar.slots(first, last, anchors), key=order))
            while len(by_month) >= _MONTHS:
                by_month.pop(next(iter(by_month)))
            by_month[year, month] = slots
        return slots


def order(slot: ScheduledOccurrence) -> tuple[object, ...]:
    """Sort key: by day, those without a time of day first, then by time; the runbook's order within the same time."""
    return slot.day, slot.timed, slot.due_at


def months(first: date, last: date) -> Iterator[tuple[int, int]]:
    """(year, month) of every month from `first`'s to `last`'s."""
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def days(year: int, month: int) -> Iterator[date]:
    """The days of a month."""
    first = date(year, month, 1)
    return (first + timedelta(days=n) for n in range(monthrange(year, month)[1]))
