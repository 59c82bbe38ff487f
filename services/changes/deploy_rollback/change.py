"""Rollback of an ECS service to the revision before (runbook: アラート対応 1).

A deployment in progress is stopped, one that waits at a lifecycle hook is answered, and after a completed one the
previous task definition is deployed again. Source: StopServiceDeployment, ContinueServiceDeployment, UpdateService
(Amazon ECS API reference).
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta

from services.changes.base import ChangeContext
from services.changes.cache_invalidation.suggestion import after_deployment
from services.changes.deploy_rollback.facts import facts, remarks
from services.changes.deploy_rollback.parameters import REVISION, chosen, parameters
from services.changes.deploy_rollback.progress import rollback_progress
from services.changes.deploy_rollback.reading import Reads
from services.changes.deploy_rollback.state import RollbackState, Way
from services.changes.deploy_rollback.steps import STEP, observed_rollback, step, title
from services.changes.deploy_rollback.warnings import refusals, warnings
from services.changes.ecs_scaling import rollout
from services.changes.ecs_scaling.change import ServiceChange
from services.changes.ecs_scaling.cost import NO_PRICE, TaskPrice, TaskPrices, yen_text
from services.changes.ecs_services import names
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.typed_values import unknown_parameters
from services.i18n import _, sentences
from services.models.aws_cli import CliCommand
from services.models.base import RawId
from services.models.changes import ChangeTarget, LiveState, Observation, Parameter, Plan, PlannedStep
from services.models.ecs import ContainerService
from services.models.runbook import Runbook
from services.models.watches import Progress, Watch

GIVES_UP = timedelta(minutes=60)
"""How long a rollback is watched."""


class DeployRollback(ServiceChange):
    """Brings back the task definition that the newest release replaced, or another active one."""

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
        self._reads = Reads(context)
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
        """The plan from a given state and the prices of a task before and after; pure."""
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
        from services.changes.deploy_rollback.cli_commands import commands_of

        return commands_of(plan)

    def revert_parameters(self, plan: Plan) -> dict[str, str]:
        first = next((each for each in plan.steps if each.id == STEP), None)
        return {REVISION: first.before} if first is not None else {}


def _cost(service: ContainerService, prices: tuple[TaskPrice, TaskPrice], runbook: Runbook) -> str:
    """What runs beside the present tasks meanwhile, and what tasks of another size cost from then on."""
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
