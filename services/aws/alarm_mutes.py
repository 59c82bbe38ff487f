"""Alarm mute rules: which alarms are muted now, by which rule, until when.

Source: ListAlarmMuteRules, GetAlarmMuteRule (Amazon CloudWatch API reference).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.aws.alarm_parts import alarm_name
from services.aws.reader import Answer, Reader, rows, when

LONGEST = timedelta(days=15)
"""AWS's own bound of a mute's duration."""

_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?")
_NAMES = {
    name: str(index)
    for names, first in (
        ("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", 1),
        ("SUN MON TUE WED THU FRI SAT", 0),
    )
    for index, name in enumerate(names.split(), first)
}


@dataclass(frozen=True, slots=True)
class Mute:
    """One rule in force."""

    rule: str
    until: datetime | None
    alarms: frozenset[str]


class Mutes:
    """The rules in force; a rule is read again only when AWS says that it changed."""

    def __init__(self, session: Reader) -> None:
        self._session = session
        self._known: dict[str, tuple[datetime | None, Answer]] = {}

    async def active(self, now: datetime) -> tuple[Mute, ...]:
        """Every active rule. Raises AwsError."""
        found = []
        async for page in self._session.pages("cloudwatch", "ListAlarmMuteRules", Statuses=["ACTIVE"]):
            found += rows(page, "AlarmMuteRuleSummaries")
        kept = {str(row.get("AlarmMuteRuleArn") or ""): row for row in found}
        self._known = {arn: known for arn, known in self._known.items() if arn in kept}
        return tuple([_mute(await self._rule(arn, row), now) for arn, row in kept.items()])

    async def _rule(self, arn: str, summary: Answer) -> Answer:
        changed = when(summary.get("LastUpdatedTimestamp"))
        known = self._known.get(arn)
        if known is None or known[0] != changed:
            name = arn.rsplit(":alarm-mute-rule:", 1)[-1]
            answer = await self._session.read("cloudwatch", "GetAlarmMuteRule", AlarmMuteRuleName=name)
            known = self._known[arn] = (changed, answer)
        return known[1]


def _mute(rule: Answer, now: datetime) -> Mute:
    targets = (rule.get("MuteTargets") or {}).get("AlarmNames") or ()
    schedule = (rule.get("Rule") or {}).get("Schedule") or {}
    return Mute(
        rule=str(rule.get("Name") or alarm_name(str(rule.get("AlarmMuteRuleArn") or ""))),
        until=window_end(
            str(schedule.get("Expression") or ""),
            str(schedule.get("Duration") or ""),
            str(schedule.get("Timezone") or "UTC"),
            now,
        ),
        alarms=frozenset(map(str, targets)),
    )


def window_end(expression: str, duration: str, zone: str, now: datetime) -> datetime | None:
    """When the window that holds `now` ends; None where the schedule is not understood."""
    length = _length(duration)
    try:
        local = now.astimezone(ZoneInfo(zone))
        start = _start(expression, length, local)
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        return None
    if start is None:
        return None
    end = (start + length).astimezone(UTC)
    return end if end > now else None


def _length(duration: str) -> timedelta:
    found = _DURATION.fullmatch(duration)
    if found is None:
        return timedelta()
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return min(timedelta(days=days, hours=hours, minutes=minutes), LONGEST)


def _start(expression: str, length: timedelta, local: datetime) -> datetime | None:
    if expression.startswith("at(") and expression.endswith(")"):
        return datetime.fromisoformat(expression[3:-1]).replace(tzinfo=local.tzinfo)
    fields = expression[5:-1].split() if expression.startswith("cron(") and expression.endswith(")") else []
    if len(fields) != 5:
        return None
    minutes, hours, days, months, weekdays = (
        _field(text, low, high)
        for text, (low, high) in zip(fields, ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7)), strict=True)
    )
    moment = local.replace(second=0, microsecond=0)
    while local - moment <= length:
        fits = (
            moment.month in months
            and moment.day in days
            and moment.isoweekday() % 7 in {day % 7 for day in weekdays}
        )
        if fits and moment.hour in hours and moment.minute in minutes:
            return moment
        moment -= timedelta(minutes=1)
    return None


def _field(text: str, low: int, high: int) -> frozenset[int]:
    """One cron field: `*`, numbers or English names, with `-` and `,`. Raises ValueError."""
    chosen: set[int] = set()
    for part in text.upper().split(","):
        if part == "*":
            chosen.update(range(low, high + 1))
            continue
        first, _, last = part.partition("-")
        begin = int(_NAMES.get(first, first))
        chosen.update(range(begin, min(high, int(_NAMES.get(last, last or str(begin)))) + 1))
    return frozenset(chosen)
