"""Days on which city hall is closed, behind one interface.

The law's holidays come from jpholiday; whatever it does not know (a new law, 臨時閉庁) stands in the
runbook as `extra` or `opened`.
"""

from datetime import date, timedelta
from functools import cache

from services.i18n import N_, _
from services.models.runbook import Closures

REACH = 366
"""Days a search for an open day looks ahead or back."""

WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
_KNOWN = range(1949, 2100)
"""Years for which the law's holidays can be told; the equinoxes of later ones are a guess."""
_NEW_YEAR = ((12, 25), (1, 7))
"""From the first to the second, what closes every year is the New Year holiday."""


class BusinessCalendar:
    """Which days are open, by the runbook's closures and Japan's national holidays."""

    def __init__(self, closures: Closures) -> None:
        self._weekdays = frozenset(closures.weekdays)
        self._yearly = frozenset((int(each[:2]), int(each[3:])) for each in closures.yearly)
        self._extra = frozenset(closures.extra)
        self._opened = frozenset(closures.opened)
        self._national = closures.national_holidays

    def is_open(self, day: date) -> bool:
        """Whether city hall is open."""
        if day in self._opened:
            return True
        return not (
            day.weekday() in self._weekdays
            or day in self._extra
            or (day.month, day.day) in self._yearly
            or self.holiday(day)
        )

    def closed_name(self, day: date) -> str:
        """Why it is closed, the rarest reason first; "" on an open day."""
        if self.is_open(day):
            return ""
        if name := self.holiday(day):
            return name
        if (day.month, day.day) in self._yearly:
            new_year = (day.month, day.day) >= _NEW_YEAR[0] or (day.month, day.day) <= _NEW_YEAR[1]
            return _("Year-end and New Year holiday") if new_year else _("Closed every year")
        return _("Extraordinary closure") if day in self._extra else _(WEEKDAYS[day.weekday()])

    def holiday(self, day: date) -> str:
        """The national holiday's name in Japanese; "" on other days and where the runbook does not keep them."""
        return _holidays(day.year, day.month).get(day, "") if self._national else ""

    def next_open(self, day: date) -> date | None:
        """The first open day at or after `day`; None where there is none within REACH days."""
        return self._open_from(day, 1)

    def previous_open(self, day: date) -> date | None:
        """The last open day at or before `day`; None where there is none within REACH days."""
        return self._open_from(day, -1)

    def _open_from(self, day: date, step: int) -> date | None:
        for _count in range(REACH + 1):
            if self.is_open(day):
                return day
            if day in (date.min, date.max):
                break
            day += timedelta(days=step)
        return None


@cache
def _holidays(year: int, month: int) -> dict[date, str]:
    """A month at a time: jpholiday takes 0.1 ms for a day, and a year of it would be felt on the screen."""
    if year not in _KNOWN:
        return {}
    import jpholiday  # on demand: the first frame does without

    return dict(jpholiday.month_holidays(year, month))
