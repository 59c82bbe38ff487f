"""What one kind of change must know, and the parts that all of them build plans with.

A kind is one folder beside this file and one line in `services.changes.registry`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from services.aws.client.reader import Reader
from services.calendar.calendar import Calendar
from services.changes.ids import new_id
from services.changes.kind import ChangeKind
from services.clock import Clock, real
from services.i18n import _
from services.models.changes import (
    Caution,
    ChangeTarget,
    Danger,
    LiveState,
    Observation,
    Parameter,
    Place,
    Plan,
    PlannedStep,
    Revert,
    Row,
    aws_call,
)
from services.models.runbook import Runbook
from services.models.text import clean

PLAN_SECONDS = 120.0
"""How long a plan may be applied, in a person's seconds; the world moves."""
REVERT = "revert"
REVERT_AT = "revert_at"
REVERT_PARAMETERS = frozenset({REVERT, REVERT_AT})
"""Parameters that say how the change is reverted rather than what it is."""

Request = tuple[str, str, Mapping[str, Any]]
"""Service and operation as botocore names them, and the request's parameters."""


@dataclass(frozen=True, slots=True)
class ChangeContext:
    """The system that changes are made to. Nothing here can write; a change makes the readers it needs (`services.aws`)."""

    runbook: Runbook
    calendar: Calendar
    clock: Clock
    region: str
    reader: Reader

    @property
    def zone(self) -> ZoneInfo:
        """The system's time zone."""
        return self.calendar.zone

    def step(
        self,
        id: str,
        title: str,
        target: ChangeTarget,
        request: Request,
        *,
        rows: Sequence[Row],
        expects: str,
        required: tuple[str, ...] = (),
        before: str = "",
    ) -> PlannedStep:
        """One request of a plan; the keywords are the fields of `PlannedStep`."""
        service, operation, params = request
        return PlannedStep(
            id=id,
            title=title,
            target=target.id,
            call=aws_call(service, operation, self.region, params),
            rows=tuple(rows),
            expects=expects,
            required=required,
            before=before,
        )


class Change(ABC):
    """One kind of change. It reads and plans; only the engine sends."""

    numbers: ClassVar[frozenset[str]] = frozenset()
    """Parameters that are whole numbers; `toban change` checks them before AWS is asked."""

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        self.kind = kind
        self.context = context

    @abstractmethod
    def targets(self) -> tuple[ChangeTarget, ...]:
        """What the runbook lets it be applied to; empty where this system has none."""

    @abstractmethod
    async def read_target(self, target: ChangeTarget) -> LiveState:
        """The target as it is now. Raises AwsError."""

    @abstractmethod
    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        """What is to be decided, with sensible defaults from live state. Raises AwsError."""

    @abstractmethod
    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str]) -> Plan:
        """What `parameters` (values as typed, by id) would do, from live state read now. Raises AwsError.

        A value that cannot be used is a refusal, never an exception.
        """

    @abstractmethod
    async def observe(self, step: PlannedStep) -> Observation:
        """Where AWS stands between the step's before and after. Raises AwsError."""

    async def outcome(self, plan: Plan) -> str:
        """After a verified change: how the world follows, in words (`Running 5.`); "" for nothing."""
        return ""

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        """The parameters that plan the revert of `plan`; {} where it cannot be reverted."""
        return {}

    def planned(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        steps: Sequence[PlannedStep],
        *,
        title: str,
        id: str = "",
        read_at: datetime | None = None,
        danger: Danger | None = None,
        impact: str = "",
        warnings: Sequence[Caution] = (),
        refusals: Sequence[str] = (),
        approval: str = "",
        downtime: str = "",
        cost: str = "",
        reversible: str = "",
        revert: Revert | None = None,
    ) -> Plan:
        """The plan of `steps`; what is not given is explained at `Plan`'s field of that name.

        `parameters` are complete, so that planning them again makes the same plan. `read_at` is when the state was
        read that it was made from (UTC; default now). With an `impact` (`Plan.blast`) it is dangerous, else it needs
        care, unless `danger` says otherwise. `warnings` (`Plan.cautions`) keep their order, grave ones first.
        """
        at = read_at or self.context.clock.now()
        return Plan(
            id=id or new_id(at),
            kind=self.kind.id,
            title=title,
            target=target,
            account=self.context.runbook.system.account,
            region=self.context.region,
            made_at=at,
            expires_at=at + real(self.context.clock, PLAN_SECONDS),
            wish=dict(parameters),
            danger=danger or (Danger.DANGEROUS if impact else Danger.CAREFUL),
            steps=tuple(steps),
            blast=impact,
            cautions=tuple(sorted(warnings, key=lambda warning: not warning.grave)),
            refusals=tuple(refusals),
            approval=approval,
            downtime=downtime,
            cost=cost,
            reversible=reversible,
            revert=revert,
        )

    def refused(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        refusals: Sequence[str],
        *,
        read_at: datetime | None = None,
    ) -> Plan:
        """A plan without steps that must not be applied; `parameters` as typed, `refusals` a sentence each."""
        values = {clean(name): clean(value) for name, value in parameters.items()}
        return self.planned(target, values, (), title=_(self.kind.title), read_at=read_at, refusals=refusals)


def warning(text: str, *, grave: bool = False) -> Caution:
    """Something to know before confirming; `grave` where it may break something."""
    return Caution(grave=grave, text=text)


def observed(digest: str, text: str, *, after: bool, before: bool) -> Observation:
    """What AWS shows of a step's target: `digest` as in `PlannedStep.expects`, `text` a sentence.

    `after`: as the step leaves it; `before`: as the step found it; neither: somebody else changed it.
    """
    place = Place.AFTER if after else Place.BEFORE if before else Place.ELSEWHERE
    return Observation(digest=digest, place=place, text=text)
