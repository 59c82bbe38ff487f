"""Desired task count of an ECS service (runbook: アラート対応 2, 手動スケール).

Source: UpdateService (Amazon ECS API reference); "Service auto scaling" (Amazon ECS developer guide): active policies
may change a count that was set by hand.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta

from services.changes.desired_count.parameters import DESIRED, parameter, read_count
from services.changes.desired_count.progress import count_progress
from services.changes.desired_count.steps import STEP, observed_count, step
from services.changes.desired_count.warnings import warnings
from services.changes.ecs_scaling.change import ScalingChange
from services.changes.ecs_scaling.cost import NO_PRICE, TaskPrice, cost_text
from services.changes.ecs_scaling.facts import facts, remarks, stopped_text
from services.changes.ecs_scaling.load import bounds
from services.changes.ecs_scaling.quota import NO_QUOTA, FargateQuota
from services.changes.ecs_scaling.state import ACTION, ScalingState
from services.changes.ecs_services import names
from services.changes.guarantees import Guarantees
from services.i18n import _, plural
from services.models.aws_cli import CliCommand
from services.models.changes import ChangeTarget, LiveState, Observation, Parameter, Plan, PlannedStep
from services.models.runbook import Runbook
from services.models.watches import Progress, Watch

GIVES_UP = timedelta(minutes=30)
"""How long the tasks are watched until as many run as are desired."""


class DesiredCount(ScalingChange):
    """Starts or stops tasks now, within the bounds of Auto Scaling."""

    numbers = frozenset({DESIRED})
    calls = (
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingActivities",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "cloudwatch:GetMetricData",
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "ecs:UpdateService",
        "pricing:GetProducts",
        "service-quotas:GetAWSDefaultServiceQuota",
        "service-quotas:GetServiceQuota",
    )
    guarantees = Guarantees(
        proof="DescribeServices: desiredCount", settles="DescribeServices: runningCount = desiredCount"
    )

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state = await self.reads.state(target.id)
        with self.written_on(state.at):
            texts = remarks(state, self.context.zone) if state.target is not None else ()
            rows, limits = facts(state, ACTION, self.context.zone), bounds(state, self.context.runbook)
            return self.live(target, state.at, rows, texts, limits)

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        return (parameter(await self.reads.counts(target.id)),)

    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: ScalingState,
        id: str,
        quota: FargateQuota = NO_QUOTA,
        price: TaskPrice = NO_PRICE,
    ) -> Plan:
        if not state.active:
            objections: tuple[str, ...] = (_("ECS has no such active service."),)
            return self.refused(target, parameters, objections, id=id, read_at=state.at)
        count, objections = read_count(parameters, state)
        if count is None or objections:
            return self.refused(target, parameters, objections, id=id, read_at=state.at)
        context, fewer = self.context, state.stopped(count)
        return self.planned(
            target,
            {DESIRED: str(count)},
            [step(context, target, state, count)],
            id=id,
            read_at=state.at,
            title=_("Desired task count {before} → {after}").format(before=state.desired, after=count),
            impact=stopped_text(fewer) if fewer else "",
            warnings=tuple(warnings(state, count, context.runbook, quota, context.zone)),
            downtime=_downtime(count, fewer),
            cost=_cost(count - state.desired, price, context.runbook),
            reversible=_("Yes: the previous count, {before}, is recorded.").format(before=state.desired),
            watch=Watch(
                ends_when=_("{count} tasks run").format(count=count), gives_up_at=state.at + GIVES_UP
            ),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        return observed_count(step, await self.reads.scaled_counts(step.target))

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        (planned,) = plan.steps
        runs = await asyncio.to_thread(self.context.runs)
        run = next((each for each in runs if each.id == plan.id), None)
        was_shown = run is not None and any(step.verified for step in run.steps)
        state = await self.reads.scaled_counts(plan.target.id)
        return count_progress(planned, state, plan.made_at, was_shown=was_shown)

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        from services.aws_cli.containers import scaling_activities, scaling_bounds, service_state
        from services.aws_cli.plans import requests_of

        trap = _("A count outside the bounds of Auto Scaling is pulled back by its next alarm.")
        yield from requests_of(plan, trap)
        if plan.steps:
            for read in (service_state, scaling_bounds, scaling_activities):
                yield read(*names(plan.target.id))

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        first = next((each for each in plan.steps if each.id == STEP), None)
        return {DESIRED: first.before} if first is not None else {}


def _downtime(count: int, fewer: int) -> str:
    if not count:
        return _("The service answers no request until it has tasks again.")
    return _("Requests on the stopped tasks may be cut off.") if fewer else _("None")


def _cost(more: int, price: TaskPrice, runbook: Runbook) -> str:
    if more <= 0:
        return _("None")
    text = plural(
        "{count} more task, charged while it runs.", "{count} more tasks, each charged while it runs.", more
    )
    return cost_text(text.format(count=more), more, price, runbook, lasts=None)
