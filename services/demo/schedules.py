"""Schedule expressions: of scheduled scaling `at(…)`, `rate(…)` and `cron(…)` of six fields, of mute rules
`cron(…)` of five. Source: PutScheduledAction (Application Auto Scaling API reference), "Schedule recurring
scaling actions using cron expressions" (user guide), PutAlarmMuteRule (Amazon CloudWatch API reference). The
wildcards L, W and # are not supported."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?)\)")
_RATE = re.compile(r"rate\((\d{1,6}) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\((\S+(?: \S+){4,5})\)")
_PART = re.compile(r"(\*|\?|\w+)(?:-(\w+))?(?:/(\d+))?")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FAR = 800  # Days that a cron expression is searched ahead


class BadSchedule(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class At:
    moment: float

    def next(self, after: float) -> float | None:
        """The first moment later than `after` (epoch seconds); None for never again. So of the others."""
        return self.moment if self.moment > after else None


@dataclass(frozen=True, slots=True)
class RateSchedule:
    """Every so many seconds from `base`."""

    seconds: float
    base: float

    def next(self, after: float) -> float | None:
        return self.base + self.seconds * max(1, math.floor((after - self.base) / self.seconds) + 1)


@dataclass(frozen=True, slots=True)
class Cron:
    zone: tzinfo
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]  # 0 is Sunday
    years: tuple[int, ...]

    def next(self, after: float) -> float | None:
        first = datetime.fromtimestamp(after, self.zone).date()
        days = (first + timedelta(days=number) for number in range(_FAR))
        moments = (moment for day in days if self._fits(day) for moment in self._on(day))
        return next((moment for moment in moments if moment > after), None)

    def _fits(self, day: date) -> bool:
        dated = day.day in self.days and day.isoweekday() % 7 in self.weekdays
        return dated and day.month in self.months and day.year in self.years

    def _on(self, day: date) -> Iterable[float]:
        for hour in self.hours:
            for minute in self.minutes:
                yield datetime.combine(day, time(hour, minute), self.zone).timestamp()


Schedule = At | RateSchedule | Cron


def parse(expression: str, zone: ZoneInfo, base: float, fields: int = 6) -> Schedule:
    """The schedule; `base` is where a rate begins to count, `fields` how many a cron has. Raises BadSchedule."""
    try:
        if match := _AT.fullmatch(expression):
            return At(datetime.fromisoformat(match[1]).replace(tzinfo=zone).astimezone(UTC).timestamp())
        if match := _RATE.fullmatch(expression):
            count, unit = int(match[1]), match[2]
            if not count or (count == 1) == unit.endswith("s"):
                raise BadSchedule(expression)
            return RateSchedule(count * _SECONDS[unit.rstrip("s")], base)
        if (match := _CRON.fullmatch(expression)) and len(match[1].split(" ")) == fields:
            return _cron(match[1].split(" "), zone)
    except (ValueError, OverflowError) as error:
        raise BadSchedule(expression) from error
    raise BadSchedule(expression)


def _cron(fields: list[str], zone: ZoneInfo) -> Cron:
    minutes, hours, days, months, weekdays, *years = fields
    # With a year, AWS requires `?` in exactly one of day-of-month and day-of-week, and Sunday is 1; without, it is 0.
    if years and (days == "?") == (weekdays == "?"):
        raise BadSchedule("one of day-of-month and day-of-week must be ?")
    sunday = len(years)
    return Cron(
        zone,
        _field(minutes, 0, 59),
        _field(hours, 0, 23),
        _field(days, 1, 31),
        _field(months, 1, 12, _MONTHS),
        tuple(number - sunday for number in _field(weekdays, sunday, sunday + 6, _WEEKDAYS)),
        _field(years[0] if years else "*", 1970, 2199),
    )


def _field(text: str, low: int, high: int, names: Iterable[str] = ()) -> tuple[int, ...]:
    numbers = {name: low + index for index, name in enumerate(names)}
    values: set[int] = set()
    for part in text.upper().split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise BadSchedule(part)
        first, last, step = match.groups()
        start, end = low, high
        if first not in ("*", "?"):
            start = numbers[first] if first in numbers else int(first)
            end = (numbers[last] if last in numbers else int(last)) if last else high if step else start
        if not low <= start <= end <= high:
            raise BadSchedule(part)
        values.update(range(start, end + 1, int(step or 1)))
    return tuple(sorted(values))
