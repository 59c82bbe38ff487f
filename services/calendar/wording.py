from datetime import date

from services.calendar.adjustment import Adjusted
from services.calendar.business_days import WEEKDAYS, BusinessCalendar
from services.i18n import _, plural
from services.models.date_text import day_text

_NAMED = 3
"""Maximum number of closed days listed in one remark; the rest are only counted."""


def moved(adjusted: Adjusted, open_days: BusinessCalendar) -> str:
    """The closed days because of which an occurrence was moved; "" if it was not moved.

    Its own day, beside which this stands, needs no year.
    """
    own_day = adjusted.allowed_days.day
    if not adjusted.allowed_days.has_open_day:
        return _("There is no open day nearby: it stays on {day}").format(day=day_text(own_day, own_day))
    closed = [day for day in adjusted.nominal if day != own_day]
    if not closed:
        return ""
    days = [_closed(day, open_days.closed_name(day), own_day) for day in closed[-_NAMED:]]
    if more := len(closed) - len(days):
        days.append(plural("{count} more day", "{count} more days", more).format(count=more))
    text = plural("{days} is closed: moved to {held}", "{days} are closed: moved to {held}", len(closed))
    return text.format(days=_(", ").join(days), held=day_text(own_day, own_day))


def _closed(day: date, why: str, own_day: date) -> str:
    words = day_text(day, own_day)
    return words if why == _(WEEKDAYS[day.weekday()]) else _("{day} ({why})").format(day=words, why=why)
