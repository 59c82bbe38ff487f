from dataclasses import dataclass, field
from datetime import datetime

from services.demo.ecs.model import Service
from services.demo.ecs.records import Task
from services.demo.incident_effects import Targets


@dataclass(slots=True)
class TargetGroup:
    arn: str
    name: str
    service: Service
    path: str
    failing: int = 0
    """How many of its targets fail their health checks."""
    troubles: tuple[Targets, ...] = ()
    """What else is wrong with its targets now."""

    def health(self, at: float) -> list[tuple[Task, str, str, str]]:
        """(task, state, reason, description) of every registered target; `at` in epoch seconds."""
        if any(trouble.deregistered for trouble in self.troubles):
            return []
        serving = self.service.serving(at)
        failing = {task.id: _FAILING for task in serving[: self.failing]}
        for trouble in self.troubles:
            troubled = [task for task in serving if trouble.zone in ("", task.zone)][: trouble.most]
            failing |= {task.id: (trouble.reason, trouble.description) for task in troubled}
        return [
            (task, *_health(task, at, failing.get(task.id)))
            for task in self.service.tasks
            if task.runs_at <= at and not task.gone(at)
        ]

    def is_shifted(self, task: Task) -> bool:
        return any(trouble.shifted and trouble.zone in ("", task.zone) for trouble in self.troubles)

    def registered(self, at: float) -> int:
        if any(trouble.deregistered for trouble in self.troubles):
            return 0
        return sum(task.stopping is None and task.runs_at <= at for task in self.service.tasks)


_FAILING = "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"


def _health(task: Task, at: float, failing: tuple[str, str] | None) -> tuple[str, str, str]:
    if task.stopping is not None:
        return "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
    if task.healthy_at > at:
        return "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
    return ("unhealthy", *failing) if failing else ("healthy", "", "")


@dataclass(slots=True)
class LoadBalancer:
    arn: str
    name: str
    created: datetime
    groups: list[TargetGroup] = field(default_factory=list)

    @property
    def listener(self) -> str:
        return self.arn.replace(":loadbalancer/", ":listener/") + "/f2f7dc8efc522ab2"


class LoadBalancers(list[LoadBalancer]):
    """Every load balancer of the account."""
