"""Reads the beginning of a span as people type it: how long ago, a time of today, or a date and a time."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo

from services.i18n import _
from tui.typed_days import read_day

_AGO = re.compile(r"[-−–]?(\d{1,4}(?:\.\d+)?)\s*(m|h|d|分|時間|日)(?:前| ago)?")
_UNITS = {"m": "minutes", "分": "minutes", "h": "hours", "時間": "hours", "d": "days", "日": "days"}
_TIME = re.compile(r"(?:(.+?)[ t])?(\d{1,2}):(\d{2})")


def read_since(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """`-2h`, `90m`, `3d`, `09:00`, `01-18 09:00`, `2026-01-18`, `yesterday`; None for anything else."""
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: float(ago[1])})
    time = _TIME.fullmatch(text)
    hour, minute = (int(time[2]), int(time[3])) if time else (0, 0)
    day_words = (time[1] if time else text) or _("today")
    day = read_day(day_words, now.astimezone(zone).date())
    if day is None or hour > 23 or minute > 59:
        return None
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


def why_not(text: str, now: datetime, zone: tzinfo) -> str:
    """Why this text is no beginning of a span that ends now; "" if it is one."""
    since = read_since(text, now, zone)
    if since is None:
        return _("“{text}” is no time: write -2h, 90m, 3d, 09:00 or 2026-01-18 09:00.", text=text)
    return "" if since < now else _("The span would begin in the future.")
