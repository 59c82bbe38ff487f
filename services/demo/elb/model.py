"""Load balancers and target groups whose targets are the tasks of an ECS service."""

from dataclasses import dataclass, field
from datetime import datetime

from services.demo.ecs.model import Service
from services.demo.ecs.records import Task


@dataclass(slots=True)
class TargetGroup:
    """One target group."""

    arn: str
    name: str
    service: Service
    path: str
    failing: int = 0
    """How many of its targets fail their health checks."""

    @property
    def dimension(self) -> str:
        """As CloudWatch names it."""
        return self.arn.rsplit(":", 1)[-1]

    def health(self, at: float) -> list[tuple[Task, str, str, str]]:
        """(task, state, reason, description) of every registered target; `at` in epoch seconds."""
        serving = self.service.serving(at)
        failing = {task.id for task in serving[: self.failing]}
        return [
            (task, *_health(task, at, failing=task.id in failing))
            for task in self.service.tasks
            if task.runs_at <= at and not task.gone(at)
        ]


def _health(task: Task, at: float, *, failing: bool) -> tuple[str, str, str]:
    if task.stopping is not None:
        return "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
    if task.healthy_at > at:
        return "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
    if failing:
        return "unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"
    return "healthy", "", ""


@dataclass(slots=True)
class LoadBalancer:
    """One application load balancer with one HTTPS listener."""

    arn: str
    name: str
    created: datetime
    groups: list[TargetGroup] = field(default_factory=list)

    @property
    def dimension(self) -> str:
        """As CloudWatch names it."""
        return self.arn.split(":loadbalancer/", 1)[-1]

    @property
    def listener(self) -> str:
        """Its listener's ARN."""
        return self.arn.replace(":loadbalancer/", ":listener/") + "/f2f7dc8efc522ab2"


class LoadBalancers(list[LoadBalancer]):
    """Every load balancer of the account."""
