"""Source: ListAlarmMuteRules, GetAlarmMuteRule (Amazon CloudWatch API reference)."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.aws.client.errors import AccessDenied, AwsError, NotFound, Refused
from services.aws.client.reader import Answer, Reader, incomplete, readable_name, rows, when
from services.i18n import _
from services.models.base import RawId
from services.models.mute_rules import MuteRule
from services.models.text import clean

LONGEST = timedelta(days=15)  # AWS's maximum duration of a mute
AGAIN = timedelta(hours=1)  # Delay before reading mute rules again after AWS denied it
_NAMED = 5
_ARN = ":alarm-mute-rule:"
_IN_FORCE_OR_LATER = ("ACTIVE", "SCHEDULED")

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
    rule: str
    until: datetime | None
    alarms: frozenset[str]
    is_complete: bool = True  # False: the list of muted alarms is missing or incomplete


@dataclass(frozen=True, slots=True)
class Muting:
    mutes: tuple[Mute, ...] = ()
    remarks: tuple[str, ...] = ()  # What was unreadable, in words
    is_complete: bool = True  # False: more alarms may be muted than `mutes` says

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(mute.alarms for mute in self.mutes))

    def of(self, name: str) -> Mute | None:
        return next((mute for mute in self.mutes if name in mute.alarms), None)

    def checked(self, names: Collection[str]) -> "Muting":
        """The same with a remark on every rule that names alarms not in `names` (the existing ones). That is
        no fault: rules belong to every team of the account and outlive the alarms they name."""
        remarks = list(self.remarks)
        for mute in self.mutes:
            strange = sorted(mute.alarms.difference(names))
            if strange:
                text = _(
                    "The mute rule {rule} names alarms that AWS does not have: {alarms}. Those names mute nothing."
                )
                listed = _(", ").join(strange[:_NAMED]) + (" …" if len(strange) > _NAMED else "")
                remarks.append(text.format(rule=mute.rule, alarms=listed))
        return Muting(self.mutes, tuple(remarks), self.is_complete)


class MuteRules:
    """Reads the active rules; a rule is read again only after it was updated."""

    def __init__(self, session: Reader) -> None:
        self._session = session
        self._rules_by_name: dict[str, tuple[datetime, Answer]] = {}
        self._newest: tuple[datetime, Muting] | None = None

    async def read(self, now: datetime) -> Muting:
        """What is muted now; after a denial the result is reused for an hour. Never raises AwsError."""
        if self._newest is not None and self._newest[0] <= now < self._newest[0] + AGAIN:
            return self._newest[1]
        self._newest = None
        try:
            mutes = await self.active(now)
        except AwsError as error:
            muting = _unread(error)
            if muting.is_complete or isinstance(error, AccessDenied | Refused):
                self._newest = (now, muting)
            return muting
        text = _("AWS did not report which alarms the mute rule {rule} mutes.")
        remarks = tuple(text.format(rule=mute.rule) for mute in mutes if not mute.is_complete)
        return Muting(mutes, remarks, is_complete=not remarks)

    async def active(self, now: datetime) -> tuple[Mute, ...]:
        """Every active rule. Raises AwsError."""
        summaries = []
        # The list is optional in AWS's model: no key means no active rule.
        pages = self._session.pages("cloudwatch", "ListAlarmMuteRules", Statuses=["ACTIVE"])
        async for page in pages:
            summaries += rows(page, "AlarmMuteRuleSummaries")
        listed = {str(row.get("AlarmMuteRuleArn") or ""): row for row in summaries}
        if "" in listed:
            raise incomplete(
                _("AWS returned a mute rule without a name."), "cloudwatch", "ListAlarmMuteRules"
            )
        self._rules_by_name = {arn: entry for arn, entry in self._rules_by_name.items() if arn in listed}
        return tuple([await self._mute(arn, row, now) for arn, row in listed.items()])

    async def named(self, name: str, now: datetime) -> MuteRule | None:
        """One rule, whatever its status is; None: there is no such rule. Raises AwsError."""
        try:
            answer = await self._session.read(
                "cloudwatch", "GetAlarmMuteRule", required=("Name", "Status", "Rule"), AlarmMuteRuleName=name
            )
        except NotFound:
            return None
        return _rule(answer, now)

    async def targeting(self, alarm: str, now: datetime) -> tuple[MuteRule, ...]:
        """The rules that mute an alarm now or later, by name; AWS lists them by ARN only. Raises AwsError."""
        names: list[str] = []
        pages = self._session.pages(
            "cloudwatch", "ListAlarmMuteRules", AlarmName=alarm, Statuses=list(_IN_FORCE_OR_LATER)
        )
        async for page in pages:
            arns = (
                readable_name(row.get("AlarmMuteRuleArn")) for row in rows(page, "AlarmMuteRuleSummaries")
            )
            names += (arn.rpartition(_ARN)[2] for arn in arns)
        if "" in names:
            raise incomplete(
                _("AWS returned a mute rule without a name."), "cloudwatch", "ListAlarmMuteRules"
            )
        rules = [await self.named(name, now) for name in sorted(names)]
        return tuple(rule for rule in rules if rule is not None)

    async def _mute(self, arn: str, summary: Answer, now: datetime) -> Mute:
        changed = when(summary.get("LastUpdatedTimestamp"))
        entry = self._rules_by_name.get(arn)
        if entry is not None and entry[0] == changed:
            return mute_of(entry[1], arn, now)
        name = arn.rsplit(_ARN, 1)[-1]
        answer = await self._session.read("cloudwatch", "GetAlarmMuteRule", AlarmMuteRuleName=name)
        mute = mute_of(answer, arn, now)
        if mute.is_complete and changed is not None:
            self._rules_by_name[arn] = (changed, answer)
        return mute


def _unread(error: AwsError) -> Muting:
    if error.unknown_operation and error.problem.operation == "ListAlarmMuteRules":
        return Muting(remarks=(_("This endpoint has no mute rules; no alarm is treated as muted."),))
    text = _("Mute rules could not be read: {reason}")
    return Muting(remarks=(text.format(reason=error.problem.message),), is_complete=False)


def mute_of(rule: Answer, arn: str, now: datetime) -> Mute:
    """MuteTargets is absent for a rule created without targets, which does not prove that it mutes nothing."""
    targets = _inner(rule, "MuteTargets").get("AlarmNames")
    listed = targets if isinstance(targets, list | tuple) else ()
    names = frozenset(filter(None, map(readable_name, listed)))
    schedule = _inner(_inner(rule, "Rule"), "Schedule")
    return Mute(
        rule=clean(rule.get("Name") or arn.rsplit(_ARN, 1)[-1]),
        until=window_end(
            str(schedule.get("Expression") or ""),
            str(schedule.get("Duration") or ""),
            str(schedule.get("Timezone") or "UTC"),
            now,
        ),
        alarms=names,
        is_complete=bool(names) and len(names) == len(set(map(str, listed))),
    )


def _rule(answer: Answer, now: datetime) -> MuteRule:
    name, status = readable_name(answer.get("Name")), answer.get("Status")
    if not name or status not in (*_IN_FORCE_OR_LATER, "EXPIRED"):
        raise incomplete(
            _("AWS returned a mute rule without its name or status."), "cloudwatch", "GetAlarmMuteRule"
        )
    mute = mute_of(answer, name, now)
    schedule = _inner(_inner(answer, "Rule"), "Schedule")
    return MuteRule(
        id=RawId(name),
        name=name,
        status=status,
        description=answer.get("Description") or "",
        alarms=tuple(RawId(alarm) for alarm in sorted(mute.alarms)),
        is_complete=mute.is_complete,
        expression=schedule.get("Expression") or "",
        duration=schedule.get("Duration") or "",
        timezone=schedule.get("Timezone") or "UTC",
        until=mute.until,
    )


def _inner(answer: Answer, key: str) -> Answer:
    value = answer.get(key)
    return value if isinstance(value, dict) else {}


def window_end(expression: str, duration: str, zone: str, now: datetime) -> datetime | None:
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
    match = _DURATION.fullmatch(duration)
    if match is None:
        return timedelta()
    days, hours, minutes = (int(part or 0) for part in match.groups())
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
