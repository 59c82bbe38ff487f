"""Application Auto Scaling of ECS services: bounds, target tracking, scheduled actions, activities. Times are
epoch seconds of the world. Source: Application Auto Scaling API reference and user guide."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.demo.account import ACCOUNT, REGION, hash_of
from services.demo.cloudwatch.alarms.states import State
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.ecs.model import Clusters, Service
from services.demo.ecs.records import when
from services.demo.schedules import Schedule

DIMENSION = "ecs:service:DesiredCount"


@dataclass(slots=True)
class Policy:
    """A target-tracking policy and the two alarms it owns."""

    name: str
    id: str
    target: float
    created: float
    high: str = ""
    low: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    """Its TargetTrackingScalingPolicyConfiguration as it was put."""


@dataclass(slots=True)
class DemoActivity:
    id: str
    at: float
    description: str
    cause: str
    status: str = "Successful"
    message: str = ""
    reasons: tuple[dict[str, Any], ...] = ()


@dataclass(slots=True)
class DemoScheduledAction:
    """New bounds at a set time."""

    name: str
    schedule: str
    timezone: str  # As in the request; "" is UTC
    bounds: dict[str, int]  # MinCapacity, MaxCapacity, or one of them
    created: float
    rule: Schedule
    start: float | None = None
    end: float | None = None
    due: float | None = None  # When it is next carried out; None: never again

    def plan_next(self, after: float) -> None:
        """Set `due` to the first moment later than `after`, from start to end."""
        due = self.rule.next(max(after, self.start - 1 if self.start is not None else after))
        self.due = None if due is None or (self.end is not None and due > self.end) else due


@dataclass(slots=True)
class ScalableTargetRecord:
    resource: str  # `service/<cluster>/<service>`
    minimum: int
    maximum: int
    created: float
    suspended: dict[str, bool] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    scheduled: dict[str, DemoScheduledAction] = field(default_factory=dict)
    activities: deque[DemoActivity] = field(default_factory=lambda: deque(maxlen=500))  # Newest first
    scaled: float = -math.inf  # When it last scaled

    @property
    def service(self) -> tuple[str, str]:
        """(cluster, service)."""
        _, cluster, name = self.resource.split("/")
        return cluster, name

    @property
    def arn(self) -> str:
        id = f"1ec5{abs(hash_of(self.resource)):032x}"[:36]
        return f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/{id}"


def policy_arn(target: ScalableTargetRecord, policy: Policy) -> str:
    return (
        f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:{policy.id}:resource/ecs/{target.resource}"
        f":policyName/{policy.name}"
    )


OUT_COOLDOWN = 60.0
IN_COOLDOWN = 300.0
REMIND = 300.0  # Seconds between two activities that scaled nothing for the same reason


class Scaling:
    """Every scalable target, and the decisions. `load_of` gives the mean CPU of a service's tasks in per
    cent, or None for a service without simulated load."""

    def __init__(
        self, alarms: AlarmStore, clusters: Clusters, load_of: Callable[[Service], float | None]
    ) -> None:
        self._alarms = alarms
        self._clusters = clusters
        self._load_of = load_of
        self.targets: dict[str, ScalableTargetRecord] = {}

    def register(self, resource: str, at: float, settings: dict[str, Any]) -> ScalableTargetRecord:
        """Create or change a target; `settings` may omit what stays. Its bounds apply at once."""
        target = self.targets.get(resource)
        if target is None:
            target = ScalableTargetRecord(resource, settings["MinCapacity"], settings["MaxCapacity"], at)
            self.targets[resource] = target
        target.minimum = settings.get("MinCapacity", target.minimum)
        target.maximum = settings.get("MaxCapacity", target.maximum)
        target.suspended |= settings.get("SuspendedState") or {}
        self._apply_bounds(target, at)
        return target

    def track(self, target: ScalableTargetRecord, policy: Policy) -> None:
        base = f"TargetTracking-{target.resource}"
        policy.high = f"{base}-AlarmHigh-{UUID(int=hash_of(policy.id + 'high'), version=4)}"
        policy.low = f"{base}-AlarmLow-{UUID(int=hash_of(policy.id + 'low'), version=4)}"
        target.policies[policy.name] = policy
        cluster, name = target.service
        metric = {
            "Namespace": "AWS/ECS",
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": name}],
            "Statistic": "Average",
            "Period": 60,
            "Unit": "Percent",
            "AlarmActions": [policy_arn(target, policy)],
            "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn(target, policy)}.",
        }
        above = {
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": policy.target,
            "EvaluationPeriods": 3,
        }
        below = {
            "ComparisonOperator": "LessThanThreshold",
            "Threshold": policy.target * 0.9,
            "EvaluationPeriods": 15,
        }
        at = when(policy.created)
        for alarm, bound in ((policy.high, above), (policy.low, below)):
            self._alarms.put("MetricAlarm", {"AlarmName": alarm, **metric, **bound}, at=at)

    def _service(self, target: ScalableTargetRecord) -> Service | None:
        return self._clusters.services.get(target.service)

    def _apply_bounds(self, target: ScalableTargetRecord, at: float) -> None:
        service = self._service(target)
        if service is None:
            return
        if service.desired < target.minimum:
            self._set(target, service, target.minimum, at, f"minimum capacity was set to {target.minimum}")
        elif service.desired > target.maximum:
            self._set(target, service, target.maximum, at, f"maximum capacity was set to {target.maximum}")

    def _set(self, target: ScalableTargetRecord, service: Service, count: int, at: float, cause: str) -> None:
        service.set_desired(count, at)
        target.scaled = at
        message = f"Successfully set desired count to {count}. Change successfully fulfilled by ecs."
        id = str(UUID(int=service.random.getrandbits(128), version=4))
        activity = DemoActivity(id, at, f"Setting desired count to {count}.", cause, message=message)
        target.activities.appendleft(activity)

    def evaluate(self, at: float) -> None:
        """Scale where an alarm asks for it: once a minute, after the alarms were evaluated."""
        for target in self.targets.values():
            service = self._service(target)
            if service is None:
                continue
            for policy in target.policies.values():
                self._track(target, service, policy, at)

    def _track(self, target: ScalableTargetRecord, service: Service, policy: Policy, at: float) -> None:
        high, low = (self._alarms.get(name) for name in (policy.high, policy.low))
        out = not target.suspended.get("DynamicScalingOutSuspended")
        # Scale-in waits while a deployment runs.
        inward = not target.suspended.get("DynamicScalingInSuspended") and len(service.deployments) == 1
        if high is not None and high.state is State.ALARM:
            if out:
                self._scale_out(target, service, policy, at)
        elif low is not None and low.state is State.ALARM and inward:
            self._scale_in(target, service, policy, at)

    def _capacity(self, service: Service, policy: Policy) -> int:
        load = self._load_of(service)
        return (
            math.ceil(service.desired * load / policy.target - 1e-9) if load is not None else service.desired
        )

    def _scale_out(self, target: ScalableTargetRecord, service: Service, policy: Policy, at: float) -> None:
        if at < target.scaled + OUT_COOLDOWN or service.pending(at):
            return
        count = min(target.maximum, max(service.desired + 1, self._capacity(service, policy)))
        if service.desired >= target.maximum:
            self._not_scaled(target, service, policy, at)
        else:
            self._set(target, service, count, at, self._cause(policy, policy.high))

    def _scale_in(self, target: ScalableTargetRecord, service: Service, policy: Policy, at: float) -> None:
        count = max(target.minimum, service.desired - 1, self._capacity(service, policy))
        if at >= target.scaled + IN_COOLDOWN and count < service.desired:
            self._set(target, service, count, at, self._cause(policy, policy.low))

    @staticmethod
    def _cause(policy: Policy, alarm: str) -> str:
        return f"monitor alarm {alarm} in state ALARM triggered policy {policy.name}"

    def _not_scaled(self, target: ScalableTargetRecord, service: Service, policy: Policy, at: float) -> None:
        newest = target.activities[0] if target.activities else None
        if newest is not None and newest.reasons and at < newest.at + REMIND:
            return
        reason = {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": target.maximum}
        id, cause = (
            str(UUID(int=service.random.getrandbits(128), version=4)),
            self._cause(policy, policy.high),
        )
        words = "Attempting to scale due to alarm triggered"
        target.activities.appendleft(DemoActivity(id, at, words, cause, "Unfulfilled", reasons=(reason,)))

    def run_due(self, now: float) -> None:
        while due := self._first_due(now):
            at, target, action = due
            action.plan_next(at)
            if action.due is None:
                del target.scheduled[action.name]
            if not target.suspended.get("ScheduledScalingSuspended"):
                self._run(target, action, at)

    def _first_due(self, now: float) -> tuple[float, ScalableTargetRecord, DemoScheduledAction] | None:
        due = [
            (action.due, target.resource, action.name)
            for target in self.targets.values()
            for action in target.scheduled.values()
            if action.due is not None and action.due <= now
        ]
        if not due:
            return None
        at, resource, name = min(due)
        return at, self.targets[resource], self.targets[resource].scheduled[name]

    def _run(self, target: ScalableTargetRecord, action: DemoScheduledAction, at: float) -> None:
        names = {"MinCapacity": "min capacity", "MaxCapacity": "max capacity"}
        bounds = " and ".join(f"{names[key]} to {value}" for key, value in action.bounds.items())
        low = action.bounds.get("MinCapacity", target.minimum)
        fits = low <= action.bounds.get("MaxCapacity", target.maximum)
        id = str(UUID(int=hash_of(f"{target.resource}/{action.name}/{at}"), version=4))
        cause = f"scheduled action name {action.name} was triggered"
        status, message = "Successful", f"Successfully set {bounds}"
        if not fits:
            status, message = "Failed", "Minimum capacity is above maximum capacity"
        target.activities.appendleft(DemoActivity(id, at, f"Setting {bounds}", cause, status, message))
        if fits:
            self.register(target.resource, at, action.bounds)
