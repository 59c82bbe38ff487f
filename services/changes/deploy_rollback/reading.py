"""Reads what was deployed to a service, by whom, and what can be. Source: DescribeServices,
ListServiceDeployments, DescribeServiceRevisions, ListTaskDefinitions, DescribeTaskDefinition (Amazon ECS API
reference), LookupEvents (CloudTrail)."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError, NotFound
from services.aws.cloudtrail.reader import CloudTrailReader
from services.aws.ecs.reader import EcsReader
from services.changes.base import ChangeContext
from services.changes.deploy_rollback.state import RollbackState, Way, family_of
from services.changes.ecs_services import names, service_id
from services.changes.typed_values import normalized
from services.i18n import _
from services.models.base import RawId
from services.models.change_runs import Run
from services.models.changes import Parameter
from services.models.cloudtrail import TrailEvent
from services.models.ecs import ContainerService
from services.models.ecs_deployments import ServiceDeployment, TaskDefinition

REVISION = "revision"
OFFERED = 20  # Revisions that are offered


def chosen(text: str, current: str) -> RawId:
    """`staff-api:41` of `staff-api:41` or of `41`; "" if nothing was typed."""
    value = normalized(text)
    if value.isdecimal():
        return RawId(f"{family_of(current)}:{value}")
    return RawId(value.rsplit("/", 1)[-1])


def parameters(state: RollbackState) -> tuple[Parameter, ...]:
    """The revision to deploy: the previous one, or another active one; only the previous one while one is deployed."""
    names = [name for name in state.active if name != state.current][:OFFERED]
    if state.way is not Way.DEPLOY or (state.previous and state.previous not in names):
        names = [name for name in (state.previous,) if name]
    parameter = Parameter(
        id=REVISION,
        title=_("Revision"),
        kind="choice",
        default=state.previous,
        choices=tuple((name, name) for name in names),
        why=_("what the newest release replaced") if state.previous else "",
        help=_("The task definition that is deployed again. INACTIVE ones cannot be deployed."),
    )
    return (parameter,)


UPDATE = "UpdateService"
NEAR = timedelta(minutes=2)
"""Time between a deployment's creation and the event of the request that created it, at most."""


class RollbackReads:
    def __init__(self, context: ChangeContext) -> None:
        self._runs = context.runs
        self._clock = context.clock
        self._region = context.region
        self._ecs = EcsReader(context.reader)
        self._trail = CloudTrailReader(context.reader)

    async def deployed(self, cluster: str, name: str) -> RollbackState:
        """What is deployed and was deployed, which must not change between plan and sending. Raises AwsError."""
        service = await self._service(cluster, name)
        if service is None:
            return RollbackState(self._clock.now(), None)
        deployments = await self._ecs.deployments(cluster, name)
        arns = {arn for each in deployments for arn in (*each.sources, each.target)}
        revisions = await self._ecs.revisions(arns)
        return RollbackState(self._clock.now(), service, deployments, revisions)

    async def state(self, cluster: str, name: str, typed: str = "") -> RollbackState:
        """The same with the family's task definitions, the details of two of them, and who deployed them. The
        revision `typed` is compared instead of the previous one. Raises AwsError."""
        state = await self.deployed(cluster, name)
        if state.service is None or not state.current:
            return state
        definition = chosen(typed, state.current) or state.previous
        compared = [name for name in (state.current, definition) if name]
        deployments = [each for each in map(state.deployment_of, compared) if each is not None]
        active, definitions, deployers = await asyncio.gather(
            self._ecs.definitions(family_of(state.current)),
            self._definitions(compared),
            self._deployers(deployments, service_id(cluster, name)),
        )
        return RollbackState(
            state.at, state.service, state.deployments, state.revisions, active, definitions, deployers
        )

    async def _service(self, cluster: str, name: str) -> ContainerService | None:
        try:
            return await self._ecs.service(cluster, name)
        except NotFound:
            return None

    async def _definitions(self, names: Iterable[RawId]) -> dict[RawId, TaskDefinition]:
        definitions = {}
        for name in names:
            try:
                definitions[name] = await self._ecs.definition(name)
            except AwsError:
                continue
        return definitions

    async def _deployers(self, deployments: Iterable[ServiceDeployment], target: RawId) -> dict[RawId, str]:
        """Who requested each deployment: from the journal, or where CloudTrail is readable and names one person only."""
        deployers, runs, service = {}, await asyncio.to_thread(self._runs), names(target)[1]
        for deployment in deployments:
            if deployment.created is not None:
                name = requested_by(runs, target, deployment.created)
                name = name or await self._deployer(deployment.created, service)
                if name:
                    deployers[deployment.id] = name
        return deployers

    async def _deployer(self, at: datetime, service: str) -> str:
        lookup = await self._trail.lookup(
            self._region, "EventName", UPDATE, since=at - NEAR, until=at + NEAR, most=1
        )
        names = {event.actor.shown for event in lookup.events if _deploys(event, service)}
        return names.pop() if len(names) == 1 and lookup.is_complete else ""


def requested_by(runs: Iterable[Run], target: RawId, at: datetime) -> str:
    """Who confirmed the change of this console that began a deployment of the service at a time; "" for nobody."""
    for run in runs:
        for planned, step in zip(run.plan.steps, run.steps, strict=False):
            is_one = planned.target == target and planned.call.operation == UPDATE
            # The number of tasks is set with the same operation and begins no deployment.
            is_one = is_one and "desiredCount" not in planned.call.params
            if is_one and step.at is not None and run.at - NEAR <= at <= step.at + NEAR:
                return run.by
    return ""


def _deploys(event: TrailEvent, service: str) -> bool:
    named = not event.resources or any(service in resource for resource in event.resources)
    return not event.error and named
