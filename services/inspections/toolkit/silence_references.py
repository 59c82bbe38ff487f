"""Chooses the earlier times with which a silence is compared: the same time on similar days before it. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.calendar.calendar import Calendar
from services.models.metrics import TimeSpan

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
REACH = 14
"""Number of days before a silence among which similar ones are searched."""
SILENT_BEFORE = 2
"""Number of earlier silent times that make a silence usual; a single one may have been an outage."""


def spans_by_day(span: TimeSpan, calendar: Calendar, longest: timedelta | None = None) -> Iterator[TimeSpan]:
    """A time range divided at each local midnight, and into pieces of at most `longest`: each lies on one day."""
    begun = span.start
    while begun < span.end:
        midnight = calendar.local(calendar.day_of(begun) + DAY)
        ended = min(span.end, midnight, begun + longest if longest else span.end)
        yield TimeSpan(start=begun, end=ended)
        begun = ended


def references(piece: TimeSpan, began: datetime, calendar: Calendar) -> tuple[timedelta, ...]:
    """The distances from `piece` back to the times compared with it, all before the silence began (`began`).

    The same weekday one and two weeks earlier, and the two latest days that were open or closed like its own day: a
    Saturday is not compared with Sundays, nor a holiday with ordinary Mondays.
    """
    weeks = max(1, -(-(piece.end - began) // WEEK))
    alike = _alike(piece, began, calendar)
    backs = (next(alike, None), weeks * WEEK, next(alike, None), (weeks + 1) * WEEK)
    return tuple(dict.fromkeys(back for back in backs if back is not None))


def _alike(piece: TimeSpan, began: datetime, calendar: Calendar) -> Iterator[timedelta]:
    is_open, day = calendar.open_days.is_open, calendar.day_of(piece.start)
    first = max(1, -(-(piece.end - began) // DAY))
    for back in range(first, first + REACH):
        if is_open(day - back * DAY) is is_open(day):
            yield back * DAY
