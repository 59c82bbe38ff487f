"""ECS services and their auto scaling.

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
    """IN_PROGRESS, COMPLETED or FAILED; "": not reported."""
    reason: Clean = ""
    """AWS's message on the rollout, including rollbacks."""
    desired: int = 0
    running: int = 0
    pending: int = 0
    counted: bool = True
    """False: AWS did not report `desired` or `running`."""
    failed: int | None = None
    """Consecutive failed tasks; reset to 0 once one is healthy. None: not reported."""
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
    """Number of events without a time or text, which are not in `events`."""
    controller: str = "ECS"
    """Deployment controller: ECS, CODE_DEPLOY or EXTERNAL. Only ECS reports the rollout state."""
    target_groups: tuple[RawId, ...] = ()


class ScalableTarget(Model):
    """A service's capacity bounds in Application Auto Scaling."""

    minimum: int
    maximum: int
    suspended: bool = False
    """At least one scaling process is suspended."""
    suspensions: tuple[str, ...] | None = ()
    """Suspended processes: `DynamicScalingIn`, `DynamicScalingOut`, `ScheduledScaling`. None: not reported."""


class ScalingPolicy(Model):
    """One rule by which Auto Scaling changes the count."""

    id: RawId
    """The name, exactly."""
    name: Clean
    kind: str
    """TargetTrackingScaling, StepScaling or PredictiveScaling."""
    target: float | None = None
    """Target value of target tracking, in the metric's unit; None for other kinds."""
    metric: Clean = ""
    """What it tracks, e.g. ECSServiceAverageCPUUtilization; "" for other kinds."""
    scales_in: bool = True
    """It may also lower the count."""
    triggered: bool = True
    """Something can trigger it: an alarm, or a forecast that is allowed to scale."""
    key: RawId = RawId("")
    """Part of the ARN of every action that runs it: `scalingPolicy:<id>:`; "": not reported."""
    alarms: tuple[RawId, ...] = ()
    """Names of the alarms that trigger it."""
    unread: bool = False
    """Its kind is unknown, or not all of its alarms' names are readable."""

    @property
    def needs_alarm(self) -> bool:
        """It is triggered by alarms; without any it is not `triggered`."""
        return self.kind != "PredictiveScaling" and (self.unread or bool(self.alarms))


class ScheduledAction(Model):
    """New bounds at a set time, carried out by AWS."""

    id: RawId
    """The name, exactly: putting another of this name replaces it."""
    name: Clean
    schedule: RawId
    """As AWS spells it: `at(2026-12-01T17:00:00)`, `cron(…)`, `rate(…)`."""
    timezone: str = "UTC"
    """Time zone of `at` and `cron`."""
    at: datetime | None = None
    """Time of an `at(…)` schedule (UTC); None for others."""
    start: datetime | None = None
    """Not run before (UTC); a `rate(…)` counts from here."""
    end: datetime | None = None
    """Not run after (UTC)."""
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
    """Number of decisions without a time."""


class ServiceStatus(Model):
    """A service with its scaling bounds and newest activities."""

    service: ContainerService
    target: ScalableTarget | None = None
    activities: tuple[ScalingActivity, ...] = ()
