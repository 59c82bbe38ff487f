"""Minimum and maximum task count of an ECS service (runbook: スケール操作 1). Only the bound that changes is sent:
what a RegisterScalableTarget omits stays as it is, and the runbook's minimum may not be the real one. Source:
RegisterScalableTarget, PutScheduledAction, DeleteScheduledAction (Application Auto Scaling API reference)."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from services.calendar.calendar import Calendar
from services.changes.base import REVERT, REVERT_AT
from services.changes.ecs_scaling.cost import NO_PRICE, TaskPrice, cost_text
from services.changes.ecs_scaling.ecs_scaling_change import ScalingChange, bounds
from services.changes.ecs_scaling.facts import capacities_text, facts, remarks, stopped_text
from services.changes.ecs_scaling.quota import NO_QUOTA, FargateQuota
from services.changes.ecs_scaling.state import ACTION, ScalingState
from services.changes.guarantees import Guarantees
from services.changes.task_limit.parameters import (
    LARGEST,
    MAX,
    MIN,
    LimitParameters,
    default_max,
    default_way,
    proposed_at,
    read_parameters,
    same_evening,
)
from services.changes.task_limit.season import season, season_remarks
from services.changes.task_limit.steps import (
    REGISTER,
    SCHEDULE,
    bounds_of,
    bounds_text,
    cancel,
    changed,
    observed_action,
    observed_cancellation,
    observed_limit,
    redundant,
    register,
    restored,
    schedule,
    title,
)
from services.changes.task_limit.warnings import warnings
from services.changes.typed_values import as_typed
from services.i18n import _, plural
from services.models.aws_cli import CliCommand
from services.models.changes import ChangeTarget, LiveState, Observation, Parameter, Plan, PlannedStep, Revert
from services.models.ecs import ScalableTarget
from services.models.runbook import Ecs, Runbook


def form(state: ScalingState, runbook: Runbook, calendar: Calendar) -> tuple[Parameter, ...]:
    ecs = runbook.ecs
    assert ecs is not None, "without services there are no targets"
    maximum = default_max(state, ecs)
    at, why = proposed_at(calendar, state.at)
    busy = season(runbook, calendar, state.at)
    is_busy = busy is not None and busy.has_begun(state.at)
    return (
        Parameter(
            id=MAX,
            title=_("Maximum task count"),
            kind="integer",
            default="" if maximum is None else str(maximum),
            minimum=1,
            maximum=LARGEST,
            why=busy.title if busy is not None and is_busy and maximum == ecs.busy_max else "",
            help=_("Auto Scaling starts no more tasks than this. Usual {usual}, busy days {busy}.").format(
                usual=ecs.usual_max or "—", busy=ecs.busy_max or "—"
            ),
        ),
        Parameter(
            id=REVERT,
            title=_("Revert plan"),
            kind="choice",
            default="aws" if maximum is None else default_way(maximum, None, state, ecs),
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
            default=as_typed(at, calendar.zone),
            why=why,
            help=_("Time in {zone}, e.g. 2026-12-01 17:00.", zone=calendar.zone.key),
            only_if=(REVERT, ("aws", "duty")),
        ),
        Parameter(
            id=MIN,
            title=_("Minimum task count"),
            kind="integer",
            default=str(state.target.minimum) if state.target else "",
            minimum=0,
            maximum=LARGEST,
            help=_(
                "Auto Scaling keeps at least so many tasks. Usual {usual}. Sent only if it changes."
            ).format(usual="—" if ecs.usual_min is None else ecs.usual_min),
        ),
    )


RAISE = "raise"  # The approval scope of a higher maximum


class TaskLimit(ScalingChange):
    numbers = frozenset({MIN, MAX})
    calls = (
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingActivities",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "application-autoscaling:PutScheduledAction",
        "application-autoscaling:RegisterScalableTarget",
        "cloudwatch:GetMetricData",
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "pricing:GetProducts",
        "service-quotas:GetAWSDefaultServiceQuota",
        "service-quotas:GetServiceQuota",
    )
    guarantees = Guarantees(
        proof="DescribeScalableTargets: MinCapacity, MaxCapacity; DescribeScheduledActions",
        named=frozenset({"PutScheduledAction"}),
    )

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state = await self.reads.state(target.id)
        busy = await asyncio.to_thread(season, self.context.runbook, self.context.calendar, state.at)
        with self.written_on(state.at):
            calendar = season_remarks(busy, state, self._ecs, self.context.zone)
            texts = (*remarks(state, self.context.zone), *calendar)
            rows, limits = facts(state, ACTION, self.context.zone), bounds(state, self.context.runbook)
            return self.live(target, state.at, rows, texts, limits)

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        state = await self.reads.counts(target.id)
        return await asyncio.to_thread(form, state, self.context.runbook, self.context.calendar)

    def in_incident(self, parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
        """Reverted the same evening: the runbook's next date for it may be a month away."""
        calendar = self.context.calendar
        at, why = same_evening(calendar, self.context.clock.now())
        proposed = {"default": as_typed(at, calendar.zone), "why": why}
        return tuple(
            each.model_copy(update=proposed) if each.id == REVERT_AT else each for each in parameters
        )

    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: ScalingState,
        id: str,
        quota: FargateQuota = NO_QUOTA,
        price: TaskPrice = NO_PRICE,
    ) -> Plan:
        values, refusals = self._checked(parameters, state)
        if values is None or refusals or state.target is None:
            return self.refused(target, parameters, refusals, id=id, read_at=state.at)
        context = self.context
        steps = [register(context, target, values, state)]
        if values.way == "aws" and values.at is not None:
            steps.append(schedule(context, id, target, restored(state.target, values), values.at))
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
            title=title(state.target, values),
            impact=stopped_text(stopped) if stopped else "",
            warnings=warnings(replace(state, actions=others), values, context, quota),
            approval=RAISE if values.maximum > state.target.maximum else "",
            downtime=_("Requests on the stopped tasks may be cut off.") if stopped else _("None"),
            cost=_cost(state, values, price, context.runbook),
            reversible=_("Yes: the previous bounds ({before}) are recorded.").format(
                before=capacities_text(*bounds_of(bounds_text(state.target, values)))
            ),
            revert=_revert(target, values, state.target),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        if step.id == REGISTER:
            return observed_limit(step, await self.reads.counts(step.target))
        actions = await self.reads.actions(step.target)
        if step.id == SCHEDULE:
            return observed_action(step, actions, self.context.zone, self.context.clock.now())
        return observed_cancellation(step, actions, self.context.zone)

    async def outcome(self, plan: Plan) -> str:
        state = await self.reads.counts(plan.target.id)
        return _("Running {running}.", running=state.running)

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        from services.changes.task_limit.task_limit_cli_commands import commands_of

        return commands_of(plan)

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        """The previous bounds: permanent if they may stay, otherwise with a revert of their own."""
        first = next((step for step in plan.steps if step.id == REGISTER), None)
        if first is None:
            return {}
        minimum, maximum = bounds_of(first.before)
        sent, ecs = first.call.params, self._ecs
        stays = maximum <= sent.get("MaxCapacity", maximum) or maximum == ecs.usual_max
        if minimum is not None:
            stays = stays and (minimum <= sent["MinCapacity"] or minimum == ecs.usual_min)
        values = {MAX: str(maximum)} | ({} if minimum is None else {MIN: str(minimum)})
        return values | {REVERT: "none" if stays else "aws"}

    @property
    def _ecs(self) -> Ecs:
        ecs = self.context.runbook.ecs
        assert ecs is not None, "without services there are no targets"
        return ecs

    def _checked(
        self, parameters: Mapping[str, str], state: ScalingState
    ) -> tuple[LimitParameters | None, tuple[str, ...]]:
        if not state.active:
            return None, (_("ECS has no such active service."),)
        if state.target is None:
            return None, (_("Auto Scaling is not configured for this service; there is no limit to change."),)
        values, refusals = read_parameters(parameters, state, self._ecs, self.context.calendar)
        return values, (*refusals, *(_contradictions(values, state.target) if values is not None else ()))


