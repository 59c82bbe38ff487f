"""Restart of a service's tasks: a new deployment of the same task definition.

Source: UpdateService with forceNewDeployment (Amazon ECS API reference).
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from services.aws.client.errors import AwsError, NotFound
from services.aws.ecs.reader import EcsReader
from services.changes.base import ChangeContext
from services.changes.cache_invalidation.suggestion import after_deployment
from services.changes.ecs_scaling import rollout
from services.changes.ecs_scaling.change import ServiceChange
from services.changes.ecs_scaling.cost import NO_PRICE, TaskPrice, TaskPrices
from services.changes.ecs_services import names
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.service_restart.facts import facts, remarks
from services.changes.service_restart.progress import restart_progress
from services.changes.service_restart.state import RestartState
from services.changes.service_restart.steps import STEP, observed_restart, step
from services.changes.service_restart.warnings import refusals, warnings
from services.changes.typed_values import unknown_parameters
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import ChangeTarget, LiveState, Observation, Parameter, Plan, PlannedStep
from services.models.cloudtrail import TrailEvent
from services.models.watches import Progress, Watch

DEPLOYMENT = "deployment"
"""Name of the kept answer: id of the deployment that replaces the tasks."""
GIVES_UP = timedelta(minutes=60)
"""How long a restart is watched."""


class ServiceRestart(ServiceChange):
    """Replaces the tasks of a service by new ones of the same task definition."""

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
