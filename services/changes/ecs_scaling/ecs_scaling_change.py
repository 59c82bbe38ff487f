import asyncio
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from services.aws.autoscaling.reader import AutoScalingReader
from services.aws.client.errors import AwsError, NotFound
from services.aws.cloudwatch.metrics.reader import Metrics
from services.aws.ecs.reader import EcsReader
from services.changes.base import Change, ChangeContext
from services.changes.ecs_scaling.cost import TaskPrice, TaskPrices
from services.changes.ecs_scaling.quota import FargateQuota, read_quota
from services.changes.ecs_scaling.state import Load, ScalingState
from services.changes.ecs_services import names, targets
from services.changes.kind import ChangeKind
from services.changes.rds.load import bounds as limit_bounds
from services.i18n import _
from services.models.base import RawId
from services.models.changes import ChangeTarget, Plan
from services.models.ecs import ContainerService, ScheduledAction
from services.models.metrics import Bound, MetricQuery, TimeSpan
from services.models.runbook import Runbook

# What a service's last hour is drawn from: its metrics, and the values they are read against. Pure.
#
# Source: CPUUtilization (Amazon ECS CloudWatch metrics): every running task sends one sample a minute, so their number is
# the number of tasks. RunningTaskCount would need Container Insights, which AWS charges for.


TASKS, CPU = "tasks", "cpu"  # Ids of the curves
_NAMESPACE, _METRIC = RawId("AWS/ECS"), RawId("CPUUtilization")
MINUTE = 60  # Seconds of a point


def load_queries(cluster: str, service: str) -> tuple[MetricQuery, ...]:
    return (
        cpu_query(TASKS, cluster, service, "SampleCount", _("Running tasks")),
        cpu_query(CPU, cluster, service, "Average", _("CPU, mean")),
    )


def cpu_query(id: str, cluster: str, service: str, stat: str, label: str = "") -> MetricQuery:
    return MetricQuery(
        id=id,
        namespace=_NAMESPACE,
        metric=_METRIC,
        dimensions=((RawId("ClusterName"), RawId(cluster)), (RawId("ServiceName"), RawId(service))),
        stat=stat,
        period=MINUTE,
        label=RawId(label),
    )


def bounds(state: ScalingState, runbook: Runbook) -> tuple[Bound, ...]:
    return (*_task_bounds(state), *_cpu_bounds(state, runbook))


def _task_bounds(state: ScalingState) -> Iterator[Bound]:
    desired, maximum = state.desired, state.target.maximum if state.target is not None else None
    if maximum is not None:
        text = _("desired = maximum {count}") if maximum == desired else _("maximum {count}")
        yield Bound(curve=TASKS, value=maximum, label=text.format(count=maximum))
    if state.service is not None and desired != maximum:
        yield Bound(curve=TASKS, value=desired, label=_("desired {count}", count=desired))


def _cpu_bounds(state: ScalingState, runbook: Runbook) -> Iterator[Bound]:
    if state.aim is not None:
        label = _("Scaling target {target}%", target=f"{state.aim:g}")
        yield Bound(curve=CPU, value=state.aim, label=label)
    yield from limit_bounds(runbook, _NAMESPACE)


# Reads the scaling of an ECS service for changes.
#
# Source: DescribeScalableTargets, DescribeScalingPolicies, DescribeScheduledActions, DescribeScalingActivities
# (Application Auto Scaling API reference), DescribeServices (ECS), GetMetricData.


ACTIVITIES = 20  # Number of the newest scaling activities that are read
RECENT = timedelta(minutes=10)
"""Maximum age of a metric's current value; metrics arrive up to three minutes late."""


class ScalingReads:
    def __init__(self, context: ChangeContext) -> None:
        self._runbook = context.runbook
        self._clock = context.clock
        self._containers = EcsReader(context.reader)
        self._scaling = AutoScalingReader(context.reader)
        self._metrics = Metrics(context.reader)

    async def counts(self, resource: str) -> ScalingState:
        """Only bounds and counts, which must not change between plan and sending. Raises AwsError."""
        cluster, name = names(resource)
        target, service = await asyncio.gather(
            self._scaling.target(cluster, name), self._service(cluster, name)
        )
        return ScalingState(at=self._clock.now(), service=service, target=target)

    async def scaled_counts(self, resource: str) -> ScalingState:
        """Bounds and counts, and what Auto Scaling decided. Raises AwsError."""
        # In this order, so that a decision which led to these counts is not missed.
        state = await self.counts(resource)
        return replace(state, activities=await self._scaling.activities(*names(resource), ACTIVITIES))

    async def state(self, resource: str, *, load: bool = False) -> ScalingState:
        """The complete state; `load` adds metrics, which AWS charges for. Raises AwsError."""
        cluster, name = names(resource)
        target, service, policies, actions, activities, current_load = await asyncio.gather(
            self._scaling.target(cluster, name),
            self._service(cluster, name),
            self._scaling.policies(cluster, name),
            self._scaling.scheduled_actions(cluster, name),
            self._scaling.activities(cluster, name, ACTIVITIES),
            self._load(cluster, name) if load else _no_load(),
        )
        return ScalingState(self._clock.now(), service, target, policies, actions, activities, current_load)

    async def actions(self, resource: str) -> tuple[ScheduledAction, ...]:
        return await self._scaling.scheduled_actions(*names(resource))

    async def _service(self, cluster: str, name: str) -> ContainerService | None:
        try:
            return await self._containers.service(cluster, name)
        except NotFound:
            return None

    async def _load(self, cluster: str, name: str) -> Load:
        """The load; empty if it cannot be read, and the plan warns that it could not be checked."""
        rds, now = self._runbook.rds, self._clock.now()
        queries = [cpu_query(CPU, cluster, name, "Average")]
        if rds is not None:
            of_database = ((RawId("DBInstanceIdentifier"), RawId(rds.instance)),)
            connections = MetricQuery(
                id="connections",
                namespace=RawId("AWS/RDS"),
                metric=RawId("DatabaseConnections"),
                dimensions=of_database,
                stat="Maximum",
                period=MINUTE,
            )
            queries.append(connections)
        try:
            curves = await self._metrics.fetch(queries, TimeSpan(start=now - RECENT, end=now))
        except AwsError:
            return Load()
        newest = {curve.id: curve.last for curve in curves}
        return Load(cpu=newest.get(CPU), connections=newest.get("connections"))


async def _no_load() -> Load:
    return Load()


class ServiceChange(Change):
    def targets(self) -> tuple[ChangeTarget, ...]:
        return targets(self.context.runbook)

    def load_queries(self, target: ChangeTarget) -> tuple[MetricQuery, ...]:
        return load_queries(*names(target.id))


class ScalingChange(ServiceChange):
    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self.reads = ScalingReads(context)
        self._prices = TaskPrices(context)

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self.reads.state(target.id, load=True)
        definition = state.service.task_definition if state.service is not None else ""
        quota = await read_quota(self.context.reader, definition)
        price = await self._prices.of(state.service, quota.definition)
        with self.written_on(state.at):
            return await asyncio.to_thread(self.plan_on, target, parameters, state, id, quota, price)

    @abstractmethod
    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: ScalingState,
        id: str,
        quota: FargateQuota,
        price: TaskPrice,
    ) -> Plan:
        """The plan from a given state; pure."""
