"""Source: DescribeAlarms, DescribeAlarmHistory (Amazon CloudWatch API reference)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from services.i18n import N_, _
from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.metrics import MetricQuery
from services.models.text import clean_block


class AlarmState(StrEnum):
    """An alarm's state; INSUFFICIENT is never green."""

    ALARM = "alarm"
    INSUFFICIENT = "insufficient"
    OK = "ok"
    MISSING = "missing"  # The runbook expects the alarm, but it does not exist in AWS


class AlarmKind(StrEnum):
    """What an alarm's state is derived from."""

    METRIC = "metric"
    COMPOSITE = "composite"
    LOG = "log"


class Hearing(StrEnum):
    """How people are notified when an alarm goes to ALARM; scaling policies notify nobody."""

    DIRECT = "direct"  # By an action of its own
    COMPOSITE = "composite"  # By a composite alarm with an action, whatever the other alarms do
    TOGETHER = "together"  # By a composite alarm with an action, but only with certain states of other alarms
    DECLARED = "declared"  # Otherwise, as the runbook says
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    """No action of its own reaches anybody, and it is not known whether a composite alarm sends for it."""


RULE_LIMIT = 20_480
"""Characters of a rule or query that are kept: twice what AWS allows for a rule, which has to be whole to be judged."""
WARM_UP_UNTOLD = "WARM_UP_UNTOLD"
"""Evaluation state of an alarm whose warm-up has an unknown beginning, so that it may still be warming up."""
_EVALUATIONS = {
    "PARTIAL_DATA": N_("judged on part of the data"),
    "EVALUATION_ERROR": N_("cannot be judged: configuration error"),
    "EVALUATION_FAILURE": N_("cannot be judged: AWS failed"),
    WARM_UP_UNTOLD: N_("AWS did not return the end of its warm-up"),
}


def evaluation_words(evaluation: str) -> str:
    words = _EVALUATIONS.get(evaluation)
    return _(words) if words else evaluation


def missing_words(alarm: "Alarm") -> str:
    if alarm.near:
        return _("{name} does not exist; {near} does", name=alarm.name, near=alarm.near)
    return _("the runbook names it, but AWS does not have it")


_SIGNS = {">": ">", ">=": "≥", "<": "<", "<=": "≤"}


class Alarm(Model):
    id: RawId
    """The exact alarm name, for requests."""
    name: Clean
    arn: RawId = RawId("")
    kind: AlarmKind = AlarmKind.METRIC
    state: AlarmState
    reason: Clean = ""
    """AWS's reason for the state."""
    since: datetime | None = None
    """When it entered this state (StateTransitionedTimestamp); None for MISSING."""
    description: CleanBlock = ""
    actions_enabled: bool | None = True
    """Whether its actions are enabled; None: not reported."""
    alarm_actions: tuple[RawId, ...] = ()
    """ARNs of the actions run on ALARM."""
    scaling_actions: tuple[RawId, ...] = ()
    """ARNs of the scaling policies among the actions of all states: a mute would stop the scaling, too."""
    has_actions: bool = False
    """Whether going to ALARM runs an action that can reach a person; a topic without subscribers reaches nobody."""
    suppressor: RawId = RawId("")
    """The alarm, by name or ARN, during whose ALARM a composite alarm's actions are suppressed; "" if there is none."""
    sends: str = ""
    """`always`, `already`, `together`, `never` or `unknown` (`Sending.when`), where its own actions do not answer it; "" where nothing was to be found out."""
    heard_through: tuple[Clean, ...] = ()
    """Composite alarms that notify on its behalf: they go to ALARM with it, and their actions are enabled and not muted."""
    heard_with: tuple[Clean, ...] = ()
    """The alarms on whose states it depends whether those notify."""
    hearing_note: Clean = ""
    """More on that in words: with which states of others, or why it is unknown."""
    heard_by: Clean = ""
    """What tells people of it otherwise, as the runbook declares; "" if nothing is declared."""
    scaling: bool = False
    """Whether it only drives a scaling policy (AlarmLow is normally in ALARM); never set for alarms named by the
    runbook."""
    expected: bool = False
    """Whether the runbook names it."""
    evaluation: str = ""
    """"", PARTIAL_DATA, EVALUATION_ERROR or EVALUATION_FAILURE; WARM_UP_UNTOLD: unknown whether it is warming up."""
    warm_up_until: datetime | None = None
    """Latest end of its warm-up, during which AWS neither evaluates it nor runs actions; None: not warming up."""
    several: bool = False
    """Whether it watches several series or groups, each with a state of its own (contributors)."""
    near: SkipJsonSchema[Clean] = Field(default="", exclude=True)
    """Of a missing one: the alarm of AWS that has the most similar name, and that the runbook does not name; "" for none."""
    muted_by: Clean = ""
    """The mute rule in force; "" if none is."""
    muted_until: datetime | None = None
    """When the muting ends (UTC); None: no end is known."""
    queries: tuple[MetricQuery, ...] = ()
    """Its metrics as GetMetricData queries; one for a plain alarm, several for a math alarm."""
    comparison: str = ""
    """`>`, `>=`, `<`, `<=`, or "outside" for an anomaly band; for texts there is `sign`."""
    threshold: float | None = None
    period: int = 60
    """Seconds."""
    evaluation_periods: int = 1
    datapoints_to_alarm: int = 1
    treat_missing: str = "missing"
    rule: Annotated[str, BeforeValidator(lambda value: clean_block(value, RULE_LIMIT))] = ""
    """A composite alarm's rule expression; a log or PromQL alarm's query."""
    recent: tuple[float | None, ...] = ()
    """The datapoints that decided the state, oldest first (StateReasonData.recentDatapoints); None: missing."""

    @property
    def sign(self) -> str:
        """The comparison as it is written: `>`, `≥`, `<`, `≤`; "" for an anomaly band."""
        return _SIGNS.get(self.comparison, "")

    @property
    def hearing(self) -> Hearing:
        """How people are notified, regardless of disabled or muted actions."""
        is_suppressed = bool(self.suppressor) and self.sends in ("together", "never", "unknown")
        if self.has_actions and not is_suppressed:
            return Hearing.DIRECT
        if self.heard_by:
            return Hearing.DECLARED
        if self.sends == "together":
            return Hearing.TOGETHER
        if self.heard_through:
            return Hearing.COMPOSITE
        return Hearing.UNKNOWN if self.sends == "unknown" else Hearing.NOBODY

    @property
    def sending(self) -> str:
        is_silent = not self.has_actions or self.muted_by or self.actions_enabled is False
        own = "never" if is_silent else "unknown" if self.actions_enabled is None else "always"
        return self.sends or own

    @property
    def may_be_unheard(self) -> bool:
        unheard = self.hearing in (Hearing.TOGETHER, Hearing.NOBODY, Hearing.UNKNOWN)
        return unheard and not self.scaling and self.state is not AlarmState.MISSING


