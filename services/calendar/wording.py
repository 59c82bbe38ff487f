"""Explains in words why an occurrence is not on its rule's date."""

from datetime import date

from services.calendar.adjustment import Adjusted
from services.calendar.business_days import WEEKDAYS, BusinessCalendar
from services.i18n import _, plural
from services.models.date_text import day_text

_NAMED = 3
"""Maximum number of closed days listed in one remark; the rest are only counted."""


def moved(adjusted: Adjusted, open_days: BusinessCalendar) -> str:
    """The closed days because of which an occurrence was moved; "" if it was not moved."""
    if not adjusted.allowed_days.has_open_day:
        return _("There is no open day nearby: it stays on {day}").format(
            day=day_words(adjusted.allowed_days.day)
        )
    closed = [day for day in adjusted.nominal if day != adjusted.allowed_days.day]
    if not closed:
        return ""
    days = [_closed(day, open_days.closed_name(day)) for day in closed[-_NAMED:]]
    if more := len(closed) - len(days):
        days.append(plural("{count} more day", "{count} more days", more).format(count=more))
    text = plural("{days} is closed: moved to {held}", "{days} are closed: moved to {held}", len(closed))
    return text.format(days=_(", ").join(days), held=day_words(adjusted.allowed_days.day))


def day_words(day: date) -> str:
    """A date with its weekday."""
    return day_text(day)


def _closed(day: date, why: str) -> str:
    if why == _(WEEKDAYS[day.weekday()]):
        return day_words(day)
    return _("{day} ({why})").format(day=day_words(day), why=why)
