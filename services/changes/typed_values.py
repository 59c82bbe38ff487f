import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from services.i18n import _
from services.models.text import clean

_DASHES = dict.fromkeys(map(ord, "−‐‑–—ー"), "-")
"""What the key of a hyphen gives on a Japanese keyboard, beside the full-width hyphen."""


def normalized(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def unknown_parameters(names: Iterable[str], expected: Collection[str]) -> tuple[str, ...]:
    return tuple(
        _("There is no parameter {name}.", name=clean(name)) for name in names if name not in expected
    )


def whole_number(title: str, text: str, *, least: int, most: int) -> tuple[int | None, str]:
    """(the number, "") or (None, the refusal); `title` names the parameter."""
    value = normalized(text)
    if re.fullmatch(r"[0-9]{1,9}", value) is None:
        return None, _("{title} must be a whole number, not “{text}”.", title=title, text=clean(value))
    number = int(value)
    if not least <= number <= most:
        return None, _("{title} must be from {least} to {most}.", title=title, least=least, most=most)
    return number, ""


def moment(
    title: str, text: str, zone: tzinfo, now: datetime, ahead: timedelta
) -> tuple[datetime | None, str]:
    """(the time (UTC), "") or (None, the refusal); it must be more than `ahead` after `now`."""
    at, refusal = any_moment(title, text, zone)
    if at is not None and at <= now + ahead:
        why = _("{title} must be more than {minutes} minutes from now.")
        return None, why.format(title=title, minutes=int(ahead.total_seconds() // 60))
    return at, refusal


def any_moment(title: str, text: str, zone: tzinfo) -> tuple[datetime | None, str]:
    """(the time (UTC), "") or (None, the refusal)."""
    value = normalized(text).translate(_DASHES)
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}", value) is None:
            raise ValueError
        naive = datetime.fromisoformat(value)
        at = naive.replace(tzinfo=zone).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) != naive:
            raise ValueError  # skipped when the clocks go forward
    except (ValueError, OverflowError):
        why = _("{title} must look like 2026-12-01 17:00, not “{text}”.")
        return None, why.format(title=title, text=clean(value))
    return at, ""


def as_typed(at: datetime, zone: tzinfo) -> str:
    """The time as an operator types it: `2026-12-01 17:00`."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
