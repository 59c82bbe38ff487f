"""Times on the command line: local, or counted back from now."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

import click

from services.calendar.business_days import usable
from services.i18n import _

_AGO = re.compile(r"-?(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def length_of(text: str, option: str) -> timedelta:
    """A length of time such as `30m`, `16h` or `3d`. Raises UsageError."""
    match = _AGO.fullmatch(text.strip())
    if match is not None:
        try:
            length = timedelta(**{_UNITS[match[2]]: float(match[1])})
        except OverflowError:
            length = timedelta()
        if timedelta() < length <= timedelta(days=36_500):
            return length
    message = _("{option}: write a length of time as 30m, 16h or 3d", option=option)
    raise click.UsageError(message, click.get_current_context())


def moment_of(text: str, option: str, now: datetime, zone: tzinfo) -> datetime:
    """A local time, or how long before `now`, in UTC. Raises UsageError."""
    if _AGO.fullmatch(text.strip()):
        return now - length_of(text, option)
    try:
        moment = datetime.fromisoformat(text.strip())
        if not usable(moment.date()):
            raise ValueError(text)
        local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        message = _("{option}: write a time as “2026-01-05 17:00”, or how long before now: 16h, 3d")
        raise click.UsageError(message.format(option=option), click.get_current_context()) from None
