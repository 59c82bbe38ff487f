import re
from datetime import UTC, datetime, timedelta, tzinfo

from services.i18n import _, plural
from services.models.date_text import period_text, with_zone
from services.models.metrics import TimeSpan
from widgets.logs.text.time import parse_moment, span_text

PRESETS = (("15m", 900), ("1h", 3600), ("3h", 10_800), ("12h", 43_200), ("1d", 86_400), ("7d", 604_800))
"""(text, seconds) of ranges up to now."""
_HOUR, _DAY = 3600, 86_400
_LENGTH = re.compile(r"-?(\d{1,5})\s*([smhdw])\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_BETWEEN = re.compile(r"\s*(?:–|~|〜|～|\.\.| - | to )\s*")


def length_words(seconds: int) -> str:
    if seconds < _HOUR:
        return _("{count} min", count=seconds // 60)
    if seconds < _DAY:
        return _("{count} h", count=seconds // _HOUR)
    return plural("{count} day", "{count} days", seconds // _DAY, count=seconds // _DAY)


def up_to(now: datetime, length: timedelta) -> TimeSpan:
    """The range of this length up to `now`, in whole seconds."""
    end = now.replace(microsecond=0)
    return TimeSpan(start=end - length, end=end)


def is_length(text: str) -> bool:
    return _LENGTH.match(text.strip()) is not None


def parse_range(text: str, zone: tzinfo, now: datetime) -> TimeSpan | None:
    """`3h` (up to now), `9:00 - 9:30`, `11-25 9:00 - 11-25 17:00`, `9:00` (up to now); None for anything else."""
    text = text.strip()
    match = _LENGTH.match(text)
    if match is not None:
        length = int(match[1]) * _UNITS[match[2]]
        return up_to(now, timedelta(seconds=length)) if length else None
    first, *rest = _BETWEEN.split(text, maxsplit=1)
    start = parse_moment(first, zone, now)
    end = parse_moment(rest[0], zone, now) if rest and rest[0] else int(now.timestamp()) * 1000
    if start is None or end is None or end <= start:
        return None
    return TimeSpan(
        start=datetime.fromtimestamp(start // 1000, UTC), end=datetime.fromtimestamp(end // 1000, UTC)
    )


def range_words(span: TimeSpan, zone: tzinfo, now: datetime) -> str:
    """`09:00–10:00 JST (1h)`."""
    text = with_zone(period_text(span.start, span.end, zone, now), span.end, zone)
    length = span_text(int((span.end - span.start).total_seconds() * 1000))
    return _("{time} ({length})", time=text, length=length)
