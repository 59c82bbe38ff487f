"""The earlier times with which a silence is compared: the same time on similar days, before the silence began. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.calendar.calendar import Calendar
from services.models.metrics import TimeSpan

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
REACH = 14
"""Days before a silence among which similar ones are looked for."""
SILENT_BEFORE = 2
"""A silence is usual where so many earlier times were silent, too; a single one may have been an outage."""


def spans_by_day(span: TimeSpan, calendar: Calendar, longest: timedelta | None = None) -> Iterator[TimeSpan]:
    """A span cut at each local midnight, and into pieces no longer than `longest`: each lies on one day."""
    begun = span.start
    while begun < span.end:
        midnight = calendar.local(calendar.day_of(begun) + DAY)
        ended = min(span.end, midnight, begun + longest if longest else span.end)
        yield TimeSpan(start=begun, end=ended)
        begun = ended


def references(piece: TimeSpan, began: datetime, calendar: Calendar) -> tuple[timedelta, ...]:
    """How far before `piece` the times lie with which it is compared, each before the silence `began`.

    The same weekday one and two weeks earlier, and the two latest days that were open or closed as its day is: what
    happens on Sundays is not expected on a Saturday, and a holiday is no usual Monday.
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
