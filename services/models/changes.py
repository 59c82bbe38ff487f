"""Changes to production: parameters, plans, their steps, and what became of them."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from services.models.base import Clean, Model, RawId
from services.models.canonical import canonical, digest
from services.models.target_load import Bound


class Danger(StrEnum):
    """How much damage a change may do; decides how it is confirmed."""

    ROUTINE = "routine"
    """A key press confirms."""
    CAREFUL = "careful"
    """Typing the target's name confirms."""
    DANGEROUS = "dangerous"
    """Typing the target's name confirms, after the warnings."""


class Parameter(Model):
    """An input from the operator, needed to make a plan."""

    id: str
    title: Clean
    kind: Literal["integer", "choice", "moment", "text"]
    default: str = ""
    """Default, in typed form: `10`, a choice's id, `2026-12-01 17:00` (local)."""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[tuple[str, Clean], ...] = ()
    """(id, title) of each choice."""
    why: Clean = ""
    """Reason for the default."""
    help: Clean = ""


class ChangeTarget(Model):
    """A resource to which a change can be applied."""

    id: RawId
    """The resource as AWS names it, e.g. `service/facility-prod-cluster/staff-api`."""
    title: Clean
    """The name that people use and type, e.g. `staff-api`."""


class Fact(Model):
    """A named value of a resource's current state."""

    name: Clean
    value: Clean
    note: Clean = ""


class LiveState(Model):
    """A target's current state in AWS."""

    target: ChangeTarget
    facts: tuple[Fact, ...]
    read_at: datetime
    remarks: tuple[Clean, ...] = ()
    """What an operator should know before the change (already at its limit, suspended…)."""
    bounds: tuple[Bound, ...] = ()
    """Its present settings and limits beside the curves of `Change.load_queries`."""


class Row(Model):
    """A value before and after a change."""

    name: Clean
    before: Clean
    after: Clean

    @property
    def changes(self) -> bool:
        """Whether the value changes."""
        return self.before != self.after


class AwsCall(Model):
    """Exactly one AWS request; what is confirmed is what is sent."""

    service: str
    """As botocore names it."""
    operation: str
    region: str
    body: str
    """The parameters as canonical JSON."""

    @property
    def params(self) -> dict[str, Any]:
        """The request parameters."""
        parameters = json.loads(self.body)
        assert isinstance(parameters, dict)
        return parameters

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of service, operation, region and parameters."""
        return digest([self.service, self.operation, self.region, self.body])


def aws_call(service: str, operation: str, region: str, params: Mapping[str, Any]) -> AwsCall:
    """The call with these parameters."""
    return AwsCall(service=service, operation=operation, region=region, body=canonical(dict(params)))


class PlannedStep(Model):
    """One request of a plan, with the state that it was planned from."""

    id: str
    """Unique within its plan: `raise`, `schedule-revert`…"""
    title: Clean
    target: RawId
    """The resource it changes, which is locked while the outcome is unknown."""
    call: AwsCall
    rows: tuple[Row, ...]
    expects: str
    """Digest of the state that must be unchanged when the request is sent."""
    required: tuple[str, ...] = ()
    """Keys of a valid response; empty: no response proves success, so the result is verified by reading AWS."""
    before: str = ""
    """The value it replaces, in the change's notation; distinguishes "not done" from "changed by another person"."""


class Caution(Model):
    """A warning to read before confirming."""

    grave: bool
    text: Clean


class Revert(Model):
    """The planned revert of a change."""

    way: Literal["aws", "duty"]
    """`aws`: a scheduled action, which the last step creates; `duty`: a dated duty, which exists once step 1 is
    done."""
    at: datetime
    """When it is to be reverted (UTC)."""
    title: Clean
    """Title of the dated duty."""
    values: dict[str, str]
    """The parameters from which the revert is planned."""


