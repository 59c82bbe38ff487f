"""ECS services as the console speaks of them.

Source: DescribeServices (Amazon ECS API reference), Application Auto Scaling API reference.
"""

from datetime import datetime

from services.models.base import Clean, Model, RawId


class Deployment(Model):
    """One deployment of a service."""

    id: str
    status: str
    """PRIMARY, ACTIVE or INACTIVE."""
    rollout: str = ""
    """IN_PROGRESS, COMPLETED or FAILED."""
    desired: int = 0
    running: int = 0
    pending: int = 0
    failed: int = 0
    task_definition: Clean = ""
    updated: datetime | None = None


class ServiceEvent(Model):
    """One line of a service's event list."""

    at: datetime
    message: Clean


class ContainerService(Model):
    """An ECS service: counts, deployments, newest events."""

    id: RawId
    name: Clean
    cluster: Clean
    status: str = ""
    desired: int = 0
    running: int = 0
    pending: int = 0
    deployments: tuple[Deployment, ...] = ()
    events: tuple[ServiceEvent, ...] = ()
    """Newest first, at most 100."""
    target_groups: tuple[RawId, ...] = ()


class ScalableTarget(Model):
    """The bounds Application Auto Scaling keeps a service in; None where it is not registered."""

    minimum: int
    maximum: int
    suspended: bool = False


class ScalingPolicy(Model):
    """One rule by which Auto Scaling changes the count."""

    id: RawId
    """The name, exactly."""
    name: Clean
    kind: str
    """TargetTrackingScaling, StepScaling or PredictiveScaling."""
    target: float | None = None
    """What target tracking keeps the metric at, in the metric's unit; None for other kinds."""
    metric: Clean = ""
    """What it tracks, e.g. ECSServiceAverageCPUUtilization; "" for other kinds."""
    scales_in: bool = True
    """It may also lower the count."""


class ScheduledAction(Model):
    """New bounds at a set time, carried out by AWS."""

    id: RawId
    """The name, exactly: putting another of this name replaces it."""
    name: Clean
    schedule: RawId
    """As AWS spells it: `at(2026-12-01T17:00:00)`, `cron(…)`, `rate(…)`."""
    timezone: str = "UTC"
    """In which `at` and `cron` are meant."""
    at: datetime | None = None
    """When (UTC), for `at(…)` alone."""
    minimum: int | None = None
    """None: not changed."""
    maximum: int | None = None
    """None: not changed."""


class ScalingActivity(Model):
    """One scaling decision."""

    at: datetime
    status: str
    description: Clean
    cause: Clean = ""
    not_scaled: tuple[str, ...] = ()
    """Reason codes when nothing was scaled, e.g. AlreadyAtMaxCapacity."""


class ServiceStatus(Model):
    """A service with its scaling bounds and newest activities."""

    service: ContainerService
    target: ScalableTarget | None = None
    activities: tuple[ScalingActivity, ...] = ()
