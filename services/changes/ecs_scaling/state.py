from dataclasses import dataclass
from datetime import datetime

from services.models.canonical import digest
from services.models.ecs import (
    ContainerService,
    ScalableTarget,
    ScalingActivity,
    ScalingPolicy,
    ScheduledAction,
)

ACTION = "toban-revert-"  # Prefix of the names of this console's scheduled actions; the plan's id follows


@dataclass(frozen=True, slots=True)
class Load:
    """The load of the tasks; None: no data, or unreadable."""

    cpu: float | None = None  # Average over the service, percent
    connections: float | None = None  # Connections to the database


@dataclass(frozen=True, slots=True)
class ScalingState:
    at: datetime
    service: ContainerService | None  # None: ECS has no such service
    target: ScalableTarget | None  # None: Auto Scaling was never configured for it
    policies: tuple[ScalingPolicy, ...] = ()
    actions: tuple[ScheduledAction, ...] = ()
    activities: tuple[ScalingActivity, ...] = ()  # Newest first
    load: Load = Load()

    @property
    def desired(self) -> int:
        return self.service.desired if self.service else 0

    @property
    def running(self) -> int:
        return self.service.running if self.service else 0

    @property
    def active(self) -> bool:
        return self.service is not None and self.service.status == "ACTIVE"

    @property
    def deploying(self) -> bool:
        return self.service is not None and len(self.service.deployments) > 1

    @property
    def aim(self) -> float | None:
        """The CPU target of target tracking, percent; None without one."""
        tracked = (policy.target for policy in self.policies if "CPU" in policy.metric)
        return next((target for target in tracked if target is not None), None)

    @property
    def not_scaled(self) -> ScalingActivity | None:
        return next((activity for activity in self.activities if activity.not_scaled), None)

    def stopped(self, count: int) -> int:
        return max(0, self.desired - count)


def limit_digest(target: ScalableTarget | None, *, stops: bool, active: bool) -> str:
    if target is None:
        return digest(None)
    return digest([target.minimum, target.maximum, target.suspended, stops, active])


def action_digest(action: ScheduledAction | None) -> str:
    if action is None:
        return digest(None)
    minimum = [] if action.minimum is None else [action.minimum]
    return digest([action.schedule, action.timezone, action.maximum, *minimum])