def _contradictions(values: LimitParameters, target: ScalableTarget) -> Iterator[str]:
    if not changed(target, values):
        yield _("Nothing to change: the maximum is {maximum} already.", maximum=values.maximum)
    if values.minimum is None and values.maximum < target.minimum:
        yield _("The maximum cannot be below the minimum, {minimum}.", minimum=target.minimum)
    elif values.minimum is not None and values.minimum > values.maximum:
        text = _("The minimum, {minimum}, cannot be above the maximum, {maximum}.")
        yield text.format(minimum=values.minimum, maximum=values.maximum)


def _cost(state: ScalingState, values: LimitParameters, price: TaskPrice, runbook: Runbook) -> str:
    assert state.target is not None
    idle = 0 if values.minimum is None else max(0, values.minimum - state.target.minimum)
    more = idle or values.maximum - state.target.maximum
    if more <= 0:
        return _("None")
    text = (
        plural(
            "At least {count} more task, charged also while it is idle.",
            "At least {count} more tasks, each charged also while idle.",
            more,
        )
        if idle
        else plural(
            "Up to {count} more task, charged while it runs.",
            "Up to {count} more tasks, each charged while it runs.",
            more,
        )
    )
    lasts = None if values.at is None else values.at - state.at
    return cost_text(text.format(count=more), more, price, runbook, lasts)


def _revert(target: ChangeTarget, values: LimitParameters, before: ScalableTarget) -> Revert | None:
    if values.way == "none" or values.at is None:
        return None
    minimum = {} if values.minimum is None else {MIN: str(before.minimum)}
    text = (
        _("{target}: revert the maximum task count from {after} to {before}")
        if values.minimum is None
        else _("{target}: revert the task counts to {before}")
    )
    return Revert(
        way=values.way,
        at=values.at,
        title=text.format(
            target=target.title,
            after=values.maximum,
            before=before.maximum
            if values.minimum is None
            else capacities_text(before.minimum, before.maximum),
        ),
        values={MAX: str(before.maximum), **minimum, REVERT: "none"},
    )
