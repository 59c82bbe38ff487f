"""Source: PutAlarmMuteRule, DeleteAlarmMuteRule (Amazon CloudWatch API reference)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from services.changes.alarm_mute.parameters import MuteParameters
from services.changes.base import ChangeContext, observed
from services.i18n import _
from services.models.alarms import Alarm, AlarmKind, AlarmState
from services.models.base import RawId
from services.models.canonical import digest
from services.models.changes import ChangeTarget, Observation, PlannedStep, Row
from services.models.date_text import zoned_time
from services.models.mute_rules import MuteRule
from services.models.text import clean

RULE = "toban-"
"""Prefix of the names of this console's mute rules; the plan's id follows, so that no two plans share a rule."""


@dataclass(frozen=True, slots=True)
class MuteState:
    at: datetime
    alarms: tuple[Alarm, ...]  # Every alarm of the system, including missing ones that the runbook expects
    rules: tuple[MuteRule, ...]  # The rules that mute the alarm now or later, by name

    def alarm(self, name: str) -> Alarm | None:
        return next(
            (each for each in self.alarms if each.id == name and each.state is not AlarmState.MISSING), None
        )

    @property
    def own(self) -> tuple[MuteRule, ...]:
        return tuple(rule for rule in self.rules if rule.id.startswith(RULE))

    @property
    def foreign(self) -> tuple[MuteRule, ...]:
        return tuple(rule for rule in self.rules if not rule.id.startswith(RULE))

    def firing(self, names: Iterable[str]) -> tuple[Alarm, ...]:
        alarms = (self.alarm(name) for name in names)
        return tuple(alarm for alarm in alarms if alarm is not None and alarm.state is AlarmState.ALARM)

    def composites(self, name: str) -> tuple[Alarm, ...]:
        pattern = re.compile(rf"[(\"']\s*(?:[^\"'()]*:alarm:)?{re.escape(name)}\s*[)\"']")
        return tuple(
            alarm for alarm in self.alarms if alarm.kind is AlarmKind.COMPOSITE and pattern.search(alarm.rule)
        )


def rule_digest(rule: MuteRule | None) -> str:
    if rule is None:
        return digest("")
    return digest(
        [rule.expression, rule.duration, rule.timezone, rule.description, list(rule.alarms), rule.is_complete]
    )


MUTE = "mute"
UNMUTE = "unmute"  # Prefix of the ids of the steps that delete a rule; a number follows if there are several


def mute(context: ChangeContext, id: str, target: ChangeTarget, values: MuteParameters) -> PlannedStep:
    assert values.window is not None
    names = sorted({str(target.id), *values.also})
    request = {
        "Name": f"{RULE}{id}",
        "Description": values.reason,
        "Rule": {"Schedule": values.window.schedule(context.zone)},
        "MuteTargets": {"AlarmNames": names},
    }
    until = zoned_time(values.window.end, context.zone)
    start = zoned_time(values.window.start, context.zone)
    rows = [
        Row(name=name, before=_("its actions run"), after=_("muted until {until}", until=until))
        for name in names
    ]
    rows.append(Row(name=_("Begins"), before="—", after=start))
    rows.append(Row(name=_("Mute rule"), before=_("none"), after=request["Name"]))
    return context.step(
        MUTE,
        _("Mute until {until}", until=until),
        target,
        ("cloudwatch", "PutAlarmMuteRule", request),
        rows=rows,
        expects=rule_digest(None),
        before=f"{values.window.start.timestamp():.0f}",
    )


def unmute(context: ChangeContext, number: int, target: ChangeTarget, rule: MuteRule) -> PlannedStep:
    before = _("mutes {alarms}", alarms=_(", ").join(map(clean, rule.alarms)))
    return context.step(
        f"{UNMUTE}-{number}" if number else UNMUTE,
        _("Delete the mute rule {rule}", rule=rule.name),
        target,
        ("cloudwatch", "DeleteAlarmMuteRule", {"AlarmMuteRuleName": str(rule.id)}),
        rows=(Row(name=_("Mute rule"), before=before, after=_("none")),),
        expects=rule_digest(rule),
    )


def rule_name(step: PlannedStep) -> str:
    params = step.call.params
    return str(params["Name"] if step.id == MUTE else params["AlarmMuteRuleName"])


def observed_mute(step: PlannedStep, rule: MuteRule | None, now: datetime, zone: tzinfo) -> Observation:
    if rule is None:
        is_late = now.timestamp() >= float(step.before)
        text = (
            _("The mute would have begun already; plan it again.")
            if is_late
            else _("CloudWatch has no such mute rule.")
        )
        return observed("late" if is_late else rule_digest(None), text, after=False, before=True)
    return observed(
        rule_digest(rule), status_text(rule, zone), after=_is_as_planned(step.call.params, rule), before=False
    )


def observed_unmute(step: PlannedStep, rule: MuteRule | None, zone: tzinfo) -> Observation:
    current = rule_digest(rule)
    text = _("CloudWatch has no such mute rule.") if rule is None else status_text(rule, zone)
    return observed(current, text, after=rule is None, before=current == step.expects)


def status_text(rule: MuteRule, zone: tzinfo) -> str:
    until = zoned_time(rule.until, zone) if rule.until else "—"
    texts = {
        "ACTIVE": _("The mute rule {rule} is ACTIVE: it mutes until {until}."),
        "SCHEDULED": _("The mute rule {rule} is SCHEDULED: it does not mute yet."),
        "EXPIRED": _("The mute rule {rule} is EXPIRED: it mutes nothing."),
    }
    return texts[rule.status].format(rule=rule.name, until=until)


def _is_as_planned(params: dict[str, Any], rule: MuteRule) -> bool:
    schedule = params["Rule"]["Schedule"]
    planned = MuteRule(
        id=RawId(rule.id),
        name=rule.name,
        status=rule.status,
        description=params["Description"],
        alarms=tuple(map(RawId, params["MuteTargets"]["AlarmNames"])),
        expression=schedule["Expression"],
        duration=schedule["Duration"],
        timezone=schedule["Timezone"],
    )
    return rule_digest(planned) == rule_digest(rule)