class Plan(Model):
    """What a change would do, computed from live state."""

    id: str
    """Unique id; ids sort by time."""
    kind: str
    """The change's id in the registry."""
    title: Clean
    target: ChangeTarget
    account: str
    region: str
    made_at: datetime
    expires_at: datetime
    """The plan cannot be applied after this (UTC)."""
    wish: dict[str, str]
    """The parameters it was made from."""
    danger: Danger
    steps: tuple[PlannedStep, ...]
    """In order; a step that is not done stops the rest. Empty if the plan is refused."""
    blast: Clean = ""
    """Impact, shown first in the dialog: `3 tasks are stopped at once`; "" if there is none."""
    cautions: tuple[Caution, ...] = ()
    refusals: tuple[Clean, ...] = ()
    """Reasons why it must not be applied; a plan with any cannot be applied."""
    approval: Clean = ""
    """The role that must have approved it; "" if no approval is needed."""
    downtime: Clean = ""
    cost: Clean = ""
    reversible: Clean = ""
    revert: Revert | None = None
    """Its planned revert; None: no revert is planned."""

    @property
    def confirm(self) -> str:
        """The text to type for confirmation; "" if a key press suffices."""
        return "" if self.danger is Danger.ROUTINE else self.target.title


class StepState(StrEnum):
    """Outcome of a step."""

    WAITING = "waiting"
    """Nothing was sent."""
    SENDING = "sending"
    """The intent is recorded; the request may be under way."""
    DONE = "done"
    FAILED = "failed"
    """AWS refused the request, or AWS, read afterwards, shows no change."""
    UNKNOWN = "unknown"
    """No response that shows the outcome; the target is locked until AWS is read."""
    REFUSED = "refused"
    """Stopped before anything was sent."""


class StepRun(Model):
    """What became of one step of a confirmed plan."""

    id: str
    state: StepState
    at: datetime | None = None
    """When the state was recorded (UTC); None: nothing was recorded."""
    text: Clean = ""
    """What happened, in words."""
    verified: bool | None = None
    """Whether AWS, read afterwards, shows the change; None: it was not read."""
    observed: bool = False
    """The state was read from AWS or reported by a person; no response shows it."""
    until: datetime | None = None
    """Another console is carrying it out until then (UTC) or was cut off; None: no other console is."""
    seq: int = 0
    """Number of the journal entry that records the state; 0: there is none."""


class Run(Model):
    """A confirmed plan and what became of it."""

    plan: Plan
    by: Clean
    at: datetime
    """When it was confirmed (UTC)."""
    steps: tuple[StepRun, ...]
    seq: int = 0
    """Number of the journal entry of the confirmation; a later run has a higher one."""
    refusal: Clean = ""
    """Why the run was stopped before any request was sent; "" if it was not."""

    @property
    def id(self) -> str:
        """The plan's id."""
        return self.plan.id

    @property
    def state(self) -> StepState:
        """The state of the first step that is not done; DONE if all are."""
        if self.refusal:
            return StepState.REFUSED
        return next((step.state for step in self.steps if step.state is not StepState.DONE), StepState.DONE)

    @property
    def elsewhere_until(self) -> datetime | None:
        """Until when another console may be carrying it out (UTC); None: no other console is."""
        return next((step.until for step in self.steps if step.until is not None), None)

    @property
    def locked(self) -> frozenset[RawId]:
        """Resources that must not be changed: a request is under way or next, or its outcome is unknown."""
        targets, turn = set(), not self.refusal
        for planned, step in zip(self.plan.steps, self.steps, strict=False):
            is_next = turn and step.state is StepState.WAITING
            if is_next or step.state in (StepState.SENDING, StepState.UNKNOWN):
                targets.add(planned.target)
            turn = turn and step.state is StepState.DONE
        return frozenset(targets)

    @property
    def in_flight(self) -> bool:
        """Whether a step is being sent or its outcome is unknown."""
        return any(step.state in (StepState.SENDING, StepState.UNKNOWN) for step in self.steps)


class Place(StrEnum):
    """How AWS's current state compares with a step's values before and after."""

    BEFORE = "before"
    AFTER = "after"
    ELSEWHERE = "elsewhere"
    """Neither: another person changed it."""


class Observation(Model):
    """The current state of a step's target in AWS."""

    digest: str
    """Comparable with `PlannedStep.expects`."""
    place: Place
    text: Clean
    """In words, e.g. `MaxCapacity is 10`."""


class Armed(Model):
    """A limited time in which changes are allowed."""

    until: datetime
    """End of the time (UTC)."""
    reason: Clean
    by: Clean
