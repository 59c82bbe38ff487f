"""The dates of recurrence rules after their adjustment to business days, expanded once for the duties that share them."""

from datetime import date, timedelta
from typing import NamedTuple

from services.calendar.adjustment import Adjusted, BusinessDayAdjustment
from services.calendar.business_days import BusinessCalendar
from services.calendar.recurrence import HORIZON, LAST, Rule
from services.models.runbook import Duty

_DAY = timedelta(days=1)
_SPANS = 32
"""Maximum number of spans whose dates a rule remembers: the duties that share it ask for the same in turn."""


class RuleDates:
    """The dates of a recurrence rule, adjusted to business days; shared by the duties that have the same."""

    def __init__(self, open_days: BusinessCalendar, duty: Duty) -> None:
        self._rule = Rule(duty.rule)
        self._adjustment = BusinessDayAdjustment(
            open_days, duty.closed_day, duty.within, before=duty.open_days_before or 0
        )
        self._spans: dict[tuple[date, date], tuple[Adjusted, ...]] = {}

    def between(self, first: date, last: date) -> tuple[Adjusted, ...]:
        """Adjusted dates from `first` to `last` (inclusive), in order."""
        dates = self._spans.get((first, last))
        if dates is None:
            nominal = self._rule.between(*self._adjustment.nominal_range(first, last))
            adjusted = self._adjustment.adjusted(nominal)
            dates = tuple(each for each in adjusted if first <= each.allowed_days.day <= last)
            if len(self._spans) >= _SPANS:
                self._spans.clear()
            self._spans[first, last] = dates
        return dates

    def next_day(self, after: date) -> date | None:
        """The first adjusted date after `after`; None if there is none within HORIZON years."""
        if after >= LAST:
            return None
        first = after + _DAY
        start = self._adjustment.nominal_range(first, first)[0]
        end = min(LAST, date(min(after.year + HORIZON, LAST.year), 12, 31))
        placed = (self._adjustment.allowed_days(nominal) for nominal in self._rule.between(start, end))
        return next((place.day for place in placed if place and place.day >= first), None)


class RuledDuty(NamedTuple):
    duty: Duty
    dates: RuleDates


def recurrence(duty: Duty) -> tuple[object, ...]:
    """What the dates of a duty depend on."""
    return duty.rule, duty.closed_day, duty.within, duty.open_days_before
