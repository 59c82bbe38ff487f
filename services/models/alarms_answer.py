"""What `toban alarms --json` prints. Fields are added, never changed."""

from datetime import datetime

from services.models.alarms import AlarmKind, AlarmState, Hearing
from services.models.base import Clean, Model
from services.models.verdict import Verdict


class AnsweredAlarm(Model):
    """One alarm, as it is now."""

    name: Clean
    kind: AlarmKind
    """What its state is derived from: `metric`, `composite` or `log`."""
    state: AlarmState
    """`alarm`, `insufficient`, `ok`, or `missing`: the runbook names it, and AWS does not have it."""
    reason: Clean
    """AWS's reason for the state."""
    since: datetime | None
    """When it entered this state; null: missing."""
    actions_enabled: bool | None
    """Whether its actions are enabled; null: not reported."""
    heard_through: tuple[Clean, ...]
    """Composite alarms that notify on its behalf."""
    scaling: bool
    """Whether it only drives a scaling policy."""
    expected: bool
    """Whether the runbook names it."""
    evaluation: str
    """Why AWS cannot judge it wholly; "" if it can."""
    warm_up_until: datetime | None
    """The end of its warm-up, during which it is not evaluated; null: it is not warming up."""
    muted_by: Clean
    """The mute rule in force; "" if none is."""
    near: Clean
    """Of a missing alarm: the one of AWS with the most similar name; "" if there is none."""
    hearing: Hearing
    """How people are notified: `direct`, `composite`, `together`, `declared`, `nobody` or `unknown`."""
    sends: str
    """Whether its going to ALARM sends something as things are: `always`, `already` (unless a composite alarm that sends for
    it is in ALARM already), `together` (only with certain states of others), `never` or `unknown`."""
    heard_with: tuple[Clean, ...]
    """The alarms on whose states it depends whether it notifies."""
    hearing_note: Clean
    """More on that in words."""
    heard_by: Clean
    """What tells people otherwise, as the runbook declares; "" if nothing is declared or needed."""


class AlarmsAnswer(Model):
    """Every alarm of the system."""

    system: str
    """The system's id in the runbook."""
    region: str
    """The AWS region that was read."""
    read_at: datetime
    """When it was read (UTC)."""
    verdict: Verdict
    """`abnormal`: one fires or is missing; `attention`: one may fire unnoticed; `unknown`: not everything is known."""
    complete: bool
    """Whether everything is known, whatever the verdict."""
    remarks: tuple[Clean, ...]
    """What could not be read."""
    alarms: tuple[AnsweredAlarm, ...]
    """Firing, missing, insufficient, ok; those of scaling policies last."""
