"""Computes when a scheduled action of Application Auto Scaling runs. Source: ScheduledAction (Application
Auto Scaling API reference), "Schedule recurring scaling actions using cron expressions" (user guide). The
cron wildcard `W` (the weekday nearest to a date) is not supported."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import FR, MO, MONTHLY, SA, SU, TH, TU, WE, rrule, weekday

from services.models.ecs import ScheduledAction

MOST = 5000  # Maximum number of runs computed for one action
_RATE = re.compile(r"rate\((\d{1,6}) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+(?:\s+\S+){5})\)")
_RANGE = re.compile(r"(\*|\?|\w+)(?:-(\w+))?(?:/(\d{1,4}))?")
_NTH = re.compile(r"(\w+)#([1-5])")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_WEEKDAYS: tuple[weekday, ...] = (SU, MO, TU, WE, TH, FR, SA)
"""Weekdays in the order of cron numbers: 1 is Sunday."""


class UnreadableSchedule(ValueError):
    """The schedule is not supported or has too many runs."""


def moments(action: ScheduledAction, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """The action's runs after `after` and up to `until` inclusive (UTC), in ascending order. Raises
    UnreadableSchedule, also for more than MOST runs."""
    first = max(after, action.start - timedelta(seconds=1)) if action.start else after
    last = min(until, action.end) if action.end else until
    try:
        instants = tuple(islice(_moments(action, first, last), MOST + 1))
    except (ValueError, OverflowError, IndexError, ZoneInfoNotFoundError) as error:
        raise UnreadableSchedule(action.schedule) from error
    if len(instants) > MOST:
        raise UnreadableSchedule(action.schedule)
    return instants


def _moments(action: ScheduledAction, after: datetime, until: datetime) -> Iterator[datetime]:
    if action.at is not None:
        return iter((action.at,) if after < action.at <= until else ())
    if rate := _RATE.fullmatch(action.schedule):
        return _rate(action, timedelta(**{f"{rate[2]}s": int(rate[1])}), after, until)
    if cron := _CRON.fullmatch(action.schedule):
        return _cron(cron[1].split(), ZoneInfo(action.timezone), after, until)
    raise UnreadableSchedule(action.schedule)


def _rate(action: ScheduledAction, period: timedelta, after: datetime, until: datetime) -> Iterator[datetime]:
    base = action.start or action.created
    if base is None or not period:
        raise UnreadableSchedule(action.schedule)
    moment = base + period * max(0, (after - base) // period)
    while moment <= until:
        if moment > after:
            yield moment
        moment += period


def _cron(fields: Sequence[str], zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    minutes, hours, days, months, weekdays, years = fields
    rule = rrule(
        MONTHLY,
        dtstart=after.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0),
        # One extra day, because local time repeats when daylight saving time ends.
        until=until.astimezone(zone).replace(tzinfo=None) + timedelta(days=1),
        bymonth=_numbers(months, 1, 12, _MONTHS),
        byhour=_numbers(hours, 0, 23),
        byminute=_numbers(minutes, 0, 59),
        bysecond=0,
        **_days(days, weekdays),
    )
    allowed = frozenset(_numbers(years, 1970, 2199))
    for local in rule:
        moment = local.replace(tzinfo=zone).astimezone(UTC)
        if after < moment <= until and local.year in allowed:
            yield moment


def _days(days: str, weekdays: str) -> dict[str, Any]:
    if weekdays not in ("?", "*"):
        if days not in ("?", "*"):
            raise UnreadableSchedule(f"{days} {weekdays}")
        return {"byweekday": [each for part in weekdays.split(",") for each in _weekdays(part)]}
    if days == "L":
        return {"bymonthday": -1}
    return {"bymonthday": _numbers(days, 1, 31)}


def _weekdays(part: str) -> Iterable[weekday]:
    """`2-6`, `MON`, `6L` (the last Friday), `6#3` (the third), `L` (Saturday)."""
    if nth := _NTH.fullmatch(part):
        return [_WEEKDAYS[_number(nth[1], 1, _NAMES) - 1](int(nth[2]))]
    if part == "L":
        return [SA]
    if part.endswith("L"):
        return [_WEEKDAYS[_number(part[:-1], 1, _NAMES) - 1](-1)]
    return [_WEEKDAYS[number - 1] for number in _numbers(part, 1, 7, _NAMES)]


def _numbers(text: str, low: int, high: int, names: Sequence[str] = ()) -> list[int]:
    numbers: set[int] = set()
    for part in text.split(","):
        matched = _RANGE.fullmatch(part)
        if matched is None:
            raise UnreadableSchedule(part)
        first, last, step = matched.groups()
        start, end = low, high
        if first not in ("*", "?"):
            start = _number(first, low, names)
            end = _number(last, low, names) if last else high if step else start
        if not low <= start <= end <= high:
            raise UnreadableSchedule(part)
        numbers.update(range(start, end + 1, int(step or 1)))
    return sorted(numbers)


def _number(text: str, low: int, names: Sequence[str]) -> int:
    return names.index(text.upper()) + low if text.upper() in names else int(text)