class Contributor(Model):
    id: RawId
    name: Clean
    """Its attributes: `Service=staff-api, Cluster=prod`; its id if it has none."""
    since: datetime | None = None
    """When it went to ALARM (UTC); None: not reported."""
    reason: Clean = ""


class AlarmTransition(Model):
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
    """Attributes of a contributor; "" for other kinds."""
    points: tuple[float | None, ...] = ()
    """The datapoints that decided the new state, oldest first; None: missing."""


class AlarmOverview(Model):
    """Every alarm of the system, and what could not be read about them. It is made once per reading, and what
    is derived from it is computed once."""

    alarms: tuple[Alarm, ...] = ()
    """Order: firing, missing, insufficient, ok; within each by newest change. Scaling alarms last."""
    remarks: tuple[Clean, ...] = ()
    """Related data that could not be read (mute rules, for example), in words."""
    mutes_read: bool = True
    """False: it is unknown which alarms are muted."""
    subscribers_read: bool = True
    """False: whether anybody is subscribed to the alarms' topics could not be read, though it is not forbidden."""
    outdated: tuple[Alarm, ...] = ()
    """Alarms, not among `alarms`, that were OK when they were last read, and could not be read again when due."""
    listed_at: datetime | None = None
    """When the first of those alarms was read that are OK, beyond the runbook's and recovered ones: in an account of
    many alarms the whole list is read seldom. None: all were read together."""
    unlisted: Clean = ""
    """Why AWS may have alarms that are neither in `alarms` nor `outdated`; "": it has none."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**values | dict(update or {}))

    @property
    def is_whole(self) -> bool:
        return not (self.unlisted or self.outdated)

    @cached_property
    def by_id(self) -> Mapping[str, Alarm]:
        return {alarm.id: alarm for alarm in (*self.outdated, *self.alarms)}

    @cached_property
    def _outdated_ids(self) -> frozenset[str]:
        return frozenset(alarm.id for alarm in self.outdated)

    def has_current(self, id: str) -> bool:
        return id in self.by_id and id not in self._outdated_ids

    @cached_property
    def watched(self) -> tuple[Alarm, ...]:
        return tuple(alarm for alarm in self.alarms if not alarm.scaling)

    @cached_property
    def scaling(self) -> tuple[Alarm, ...]:
        return tuple(alarm for alarm in self.alarms if alarm.scaling)

    @cached_property
    def firing(self) -> tuple[Alarm, ...]:
        return tuple(alarm for alarm in self.watched if alarm.state is AlarmState.ALARM)

    @cached_property
    def calling(self) -> tuple[Alarm, ...]:
        states = (AlarmState.ALARM, AlarmState.MISSING)
        return tuple(alarm for alarm in self.watched if alarm.state in states)

    @cached_property
    def arns(self) -> frozenset[RawId]:
        return frozenset(alarm.arn for alarm in self.alarms)

    @property
    def plain(self) -> tuple[Alarm, ...]:
        return self._by_plainness[0]

    @property
    def unusual(self) -> tuple[Alarm, ...]:
        return self._by_plainness[1]

    @cached_property
    def _by_plainness(self) -> tuple[tuple[Alarm, ...], tuple[Alarm, ...]]:
        plain: list[Alarm] = []
        unusual: list[Alarm] = []
        for alarm in self.watched:
            (plain if is_plain(alarm) else unusual).append(alarm)
        return tuple(plain), tuple(unusual)

    @cached_property
    def _counts(self) -> Counter[AlarmState]:
        return Counter(alarm.state for alarm in self.watched)

    def count(self, state: AlarmState) -> int:
        return self._counts[state]

    @cached_property
    def newest(self) -> Alarm | None:
        return _newest(alarm for alarm in self.watched if alarm.since is not None)

    @cached_property
    def newest_firing(self) -> Alarm | None:
        """A composite alarm only if no other fires: it fires because of others, about which there is something to do."""
        own = [alarm for alarm in self.firing if alarm.kind is not AlarmKind.COMPOSITE]
        return _newest(own or self.firing)


def is_plain(alarm: Alarm) -> bool:
    return (
        alarm.state is AlarmState.OK
        and alarm.actions_enabled is True
        and not alarm.muted_by
        and not alarm.evaluation
        and alarm.warm_up_until is None
        and not (alarm.may_be_unheard and alarm.expected)
    )


def _newest(alarms: Iterable[Alarm]) -> Alarm | None:
    return max(alarms, key=lambda alarm: alarm.since.timestamp() if alarm.since else 0.0, default=None)
