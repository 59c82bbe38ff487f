"""Source: PutAlarmMuteRule (Amazon CloudWatch API reference)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class ScheduleError(ValueError):
    """A schedule that cannot be read."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a mute rule becomes active, and for how long."""

    duration: timedelta
    zone: ZoneInfo
    once: datetime | None = None
    """`at(…)`, aware."""
    fields: tuple[frozenset[int], ...] = ()
    """`cron(…)`: minutes, hours, days of month, months, days of week (0 = Sunday)."""

    def starts(self, since: datetime, until: datetime) -> Iterator[datetime]:
        if self.once is not None:
            if since <= self.once <= until:
                yield self.once
            return
        minutes, hours, days, months, weekdays = self.fields
        day = since.astimezone(self.zone).date()
        while day <= until.astimezone(self.zone).date():
            if day.day in days and day.month in months and day.isoweekday() % 7 in weekdays:
                for hour in sorted(hours):
                    for minute in sorted(minutes):
                        start = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                        if since <= start <= until:
                            yield start.astimezone(UTC)
            day += timedelta(days=1)


def _field(text: str, low: int, high: int, names: tuple[str, ...] = (), base: int = 0) -> frozenset[int]:
    def number(word: str) -> int:
        value = names.index(word) + base if word in names else int(word) if word.isdigit() else -1
        if not low <= value <= high:
            raise ScheduleError(f"Invalid schedule expression field '{text}'")
        return value

    values: set[int] = set()
    for part in text.upper().split(","):
        first, dash, last = part.partition("-")
        if part == "*":
            values.update(range(low, high + 1))
        elif dash:
            values.update(range(number(first), number(last) + 1))
        else:
            values.add(number(first))
    return frozenset(values)


def parse_schedule(schedule: dict[str, Any]) -> Schedule:
    """Read a `Schedule` structure (Expression, Duration, Timezone). Raises ScheduleError."""
    match = _DURATION.fullmatch(schedule["Duration"])
    days, hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    duration = timedelta(days=days, hours=hours, minutes=minutes)
    if not timedelta(minutes=1) <= duration <= timedelta(days=15):
        raise ScheduleError("Duration must be between PT1M and P15D")
    try:
        zone = ZoneInfo(schedule.get("Timezone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError("Timezone is not valid") from error
    expression = schedule["Expression"]
    kind, _, inside = expression.partition("(")
    if not inside.endswith(")") or kind not in ("at", "cron"):
        raise ScheduleError("Expression must be cron(…) or at(…)")
    if kind == "at":
        try:
            once = datetime.strptime(inside[:-1], "%Y-%m-%dT%H:%M").replace(tzinfo=zone)
        except ValueError as error:
            raise ScheduleError("at(…) must hold yyyy-MM-ddThh:mm") from error
        return Schedule(duration, zone, once.astimezone(UTC))
    parts = inside[:-1].split()
    if len(parts) != 5:
        raise ScheduleError("cron(…) must hold five fields")
    minute, hour, day, month, weekday = parts
    fields = (
        _field(minute, 0, 59),
        _field(hour, 0, 23),
        _field(day, 1, 31),
        _field(month, 1, 12, _MONTHS, 1),
        _field(weekday, 0, 6, _DAYS),
    )
    return Schedule(duration, zone, None, fields)


@dataclass(frozen=True, slots=True)
class MuteRule:
    name: str
    region: str
    account: str
    settings: dict[str, Any]
    schedule: Schedule
    updated: datetime

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm-mute-rule:{self.name}"

    @property
    def targets(self) -> list[str]:
        return list((self.settings.get("MuteTargets") or {}).get("AlarmNames") or ())

    @property
    def mute_type(self) -> str:
        return "ONE_TIME" if self.schedule.once is not None else "RECURRING"

    def status(self, at: datetime) -> str:
        expires = self.settings.get("ExpireDate")
        ended = self.schedule.once is not None and at >= self.schedule.once + self.schedule.duration
        if ended or (expires is not None and at >= expires):
            return "EXPIRED"
        begins = self.settings.get("StartDate")
        if begins is not None and at < begins:
            return "SCHEDULED"
        started = self.schedule.starts(at - self.schedule.duration, at)
        return "ACTIVE" if any(at < start + self.schedule.duration for start in started) else "SCHEDULED"


class MuteRuleStore:
    def __init__(self) -> None:
        self.rules: dict[tuple[str, str], MuteRule] = {}

    def muted(self, region: str, alarm: str, at: datetime) -> bool:
        return any(
            rule.region == region and alarm in rule.targets and rule.status(at) == "ACTIVE"
            for rule in self.rules.values()
        )
