"""Moments and stretches of time as looks write them, in the system's zone."""

from datetime import datetime, tzinfo

from services.i18n import _
from services.inspections.toolkit.points import length

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
