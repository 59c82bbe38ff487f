"""Alarms of the embedded AWS, and their history, which outlives them. Source: DescribeAlarmHistory (Amazon
CloudWatch API reference)."""

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from services.demo.cloudwatch.alarms.states import CREATED, State, alarm_name, stamp
from services.demo.cloudwatch.queries import key_of
from services.demo.cloudwatch.store import MetricKey

Kind = Literal["MetricAlarm", "CompositeAlarm", "LogAlarm"]
_ACTIONS = {State.OK: "OKActions", State.ALARM: "AlarmActions", State.INSUFFICIENT: "InsufficientDataActions"}


@dataclass(slots=True)
class DemoAlarm:
    """A definition and its state; `settings` is the Put… request without Tags."""

    kind: Kind
    name: str
    region: str
    account: str
    settings: dict[str, Any]
    configured: datetime
    updated: datetime
    transitioned: datetime
    state: State = State.INSUFFICIENT
    reason: str = CREATED
    reason_data: str = ""
    evaluation_state: str = ""  # EVALUATION_ERROR where a math alarm cannot be evaluated, else ""
    suppressed: bool = False  # A composite whose last actions were suppressed by its ActionsSuppressor
    muted: bool = False  # A mute rule suppressed its actions when it was last looked at
    child_states: tuple[object, ...] | None = None
    """State of a composite's children at its last evaluation; None: evaluate in any case."""
    contributors: list[dict[str, Any]] = field(default_factory=list)
    """The series in ALARM of an alarm over several, as DescribeAlarmContributors shows them."""
    key: MetricKey | None = None  # The metric a plain metric alarm watches

    def __post_init__(self) -> None:
        self.configure(self.settings, self.configured)

    def configure(self, settings: dict[str, Any], at: datetime) -> None:
        self.settings = settings
        self.configured = at
        self.child_states = None
        self.key = key_of(settings) if "MetricName" in settings else None

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{self.name}"

    @property
    def actions(self) -> list[str]:
        return list(self.settings.get(_ACTIONS[self.state]) or ())

    def warming_up(self, at: datetime) -> bool:
        warm_up = self.settings.get("WarmUpConfiguration") or {}
        if not warm_up.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds"):
            return False
        return at < self.configured + timedelta(minutes=warm_up["WarmUpPeriodDurationInMinutes"])

    def describe(self) -> dict[str, Any]:
        row = {
            **self.settings,
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateValue": self.state.value,
            "StateReason": self.reason,
            "StateUpdatedTimestamp": self.updated,
            "StateTransitionedTimestamp": self.transitioned,
        }
        if self.reason_data:
            row["StateReasonData"] = self.reason_data
        if self.evaluation_state:
            row["EvaluationState"] = self.evaluation_state
        if self.suppressed:
            row["ActionsSuppressedBy"] = "Alarm"
            row["ActionsSuppressedReason"] = (
                f"Actions suppressed by {alarm_name(self.settings['ActionsSuppressor'])}"
            )
        return row


_DATA_LIMIT = 4095
_SUMMARY_LIMIT = 255


@dataclass(frozen=True, slots=True)
class HistoryItem:
    number: int
    region: str
    name: str
    kind: Kind
    at: datetime
    type: str
    summary: str
    data: str

    @property
    def cursor(self) -> str:
        return f"{int(self.at.timestamp() * 1000):015d}.{self.number:09d}"

    def describe(self) -> dict[str, Any]:
        return {
            "AlarmName": self.name,
            "AlarmType": self.kind,
            "Timestamp": self.at,
            "HistoryItemType": self.type,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


class AlarmHistory:
    def __init__(self, limit: int = 20_000) -> None:
        self.items: deque[HistoryItem] = deque(maxlen=limit)
        self._number = 0

    def _add(self, alarm: DemoAlarm, at: datetime, kind: str, summary: str, data: dict[str, Any]) -> None:
        self._number += 1
        text = json.dumps(data, separators=(",", ":"), default=str)
        if len(text) > _DATA_LIMIT:
            text = json.dumps({"version": "1.0", "type": data.get("type", kind)})
        self.items.append(
            HistoryItem(
                self._number, alarm.region, alarm.name, alarm.kind, at, kind, summary[:_SUMMARY_LIMIT], text
            )
        )

    def configured(self, alarm: DemoAlarm, at: datetime, verb: str) -> None:
        data = {"version": "1.0", "type": verb[:-1].capitalize(), f"{verb}Alarm": alarm.settings}
        self._add(alarm, at, "ConfigurationUpdate", f'Alarm "{alarm.name}" {verb}', data)

    def transition(
        self, alarm: DemoAlarm, at: datetime, old: tuple[State, str, str], new: tuple[State, str, str]
    ) -> None:
        data = {"version": "1.0", "oldState": _state(*old), "newState": _state(*new)}
        if len(json.dumps(data)) > _DATA_LIMIT:
            # The states and reasons matter more than the datapoints behind them.
            data |= {"oldState": _state(*old[:2], ""), "newState": _state(*new[:2], "")}
        self._add(alarm, at, "StateUpdate", f"Alarm updated from {old[0]} to {new[0]}", data)

    def action(self, alarm: DemoAlarm, at: datetime, arn: str) -> None:
        data = {
            "actionState": "Succeeded",
            "notificationResource": arn,
            "stateUpdateTimestamp": int(at.timestamp() * 1000),
            "stateUpdateTime": stamp(at),
            "error": None,
        }
        self._add(alarm, at, "Action", f"Successfully executed action {arn}", data)


def _state(state: State, reason: str, reason_data: str) -> dict[str, Any]:
    row: dict[str, Any] = {"stateValue": state.value, "stateReason": reason}
    if reason_data:
        try:
            row["stateReasonData"] = json.loads(reason_data)
        except json.JSONDecodeError:
            # SetAlarmState takes any text.
            row["stateReasonData"] = reason_data
    return row
