"""Days and times as text, in one form by context (`docs/screens.md`): `09:07`, `01-19(月) 09:07`, `2025-12-29(月) 09:00`."""

from datetime import date, datetime, tzinfo

from services.i18n import N_, _

_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def weekday_text(number: int) -> str:
    """The short name of a day of the week; 0 is Monday."""
    return _(_WEEKDAYS[number])


def day_text(day: date, today: date | None = None) -> str:
    """`01-19(月)` in the year of `today`, otherwise, and without `today`, `2026-01-19(月)`."""
    text = f"{day:%m-%d}" if today is not None and day.year == today.year else day.isoformat()
    return f"{text}({weekday_text(day.weekday())})"


def span_text(first: str, last: str) -> str:
    """`01-19(Mon)–01-23(Fri)`: from one day or time to another, with the sign of the language."""
    return _("{first}–{last}").format(first=first, last=last)


def dated_time(at: datetime, zone: tzinfo, now: datetime | None = None) -> str:
    """`01-19(月) 09:07` in `zone`, the year as in `day_text`: the form of texts that are kept."""
    local = at.astimezone(zone)
    return f"{day_text(local.date(), now.astimezone(zone).date() if now else None)} {local:%H:%M}"


def zoned_time(at: datetime, zone: tzinfo, now: datetime | None = None) -> str:
    """`01-19(月) 09:07 JST`: as `dated_time`, with the zone's name, for texts that stand alone."""
    return f"{dated_time(at, zone, now)} {at.astimezone(zone).tzname()}"


def time_text(at: datetime, zone: tzinfo, now: datetime) -> str:
    """`09:07` on the day of `now`, otherwise as `dated_time`: the form of the screen."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else dated_time(at, zone, now)
