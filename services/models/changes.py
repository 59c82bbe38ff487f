"""Changes to production: plans, their steps, and the outcome of runs."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from services.models.base import Clean, Model, RawId
from services.models.canonical import canonical, digest


class Danger(StrEnum):
    """How much a change may break; decides what the confirmation asks for."""

    ROUTINE = "routine"
    """One key confirms."""
    CAREFUL = "careful"
    """The target's name is typed."""
    DANGEROUS = "dangerous"
    """The target's name is typed, and the warnings come first."""


class Parameter(Model):
    """An input that the operator provides before the plan is made."""

    id: str
    title: Clean
    kind: Literal["integer", "choice", "moment", "text"]
    default: str = ""
    """As typed: `10`, a choice's id, `2026-12-01 17:00` (local)."""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[tuple[str, Clean], ...] = ()
    """(id, title)."""
    why: Clean = ""
    """Why the default is what it is."""
    help: Clean = ""


class ChangeTarget(Model):
    """One thing a change can be applied to."""

    id: RawId
    """The resource as AWS names it, e.g. `service/facility-prod-cluster/staff-api`."""
    title: Clean
    """The name people use and type, e.g. `staff-api`."""


class Fact(Model):
    """A named value of the live state."""

    name: Clean
    value: Clean
    note: Clean = ""


class LiveState(Model):
    """A target's current state in AWS."""

    target: ChangeTarget
    facts: tuple[Fact, ...]
    read_at: datetime
    remarks: tuple[Clean, ...] = ()
    """What an operator should know before changing it (already at its limit, suspended …)."""


class Row(Model):
    """One value before and after."""

    name: Clean
    before: Clean
    after: Clean

    @property
    def changes(self) -> bool:
        """Before and after differ."""
        return self.before != self.after


class AwsCall(Model):
    """Exactly one AWS request; the confirmed call is the one that is sent."""

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
    """One request of a plan, with the state it is based on."""

    id: str
    """Unique in its plan: `raise`, `schedule-revert` …"""
    title: Clean
    target: RawId
    """The resource it changes, which is locked while the outcome is unknown."""
    call: AwsCall
    rows: tuple[Row, ...]
    expects: str
    """Digest of the state that must be unchanged when the request is sent."""
    required: tuple[str, ...] = ()
    """Keys of a valid response; if empty, the response proves nothing, and the result is verified by reading AWS."""
    before: str = ""
    """The replaced value in the change's notation; distinguishes "not done" from "changed by somebody else"."""


class Caution(Model):
    """Something to know before confirming."""

    grave: bool
    text: Clean


class Revert(Model):
    """The planned revert of a change."""

    way: Literal["aws", "duty"]
    """By a scheduled action in AWS, created by the last step, or by a dated duty; applies once step 1 is done."""
    at: datetime
    """When (UTC)."""
    title: Clean
    """Title of the dated duty."""
    values: dict[str, str]
    """The parameters from which the revert is planned."""


class Plan(Model):
    """What a change would do, computed from live state."""

    id: str
    """Unique; sorts by time."""
    kind: str
    """The change's id in the registry."""
    title: Clean
    target: ChangeTarget
    account: str
    region: str
    made_at: datetime
    expires_at: datetime
    """Not applied after this (UTC)."""
    wish: dict[str, str]
    """The parameters it was made from."""
    danger: Danger
    steps: tuple[PlannedStep, ...]
    """In order; a step that is not done stops the rest. None where the plan is refused."""
    blast: Clean = ""
    """Impact, the first line of the dialog: `3 tasks are stopped at once`; "" if there is none."""
    cautions: tuple[Caution, ...] = ()
    refusals: tuple[Clean, ...] = ()
    """Why it must not be applied; a plan with one cannot be."""
    approval: Clean = ""
    """The role that must have approved; "": nobody."""
    downtime: Clean = ""
    cost: Clean = ""
    reversible: Clean = ""
    revert: Revert | None = None

    @property
    def confirm(self) -> str:
        """The text to type for confirmation; "" if a key press suffices."""
        return "" if self.danger is Danger.ROUTINE else self.target.title


class StepState(StrEnum):
    """What became of a step."""

    WAITING = "waiting"
    """Nothing was sent."""
    SENDING = "sending"
    """The intent is recorded; the request may be under way."""
    DONE = "done"
    FAILED = "failed"
    """AWS said no, or AWS shows that nothing was changed."""
    UNKNOWN = "unknown"
    """No answer that says what happened; the target is locked until AWS is read."""
    REFUSED = "refused"
    """Stopped before anything was sent."""


class StepRun(Model):
    """One step of a run."""

    id: str
    state: StepState
    at: datetime | None = None
    """When the state came (UTC), with the journal's entry `seq` (0: with none)."""
    text: Clean = ""
    """What happened, in words."""
    verified: bool | None = None
    """AWS, read again, shows the change; None: not looked yet."""
    observed: bool = False
    """The state was found by reading AWS or said by a person: no answer tells of it."""
    until: datetime | None = None
    """Not carried out by this console: under way in another one until then (UTC), or cut off. None: not so."""
    seq: int = 0


class Run(Model):
    """One confirmed plan and what became of it."""

    plan: Plan
    by: Clean
    at: datetime
    """When it was confirmed (UTC)."""
    steps: tuple[StepRun, ...]
    seq: int = 0
    """The journal's entry that says so; a later run has a higher one."""
    refusal: Clean = ""
    """Why the whole of it was stopped before anything was sent; "" where it was not."""

    @property
    def id(self) -> str:
        """The plan's id."""
        return self.plan.id

    @property
    def state(self) -> StepState:
        """The state of the first step that is not done; DONE when all are."""
        if self.refusal:
            return StepState.REFUSED
        return next((step.state for step in self.steps if step.state is not StepState.DONE), StepState.DONE)

    @property
    def elsewhere_until(self) -> datetime | None:
        """Until when it may be under way in another console (UTC); None: it is not, or this console carries it out."""
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
        """A step is being sent or its outcome is unknown."""
        return any(step.state in (StepState.SENDING, StepState.UNKNOWN) for step in self.steps)


class Place(StrEnum):
    """How AWS's current state relates to a step's before and after."""

    BEFORE = "before"
    AFTER = "after"
    ELSEWHERE = "elsewhere"
    """Neither: somebody else changed it."""


class Observation(Model):
    """The current state of a step's target in AWS."""

    digest: str
    """Comparable with `PlannedStep.expects`."""
    place: Place
    text: Clean
    """In words: `MaxCapacity is 10`."""


class Armed(Model):
    """Writing is allowed for a limited time."""

    until: datetime
    """UTC."""
    reason: Clean
    by: Clean
