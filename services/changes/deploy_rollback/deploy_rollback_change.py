"""Rollback of an ECS service to the revision before (runbook: アラート対応 1). A deployment in progress is stopped,
one that waits at a lifecycle hook is answered, and after a completed one the previous task definition is
deployed again. Source: StopServiceDeployment, ContinueServiceDeployment, UpdateService (Amazon ECS API
reference)."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo

from services.changes.base import ChangeContext, Request, observed
from services.changes.cache_invalidation.suggestion import after_deployment
from services.changes.deploy_rollback.comparison import by_text, rows
from services.changes.deploy_rollback.reading import REVISION, RollbackReads, chosen, parameters
from services.changes.deploy_rollback.state import RollbackState, Way, state_digest
from services.changes.deploy_rollback.warnings import refusals, warnings
from services.changes.ecs_scaling import rollout
from services.changes.ecs_scaling.cost import NO_PRICE, TaskPrice, TaskPrices, yen_text
from services.changes.ecs_scaling.ecs_scaling_change import ServiceChange
from services.changes.ecs_services import names
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.typed_values import unknown_parameters
from services.i18n import _, sentences
from services.models.aws_cli import CliCommand
from services.models.aws_codes import deployment_state
from services.models.base import RawId
from services.models.changes import ChangeTarget, Fact, LiveState, Observation, Parameter, Plan, PlannedStep
from services.models.date_text import time_text, with_zone
from services.models.ecs import ContainerService
from services.models.ecs_deployments import ServiceDeployment
from services.models.runbook import Runbook
from services.models.watches import Progress, Watch, WatchState

# The request of a rollback, and its comparison with the observed state. Pure.
#
# Source: StopServiceDeployment, ContinueServiceDeployment, UpdateService (Amazon ECS API reference).


STEP = "roll-back"


def step(context: ChangeContext, target: ChangeTarget, state: RollbackState, after: RawId) -> PlannedStep:
    request, required = _request(target, state, after)
    return context.step(
        STEP,
        title(state, after),
        target,
        request,
        rows=rows(state, state.current, after, context.zone),
        expects=state_digest(state),
        required=required,
        before=state.current,
        newest=str(state.newest.id) if state.newest is not None else "",
    )


def _request(target: ChangeTarget, state: RollbackState, after: RawId) -> tuple[Request, tuple[str, ...]]:
    newest = state.newest
    if state.way is Way.DEPLOY or newest is None:
        cluster, name = names(target.id)
        params = {"cluster": cluster, "service": name, "taskDefinition": str(after)}
        return ("ecs", "UpdateService", params), ("service",)
    of = {"serviceDeploymentArn": str(newest.id)}
    if newest.hook is not None:
        # Without an action, ECS continues the deployment.
        params = of | {"hookId": str(newest.hook.id), "action": "ROLLBACK"}
        return ("ecs", "ContinueServiceDeployment", params), ("serviceDeploymentArn",)
    return ("ecs", "StopServiceDeployment", of | {"stopType": "ROLLBACK"}), ("serviceDeploymentArn",)


def title(state: RollbackState, after: RawId) -> str:
    if state.way is Way.DEPLOY:
        family, _colon, revision = after.rpartition(":")
        is_same = state.current.rpartition(":")[0] == family
        text = (
            _("Go forward {before} → {after}")
            if state.goes_forward(after)
            else _("Roll back {before} → {after}")
        )
        return text.format(before=state.current, after=f":{revision}" if is_same else after)
    return _("Stop the deployment of {before} and return to {after}", before=state.current, after=after)


def observed_rollback(step: PlannedStep, state: RollbackState) -> Observation:
    params, now = step.call.params, state_digest(state)
    if "taskDefinition" in params:
        name = state.service.task_definition if state.service is not None else ""
        text = _("The service deploys {name}.", name=name or "—")
        if name == step.before and _was_rolled_back(step, state):
            text = sentences(
                text, _("{name} was deployed, and ECS rolled it back.", name=params["taskDefinition"])
            )
            return observed(now, text, after=True, before=False)
        # What was deployed and rolled back, or replaced, has left another deployment.
        is_newest = str(state.newest.id if state.newest is not None else "") == step.newest
        is_before = name == step.before and is_newest
        return observed(now, text, after=name == params["taskDefinition"], before=is_before)
    arn = params["serviceDeploymentArn"]
    deployment = next((each for each in state.deployments if each.id == arn), None)
    if deployment is None:
        text = _("ECS lists no such deployment.")
        return observed(now, text, after=False, before=False)
    text = _("The deployment is {status}.", status=deployment_state(deployment.status))
    returning = deployment.rolls_back
    # One that was successful was never told to roll back.
    is_before = deployment.in_progress or deployment.status == "SUCCESSFUL"
    return observed(now, text, after=returning, before=is_before and not returning)


def _was_rolled_back(step: PlannedStep, state: RollbackState) -> bool:
    newest = state.newest
    return (
        newest is not None
        and str(newest.id) != step.newest
        and newest.rolls_back
        and state.definition_of(newest.target) == step.call.params["taskDefinition"]
    )


# How far a rollback is, from what ECS reports. Pure.
#
# Source: the states of a service deployment ("View service history using Amazon ECS service deployments").


SKEW = timedelta(minutes=2)  # Difference between AWS's clock and this machine's, at most


def rollback_progress(step: PlannedStep, state: RollbackState, made_at: datetime) -> Progress:
    deployment = _deployment(step, state, made_at)
    if deployment is None or state.service is None:
        return Progress(state=WatchState.RUNNING, text=_("ECS does not list the deployment yet."))
    ending = "SUCCESSFUL" if "taskDefinition" in step.call.params else "ROLLBACK_SUCCESSFUL"
    if deployment.in_progress:
        watch = WatchState.RUNNING
    else:
        watch = WatchState.DONE if deployment.status == ending else WatchState.FAILED
    text = sentences(*_texts(deployment, state.service, state))
    return Progress(state=watch, text=text, percent=_percent(state.service, watch))


def _deployment(step: PlannedStep, state: RollbackState, made_at: datetime) -> ServiceDeployment | None:
    params = step.call.params
    if "taskDefinition" not in params:
        return next((each for each in state.deployments if each.id == params["serviceDeploymentArn"]), None)
    later = (each for each in state.deployments if each.created is None or each.created >= made_at - SKEW)
    return next(
        (each for each in later if state.definition_of(each.target) == params["taskDefinition"]), None
    )


def _texts(deployment: ServiceDeployment, service: ContainerService, state: RollbackState) -> Iterator[str]:
    yield _("The deployment of {name} is {status}.").format(
        name=state.definition_of(deployment.target) or "—", status=deployment_state(deployment.status)
    )
    for part in service.deployments:
        text = _("{name}: desired {desired}, running {running}.")
        yield text.format(name=part.task_definition, running=part.running, desired=part.desired)
        if part.failed:
            yield _("{name}: {count} tasks failed.", name=part.task_definition, count=part.failed)
    if deployment.breaker == "TRIGGERED":
        text = _("The circuit breaker ended it after {count} failed tasks.")
        yield text.format(count=deployment.failures if deployment.failures is not None else "—")
    if deployment.alarms:
        yield _("Alarms ended it: {names}.", names=_(", ").join(deployment.alarms))


def _percent(service: ContainerService, watch: WatchState) -> int | None:
    if watch is WatchState.DONE:
        return 100
    primary = next((each for each in service.deployments if each.status == "PRIMARY"), None)
    if primary is None or not primary.desired or not primary.counted:
        return None
    return min(99, primary.running * 100 // primary.desired)


def facts(state: RollbackState, zone: tzinfo) -> Iterator[Fact]:
    if state.service is None:
        yield Fact(name=_("Task definition"), value="—", note=_("ECS has no such service"))
        return
    newest = state.newest
    yield Fact(name=_("Task definition"), value=state.current or "—", note=_images(state, state.current))
    if newest is not None:
        yield Fact(name=_("Deployment"), value=deployment_state(newest.status), note=_by(newest, state, zone))
    yield Fact(
        name=_("Revision before"), value=state.previous or _("none"), note=_images(state, state.previous)
    )
    yield Fact(name=_("Desired"), value=state.service.desired)
    yield Fact(name=_("Running"), value=state.service.running)
    if newest is not None and newest.failures:
        yield Fact(name=_("Failed tasks"), value=newest.failures, note=newest.breaker)


def _images(state: RollbackState, definition: RawId) -> str:
    return _(", ").join(image.image.rpartition("/")[2] for image in state.images_of(definition))


def _by(deployment: ServiceDeployment, state: RollbackState, zone: tzinfo) -> str:
    at = deployment.created
    when = with_zone(time_text(at, zone, state.at), at, zone) if at is not None else _("unknown")
    return by_text(when, state.deployers.get(deployment.id, ""))


def remarks(state: RollbackState) -> Iterator[str]:
    newest = state.newest
    if state.service is None or newest is None:
        return
    if state.service.controller != "ECS":
        text = _("{controller} deploys this service, not ECS; it cannot be rolled back here.")
        yield text.format(controller=state.service.controller)
    elif newest.in_progress and newest.rolls_back:
        yield _("It is being rolled back already; watch it to its end.")
    elif state.way is Way.HOOK:
        yield _("The deployment waits at a lifecycle hook; a rollback answers it.")
    elif state.way is Way.STOP:
        yield _("A deployment is in progress; a rollback stops it.")
    elif state.is_second:
        yield _("The newest deployment was a rollback.")


GIVES_UP = timedelta(minutes=60)  # How long a rollback is watched


class DeployRollback(ServiceChange):
    calls = (
        "cloudtrail:LookupEvents",
        "cloudwatch:GetMetricData",
        "ecs:ContinueServiceDeployment",
        "ecs:DescribeServiceDeployments",
        "ecs:DescribeServiceRevisions",
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "ecs:ListServiceDeployments",
        "ecs:ListTaskDefinitions",
        "ecs:StopServiceDeployment",
        "ecs:UpdateService",
        "pricing:GetProducts",
    )
    guarantees = Guarantees(
        proof="DescribeServices: taskDefinition; DescribeServiceDeployments: status ROLLBACK_*",
        traceable=frozenset({"UpdateService", "StopServiceDeployment", "ContinueServiceDeployment"}),
        settles="DescribeServiceDeployments: status SUCCESSFUL or ROLLBACK_SUCCESSFUL",
    )

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self._reads = RollbackReads(context)
        self._prices = TaskPrices(context)

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state = await self._reads.state(*names(target.id))
        with self.written_on(state.at):
            return self.live(target, state.at, facts(state, self.context.zone), remarks(state))

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        return parameters(await self._reads.state(*names(target.id)))

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self._reads.state(*names(target.id), parameters.get(REVISION, ""))
        after = self._revision(parameters, state)
        before, then = [
            await self._prices.of(state.service, state.definitions.get(each))
            for each in (state.current, after)
        ]
        with self.written_on(state.at):
            return await asyncio.to_thread(self.plan_on, target, parameters, state, id, (before, then))

    def _revision(self, parameters: Mapping[str, str], state: RollbackState) -> RawId:
        return chosen(parameters.get(REVISION, ""), state.current) or state.previous

    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: RollbackState,
        id: str,
        prices: tuple[TaskPrice, TaskPrice] = (NO_PRICE, NO_PRICE),
    ) -> Plan:
        after = self._revision(parameters, state)
        objections = (*unknown_parameters(parameters, (REVISION,)), *refusals(state, after))
        if objections or state.service is None:
            return self.refused(target, parameters, objections, id=id, read_at=state.at)
        return self.planned(
            target,
            {REVISION: str(after)},
            [step(self.context, target, state, after)],
            id=id,
            read_at=state.at,
            title=title(state, after),
            impact=rollout.impact(state.service),
            warnings=tuple(warnings(state, after, self.context.zone)),
            downtime=rollout.downtime(state.service),
            cost=_cost(state.service, prices, self.context.runbook),
            reversible=_reversible(state),
            watch=Watch(
                ends_when=_("the deployment is complete")
                if state.goes_forward(after)
                else _("the rollback is complete"),
                gives_up_at=state.at + GIVES_UP,
            ),
            suggestions=after_deployment(self.context.runbook),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        return observed_rollback(step, await self._reads.deployed(*names(step.target)))

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        (planned,) = plan.steps
        state = await self._reads.deployed(*names(plan.target.id))
        return rollback_progress(planned, state, plan.made_at)

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        from services.changes.deploy_rollback.deploy_rollback_cli_commands import commands_of

        return commands_of(plan)

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        first = next((each for each in plan.steps if each.id == STEP), None)
        return {REVISION: first.before} if first is not None else {}


def _cost(service: ContainerService, prices: tuple[TaskPrice, TaskPrice], runbook: Runbook) -> str:
    meanwhile = rollout.cost(service, prices[1], runbook)
    before, after = (price.hourly * service.desired for price in prices)
    if before == after or not all(price.monthly for price in prices):
        return meanwhile
    text = _("Afterwards all tasks cost about {after} an hour instead of {before}.")
    return sentences(meanwhile, text.format(before=yen_text(before, runbook), after=yen_text(after, runbook)))


def _reversible(state: RollbackState) -> str:
    text = (
        _("Yes: {before} can be deployed again.")
        if state.way is Way.DEPLOY
        else _("Yes, by deploying {before} again once the rollback is complete.")
    )
    return text.format(before=RawId(state.current))
