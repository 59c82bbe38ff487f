import re
import unicodedata
from contextlib import suppress
from datetime import date, datetime, time, timedelta, tzinfo

from services.calendar.business_days import usable
from services.i18n import _

_PARTS = re.compile(r"(?:(?:(\d{4})[-/.年])?(\d{1,2})[-/.月])?(\d{1,2})日?")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_AGO = re.compile(r"-(\d{1,5})")


def read_day(text: str, today: date) -> date | None:
    """`14`, `1/14`, `1月14日`, `2026-01-14`, `-1` or `yesterday`; None for anything else. Omitted parts are
    completed so that the day is not after today."""
    text = _folded(text)
    if text in ("yesterday", "昨日", "きのう", _("yesterday")):
        return today - timedelta(days=1)
    if ago := _AGO.fullmatch(text):
        with suppress(OverflowError):
            return usable(today - timedelta(days=int(ago[1])))
    return _read(text, today, step=-1)


def read_coming_day(text: str, today: date) -> date | None:
    """`14`, `1/14`, `1月14日`, `2026-01-14`, `tomorrow`; `2026-01` or `2026年1月` is its 1st; None for anything
    else. Omitted parts are completed so that the day is not before today."""
    text = _folded(text)
    if text in ("tomorrow", "明日", "あした", "あす", _("tomorrow")):
        return today + timedelta(days=1)
    if month := _MONTH.fullmatch(text):
        with suppress(ValueError):
            return usable(date(int(month[1]), int(month[2]), 1))
    return _read(text, today, step=1)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _read(text: str, today: date, *, step: int) -> date | None:
    if text in ("today", "今日", "きょう", _("today")):
        return today
    match = _PARTS.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    if year:
        with suppress(ValueError):
            return usable(date(year, month, day))
        return None
    return _nearest(month, day, today, step)


def _nearest(month: int, day: int, today: date, step: int) -> date | None:
    """The nearest such day, forward or back by `step`, today included; month 0: any. It searches eight years,
    because 2100 has no 29 February."""
    for distance in range(8 * 12 + 1):
        years, months = divmod(today.year * 12 + today.month - 1 + step * distance, 12)
        if month in (0, months + 1):
            with suppress(ValueError):
                candidate = date(years, months + 1, day)
                if (candidate - today).days * step >= 0:
                    return candidate
    return None


def day_span(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(), zone)
    return start, datetime.combine(day + timedelta(days=1), time(), zone)
