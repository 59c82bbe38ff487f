"""Desired task count of an ECS service (runbook: アラート対応 2, 手動スケール). Source: UpdateService (Amazon ECS API
reference); "Service auto scaling" (Amazon ECS developer guide): active policies may change a count that was
set by hand."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from services.changes.base import ChangeContext, observed
from services.changes.desired_count.warnings import warnings
from services.changes.ecs_scaling.cost import NO_PRICE, TaskPrice, cost_text
from services.changes.ecs_scaling.ecs_scaling_change import ScalingChange, bounds
from services.changes.ecs_scaling.facts import facts, remarks, stopped_text
from services.changes.ecs_scaling.quota import NO_QUOTA, FargateQuota
from services.changes.ecs_scaling.state import ACTION, ScalingState
from services.changes.ecs_services import names
from services.changes.guarantees import Guarantees
from services.changes.registry import kind_named
from services.changes.typed_values import unknown_parameters, whole_number
from services.i18n import _, plural, sentences
from services.models.aws_cli import CliCommand
from services.models.canonical import digest
from services.models.changes import ChangeTarget, LiveState, Observation, Parameter, Plan, PlannedStep, Row
from services.models.runbook import Runbook
from services.models.watches import Progress, Watch, WatchState

# The request that sets the desired count, and its comparison with the observed state. Pure.
#
# Source: UpdateService (Amazon ECS API reference): desiredCount alone starts no deployment.


def count_digest(state: ScalingState, desired: int) -> str:
    """Digest of what the count `desired` depends on: the bounds, and whether it starts or stops tasks. The
    plan stays good while Auto Scaling moves the present count without changing that."""
    bounds = [state.target.minimum, state.target.maximum] if state.target is not None else None
    controller = state.service.controller if state.service is not None else ""
    return digest([bounds, controller, state.active, state.desired > desired, state.desired < desired])


STEP = "set-count"


def step(context: ChangeContext, target: ChangeTarget, state: ScalingState, count: int) -> PlannedStep:
    cluster, name = names(target.id)
    return context.step(
        STEP,
        _("Set the desired count to {count}", count=count),
        target,
        ("ecs", "UpdateService", {"cluster": cluster, "service": name, "desiredCount": count}),
        rows=_rows(state, count),
        expects=count_digest(state, count),
        required=("service",),
        before=str(state.desired),
        newest=newest_scaling(state),
    )


def _rows(state: ScalingState, count: int) -> tuple[Row, ...]:
    target = state.target
    minimum, maximum = (target.minimum, target.maximum) if target is not None else ("—", "—")
    scaling = _scaling(state)
    return (
        Row(name=_("Desired"), before=state.desired, after=count),
        Row(name=_("Running"), before=state.running, after=count),
        Row(name=_("Minimum"), before=minimum, after=minimum),
        Row(name=_("Maximum"), before=maximum, after=maximum),
        Row(name=_("Auto Scaling"), before=scaling, after=scaling),
    )


def _scaling(state: ScalingState) -> str:
    if state.target is None:
        return _("not configured")
    return _("suspended") if state.target.suspended else _("active")


def observed_count(step: PlannedStep, state: ScalingState) -> Observation:
    count = step.call.params["desiredCount"]
    now = count_digest(state, count)
    if not state.active:
        return observed(now, _("ECS has no such active service."), after=False, before=False)
    text = _("Desired {desired}, running {running}.", desired=state.desired, running=state.running)
    is_before = str(state.desired) == step.before
    if is_before and newest_scaling(state) != step.newest:
        scaled = _("Auto Scaling has set the count since; it may have undone the change.")
        return observed(now, sentences(text, scaled), after=False, before=False)
    return observed(now, text, after=state.desired == count, before=is_before)


def newest_scaling(state: ScalingState) -> str:
    """When Auto Scaling last set the count; "" if no such decision is listed."""
    return next((each.at.isoformat() for each in state.activities if not each.not_scaled), "")


DESIRED = "desired"
LARGEST = 1000  # Larger numbers are refused as typing errors; ECS itself allows 5,000


def default_count(state: ScalingState) -> int:
    more = state.desired + 1
    return min(more, state.target.maximum) if state.target is not None else more


def parameter(state: ScalingState) -> Parameter:
    target = state.target
    text = _("ECS starts or stops tasks until so many run. Now {desired}.", desired=state.desired)
    return Parameter(
        id=DESIRED,
        title=_("Desired task count"),
        kind="integer",
        default=str(default_count(state)),
        minimum=target.minimum if target is not None else 0,
        maximum=target.maximum if target is not None else LARGEST,
        help=text,
    )


def read_count(parameters: Mapping[str, str], state: ScalingState) -> tuple[int | None, tuple[str, ...]]:
    refusals = unknown_parameters(parameters, (DESIRED,))
    text = parameters.get(DESIRED, str(default_count(state)))
    count, why = whole_number(_("Desired task count"), text, least=0, most=LARGEST)
    if count is None:
        return None, (*refusals, why)
    return count, (*refusals, *_refusals(count, state))


def _refusals(count: int, state: ScalingState) -> Iterator[str]:
    assert state.service is not None
    if state.service.controller == "EXTERNAL":
        yield _("An external tool manages the task sets of this service and their counts: change it there.")
    if state.service.scheduling == "DAEMON":
        yield _("The service runs one task on each instance (DAEMON): its count follows the instances.")
    if count == state.desired:
        yield _("Nothing to change: the desired count is {count} already.", count=count)
    elif state.target is not None and count > state.target.maximum:
        text = _(
            "{count} is above the maximum, {maximum}, to which Auto Scaling would pull it back: raise the maximum to "
            "{count} first, with “{title}” (task-limit)."
        )
        title = _(kind_named("task-limit").title)
        yield text.format(count=count, maximum=state.target.maximum, title=title)
    elif state.target is not None and count < state.target.minimum:
        text = _(
            "{count} is below the minimum, {minimum}, to which Auto Scaling would pull it back: lower the minimum to "
            "{count} first, with “{title}” (task-limit)."
        )
        title = _(kind_named("task-limit").title)
        yield text.format(count=count, minimum=state.target.minimum, title=title)


SHOWN_BY = timedelta(minutes=2)  # How long AWS may still show the count of before


def count_progress(
    step: PlannedStep, state: ScalingState, made_at: datetime, *, was_shown: bool = False
) -> Progress:
    """Whether as many tasks run as the step asks for; Auto Scaling or another person may change the count
    first. `was_shown`: ECS has shown the new count once."""
    count = step.call.params["desiredCount"]
    if str(state.desired) == step.before and newest_scaling(state) != step.newest:
        text = _("Auto Scaling has set the desired count back from {count} to {desired}.")
        return Progress(state=WatchState.FAILED, text=text.format(count=count, desired=state.desired))
    if str(state.desired) == step.before and state.at < made_at + SHOWN_BY:
        text = (
            _("The desired count is {desired} again: Auto Scaling or another person has set it.")
            if was_shown
            else _("ECS does not show the new count yet.")
        )
        return Progress(state=WatchState.RUNNING, text=text.format(desired=state.desired))
    if state.desired != count:
        text = _(
            "The desired count is {desired} by now: Auto Scaling or another person changed it from {count}."
        )
        return Progress(state=WatchState.FAILED, text=text.format(desired=state.desired, count=count))
    pending = state.service.pending if state.service is not None else 0
    text = _("Desired {count}, running {running}, pending {pending}.")
    text = text.format(running=state.running, count=count, pending=pending)
    if state.running == count and not pending:
        return Progress(state=WatchState.DONE, text=text, percent=100)
    return Progress(state=WatchState.RUNNING, text=text, percent=_percent(step, state, count))


def _percent(step: PlannedStep, state: ScalingState, count: int) -> int:
    before = int(step.before)
    part = (state.running - before) * 100 // (count - before)
    return max(0, min(99, part))


GIVES_UP = timedelta(minutes=30)  # How long the tasks are watched until as many run as are desired


class DesiredCount(ScalingChange):
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
            title=_("Desired task count {before} → {after}", before=state.desired, after=count),
            impact=stopped_text(fewer) if fewer else "",
            warnings=tuple(warnings(state, count, context.runbook, quota, context.zone)),
            downtime=_downtime(count, fewer),
            cost=_cost(count - state.desired, price, context.runbook),
            reversible=_("Yes: the previous count, {before}, is recorded.", before=state.desired),
            watch=Watch(ends_when=_("{count} tasks run", count=count), gives_up_at=state.at + GIVES_UP),
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
