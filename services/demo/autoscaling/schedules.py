"""Schedule expressions of scheduled scaling: `at(…)`, `rate(…)` and `cron(…)`.

Source: PutScheduledAction (Application Auto Scaling API reference) and "Schedule recurring scaling actions
using cron expressions" (user guide). The cron wildcards L, W and # are not supported.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?)\)")
_RATE = re.compile(r"rate\((\d{1,6}) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\((\S+(?: \S+){5})\)")
_PART = re.compile(r"(\*|\?|\w+)(?:-(\w+))?(?:/(\d+))?")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FAR = 800
"""Days that a cron expression is searched ahead."""


class Schedule(Protocol):
    def next(self, after: float) -> float | None:
        """The first moment later than `after` (epoch seconds); None for never again."""
        ...


@dataclass(frozen=True, slots=True)
class At:
    moment: float

    def next(self, after: float) -> float | None:
        return self.moment if self.moment > after else None


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so many seconds from `base`."""

    seconds: float
    base: float

    def next(self, after: float) -> float | None:
        return self.base + self.seconds * max(1, math.floor((after - self.base) / self.seconds) + 1)


@dataclass(frozen=True, slots=True)
class Cron:
    """By the wall clock of a zone."""

    zone: tzinfo
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """1 is Sunday."""
    years: frozenset[int]

    def next(self, after: float) -> float | None:
        first = datetime.fromtimestamp(after, self.zone).date()
        for number in range(_FAR):
            day = first + timedelta(days=number)
            if self._fits(day):
                for moment in self._on(day):
                    if moment > after:
                        return moment
        return None

    def _fits(self, day: date) -> bool:
        weekday = day.isoweekday() % 7 + 1
        dated = day.day in self.days and weekday in self.weekdays
        return dated and day.month in self.months and day.year in self.years

    def _on(self, day: date) -> Iterable[float]:
        for hour in self.hours:
            for minute in self.minutes:
                yield datetime.combine(day, time(hour, minute), self.zone).timestamp()


class BadSchedule(ValueError):
    """Not a schedule expression."""


def parse(expression: str, zone: ZoneInfo, base: float) -> Schedule:
    """The schedule; `base` is where a rate begins to count. Raises BadSchedule."""
    try:
        return _parse(expression, zone, base)
    except (ValueError, OverflowError) as error:
        raise BadSchedule(expression) from error


def _parse(expression: str, zone: ZoneInfo, base: float) -> Schedule:
    if match := _AT.fullmatch(expression):
        return At(datetime.fromisoformat(match[1]).replace(tzinfo=zone).astimezone(UTC).timestamp())
    if match := _RATE.fullmatch(expression):
        count, unit = int(match[1]), match[2]
        if not count or (count == 1) == unit.endswith("s"):
            raise BadSchedule(expression)
        return Rate(count * _SECONDS[unit.rstrip("s")], base)
    if match := _CRON.fullmatch(expression):
        return _cron(match[1].split(" "), zone)
    raise BadSchedule(expression)


def _cron(fields: list[str], zone: ZoneInfo) -> Cron:
    minutes, hours, days, months, weekdays, years = fields
    # AWS requires `?` in exactly one of day-of-month and day-of-week.
    if (days == "?") == (weekdays == "?"):
        raise BadSchedule("one of day-of-month and day-of-week must be ?")
    return Cron(
        zone,
        tuple(sorted(_field(minutes, 0, 59))),
        tuple(sorted(_field(hours, 0, 23))),
        frozenset(_field(days, 1, 31)),
        frozenset(_field(months, 1, 12, _MONTHS)),
        frozenset(_field(weekdays, 1, 7, _WEEKDAYS)),
        frozenset(_field(years, 1970, 2199)),
    )


def _field(text: str, low: int, high: int, names: Iterable[str] = ()) -> set[int]:
    numbers = {name: low + index for index, name in enumerate(names)}
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise BadSchedule(part)
        first, last, step = match.groups()
        if first in ("*", "?"):
            start, end = low, high
        else:
            start = _number(first, numbers)
            end = _number(last, numbers) if last else high if step else start
        if not low <= start <= end <= high:
            raise BadSchedule(part)
        values.update(range(start, end + 1, int(step or 1)))
    return values


def _number(text: str, numbers: dict[str, int]) -> int:
    return numbers[text.upper()] if text.upper() in numbers else int(text)
