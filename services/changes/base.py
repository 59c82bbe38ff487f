"""A kind is one folder beside this file and one line in `services.changes.registry`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from services.aws.client.reader import Reader
from services.aws.client.writer import Transport
from services.calendar.calendar import Calendar
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.scope_roles import role_for
from services.clock import Clock, real
from services.github.settings import GithubSettings
from services.i18n import _
from services.models.aws_calls import aws_call
from services.models.aws_cli import CliCommand
from services.models.change_runs import Run
from services.models.changes import (
    Caution,
    ChangeTarget,
    Danger,
    Fact,
    LiveState,
    Observation,
    Parameter,
    Place,
    Plan,
    PlannedStep,
    Revert,
    Row,
)
from services.models.cloudtrail import TrailEvent
from services.models.date_text import written_on
from services.models.metrics import Bound, MetricQuery
from services.models.runbook import Approver, Runbook
from services.models.text import clean
from services.models.watches import Progress, Suggestion, Watch

PLAN_SECONDS = 120.0  # How long a plan may be applied, in real seconds; afterwards its state may be outdated
_UNCERTAIN = 2.0  # Seconds of difference between two clocks that mean nothing
REVERT = "revert"
REVERT_AT = "revert_at"
REVERT_PARAMETERS = frozenset({REVERT, REVERT_AT})
"""Parameters that define how the change is reverted, not the change itself."""

Request = tuple[str, str, Mapping[str, Any]]
"""Service and operation as botocore names them, and the request's parameters."""


@dataclass(frozen=True, slots=True)
class ChangeContext:
    """The system to be changed. It cannot write; a change creates the readers it needs (`services.aws`)."""

    runbook: Runbook
    calendar: Calendar
    clock: Clock
    region: str
    reader: Reader
    github: GithubSettings | None = None  # How GitHub is reached; None: not at all
    runs: Callable[[], Iterable[Run]] = tuple  # Every run in the journal, newest first
    skew: Callable[[], float | None] = lambda: None
    """AWS's time minus that of `clock`, in seconds; None while it is not known."""

    @property
    def zone(self) -> ZoneInfo:
        return self.calendar.zone

    @property
    def ahead(self) -> timedelta:
        """By how much AWS's clock is ahead of this machine's, as far as that is known; may be negative."""
        skew = self.skew() or 0.0
        # AWS's Date has whole seconds, and its answer takes a part of one.
        return timedelta(seconds=skew if abs(skew) >= _UNCERTAIN else 0.0)

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
        newest: str = "",
    ) -> PlannedStep:
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
            newest=newest,
        )


