import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from services.models import date_text
from services.models.date_text import day_text

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\Z")
_DATE = re.compile(r"(?:(\d{4})[-/])?(\d{1,2})[-/](\d{1,2})[T ](.+)\Z")
_AGO = re.compile(r"-(\d{1,5})([smhd])\Z")
_TO = re.compile(r"[~\u301c\uff5e\u2013]| to ")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def moment(at: int) -> datetime:
    """`at` (epoch milliseconds) as aware UTC, limited to what a datetime can represent."""
    at = max(0, min(at, 253_402_214_400_000))
    return datetime.fromtimestamp(at // 1000, UTC) + timedelta(milliseconds=at % 1000)


@lru_cache(maxsize=4096)
def _second(second: int, zone: tzinfo) -> str:
    return f"{moment(second * 1000).astimezone(zone):%H:%M:%S}"


def clock_text(at: int, zone: tzinfo) -> str:
    """`09:12:33.120`, twelve characters."""
    return f"{_second(at // 1000, zone)}.{at % 1000:03d}"


@lru_cache(maxsize=256)
def _day(hour: int, zone: tzinfo) -> date:
    return moment(hour * 3_600_000).astimezone(zone).date()


def local_day(at: int, zone: tzinfo) -> date:
    """The day of `at` in `zone` (whose offset changes on whole hours)."""
    return _day(at // 3_600_000, zone)


def second_text(at: int, zone: tzinfo, today: date) -> str:
    """`09:12:33`, on another day than `today` `11-24(火) 09:12:33`."""
    day, clock = local_day(at, zone), clock_text(at, zone)[:8]
    return clock if day == today else f"{day_text(day, today)} {clock}"


def range_text(start: int, end: int, zone: tzinfo, today: date) -> str:
    """`09:12:33–09:14:02`, each with its day where that is another than `today`, one day written once."""
    first = second_text(start, zone, today)
    if local_day(start, zone) == local_day(end, zone):
        return date_text.span_text(first, clock_text(end, zone)[:8])
    return date_text.span_text(first, second_text(end, zone, today))


def age_text(at: int, now: int) -> str:
    """`-0:03:12`, how long before `now` (both epoch milliseconds); `+` for the future."""
    sign = "+" if at > now else "-"
    seconds = abs(now - at) // 1000
    days, rest = divmod(seconds, 86_400)
    text = f"{rest // 3600}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{sign}{days}d{text}" if days else f"{sign}{text}"


def gap_text(milliseconds: int) -> str:
    """The time between two lines, in at most twelve cells: `+0.120s`, `+1:02:03`."""
    if milliseconds < 60_000:
        return f"+{milliseconds / 1000:.3f}s"
    return age_text(milliseconds, 0)


def short_gap(milliseconds: int) -> str:
    """The time between two lines, in at most seven cells: `+12ms`, `+1.2s`, `+38s`, `+12m`."""
    if milliseconds < 1000:
        return f"+{milliseconds}ms"
    return f"+{milliseconds / 1000:.1f}s" if milliseconds < 10_000 else f"+{span_text(milliseconds)}"


def span_text(milliseconds: int) -> str:
    """A duration in a few cells: `850ms`, `38s`, `12m`, `5h`, `3d`."""
    seconds = max(0, milliseconds) / 1000
    if seconds < 1:
        return f"{max(0, milliseconds)}ms"
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"


def parse_moment(text: str, zone: tzinfo, near: datetime) -> int | None:
    """Epoch milliseconds of a typed time, or None if it is none. `9:12`, `09:12:33` (the last such moment up
    to a minute after `near`), `11-25 9:12` (the nearest one), `2026-11-25 09:12`, ISO 8601, `-15m` (before
    `near`). Without an offset it is in `zone`."""
    text = text.strip()
    try:
        at = _ago(text, near) or _clock(text, zone, near) or _dated(text, zone, near)
        if at is None:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=zone)
        return round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def parse_range(text: str, zone: tzinfo, now: datetime) -> tuple[int | None, int | None]:
    """Epoch milliseconds of `9:00 to 9:30`, also with `~`; to `now` where only one time is typed. None for no time."""
    first, last, *_more = [*_TO.split(text, maxsplit=1), ""]
    end = parse_moment(last, zone, now) if last.strip() else round(now.timestamp() * 1000)
    return parse_moment(first, zone, now), end


def _ago(text: str, near: datetime) -> datetime | None:
    parts = _AGO.match(text)
    return near - timedelta(seconds=int(parts[1]) * _UNITS[parts[2]]) if parts else None


def _clock(text: str, zone: tzinfo, near: datetime) -> datetime | None:
    parts = _CLOCK.match(text)
    if parts is None:
        return None
    local = near.astimezone(zone).replace(
        hour=int(parts[1]), minute=int(parts[2]), second=int(parts[3] or 0), microsecond=0
    )
    return local - timedelta(days=1) if local > near + timedelta(minutes=1) else local


def _dated(text: str, zone: tzinfo, near: datetime) -> datetime | None:
    parts = _DATE.match(text)
    clock = _CLOCK.match(parts[4]) if parts else None
    if parts is None or clock is None:
        return None
    here = near.astimezone(zone).year
    moments: list[datetime] = []
    for year in [int(parts[1])] if parts[1] else [here - 1, here, here + 1]:
        with suppress(ValueError):  # the 29th of February
            day = datetime(year, int(parts[2]), int(parts[3]), tzinfo=zone)
            moments.append(day.replace(hour=int(clock[1]), minute=int(clock[2]), second=int(clock[3] or 0)))
    return min(moments, key=lambda at: abs(at - near), default=None)
