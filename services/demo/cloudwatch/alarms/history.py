"""Source: DescribeAlarmHistory (Amazon CloudWatch API reference)."""

import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.demo.cloudwatch.alarms.missing import State
from services.demo.cloudwatch.alarms.model import Alarm, Kind
from services.demo.cloudwatch.alarms.reasons import stamp

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


class History:
    def __init__(self, limit: int = 20_000) -> None:
        self.items: deque[HistoryItem] = deque(maxlen=limit)
        self._number = 0

    def _add(self, alarm: Alarm, at: datetime, kind: str, summary: str, data: dict[str, Any]) -> None:
        self._number += 1
        text = json.dumps(data, separators=(",", ":"), default=str)
        if len(text) > _DATA_LIMIT:
            text = json.dumps({"version": "1.0", "type": data.get("type", kind)})
        self.items.append(
            HistoryItem(
                self._number, alarm.region, alarm.name, alarm.kind, at, kind, summary[:_SUMMARY_LIMIT], text
            )
        )

    def configured(self, alarm: Alarm, at: datetime, verb: str) -> None:
        data = {"version": "1.0", "type": verb[:-1].capitalize(), f"{verb}Alarm": alarm.settings}
        self._add(alarm, at, "ConfigurationUpdate", f'Alarm "{alarm.name}" {verb}', data)

    def transition(
        self, alarm: Alarm, at: datetime, old: tuple[State, str, str], new: tuple[State, str, str]
    ) -> None:
        data = {"version": "1.0", "oldState": _state(*old), "newState": _state(*new)}
        if len(json.dumps(data)) > _DATA_LIMIT:
            # The states and reasons matter more than the datapoints behind them.
            data |= {"oldState": _state(*old[:2], ""), "newState": _state(*new[:2], "")}
        self._add(alarm, at, "StateUpdate", f"Alarm updated from {old[0]} to {new[0]}", data)

    def action(self, alarm: Alarm, at: datetime, arn: str) -> None:
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
