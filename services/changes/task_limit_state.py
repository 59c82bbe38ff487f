"""What the change of the task limit reads, and what follows from it.

Source: DescribeScalableTargets, DescribeScalingPolicies, DescribeScheduledActions, DescribeScalingActivities
(Application Auto Scaling API reference), DescribeServices (ECS), GetMetricData.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.errors import AwsError, NotFound
from services.changes.base import ChangeContext
from services.models.base import RawId
from services.models.changes import digest
from services.models.containers import (
    ContainerService,
    ScalableTarget,
    ScalingActivity,
    ScalingPolicy,
    ScheduledAction,
)
from services.models.metrics import MetricQuery, TimeSpan

RECENT = timedelta(minutes=10)
"""Metrics come up to three minutes late; the newest value within this is "now"."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the tasks bear; None: no data, or not to be read."""

    cpu: float | None = None
    """Average over the service, percent."""
    connections: float | None = None
    """Of the database."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One service as AWS has it."""

    at: datetime
    service: ContainerService | None
    """None: ECS has no such service."""
    target: ScalableTarget | None
    """None: Auto Scaling was never configured for it."""
    policies: tuple[ScalingPolicy, ...] = ()
    actions: tuple[ScheduledAction, ...] = ()
    activities: tuple[ScalingActivity, ...] = ()
    """Newest first."""
    load: Load = Load()

    @property
    def desired(self) -> int:
        """Tasks wanted."""
        return self.service.desired if self.service else 0

    @property
    def running(self) -> int:
        """Tasks running."""
        return self.service.running if self.service else 0

    @property
    def active(self) -> bool:
        """There is such a service, and it is not being deleted."""
        return self.service is not None and self.service.status == "ACTIVE"

    @property
    def deploying(self) -> bool:
        """A deployment is under way."""
        return self.service is not None and len(self.service.deployments) > 1

    @property
    def aim(self) -> float | None:
        """Target tracking's CPU target, percent; None without one."""
        tracked = (each.target for each in self.policies if "CPU" in each.metric)
        return next((target for target in tracked if target is not None), None)

    @property
    def not_scaled(self) -> ScalingActivity | None:
        """The newest decision that scaled nothing."""
        return next((each for each in self.activities if each.not_scaled), None)

    def stopped(self, maximum: int) -> int:
        """Tasks that a maximum of this many stops at once."""
        return max(0, self.desired - maximum)


def names(resource: str) -> tuple[str, str]:
    """(cluster, service) of `service/<cluster>/<service>`."""
    _service, cluster, name = resource.split("/")
    return cluster, name


def limit_digest(target: ScalableTarget | None, stopped: int, *, active: bool) -> str:
    """The state that a new maximum is planned on."""
    if target is None:
        return digest(None)
    return digest([target.minimum, target.maximum, target.suspended, stopped, active])


def action_digest(action: ScheduledAction | None) -> str:
    """The state that a scheduled way back is planned on."""
    return digest(None if action is None else [action.schedule, action.timezone, action.maximum])


async def read_counts(context: ChangeContext, resource: str) -> Seen:
    """Bounds and counts alone: what must not move between plan and sending. Raises AwsError."""
    cluster, name = names(resource)
    target, service = await asyncio.gather(
        context.scaling.target(cluster, name), _service(context, cluster, name)
    )
    return Seen(at=context.clock.now(), service=service, target=target)


async def read(context: ChangeContext, resource: str, *, load: bool = False) -> Seen:
    """Everything; with `load` also what the tasks bear, which AWS charges for. Raises AwsError."""
    cluster, name = names(resource)
    target, service, policies, actions, activities, measured = await asyncio.gather(
        context.scaling.target(cluster, name),
        _service(context, cluster, name),
        context.scaling.policies(cluster, name),
        context.scaling.scheduled_actions(cluster, name),
        context.scaling.activities(cluster, name, 20),
        _load(context, cluster, name) if load else _no_load(),
    )
    return Seen(context.clock.now(), service, target, policies, actions, activities, measured)


async def _service(context: ChangeContext, cluster: str, name: str) -> ContainerService | None:
    try:
        return await context.containers.service(cluster, name)
    except NotFound:
        return None


async def _no_load() -> Load:
    return Load()


async def _load(context: ChangeContext, cluster: str, name: str) -> Load:
    """A caution more or less: without an answer the plan says that it could not be checked."""
    rds, now = context.runbook.rds, context.clock.now()
    queries = [
        _query(
            "cpu", "AWS/ECS", "CPUUtilization", (("ClusterName", cluster), ("ServiceName", name)), "Average"
        )
    ]
    if rds is not None:
        of_database = (("DBInstanceIdentifier", rds.instance),)
        queries.append(_query("connections", "AWS/RDS", "DatabaseConnections", of_database, "Maximum"))
    try:
        curves = await context.metrics.fetch(queries, TimeSpan(start=now - RECENT, end=now))
    except AwsError:
        return Load()
    newest = {curve.id: curve.last for curve in curves}
    return Load(cpu=newest.get("cpu"), connections=newest.get("connections"))


def _query(
    id: str, namespace: str, metric: str, dimensions: tuple[tuple[str, str], ...], stat: str
) -> MetricQuery:
    return MetricQuery(
        id=id,
        namespace=RawId(namespace),
        metric=RawId(metric),
        dimensions=tuple((RawId(name), RawId(value)) for name, value in dimensions),
        stat=stat,
        period=60,
    )
