"""Source: UpdateService with forceNewDeployment (Amazon ECS API reference)."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from services.aws.client.errors import AwsError, NotFound
from services.aws.ecs.reader import EcsReader
from services.changes.base import ChangeContext, observed, warning
from services.changes.cache_invalidation.suggestion import after_deployment
from services.changes.ecs_scaling import rollout
from services.changes.ecs_scaling.cost import NO_PRICE, TaskPrice, TaskPrices
from services.changes.ecs_scaling.ecs_scaling_change import ServiceChange
from services.changes.ecs_scaling.rollout import expected
from services.changes.ecs_services import names
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.registry import kind_named
from services.changes.typed_values import unknown_parameters
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.aws_codes import rollout_state
from services.models.canonical import digest
from services.models.changes import (
    Caution,
    ChangeTarget,
    Fact,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Row,
)
from services.models.cloudtrail import TrailEvent
from services.models.date_text import time_text, with_zone
from services.models.ecs import ContainerService, Deployment
from services.models.ecs_deployments import TaskDefinition
from services.models.watches import Progress, Watch, WatchState


@dataclass(frozen=True, slots=True)
class RestartState:
    at: datetime
    service: ContainerService | None  # None: ECS has no such service
    definition: TaskDefinition | None = None  # None: it cannot be read

    @property
    def is_active(self) -> bool:
        return self.service is not None and self.service.status == "ACTIVE"

    @property
    def primary(self) -> Deployment | None:
        deployments = self.service.deployments if self.service is not None else ()
        return next((each for each in deployments if each.status == "PRIMARY"), None)

    @property
    def is_deploying(self) -> bool:
        deployments = self.service.deployments if self.service is not None else ()
        return len(deployments) > 1 or any(each.rollout == "IN_PROGRESS" for each in deployments)

    def tags(self) -> Iterator[str]:
        """Images that are named by a tag, which ECS resolves again: `staff-api:2.14.3`."""
        for container in self.definition.containers if self.definition is not None else ():
            if not container.pinned:
                yield container.image.rpartition("/")[2]


def state_digest(state: RestartState) -> str:
    primary = state.primary
    if primary is None:
        return digest(None)
    deployment = [primary.id, primary.task_definition, state.is_active, state.is_deploying]
    return digest([*deployment, *expected(state.service)])


# The request that restarts a service's tasks, and its comparison with the observed state. Pure.
#
# Source: UpdateService with forceNewDeployment (Amazon ECS API reference).


STEP = "restart"


def step(context: ChangeContext, target: ChangeTarget, state: RestartState) -> PlannedStep:
    assert state.service is not None
    assert state.primary is not None
    cluster, name = names(target.id)
    return context.step(
        STEP,
        _("Start new tasks of {name} and stop the old ones", name=target.title),
        target,
        ("ecs", "UpdateService", {"cluster": cluster, "service": name, "forceNewDeployment": True}),
        rows=_rows(state),
        expects=state_digest(state),
        required=("service",),
        before=state.primary.id,
    )


def _rows(state: RestartState) -> tuple[Row, ...]:
    assert state.service is not None
    definition = state.service.task_definition
    running = str(state.service.running)
    tags = _(", ").join(state.tags())
    # Where the tag was moved, another image starts; a warning says so.
    images = (Row(name=_("Images"), before=tags, after=tags),) if tags else ()
    return (
        Row(name=_("Task definition"), before=definition, after=definition),
        *images,
        Row(name=_("Running"), before=running, after=_("{count} new tasks", count=state.service.desired)),
    )


def observed_restart(step: PlannedStep, state: RestartState) -> Observation:
    now, primary = state_digest(state), state.primary
    if state.service is None or primary is None:
        return observed(now, _("ECS has no such active service."), after=False, before=False)
    if primary.id == step.before:
        text = _("The newest deployment is still {id}.", id=primary.id)
        return observed(now, text, after=False, before=True)
    same = any(row.before == row.after == primary.task_definition for row in step.rows)
    text = _("The newest deployment is {id}, of {name}.", id=primary.id, name=primary.task_definition)
    return observed(now, text, after=same, before=False)


SHOWN_BY = timedelta(minutes=2)  # How long AWS may still show the deployment of before


def restart_progress(step: PlannedStep, state: RestartState, id: str, made_at: datetime) -> Progress:
    """How far the deployment `id` is; with "" nobody knows which one is this console's."""
    if not id:
        text = _("Which deployment this console began is not known: see the newest one in ECS.")
        return Progress(state=WatchState.GAVE_UP, text=text)
    deployments = state.service.deployments if state.service is not None else ()
    if state.primary is not None and state.primary.id == step.before and state.at < made_at + SHOWN_BY:
        return Progress(state=WatchState.RUNNING, text=_("ECS does not list the deployment yet."))
    deployment = next((each for each in deployments if each.id == id), None)
    if deployment is None:
        text = _("The deployment is not listed any more: another one replaced it, or ECS rolled it back.")
        return Progress(state=WatchState.FAILED, text=text)
    if deployment.rollout == "FAILED":
        text = _("The deployment failed after {count} failed tasks: {reason}")
        count = deployment.failed if deployment.failed is not None else "—"
        return Progress(state=WatchState.FAILED, text=text.format(count=count, reason=deployment.reason))
    text = _("{running} of {desired} new tasks run.", running=deployment.running, desired=deployment.desired)
    if deployment.rollout == "COMPLETED":
        return Progress(state=WatchState.DONE, text=text, percent=100)
    if deployment.failed:
        text = _("{running} of {desired} new tasks run; {failed} tasks failed.").format(
            running=deployment.running, desired=deployment.desired, failed=deployment.failed
        )
    return Progress(state=WatchState.RUNNING, text=text, percent=_percent(deployment))