class Change(ABC):
    """One kind of change. It reads AWS and makes plans; only the engine sends requests."""

    numbers: ClassVar[frozenset[str]] = frozenset()
    """Parameters that are whole numbers; `toban change` checks them before AWS is called."""
    calls: ClassVar[tuple[str, ...]] = ()
    """Every operation that it may call or send, `service:Operation`, as botocore names both; `toban policy` allows
    these."""
    guarantees: ClassVar[Guarantees]
    """How an unknown outcome is proven to be ours or not, and how the change is followed to its end."""

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        self.kind = kind
        self.context = context

    @abstractmethod
    def targets(self) -> tuple[ChangeTarget, ...]:
        """The targets in the runbook; empty if this system has none."""

    @abstractmethod
    async def read_target(self, target: ChangeTarget) -> LiveState:
        """The target's current state. Raises AwsError."""

    def live(
        self,
        target: ChangeTarget,
        at: datetime,
        facts: Iterable[Fact],
        remarks: Iterable[str],
        bounds: Iterable[Bound] = (),
    ) -> LiveState:
        every = (*self.limits(), *bounds)
        return LiveState(target=target, facts=tuple(facts), read_at=at, remarks=tuple(remarks), bounds=every)

    def limits(self) -> Iterable[Bound]:
        return ()

    def load_queries(self, target: ChangeTarget) -> tuple[MetricQuery, ...]:
        return ()

    @abstractmethod
    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        """The parameters to choose, with defaults from live state. Raises AwsError."""

    def in_incident(self, parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
        return tuple(parameters)

    @abstractmethod
    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        """Plan the change from live state read now; `parameters` are the values as typed, by id. Raises
        AwsError. `id` is the plan's. The same id, parameters and state give the same requests, so that an
        approval stays valid. An invalid value results in a refusal."""

    @abstractmethod
    async def observe(self, step: PlannedStep) -> Observation:
        """The target's current state, compared with the step's before and after. Raises AwsError."""

    def transport(self, step: PlannedStep) -> Transport | None:
        """What sends the step's request to a service outside AWS; None: the engine's AWS session."""
        return None

    def answered(self, plan: Plan, step: PlannedStep, answer: Mapping[str, Any]) -> Mapping[str, str]:
        """What to keep of the service's response: ids and ARNs, recorded with the outcome; never a secret."""
        return {}

    def traced(self, step: PlannedStep, event: TrailEvent) -> Mapping[str, str]:
        return {}

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        """How far the change is, for a plan with a `watch`; `answers` as kept by `answered`, by step. Raises AwsError."""
        raise NotImplementedError(f"{self.kind.id} makes plans with a watch and does not follow them")

    def follow_ups(self, plan: Plan) -> tuple[Suggestion, ...]:
        return tuple(each for each in plan.suggestions if each.when == "after")

    def written_on(self, at: datetime) -> AbstractContextManager[None]:
        """Dates in texts that are written within are read in the year in which `at` is."""
        return written_on(self.context.calendar.day_of(at))

    async def outcome(self, plan: Plan) -> str:
        """What happens after a verified change, in words (`Running 5.`); "" for nothing."""
        return ""

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        from services.aws_cli.plans import requests_of

        return requests_of(plan)

    def lost_at_end(self) -> str:
        """What only this console's memory has and its end would lose, in one sentence; "" for nothing."""
        return ""

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        """The parameters of the plan that reverts `plan`; {} if it cannot be reverted."""
        return {}

    def planned(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        steps: Sequence[PlannedStep],
        *,
        title: str,
        id: str,
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
        watch: Watch | None = None,
        suggestions: Sequence[Suggestion] = (),
    ) -> Plan:
        """The plan that consists of `steps`; the other arguments are the fields of `Plan`.

        `approval` is one of the kind's scopes, "" for none; the role comes from the runbook.

        `parameters` are complete, so that planning with them again gives the same plan. `read_at` is when the
        underlying state was read (UTC; default now). With an `impact` (`Plan.blast`) the plan is dangerous, otherwise
        careful, unless `danger` is given. `warnings` (`Plan.cautions`) are sorted: grave ones first, otherwise in the
        given order.
        """
        at = read_at or self.context.clock.now()
        scope = self.kind.scope(approval) if approval else ""
        who = role_for(self.context.runbook, scope, self.kind.scope_named(approval)) if scope else None
        cautions = (*(() if who is None else _approval_warnings(who)), *warnings)
        return Plan(
            id=id,
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
            cautions=tuple(sorted(cautions, key=lambda caution: not caution.grave)),
            refusals=tuple(refusals),
            approval=who.role if who else "",
            approval_scope=scope if who else "",
            downtime=downtime,
            cost=cost,
            reversible=reversible,
            revert=revert,
            watch=watch,
            suggestions=tuple(suggestions),
        )

    def refused(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        refusals: Sequence[str],
        *,
        id: str,
        read_at: datetime | None = None,
    ) -> Plan:
        values = {clean(name): clean(value) for name, value in parameters.items()}
        title = _(self.kind.title)
        return self.planned(target, values, (), title=title, id=id, read_at=read_at, refusals=refusals)


def _approval_warnings(who: Approver) -> Iterable[Caution]:
    if who.undecided:
        text = _("It requires the approval of {role}; the runbook does not name that person yet.")
        yield warning(text.format(role=who.role), grave=True)


def warning(text: str, *, grave: bool = False) -> Caution:
    return Caution(grave=grave, text=text)


def observed(digest: str, text: str, *, after: bool, before: bool) -> Observation:
    """The observed state of a step's target: `digest` as in `PlannedStep.expects`, `text` a sentence.
    `after`: the step's final state; `before`: its initial state; neither: somebody else changed it."""
    place = Place.AFTER if after else Place.BEFORE if before else Place.ELSEWHERE
    return Observation(digest=digest, place=place, text=text)


def follow_ups(changes: Mapping[str, Change], plan: Plan) -> tuple[Suggestion, ...]:
    change = changes.get(plan.kind)
    return change.follow_ups(plan) if change is not None else ()
