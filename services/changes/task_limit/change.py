"""Maximum task count of an ECS service (runbook: スケール操作 1).

Only MaxCapacity is sent: what a RegisterScalableTarget omits stays as it is, and the runbook's minimum may
not be the real one. Source: RegisterScalableTarget, PutScheduledAction, DeleteScheduledAction (Application Auto Scaling API reference).
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

from services.changes.base import REVERT, REVERT_AT, Change, ChangeContext
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.task_limit.facts import facts, remarks
from services.changes.task_limit.load import bounds, load_queries
from services.changes.task_limit.parameters import (
    LARGEST,
    MAX,
    Parameters,
    default_max,
    default_way,
    local,
    proposed_at,
    read_parameters,
)
from services.changes.task_limit.reading import Reads
from services.changes.task_limit.state import ScalingState, names
from services.changes.task_limit.steps import (
    ACTION,
    REGISTER,
    SCHEDULE,
    cancel,
    observed_action,
    observed_cancellation,
    observed_limit,
    redundant,
    register,
    schedule,
)
from services.changes.task_limit.warnings import stopped_text, warnings
from services.i18n import _, plural
from services.models.aws_cli import CliCommand
from services.models.base import RawId
from services.models.changes import (
    ChangeTarget,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Revert,
)
from services.models.date_text import written_on
from services.models.metrics import MetricQuery
from services.models.runbook import Ecs

RAISE = "raise"
"""The approval scope of a higher maximum."""


class TaskLimit(Change):
    """Raises or lowers MaxCapacity, and schedules the revert."""

    numbers = frozenset({MAX})
    guarantees = Guarantees(
        proof="DescribeScalableTargets: MinCapacity, MaxCapacity; DescribeScheduledActions", token=""
    )

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self._reads = Reads(context)

    def targets(self) -> tuple[ChangeTarget, ...]:
        """The runbook's services."""
        ecs = self.context.runbook.ecs
        if ecs is None:
            return ()
        return tuple(
            ChangeTarget(id=RawId(f"service/{ecs.cluster}/{name}"), title=name) for name in ecs.services
        )

    async def read_target(self, target: ChangeTarget) -> LiveState:
        """The service's bounds and counts."""
        state = await self._reads.state(target.id)
        with self._written_on(state):
            return LiveState(
                target=target,
                facts=facts(state, ACTION, self.context.zone),
                read_at=state.at,
                remarks=remarks(state, self.context.zone),
                bounds=bounds(state, self.context.runbook),
            )

    def load_queries(self, target: ChangeTarget) -> tuple[MetricQuery, ...]:
        """The service's running tasks and its CPU."""
        return load_queries(*names(target.id))

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        """The new limit, and how and when it is reverted."""
        state, ecs, calendar = await self._reads.counts(target.id), self._ecs, self.context.calendar
        maximum = default_max(state, ecs)
        at, why = await asyncio.to_thread(proposed_at, calendar, state.at)
        return (
            Parameter(
                id=MAX,
                title=_("Maximum task count"),
                kind="integer",
                default="" if maximum is None else str(maximum),
                minimum=max(1, state.target.minimum if state.target else 1),
                maximum=LARGEST,
                help=_(
                    "Auto Scaling starts no more tasks than this. Usual {usual}, busy days {busy}."
                ).format(usual=ecs.usual_max or "—", busy=ecs.busy_max or "—"),
            ),
            Parameter(
                id=REVERT,
                title=_("Revert plan"),
                kind="choice",
                default="aws" if maximum is None else default_way(maximum, state, ecs),
                choices=(
                    ("aws", _("AWS reverts it automatically")),
                    ("duty", _("a person reverts it, as a dated duty")),
                    ("none", _("do not revert")),
                ),
                help=_(
                    "A raised limit must be reverted; it may stay only when lowered or when it is the usual one."
                ),
            ),
            Parameter(
                id=REVERT_AT,
                title=_("Revert at"),
                kind="moment",
                default=local(at, calendar),
                why=why,
                help=_("Time in {zone}, e.g. 2026-12-01 17:00; not used when it is not reverted.").format(
                    zone=calendar.zone.key
                ),
            ),
        )

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        """The plan from the state read now."""
        state = await self._reads.state(target.id, load=True)
        with self._written_on(state):
            return await asyncio.to_thread(self.plan_on, target, parameters, state, id)

    def _written_on(self, state: ScalingState) -> AbstractContextManager[None]:
        """Texts that are written within are read in the year in which `state` was."""
        return written_on(self.context.calendar.day_of(state.at))

    def plan_on(
        self, target: ChangeTarget, parameters: Mapping[str, str], state: ScalingState, id: str
    ) -> Plan:
        """The plan from a given state; pure."""
        values, refusals = self._checked(parameters, state)
        if values is None or refusals or state.target is None:
            return self.refused(target, parameters, refusals, id=id, read_at=state.at)
        context, before = self.context, state.target.maximum
        steps = [register(context, target, values, state)]
        if values.way == "aws" and values.at is not None:
            steps.append(schedule(context, id, target, before, values.at))
        obsolete = redundant(state, values)
        steps += [cancel(context, number, target, action) for number, action in enumerate(obsolete)]
        others = tuple(action for action in state.actions if action not in obsolete)
        stopped = state.stopped(values.maximum)
        return self.planned(
            target,
            values.as_typed(context.calendar),
            steps,
            id=id,
            read_at=state.at,
            title=_("Maximum task count {before} → {after}").format(before=before, after=values.maximum),
            impact=stopped_text(stopped) if stopped else "",
            warnings=warnings(replace(state, actions=others), values, context.runbook, context.zone),
            approval=RAISE if values.maximum > before else "",
            downtime=_("Requests on the stopped tasks may be cut off.") if stopped else _("None"),
            cost=_cost(values.maximum - before),
            reversible=_("Yes: the previous maximum, {before}, is recorded.").format(before=before),
            revert=_revert(target, values, before),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        """The current bounds or scheduled action, compared with the step."""
        if step.id == REGISTER:
            return observed_limit(step, await self._reads.counts(step.target))
        actions = await self._reads.actions(step.target)
        if step.id == SCHEDULE:
            return observed_action(step, actions, self.context.zone, self.context.clock.now())
        return observed_cancellation(step, actions)

    async def outcome(self, plan: Plan) -> str:
        """How the task counts follow the new limit."""
        state = await self._reads.counts(plan.target.id)
        return _("Running {running}.").format(running=state.running)

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        """The requests, then the bounds, the scheduled actions and the task counts that they lead to."""
        from services.changes.task_limit.cli_commands import commands_of

        return commands_of(plan)

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        """The previous maximum: permanent if it may stay, otherwise with a revert of its own."""
        first = next((step for step in plan.steps if step.id == REGISTER), None)
        if first is None:
            return {}
        before = int(first.before)
        stays = before < first.call.params["MaxCapacity"] or before == self._ecs.usual_max
        return {MAX: first.before, REVERT: "none" if stays else "aws"}

    @property
    def _ecs(self) -> Ecs:
        ecs = self.context.runbook.ecs
        assert ecs is not None, "without services there are no targets"
        return ecs

    def _checked(
        self, parameters: Mapping[str, str], state: ScalingState
    ) -> tuple[Parameters | None, tuple[str, ...]]:
        """(the parameters, the reasons why they must not be applied)."""
        if not state.active:
            return None, (_("ECS has no such active service."),)
        if state.target is None:
            return None, (_("Auto Scaling is not configured for this service; there is no limit to change."),)
        values, refusals = read_parameters(parameters, state, self._ecs, self.context.calendar)
        if values is not None and values.maximum == state.target.maximum:
            text = _("Nothing to change: the maximum is {maximum} already.")
            refusals += (text.format(maximum=values.maximum),)
        if values is not None and values.maximum < state.target.minimum:
            text = _("The maximum cannot be below the minimum, {minimum}.")
            refusals += (text.format(minimum=state.target.minimum),)
        return values, refusals


def _cost(more: int) -> str:
    if more <= 0:
        return _("None")
    text = plural(
        "Up to {count} more task, charged while it runs.",
        "Up to {count} more tasks, each charged while it runs.",
        more,
    )
    return text.format(count=more)


def _revert(target: ChangeTarget, values: Parameters, before: int) -> Revert | None:
    if values.way == "none" or values.at is None:
        return None
    return Revert(
        way=values.way,
        at=values.at,
        title=_("{target}: revert the maximum task count from {after} to {before}").format(
            target=target.title, after=values.maximum, before=before
        ),
        values={MAX: str(before), REVERT: "none"},
    )
