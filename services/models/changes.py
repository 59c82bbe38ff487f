"""Changes to production: parameters, plans and their steps. What became of them: `services.models.change_runs`."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.models.aws_calls import AwsCall
from services.models.base import Clean, Model, RawId
from services.models.canonical import digest
from services.models.metrics import Bound
from services.models.watches import Suggestion, Watch


class Danger(StrEnum):
    """How much damage a change may do; decides how it is confirmed."""

    ROUTINE = "routine"  # A key press confirms
    CAREFUL = "careful"  # Typing the target's name confirms
    DANGEROUS = "dangerous"  # Typing the target's name confirms, after the warnings


class Parameter(Model):
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
    only_if: tuple[str, tuple[str, ...]] | None = None
    """(id of a choice, its answers under which this input has an effect); None: always."""

    def has_effect(self, answers: Mapping[str, str]) -> bool:
        if self.only_if is None:
            return True
        id, values = self.only_if
        return answers.get(id) in values


class ChangeTarget(Model):
    """A resource to which a change can be applied."""

    id: RawId
    """The resource as AWS names it, e.g. `service/facility-prod-cluster/staff-api`."""
    title: Clean
    """The name that people use and type, e.g. `staff-api`."""


class Fact(Model):
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
        return self.before != self.after


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
    newest: str = ""
    """The newest event of the target at the plan, in the change's notation; distinguishes "not done" from "done, and
    undone since" where AWS itself may undo it. "": nothing does."""


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
    how: Clean = ""
    """What of AWS reverts it, in words; "" for a scheduled action or a person."""
    kind: str = ""
    """The id in the registry of the change that reverts it; "" for the plan's own kind."""
    target: RawId = RawId("")
    """What that change is applied to; "" for the plan's own target."""


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
    approval_scope: str = ""
    """What the role must approve, as `approves` in the runbook names it: `task-limit:raise`; "" if no approval is
    needed."""
    freeze: Clean = ""
    """The change freeze in which it was planned: only an emergency goes through; "" outside of one."""
    freeze_id: Clean = ""
    """What tells that freeze from others: an emergency for one goes through no other."""
    downtime: Clean = ""
    cost: Clean = ""
    reversible: Clean = ""
    revert: Revert | None = None
    """Its planned revert; None: no revert is planned."""
    watch: Watch | None = None
    """How it is followed to its end; None: it has ended once its steps are done."""
    suggestions: tuple[Suggestion, ...] = ()
    """Changes to make before or after it."""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what an approval covers: this plan, its parameters, requests and the states they expect."""
        steps = [[step.id, str(step.target), step.call.digest, step.expects] for step in self.steps]
        place = [self.account, self.region, str(self.target.id)]
        return digest([self.id, self.kind, *place, self.approval_scope, dict(self.wish), steps])

    @property
    def confirm(self) -> str:
        """The text to type for confirmation; "" if a key press suffices."""
        return "" if self.danger is Danger.ROUTINE else self.target.title


class Place(StrEnum):
    BEFORE = "before"
    AFTER = "after"
    ELSEWHERE = "elsewhere"  # Neither: another person changed it


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
    role: Clean = ""
    """Name of the role that changes are sent with; "" without one."""
