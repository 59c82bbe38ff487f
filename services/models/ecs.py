"""Source: DescribeServices (Amazon ECS API reference), Application Auto Scaling API reference."""

from datetime import datetime

from services.models.base import Clean, Model, RawId


class Deployment(Model):
    id: str
    status: str
    """PRIMARY, ACTIVE or INACTIVE."""
    rollout: str = ""
    """IN_PROGRESS, COMPLETED or FAILED; "": not reported."""
    reason: Clean = ""
    """AWS's message on the rollout or rollback."""
    desired: int = 0
    """Number of tasks that it should have."""
    running: int = 0
    pending: int = 0
    counted: bool = True
    """Whether AWS reported `desired` and `running`; if false, they mean nothing."""
    failed: int | None = None
    """Consecutive failed tasks; reset to 0 once one is healthy. None: not reported."""
    task_definition: Clean = ""
    created: datetime | None = None
    updated: datetime | None = None


class ServiceEvent(Model):
    at: datetime
    message: Clean


class DeploymentConfiguration(Model):
    """How ECS replaces a service's tasks; the percentages hold for ROLLING, and only with the controller ECS."""

    minimum_healthy: int | None = None
    """minimumHealthyPercent: of the desired count, rounded up, so many tasks keep running; None: not reported."""
    maximum: int | None = None
    """maximumPercent: of the desired count, rounded down, so many tasks run at most; None: not reported."""
    strategy: str = "ROLLING"
    """ROLLING, BLUE_GREEN, LINEAR or CANARY."""
    bake_minutes: int | None = None
    """How long the old tasks run on after the traffic has moved; None: not reported, or ROLLING."""
    breaker: bool = False
    """Whether failing tasks end a deployment (deploymentCircuitBreaker)."""
    breaker_rolls_back: bool = False


class ContainerService(Model):
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
    configuration: DeploymentConfiguration = DeploymentConfiguration()
    scheduling: str = "REPLICA"
    """REPLICA, or DAEMON: one task on each instance, whose number nobody sets."""
    launches_on: tuple[str, ...] = ()
    """Launch type or capacity providers: `FARGATE`, `FARGATE_SPOT`, `EC2`…; (): not reported."""
    task_definition: Clean = ""
    """`family:revision` that it is to run."""
    target_groups: tuple[RawId, ...] = ()
    security_groups: tuple[RawId, ...] = ()
    """Ids of the security groups of its tasks; (): not reported, or its tasks have none of their own."""


class ScalableTarget(Model):
    minimum: int
    """Minimum number of tasks."""
    maximum: int
    """Maximum number of tasks."""
    suspended: bool = False
    """Whether at least one scaling process is suspended."""
    suspensions: tuple[str, ...] | None = ()
    """Suspended processes: `DynamicScalingIn`, `DynamicScalingOut`, `ScheduledScaling`. None: not reported."""


class ScalingPolicy(Model):
    id: RawId
    """The policy's exact name."""
    name: Clean
    kind: str
    """TargetTrackingScaling, StepScaling or PredictiveScaling."""
    target: float | None = None
    """Target value of target tracking, in the metric's unit; None for other kinds."""
    metric: Clean = ""
    """The tracked metric, e.g. ECSServiceAverageCPUUtilization; "" for other kinds."""
    scales_in: bool = True
    """Whether it may also lower the number of tasks."""
    triggered: bool = True
    """Whether anything can trigger it: an alarm, or a forecast that is allowed to scale."""
    key: RawId = RawId("")
    """Part of the ARN of every action that runs it: `scalingPolicy:<id>:`; "": not reported."""
    alarms: tuple[RawId, ...] = ()
    """Names of the alarms that trigger it."""
    unread: bool = False
    """Whether its kind is unknown, or the name of one of its alarms is unreadable."""

    @property
    def needs_alarm(self) -> bool:
        return self.kind != "PredictiveScaling" and (self.unread or bool(self.alarms))


class ScheduledAction(Model):
    """Capacity bounds that AWS sets at a scheduled time."""

    id: RawId
    """The action's exact name; putting another action of this name replaces it."""
    name: Clean
    schedule: RawId
    """Schedule as AWS spells it: `at(2026-12-01T17:00:00)`, `cron(…)`, `rate(…)`."""
    timezone: str = "UTC"
    """Time zone of `at` and `cron`."""
    at: datetime | None = None
    """Time of an `at(…)` schedule (UTC); None for others."""
    start: datetime | None = None
    """Not run before this (UTC), from which `rate(…)` counts; None: no bound."""
    end: datetime | None = None
    """Not run after this (UTC); None: no bound."""
    created: datetime | None = None
    minimum: int | None = None
    """New minimum number of tasks; None: not changed."""
    maximum: int | None = None
    """New maximum number of tasks; None: not changed."""


class ScalingActivity(Model):
    at: datetime
    status: Clean
    description: Clean
    cause: Clean = ""
    not_scaled: tuple[Clean, ...] = ()
    """Reason codes if nothing was scaled, e.g. AlreadyAtMaxCapacity."""


class ScalingActivities(Model):
    activities: tuple[ScalingActivity, ...] = ()
    """Newest first."""
    undated: int = 0
    """Number of decisions without a time, which are not in `activities`."""
