from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from services.demo.cloudwatch.alarms.composite_rule import alarm_name
from services.demo.cloudwatch.alarms.missing import State
from services.demo.cloudwatch.alarms.reasons import CREATED
from services.demo.cloudwatch.metrics.queries import key_of
from services.demo.cloudwatch.store import MetricKey

Kind = Literal["MetricAlarm", "CompositeAlarm", "LogAlarm"]
_ACTIONS = {
    State.OK: "OKActions",
    State.ALARM: "AlarmActions",
    State.INSUFFICIENT: "InsufficientDataActions",
}


@dataclass(slots=True)
class Alarm:
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
    evaluation_state: str = ""
    """EVALUATION_ERROR where a math alarm cannot be evaluated, else ""."""
    suppressed: bool = False
    """A composite whose last actions were suppressed by its ActionsSuppressor."""
    muted: bool = False
    """A mute rule suppressed its actions when it was last looked at."""
    child_states: tuple[object, ...] | None = None
    """State of a composite's children at its last evaluation; None: evaluate in any case."""
    results: deque[tuple[int, float | None]] = field(default_factory=lambda: deque(maxlen=100))
    """A log alarm's query results: (epoch seconds, value), oldest first."""
    contributors: list[dict[str, Any]] = field(default_factory=list)
    """The series in ALARM of an alarm over several, as DescribeAlarmContributors shows them."""
    key: MetricKey | None = None
    """The metric a plain metric alarm watches."""

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

    @property
    def all_actions(self) -> list[str]:
        return [arn for name in _ACTIONS.values() for arn in self.settings.get(name) or ()]

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
