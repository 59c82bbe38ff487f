"""The business calendar: days on which city hall is open or closed. National holidays come from jpholiday;
what it does not know (a new law, 臨時閉庁) is listed in the runbook as `extra` or `opened`."""

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from services.i18n import N_, _

if TYPE_CHECKING:
    from services.models.runbook import Closures

FIRST_YEAR, LAST_YEAR = 1900, 9000  # Years whose first and last moments exist in every time zone


def usable(day: date) -> date | None:
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


REACH = 366  # Maximum distance, in days, of a search for an open day in either direction
KNOWN_DAYS = 4_000  # Maximum number of days that are remembered as open or closed

WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
_KNOWN = range(1949, 2100)
"""Years with known national holidays; the equinox days of later years are not yet determined."""
_NEW_YEAR = ((12, 25), (1, 7))
"""(month, day) from which and to which yearly closures are called the New Year holiday."""


class BusinessCalendar:
    def __init__(self, closures: "Closures") -> None:
        self._weekdays = frozenset(closures.weekdays)
        self._yearly = frozenset((int(each[:2]), int(each[3:])) for each in closures.yearly)
        self._extra = frozenset(closures.extra)
        self._opened = frozenset(closures.opened)
        self._national = closures.national_holidays
        self._known: dict[date, bool] = {}
        """Whether a day is open, for days asked before: each is asked for by many duties."""

    def is_open(self, day: date) -> bool:
        is_open = self._known.get(day)
        if is_open is None:
            if len(self._known) >= KNOWN_DAYS:
                self._known.clear()
            is_open = self._known[day] = self._is_open(day)
        return is_open

    def _is_open(self, day: date) -> bool:
        if day in self._opened:
            return True
        return not (
            day.weekday() in self._weekdays
            or day in self._extra
            or (day.month, day.day) in self._yearly
            or self.holiday(day)
        )

    def closed_name(self, day: date) -> str:
        """The reason why `day` is closed, the most specific one first; "" on an open day."""
        if self.is_open(day):
            return ""
        if name := self.holiday(day):
            return name
        if (day.month, day.day) in self._yearly:
            new_year = (day.month, day.day) >= _NEW_YEAR[0] or (day.month, day.day) <= _NEW_YEAR[1]
            return _("Year-end and New Year holiday") if new_year else _("Closed every year")
        return _("Extraordinary closure") if day in self._extra else _(WEEKDAYS[day.weekday()])

    def holiday(self, day: date) -> str:
        """The national holiday's name in Japanese; "" on other days, or if the runbook ignores national holidays."""
        return _holidays(day.year, day.month).get(day, "") if self._national else ""

    def next_open(self, day: date) -> date | None:
        """The first open day on or after `day`; None if there is none within REACH days."""
        return self._open_from(day, 1)

    def previous_open(self, day: date) -> date | None:
        """The last open day on or before `day`; None if there is none within REACH days."""
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
    """The national holidays of one month; jpholiday takes 0.1 ms per day, so a whole year at once would be noticeable."""
    if year not in _KNOWN:
        return {}
    import jpholiday  # imported on demand, because the first frame does not need it

    return dict(jpholiday.month_holidays(year, month))
