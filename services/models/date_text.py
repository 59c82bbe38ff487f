"""Days and times as text, in one form by context (`docs/screens.md`): `09:07`, `01-19(月) 09:07`,
`2025-12-29(月) 09:00`. The year is left out where it is the reader's. Every function takes the day or time of
reading; code that writes many texts at one moment, such as an inspection, sets it once for all with
`written_on`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, tzinfo

from services.i18n import N_, _

_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"),
    N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec"),
)  # fmt: skip
_day_of_writing: ContextVar[date | None] = ContextVar("day_of_writing", default=None)


@contextmanager
def written_on(day: date) -> Iterator[None]:
    """Texts that are written within are read in the year of `day`, unless they are given another one."""
    token = _day_of_writing.set(day)
    try:
        yield
    finally:
        _day_of_writing.reset(token)


def weekday_text(number: int) -> str:
    return _(_WEEKDAYS[number])


def month_text(year: int | str, month: int) -> str:
    """`Jan 2026`, 2026年1月; `year` may be of an era."""
    return _("{month} {year}", month=_(_MONTHS[month - 1]), year=year)


def month_name(month: int) -> str:
    return _(_MONTHS[month - 1])


def day_text(day: date, today: date | None = None) -> str:
    """`01-19(月)` in the year of `today`, otherwise, and if no day of reading is known, `2026-01-19(月)`."""
    today = today or _day_of_writing.get()
    text = f"{day:%m-%d}" if today is not None and day.year == today.year else day.isoformat()
    return f"{text}({weekday_text(day.weekday())})"


def span_text(first: str, last: str) -> str:
    """`01-19(Mon)–01-23(Fri)`: from one day, time or number to another, with the sign of the language."""
    return _("{first}–{last}", first=first, last=last)


def dated_time(at: datetime, zone: tzinfo, now: datetime | None = None, *, seconds: bool = False) -> str:
    """`01-19(月) 09:07` in `zone`, the year as in `day_text`: the form of texts that are kept."""
    local = at.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{day_text(local.date(), now.astimezone(zone).date() if now else None)} {clock}"


def zoned_time(at: datetime, zone: tzinfo, now: datetime | None = None, *, seconds: bool = False) -> str:
    """`01-19(月) 09:07 JST`: as `dated_time`, with the zone's name, for texts that stand alone."""
    return with_zone(dated_time(at, zone, now, seconds=seconds), at, zone)


def with_zone(text: str, at: datetime, zone: tzinfo) -> str:
    return f"{text} {at.astimezone(zone).tzname()}"


def period_text(start: datetime, end: datetime, zone: tzinfo, now: datetime | None = None) -> str:
    """`09:00–09:10` on the day of `now`, otherwise `01-16(Fri) 17:15–01-19(Mon) 09:01`; one day is written once."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        return span_text(time_text(start, zone, now) if now else dated_time(start, zone), f"{last:%H:%M}")
    return span_text(dated_time(start, zone, now), dated_time(end, zone, now))


def time_text(at: datetime, zone: tzinfo, now: datetime) -> str:
    """`09:07` on the day of `now`, otherwise as `dated_time`: the form of the screen."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else dated_time(at, zone, now)
