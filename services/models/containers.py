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
    """IN_PROGRESS, COMPLETED or FAILED; "" where AWS does not tell it."""
    reason: Clean = ""
    """AWS's words on the rollout; a rollback is told here."""
    desired: int = 0
    running: int = 0
    pending: int = 0
    counted: bool = True
    """False: AWS did not tell `desired` or `running`."""
    failed: int | None = None
    """Tasks that failed one after another; 0 again as soon as one is healthy. None: not told."""
    task_definition: Clean = ""
    created: datetime | None = None
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
    undated: int = 0
    """Events that AWS listed without their time or their text, which are not in `events`."""
    controller: str = "ECS"
    """What carries deployments out: ECS, CODE_DEPLOY or EXTERNAL. Only ECS tells how a rollout goes."""
    target_groups: tuple[RawId, ...] = ()


class ScalableTarget(Model):
    """The bounds Application Auto Scaling keeps a service in; None where it is not registered."""

    minimum: int
    maximum: int
    suspended: bool = False
    """At least one part of it is."""
    suspensions: tuple[str, ...] | None = ()
    """Which: `DynamicScalingIn`, `DynamicScalingOut`, `ScheduledScaling`. None: AWS did not say."""


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
    triggered: bool = True
    """Something can set it off: an alarm, or a forecast that is allowed to scale."""
    key: RawId = RawId("")
    """What is in the ARN of every action that runs it: `scalingPolicy:<id>:`; "" where AWS does not say."""
    alarms: tuple[RawId, ...] = ()
    """The names of the alarms that set it off."""
    unread: bool = False
    """AWS does not name all of its alarms, or not its kind."""

    @property
    def needs_alarm(self) -> bool:
        """An alarm sets it off, or should; without any it is not `triggered`."""
        return self.kind != "PredictiveScaling" and (self.unread or bool(self.alarms))


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
    start: datetime | None = None
    """It does not act before (UTC); a `rate(…)` counts from here."""
    end: datetime | None = None
    """It does not act after (UTC)."""
    created: datetime | None = None
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


class ScalingActivities(Model):
    """A service's newest scaling decisions."""

    activities: tuple[ScalingActivity, ...] = ()
    """Newest first."""
    undated: int = 0
    """Decisions that AWS listed without their time."""


class ServiceStatus(Model):
    """A service with its scaling bounds and newest activities."""

    service: ContainerService
    target: ScalableTarget | None = None
    activities: tuple[ScalingActivity, ...] = ()
