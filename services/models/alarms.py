"""CloudWatch alarms as the console speaks of them.

Source: DescribeAlarms, DescribeAlarmHistory (Amazon CloudWatch API reference).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from services.i18n import N_, _
from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.metrics import MetricQuery


class AlarmState(StrEnum):
    """An alarm's state; INSUFFICIENT is never green."""

    ALARM = "alarm"
    INSUFFICIENT = "insufficient"
    OK = "ok"
    MISSING = "missing"
    """The runbook expects it and AWS does not have it."""


class AlarmKind(StrEnum):
    """What decides the state."""

    METRIC = "metric"
    COMPOSITE = "composite"
    LOG = "log"


class Hearing(StrEnum):
    """Who hears of an alarm when it goes to ALARM. A scaling policy hears nothing and tells nobody."""

    DIRECT = "direct"
    """An action of its own."""
    COMPOSITE = "composite"
    """No action of its own; a composite alarm with one names it in its rule."""
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    """No action of its own; what names it could not be read."""


WARM_UP_UNTOLD = "WARM_UP_UNTOLD"
"""Stands for an evaluation state where an alarm has a warm-up and AWS does not say when it began."""
_EVALUATIONS = {
    "PARTIAL_DATA": N_("judged on part of the data"),
    "EVALUATION_ERROR": N_("cannot be judged: configuration error"),
    "EVALUATION_FAILURE": N_("cannot be judged: AWS failed"),
    WARM_UP_UNTOLD: N_("AWS did not return the end of its warm-up"),
}


def evaluation_words(evaluation: str) -> str:
    """`Alarm.evaluation` in words; a value of AWS's that nobody here knows, as it is."""
    words = _EVALUATIONS.get(evaluation)
    return _(words) if words else evaluation


class Alarm(Model):
    """One alarm as it stands now."""

    id: RawId
    """The exact alarm name, for requests."""
    name: Clean
    arn: RawId = RawId("")
    kind: AlarmKind = AlarmKind.METRIC
    state: AlarmState
    reason: Clean = ""
    since: datetime | None = None
    """When it entered this state (StateTransitionedTimestamp); None for MISSING."""
    description: CleanBlock = ""
    actions_enabled: bool | None = True
    """None: AWS does not say."""
    alarm_actions: tuple[RawId, ...] = ()
    """What going to ALARM runs, by ARN."""
    has_actions: bool = False
    """Going to ALARM runs an action that is no scaling policy."""
    heard_through: tuple[Clean, ...] = ()
    """Composite alarms that speak for it: each names it in its rule and has an action that is neither off nor muted."""
    parents_read: bool = True
    """False: whether a composite alarm speaks for it is not known."""
    scaling: bool = False
    """It drives a scaling policy and nothing else; its AlarmLow is normally in ALARM. Never one the runbook names."""
    expected: bool = False
    """The runbook names it."""
    evaluation: str = ""
    """"", or PARTIAL_DATA, EVALUATION_ERROR, EVALUATION_FAILURE; WARM_UP_UNTOLD: whether it warms up is not known."""
    warm_up_until: datetime | None = None
    """It warms up until then at the latest: AWS evaluates nothing and runs no action; None where it does not."""
    several: bool = False
    """It watches several series or groups, each with a state of its own (contributors)."""
    muted_by: Clean = ""
    """The mute rule in force, or ""."""
    muted_until: datetime | None = None
    queries: tuple[MetricQuery, ...] = ()
    """What it watches, ready for GetMetricData; one for a plain alarm, several for a math alarm."""
    comparison: str = ""
    """`>`, `>=`, `<`, `<=`, or "outside" for an anomaly band."""
    threshold: float | None = None
    period: int = 60
    """Seconds."""
    evaluation_periods: int = 1
    datapoints_to_alarm: int = 1
    treat_missing: str = "missing"
    rule: CleanBlock = ""
    """A composite alarm's rule expression; a log or PromQL alarm's query."""
    recent: tuple[float | None, ...] = ()
    """The datapoints that decided, oldest first (StateReasonData.recentDatapoints)."""

    @property
    def hearing(self) -> Hearing:
        """Who hears of it; that actions are off or muted is another matter."""
        if self.has_actions:
            return Hearing.DIRECT
        if self.heard_through:
            return Hearing.COMPOSITE
        return Hearing.NOBODY if self.parents_read else Hearing.UNKNOWN

    @property
    def unheard(self) -> bool:
        """Nobody is known to hear of it. Not asked of what does not exist, nor of what only scales."""
        silent = self.hearing in (Hearing.NOBODY, Hearing.UNKNOWN)
        return silent and not self.scaling and self.state is not AlarmState.MISSING


class Contributor(Model):
    """One series or group of an alarm over several, which is in ALARM."""

    id: RawId
    name: Clean
    """Its attributes: `Service=staff-api, Cluster=prod`; its id where it has none."""
    since: datetime | None = None
    """When it went to ALARM; None where AWS does not say."""
    reason: Clean = ""


class AlarmTransition(Model):
    """One entry of an alarm's history."""

    id: RawId
    name: Clean
    at: datetime
    kind: str
    """`state`, `configuration`, `action`, `contributor` (one series of a multi-series alarm), or `unreadable`."""
    before: AlarmState | None = None
    after: AlarmState | None = None
    summary: Clean = ""
    reason: Clean = ""
    series: Clean = ""
    """Of a contributor: its attributes."""


class AlarmOverview(Model):
    """Every alarm of the system, firing first, and what changed last."""

    alarms: tuple[Alarm, ...] = ()
    """Order: firing, missing, insufficient, ok; within each by newest change. Scaling alarms last."""
    remarks: tuple[Clean, ...] = ()
    """What could not be read beside the alarms (mute rules, say), in words."""
    mutes_read: bool = True
    """False: nobody can say which alarms are muted."""

    @property
    def watched(self) -> tuple[Alarm, ...]:
        """Those that count: all but the alarms that scaling policies own."""
        return tuple(alarm for alarm in self.alarms if not alarm.scaling)

    @property
    def scaling(self) -> tuple[Alarm, ...]:
        """Those that scaling policies own."""
        return tuple(alarm for alarm in self.alarms if alarm.scaling)

    def count(self, state: AlarmState) -> int:
        """How many watched alarms are in `state`."""
        return sum(alarm.state is state for alarm in self.watched)

    @property
    def newest(self) -> Alarm | None:
        """The watched alarm that changed last."""
        return _newest(alarm for alarm in self.watched if alarm.since is not None)

    @property
    def newest_firing(self) -> Alarm | None:
        """Of the watched alarms that fire, the one that began last."""
        return _newest(alarm for alarm in self.watched if alarm.state is AlarmState.ALARM)


def _newest(alarms: Iterable[Alarm]) -> Alarm | None:
    return max(alarms, key=lambda alarm: alarm.since.timestamp() if alarm.since else 0.0, default=None)
