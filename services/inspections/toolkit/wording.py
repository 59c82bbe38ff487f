"""Times, lengths of time and lists as findings write them; times in the system's zone."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from services.i18n import _

STAMP = "%m-%d %H:%M %Z"


def moment(at: datetime, zone: tzinfo) -> str:
    """`01-14 01:16 JST`."""
    return at.astimezone(zone).strftime(STAMP)


def stretch(began: datetime, ended: datetime, zone: tzinfo) -> str:
    """`01-14 01:16–01:26 JST (10m)`; with both dates where they differ."""
    first, last = began.astimezone(zone), ended.astimezone(zone)
    same = first.date() == last.date()
    text = f"{first:%m-%d %H:%M}–{last:%H:%M %Z}" if same else f"{first:%m-%d %H:%M}–{last:%m-%d %H:%M %Z}"
    return _("{time} ({length})").format(time=text, length=length(ended - began))


def since(began: datetime, now: datetime, zone: tzinfo) -> str:
    """`since 01-14 08:40 JST (20m)`."""
    return _("since {time} ({length})").format(time=moment(began, zone), length=length(now - began))


def length(span: timedelta) -> str:
    """A length of time: `40m`, `15h 20m`, `3d 4h`; a negative one counts as none."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return _("under 1m")
    if minutes < 60:
        return _("{minutes}m").format(minutes=minutes)
    if minutes < 48 * 60:
        return _("{hours}h {minutes}m").format(hours=minutes // 60, minutes=minutes % 60)
    return _("{days}d {hours}h").format(days=minutes // 1440, hours=minutes % 1440 // 60)


def listed(texts: Sequence[str]) -> str:
    """Several words as one list."""
    return _(", ").join(texts)
