"""Where a duty is held when its rule's date is closed: the policies, on days alone."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from services.calendar.business_days import REACH, BusinessCalendar
from services.models.runbook import ClosedDay, Within

_DAY = timedelta(days=1)


class AllowedDays(NamedTuple):
    """The days one occurrence may be held on."""

    day: date
    until: date
    """The last of them; `day` unless the runbook says "within the month"."""
    found: bool = True
    """False: no open day was near, so it stays where the rule put it."""


class Adjusted(NamedTuple):
    """A place and the rule's dates that came to it, in order."""

    place: AllowedDays
    nominal: tuple[date, ...]

    @property
    def own(self) -> date:
        """The date it is known by: the nearest, so that a regular Monday stays itself when another joins it."""
        return min(self.nominal, key=lambda day: (abs(self.place.day - day), day))


class BusinessDayAdjustment:
    """One duty's way to place dates. A later date is never placed before an earlier one."""

    def __init__(
        self, open_days: BusinessCalendar, closed_day: ClosedDay, within: Within, *, before: int = 0
    ) -> None:
        """`before`: so many open days earlier than the policy says."""
        self._open = open_days
        self._before = before
        self._policy = closed_day
        self._month = within is Within.MONTH

    def place(self, nominal: date) -> AllowedDays | None:
        """Where a date of the rule is held; None where the policy drops it."""
        if self._policy is ClosedDay.SKIP and not self._open.is_open(nominal):
            return None
        return self._in_month(nominal) if self._month else self._on_day(nominal)

    def held(self, nominal: Iterable[date]) -> Iterator[Adjusted]:
        """Dates in order, together where they come to the same day."""
        placed = ((each, place) for each in nominal if (place := self.place(each)))
        for place, group in groupby(placed, key=lambda pair: pair[1]):
            yield Adjusted(place, tuple(each for each, _place in group))

    def reach(self, first: date, last: date) -> tuple[date, date]:
        """Between which dates of the rule lie all that are held from `first` to `last`."""
        if self._month:
            return first.replace(day=1), _month_end(last)
        if self._policy is ClosedDay.NEXT:
            return self._edge(first, -1), last
        if self._policy is ClosedDay.PREVIOUS:
            for _count in range(self._before):
                last = self._open.next_open(last + _DAY) or last
            return first, self._edge(last, 1)
        return first, last

    def _on_day(self, nominal: date) -> AllowedDays:
        search = self._search()
        day = search(nominal) if search else nominal
        for _count in range(self._before):
            day = self._open.previous_open(day - _DAY) if day else None
        return AllowedDays(day, day) if day else AllowedDays(nominal, nominal, found=False)

    def _search(self) -> Callable[[date], date | None] | None:
        if self._policy is ClosedDay.NEXT:
            return self._open.next_open
        return self._open.previous_open if self._policy is ClosedDay.PREVIOUS else None

    def _in_month(self, nominal: date) -> AllowedDays:
        end = _month_end(nominal)
        days = (nominal.replace(day=number) for number in range(1, end.day + 1))
        opened = [day for day in days if self._open.is_open(day)]
        if not opened:
            return AllowedDays(nominal, nominal, found=False)
        search = self._search()
        day = search(nominal) if search else nominal
        if day is None or day.replace(day=1) != nominal.replace(day=1):
            day = opened[-1] if self._policy is ClosedDay.NEXT else opened[0]
        return AllowedDays(day, max(day, opened[-1]))

    def _edge(self, day: date, step: int) -> date:
        """The far end of the closed days beside `day`, from which a date may have moved to it."""
        for _count in range(REACH):
            if day in (date.min, date.max) or self._open.is_open(day + timedelta(days=step)):
                break
            day += timedelta(days=step)
        return day


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
