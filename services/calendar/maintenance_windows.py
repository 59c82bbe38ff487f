"""Recurring windows of RDS in UTC: weekly ones for maintenance, daily ones for backups. Source:
PreferredMaintenanceWindow (`ddd:hh24:mi-ddd:hh24:mi`) and PreferredBackupWindow (`hh24:mi-hh24:mi`) of
DBInstance (Amazon RDS API reference)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from services.calendar.business_days import WEEKDAYS
from services.i18n import _
from services.models.date_text import span_text, with_zone

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)  # A Monday
_TIME = r"([01]\d|2[0-3]):([0-5]\d)"
_WEEKLY = re.compile(rf"({'|'.join(_DAYS)}):{_TIME}-({'|'.join(_DAYS)}):{_TIME}")
_DAILY = re.compile(rf"{_TIME}-{_TIME}")


@dataclass(frozen=True, slots=True)
class Window:
    """A recurring window in UTC."""

    interval: timedelta  # The recurrence interval: a week or a day
    offset: timedelta  # From Monday 0:00 UTC (weekly) or 0:00 UTC (daily) to the start; less than `interval`
    length: timedelta  # The duration; positive, at most `interval`

    def latest_start(self, at: datetime) -> datetime:
        """The latest start at or before `at` (UTC)."""
        first = _EPOCH + self.offset
        return first + (at - first) // self.interval * self.interval

    def next(self, at: datetime) -> datetime:
        """The first start at or after `at` (UTC)."""
        start = self.latest_start(at)
        return start if start == at else start + self.interval

    def chance(self, at: datetime) -> datetime:
        """The first moment at or after `at` that lies in a window (UTC)."""
        return at if at in self else self.next(at)

    def between(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Every start from `first` to `last`, inclusive (UTC)."""
        start = self.next(first)
        while start <= last:
            yield start
            start += self.interval

    def end(self, start: datetime) -> datetime:
        return start + self.length

    def __contains__(self, at: datetime) -> bool:
        """Whether `at` lies in a window; the end is exclusive."""
        return at < self.end(self.latest_start(at))


def weekly(text: str) -> Window | None:
    """Parse a weekly window such as `sat:17:00-sat:18:00`; None if invalid."""
    match = _WEEKLY.fullmatch(text.strip().lower())
    if match is None:
        return None
    day, hour, minute, end_day, end_hour, end_minute = match.groups()
    return _window(WEEK, _since_monday(day, hour, minute), _since_monday(end_day, end_hour, end_minute))


def daily(text: str) -> Window | None:
    """Parse a daily window such as `18:10-18:40`; None if invalid."""
    match = _DAILY.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, end_hour, end_minute = match.groups()
    return _window(DAY, _since_monday("mon", hour, minute), _since_monday("mon", end_hour, end_minute))


def _since_monday(day: str, hour: str, minute: str) -> timedelta:
    return timedelta(days=_DAYS.index(day), hours=int(hour), minutes=int(minute))


def _window(every: timedelta, start: timedelta, end: timedelta) -> Window:
    # Equal start and end mean the whole interval; RDS accepts no such window.
    return Window(every, start, (end - start) % every or every)


def typed_as_local(meant: Window, actual: Window, zone: tzinfo, near: datetime) -> bool:
    """Whether `actual` is `meant` with its local time entered as if it were UTC."""
    start = meant.next(near)
    local = start.astimezone(zone).replace(tzinfo=UTC)
    return actual != meant and actual.latest_start(local) == local and actual.length == meant.length


def local_text(window: Window, zone: tzinfo, near: datetime) -> str:
    """The window in local time, in words: `Sunday 02:00–03:00 JST`, or `03:10–03:40 JST` if daily. `near`
    selects the occurrence whose UTC offset is used."""
    start = window.next(near)
    local, end = start.astimezone(zone), window.end(start).astimezone(zone)
    hours = with_zone(span_text(f"{local:%H:%M}", f"{end:%H:%M}"), local, zone)
    if window.interval == DAY:
        return hours
    return _("{weekday} {hours}", weekday=_(WEEKDAYS[local.weekday()]), hours=hours)
