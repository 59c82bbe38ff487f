from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from services.calendar.business_days import REACH, BusinessCalendar
from services.models.runbook import ClosedDay, Within

_DAY = timedelta(days=1)


class AllowedDays(NamedTuple):
    day: date  # The first allowed day
    until: date  # The last allowed day; equal to `day` unless the runbook says "within the month"
    has_open_day: bool = True  # False if no open day is near enough, so that the date was not adjusted


class Adjusted(NamedTuple):
    allowed_days: AllowedDays  # The days on which it may be done
    nominal: tuple[date, ...]  # The rule's dates, in order

    @property
    def own(self) -> date:
        """The nominal date that identifies the occurrence: the nearest to its day. So a date that needed no
        adjustment keeps its identity when another date moves to the same day."""
        return min(self.nominal, key=lambda day: (abs(self.allowed_days.day - day), day))


class BusinessDayAdjustment:
    """The adjustment policy of one duty. It preserves the order of dates."""

    def __init__(
        self, open_days: BusinessCalendar, closed_day: ClosedDay, within: Within, *, before: int = 0
    ) -> None:
        """`before`: number of open days by which the adjusted date is moved further back."""
        self._open = open_days
        self._before = before
        self._policy = closed_day
        self._month = within is Within.MONTH

    def allowed_days(self, nominal: date) -> AllowedDays | None:
        if self._policy is ClosedDay.SKIP and not self._open.is_open(nominal):
            return None
        return self._in_month(nominal) if self._month else self._on_day(nominal)

    def adjusted(self, nominal: Iterable[date]) -> Iterator[Adjusted]:
        placed = ((each, place) for each in nominal if (place := self.allowed_days(each)))
        for place, group in groupby(placed, key=lambda pair: pair[1]):
            yield Adjusted(place, tuple(each for each, _place in group))

    def nominal_range(self, first: date, last: date) -> tuple[date, date]:
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
        return AllowedDays(day, day) if day else AllowedDays(nominal, nominal, has_open_day=False)

    def _search(self) -> Callable[[date], date | None] | None:
        if self._policy is ClosedDay.NEXT:
            return self._open.next_open
        return self._open.previous_open if self._policy is ClosedDay.PREVIOUS else None

    def _in_month(self, nominal: date) -> AllowedDays:
        end = _month_end(nominal)
        days = (nominal.replace(day=number) for number in range(1, end.day + 1))
        opened = [day for day in days if self._open.is_open(day)]
        if not opened:
            return AllowedDays(nominal, nominal, has_open_day=False)
        search = self._search()
        day = search(nominal) if search else nominal
        if day is None or day.replace(day=1) != nominal.replace(day=1):
            day = opened[-1] if self._policy is ClosedDay.NEXT else opened[0]
        return AllowedDays(day, max(day, opened[-1]))

    def _edge(self, day: date, step: int) -> date:
        for _count in range(REACH):
            if day in (date.min, date.max) or self._open.is_open(day + timedelta(days=step)):
                break
            day += timedelta(days=step)
        return day


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