def _percent(deployment: Deployment) -> int | None:
    if not deployment.desired or not deployment.counted:
        return None
    return min(99, deployment.running * 100 // deployment.desired)


def refusals(state: RestartState) -> Iterator[str]:
    if not state.is_active or state.service is None:
        yield _("ECS has no such active service.")
    elif state.service.controller != "ECS":
        text = _("{controller} deploys this service, not ECS: start the new deployment there.")
        yield text.format(controller=state.service.controller)
    elif state.primary is None:
        yield _("ECS reports no deployment of this service; check it in the AWS console.")
    elif state.is_deploying:
        yield _("A deployment is in progress: wait for its end, or roll it back with deploy-rollback.")
    elif not state.service.desired:
        yield _(
            "The desired count is 0: there is no task to restart. Start some with “{title}” (desired-count).",
            title=_(kind_named("desired-count").title),
        )
    else:
        yield from rollout.refusals(state.service)


def warnings(state: RestartState) -> Iterator[Caution]:
    tags = _(", ").join(state.tags())
    if state.definition is None:
        text = _("The task definition could not be read: tags of its images are resolved again.")
        yield warning(text, grave=True)
    elif tags:
        text = _(
            "ECS resolves the tag again ({images}): if it was moved since the last deployment, another image starts."
        )
        yield warning(text.format(images=tags), grave=True)
    yield warning(_("Sessions that a task holds in its memory are lost with it."))


def facts(state: RestartState, zone: tzinfo) -> Iterator[Fact]:
    if state.service is None:
        yield Fact(name=_("Task definition"), value="—", note=_("ECS has no such service"))
        return
    yield Fact(name=_("Task definition"), value=state.service.task_definition or "—")
    yield Fact(name=_("Desired"), value=state.service.desired)
    yield Fact(name=_("Running"), value=state.service.running)
    yield Fact(name=_("Pending"), value=state.service.pending)
    for deployment in state.service.deployments:
        at = deployment.created
        when = with_zone(time_text(at, zone, state.at), at, zone) if at is not None else ""
        yield Fact(name=_("Deployment"), value=rollout_state(deployment), note=when)


def remarks(state: RestartState) -> Iterator[str]:
    if state.is_deploying:
        yield _("A deployment is in progress: wait for its end, or roll it back with deploy-rollback.")


DEPLOYMENT = "deployment"  # Name of the kept answer: id of the deployment that replaces the tasks
GIVES_UP = timedelta(minutes=60)  # How long a restart is watched


class ServiceRestart(ServiceChange):
    calls = (
        "cloudwatch:GetMetricData",
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "ecs:UpdateService",
        "pricing:GetProducts",
    )
    guarantees = Guarantees(
        proof="DescribeServices: id and taskDefinition of the PRIMARY deployment",
        traceable=frozenset({"UpdateService"}),
        settles="DescribeServices: rolloutState COMPLETED of that deployment",
    )

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self._ecs = EcsReader(context.reader)
        self._prices = TaskPrices(context)

    async def read_target(self, target: ChangeTarget) -> LiveState:
        state = await self._state(target.id)
        with self.written_on(state.at):
            return self.live(target, state.at, facts(state, self.context.zone), remarks(state))

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        return ()

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self._state(target.id, details=True)
        price = await self._prices.of(state.service, state.definition)
        return await asyncio.to_thread(self.plan_on, target, parameters, state, id, price)

    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: RestartState,
        id: str,
        price: TaskPrice = NO_PRICE,
    ) -> Plan:
        objections = (*unknown_parameters(parameters, ()), *refusals(state))
        if objections or state.service is None:
            return self.refused(target, parameters, objections, id=id, read_at=state.at)
        return self.planned(
            target,
            {},
            [step(self.context, target, state)],
            id=id,
            read_at=state.at,
            title=_("Restart the tasks"),
            impact=rollout.impact(state.service),
            warnings=(*warnings(state), *rollout.warnings(state.service)),
            downtime=rollout.downtime(state.service),
            cost=rollout.cost(state.service, price, self.context.runbook),
            reversible=_("No; the tasks run the same task definition before and after."),
            watch=Watch(ends_when=_("the deployment is complete"), gives_up_at=state.at + GIVES_UP),
            suggestions=after_deployment(self.context.runbook),
        )

    async def observe(self, step: PlannedStep) -> Observation:
        return observed_restart(step, await self._state(step.target))

    def answered(self, plan: Plan, step: PlannedStep, answer: Mapping[str, Any]) -> Mapping[str, str]:
        deployments = (answer.get("service") or {}).get("deployments") or ()
        ids = [str(each["id"]) for each in deployments if each.get("status") == "PRIMARY" and each.get("id")]
        return {DEPLOYMENT: ids[0]} if ids else {}

    def traced(self, step: PlannedStep, event: TrailEvent) -> Mapping[str, str]:
        return {DEPLOYMENT: str(event.products[0])} if event.products else {}

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        (planned,) = plan.steps
        deployment = answers.get(STEP, {}).get(DEPLOYMENT, "")
        return restart_progress(planned, await self._state(plan.target.id), deployment, plan.made_at)

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        from services.aws_cli.containers import service_state
        from services.aws_cli.plans import requests_of

        trap = _("With --task-definition it deploys that revision; without it, the present one.")
        yield from requests_of(plan, trap)
        if plan.steps:
            yield service_state(*names(plan.target.id))

    async def _state(self, resource: str, *, details: bool = False) -> RestartState:
        """The service, with `details` its task definition, too. Raises AwsError."""
        cluster, name = names(resource)
        try:
            service = await self._ecs.service(cluster, name)
        except NotFound:
            return RestartState(self.context.clock.now(), None)
        definition = None
        if details:
            try:
                definition = await self._ecs.definition(service.task_definition)
            except AwsError:
                definition = None
        return RestartState(self.context.clock.now(), service, definition)
