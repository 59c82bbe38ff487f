"""The alarms and mute rules that a mute is planned from, and what their rules are compared by. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.models.alarms import Alarm, AlarmKind, AlarmState
from services.models.canonical import digest
from services.models.mute_rules import MuteRule

RULE = "toban-"
"""Prefix of the names of this console's mute rules; the plan's id follows, so that no two plans share a rule."""


@dataclass(frozen=True, slots=True)
class MuteState:
    """The current state of one alarm, and of everything that mutes it or speaks for it."""

    at: datetime
    alarms: tuple[Alarm, ...]
    """Every alarm of the system, including missing ones that the runbook expects."""
    rules: tuple[MuteRule, ...]
    """The rules that mute the alarm now or later, by name."""

    def alarm(self, name: str) -> Alarm | None:
        return next(
            (each for each in self.alarms if each.id == name and each.state is not AlarmState.MISSING), None
        )

    @property
    def own(self) -> tuple[MuteRule, ...]:
        return tuple(rule for rule in self.rules if rule.id.startswith(RULE))

    @property
    def foreign(self) -> tuple[MuteRule, ...]:
        """The rules of others, which this console neither changes nor deletes."""
        return tuple(rule for rule in self.rules if not rule.id.startswith(RULE))

    def firing(self, names: Iterable[str]) -> tuple[Alarm, ...]:
        """Those of the alarms that are in ALARM, whose actions run at once when a mute ends."""
        alarms = (self.alarm(name) for name in names)
        return tuple(alarm for alarm in alarms if alarm is not None and alarm.state is AlarmState.ALARM)

    def composites(self, name: str) -> tuple[Alarm, ...]:
        """The composite alarms whose rule names the alarm: they act although it is muted."""
        pattern = re.compile(rf"[(\"']\s*(?:[^\"'()]*:alarm:)?{re.escape(name)}\s*[)\"']")
        return tuple(
            alarm for alarm in self.alarms if alarm.kind is AlarmKind.COMPOSITE and pattern.search(alarm.rule)
        )


def rule_digest(rule: MuteRule | None) -> str:
    """The identity of a rule, whatever its status is."""
    if rule is None:
        return digest("")
    return digest(
        [rule.expression, rule.duration, rule.timezone, rule.description, list(rule.alarms), rule.is_complete]
    )
