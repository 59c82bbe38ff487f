"""Why an occurrence is not where its rule put it, in words."""

from datetime import date

from services.calendar.adjustment import Adjusted
from services.calendar.business_days import WEEKDAYS, BusinessCalendar
from services.i18n import _, plural

_NAMED = 3
"""Closed days named in one remark; more are counted."""


def moved(held: Adjusted, open_days: BusinessCalendar) -> str:
    """Which closed days moved it; "" where none did."""
    if not held.place.found:
        return _("There is no open day nearby: it stays on {day}").format(day=day_words(held.place.day))
    closed = [day for day in held.nominal if day != held.place.day]
    if not closed:
        return ""
    days = [_closed(day, open_days.closed_name(day)) for day in closed[-_NAMED:]]
    if more := len(closed) - len(days):
        days.append(plural("{count} more day", "{count} more days", more).format(count=more))
    said = plural("{days} is closed: moved to {held}", "{days} are closed: moved to {held}", len(closed))
    return said.format(days=_(", ").join(days), held=day_words(held.place.day))


def day_words(day: date) -> str:
    """A date with its weekday."""
    return _("{weekday} {date}").format(weekday=_weekday(day), date=day.isoformat())


def _closed(day: date, why: str) -> str:
    weekday = _weekday(day)
    if why == weekday:
        return day_words(day)
    return _("{weekday} {date} ({why})").format(weekday=weekday, date=day.isoformat(), why=why)


def _weekday(day: date) -> str:
    return _(WEEKDAYS[day.weekday()])
