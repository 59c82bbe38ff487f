"""Times are epoch seconds of the world. Source: Application Auto Scaling API reference."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from services.demo.account import ACCOUNT, REGION
from services.demo.autoscaling.schedules import Schedule, parse
from services.demo.identifiers import hash_of

DIMENSION = "ecs:service:DesiredCount"


@dataclass(slots=True)
class Policy:
    name: str
    id: str
    target: float
    created: float
    high: str = ""
    low: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    """Its TargetTrackingScalingPolicyConfiguration as it was put."""


@dataclass(slots=True)
class Activity:
    id: str
    at: float
    description: str
    cause: str
    status: str = "Successful"
    message: str = ""
    reasons: tuple[dict[str, Any], ...] = ()


@dataclass(slots=True)
class ScheduledAction:
    name: str
    schedule: str
    timezone: str
    """As in the request; "" is UTC."""
    bounds: dict[str, int]
    """MinCapacity, MaxCapacity, or one of them."""
    created: float
    rule: Schedule
    start: float | None = None
    end: float | None = None
    due: float | None = None
    """When it is next carried out; None: never again."""

    def plan_next(self, after: float) -> None:
        due = self.rule.next(max(after, self.start - 1 if self.start is not None else after))
        self.due = None if due is None or (self.end is not None and due > self.end) else due


@dataclass(slots=True)
class Target:
    resource: str
    """`service/<cluster>/<service>`."""
    minimum: int
    maximum: int
    created: float
    suspended: dict[str, bool] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    scheduled: dict[str, ScheduledAction] = field(default_factory=dict)
    activities: deque[Activity] = field(default_factory=lambda: deque(maxlen=500))
    """Newest first."""
    scaled: float = -math.inf
    """When it last scaled."""

    @property
    def service(self) -> tuple[str, str]:
        """(cluster, service)."""
        _, cluster, name = self.resource.split("/")
        return cluster, name

    @property
    def arn(self) -> str:
        id = f"1ec5{abs(hash_of(self.resource)):032x}"[:36]
        return f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/{id}"


def plan(
    target: Target, name: str, schedule: str, timezone: str, bounds: dict[str, int], at: float
) -> ScheduledAction:
    """Add a scheduled action to a target as of `at` (epoch seconds). Raises BadSchedule."""
    rule = parse(schedule, ZoneInfo(timezone or "UTC"), at)
    action = ScheduledAction(name, schedule, timezone, bounds, at, rule)
    action.plan_next(at)
    target.scheduled[name] = action
    return action


def policy_arn(target: Target, policy: Policy) -> str:
    return (
        f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:{policy.id}:resource/ecs/{target.resource}"
        f":policyName/{policy.name}"
    )
