"""Source: PutAlarmMuteRule (Amazon CloudWatch API reference)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.demo import schedules
from services.demo.account import ACCOUNT

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


@dataclass(frozen=True, slots=True)
class MuteSchedule:
    """When a mute rule becomes active, and for how long."""

    duration: timedelta
    times: schedules.Schedule

    def began(self, at: datetime) -> bool:
        """Whether it became active within its duration before `at`."""
        start = self.times.next((at - self.duration).timestamp())
        return start is not None and start <= at.timestamp()


def parse_schedule(schedule: dict[str, Any]) -> MuteSchedule:
    """Read a `Schedule` structure (Expression, Duration, Timezone). Raises BadSchedule."""
    match = _DURATION.fullmatch(schedule["Duration"])
    days, hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    duration = timedelta(days=days, hours=hours, minutes=minutes)
    if not timedelta(minutes=1) <= duration <= timedelta(days=15):
        raise schedules.BadSchedule("Duration must be between PT1M and P15D")
    try:
        zone = ZoneInfo(schedule.get("Timezone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise schedules.BadSchedule("Timezone is not valid") from error
    times = schedules.parse(schedule["Expression"], zone, 0.0, fields=5)
    if isinstance(times, schedules.RateSchedule):
        raise schedules.BadSchedule("Expression must be cron(…) or at(…)")
    return MuteSchedule(duration, times)


@dataclass(frozen=True, slots=True)
class DemoMuteRule:
    region: str
    settings: dict[str, Any]
    updated: datetime
    schedule: MuteSchedule

    @property
    def name(self) -> str:
        return str(self.settings["Name"])

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{self.region}:{ACCOUNT}:alarm-mute-rule:{self.name}"

    @property
    def targets(self) -> list[str]:
        return list((self.settings.get("MuteTargets") or {}).get("AlarmNames") or ())

    @property
    def mute_type(self) -> str:
        return "ONE_TIME" if isinstance(self.schedule.times, schedules.At) else "RECURRING"

    def status(self, at: datetime) -> str:
        expires, begins = self.settings.get("ExpireDate"), self.settings.get("StartDate")
        is_active = self.schedule.began(at)
        is_over = not is_active and self.schedule.times.next(at.timestamp()) is None
        if is_over or (expires is not None and at >= expires):
            return "EXPIRED"
        return "ACTIVE" if is_active and (begins is None or at >= begins) else "SCHEDULED"


class MuteRuleStore:
    def __init__(self) -> None:
        self.rules: dict[tuple[str, str], DemoMuteRule] = {}

    def put(self, region: str, settings: dict[str, Any], at: datetime) -> None:
        """Put a rule, in place of one of the same name. Raises BadSchedule."""
        rule = DemoMuteRule(region, settings, at, parse_schedule(settings["Rule"]["Schedule"]))
        self.rules[region, rule.name] = rule

    def muted(self, region: str, alarm: str, at: datetime) -> bool:
        return any(
            rule.region == region and alarm in rule.targets and rule.status(at) == "ACTIVE"
            for rule in self.rules.values()
        )
