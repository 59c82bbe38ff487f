"""ECS services whose tasks start and stop: counts, deployments, events.

Times are epoch seconds of the world. Source: DescribeServices, DescribeTasks (Amazon ECS API reference).
"""

from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from services.demo.account import ACCOUNT, REGION

START = 35.0
"""Seconds from a task's creation until it runs."""
HEALTHY = 25.0
"""Seconds from running until its target is healthy."""
DRAIN = 30.0
"""Seconds from the decision to stop until it is gone."""
CRASH = 10.0
"""Seconds that a task of a broken definition runs."""
BREAKER = 3
"""Failed tasks (or half of desiredCount if that is more) at which a deployment fails and is rolled back."""
REMINDER = 6 * 3600.0
"""Seconds from one event of the steady state to the next."""
STOPPED_KEPT = 3600.0
"""Seconds that a stopped task can still be described."""
EVENTS_KEPT = 100
ZONES = ("ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d")


@dataclass(slots=True)
class Task:
    """One task."""

    id: str
    definition: str
    deployment: str
    created: float
    ip: str
    zone: str
    stopping: float | None = None
    reason: str = ""
    started: bool = False
    """Its start is among the service's events."""

    @property
    def runs_at(self) -> float:
        """When it runs."""
        return self.created + START

    @property
    def healthy_at(self) -> float:
        """When its target is healthy."""
        return self.runs_at + HEALTHY

    def running(self, at: float) -> bool:
        """Whether it runs; a draining task still does."""
        return self.runs_at <= at and (self.stopping is None or at < self.stopping + DRAIN)

    def gone(self, at: float) -> bool:
        """Whether it has stopped."""
        return self.stopping is not None and at >= self.stopping + DRAIN


@dataclass(slots=True)
class Deployment:
    """One deployment."""

    id: str
    definition: str
    created: float
    updated: float
    primary: bool = True
    completed: bool = False
    failed: int = 0
    """failedTasks: 0 again as soon as one is healthy."""
    given_up: bool = False
    """The circuit breaker ended it: rolloutState FAILED."""
    back_to: str = ""
    """Id of the deployment that this one rolls back to; "" if it is no rollback."""


@dataclass(slots=True)
class Service:
    """One service."""

    name: str
    cluster: str
    definition: str
    desired: int
    created: float
    random: Random
    region: str = REGION
    target_group: str = ""
    """ARN, or ""."""
    container: str = "app"
    port: int = 8080
    tasks: list[Task] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    events: list[tuple[float, str, str]] = field(default_factory=list)
    """(when, id, message), newest first; EVENTS_KEPT at most."""
    steady: bool = False
    steady_at: float = 0.0
    status: str = "ACTIVE"
    broken: dict[str, float] = field(default_factory=dict)
    """Definitions whose tasks exit CRASH seconds after they run, by the time from which new tasks do so."""

    def __post_init__(self) -> None:
        self.deployments.append(self._deployment(self.definition, self.created))

    @property
    def arn(self) -> str:
        """Amazon resource name."""
        return f"arn:aws:ecs:{self.region}:{ACCOUNT}:service/{self.cluster}/{self.name}"

    @property
    def primary(self) -> Deployment:
        """The newest deployment."""
        return self.deployments[0]

    def _deployment(self, definition: str, at: float) -> Deployment:
        return Deployment(f"ecs-svc/{self.random.randrange(10**18, 10**19)}", definition, at, at)

    def alive(self, at: float) -> list[Task]:
        """Tasks that are neither stopping nor gone."""
        return [task for task in self.tasks if task.stopping is None and task.created <= at]

    def running(self, at: float) -> int:
        """runningCount."""
        return sum(task.running(at) for task in self.tasks)

    def pending(self, at: float) -> int:
        """pendingCount."""
        return sum(task.stopping is None and task.created <= at < task.runs_at for task in self.tasks)

    def serving(self, at: float) -> list[Task]:
        """Tasks that receive requests."""
        return [task for task in self.alive(at) if task.healthy_at <= at]

    def set_desired(self, count: int, at: float) -> None:
        """Set desiredCount."""
        if count != self.desired:
            self.desired = count
            self.primary.updated = at
            self.steady = False
            self.advance(at)

    def deploy(self, definition: str, at: float) -> None:
        """Begin a rolling deployment of `definition`."""
        for deployment in self.deployments:
            deployment.primary = False
        self.definition = definition
        self.deployments.insert(0, self._deployment(definition, at))
        self.steady = False
        self.advance(at)

    def advance(self, at: float) -> None:
        """Simulate what is due by `at`, in order."""
        self._start_missing(at)
        for task in self.tasks:
            if not task.started and task.runs_at <= at and task.stopping is None:
                task.started = True
                self.add_event(task.runs_at, f"has started 1 tasks: (task {task.id}).")
                if self.target_group:
                    self.add_event(
                        task.runs_at + 2, f"registered 1 targets in (target-group {self.target_group})"
                    )
        self._crash(at)
        self._stop_surplus(at)
        self._finish(at)
        self.tasks = [
            task for task in self.tasks if task.stopping is None or at < task.stopping + DRAIN + STOPPED_KEPT
        ]

    def _crash(self, at: float) -> None:
        for task in self.alive(at):
            if task.created >= self.broken.get(task.definition, float("inf")) and task.runs_at + CRASH <= at:
                task.stopping, task.reason = at - DRAIN, "Essential container in task exited"
                for deployment in self.deployments:
                    deployment.failed += deployment.id == task.deployment
        if any(task.healthy_at <= at for task in self._of_primary(at)):
            self.primary.failed = 0
        if self.primary.failed >= max(BREAKER, self.desired / 2) and not self.primary.completed:
            self._give_up(at)

    def _give_up(self, at: float) -> None:
        """Circuit breaker: fail the primary deployment and deploy the previous one again."""
        failed, before = self.primary, self.deployments[1:2]
        failed.given_up = True
        self.add_event(at, f"(deployment {failed.id}) deployment failed: tasks failed to start.")
        if before:
            self.add_event(at, f"rolling back to deployment {before[0].id}.")
            self.deploy(before[0].definition, at)
            self.primary.back_to = before[0].id

    def _of_primary(self, at: float) -> list[Task]:
        return [task for task in self.alive(at) if task.deployment == self.primary.id]

    def _start_missing(self, at: float) -> None:
        for _ in range(self.desired - len(self._of_primary(at))):
            number = self.random.getrandbits(128)
            host = self.random.randrange(10, 250)
            self.tasks.append(
                Task(
                    f"{number:032x}",
                    self.definition,
                    self.primary.id,
                    at,
                    f"10.0.{len(self.tasks) % 3 + 10}.{host}",
                    ZONES[len(self.tasks) % 3],
                )
            )

    def _stop_surplus(self, at: float) -> None:
        ours = self._of_primary(at)
        surplus = ours[: max(0, len(ours) - self.desired)]
        if sum(task.healthy_at <= at for task in ours) >= self.desired:
            surplus += [task for task in self.alive(at) if task.deployment != self.primary.id]
        for task in surplus:
            self.stop(task, at, "Scaling activity initiated by deployment " + self.primary.id)

    def stop(self, task: Task, at: float, reason: str) -> None:
        """Begin to stop a task."""
        task.stopping, task.reason = at, reason
        self.add_event(at, f"has stopped 1 running tasks: (task {task.id}).")
        if self.target_group:
            self.add_event(at, f"has begun draining connections on 1 tasks. (task {task.id})")

    def _finish(self, at: float) -> None:
        if len(self._of_primary(at)) != self.desired or len(self.alive(at)) != self.desired:
            return
        alive = self.alive(at)
        settled = max((task.healthy_at for task in alive), default=at)
        drained = max(
            (task.stopping + DRAIN for task in self.tasks if task.stopping is not None), default=settled
        )
        moment = max(settled, drained, self.primary.updated)
        if moment > at or (self.steady and at < self.steady_at + REMINDER):
            return
        if self.steady:
            moment = self.steady_at + REMINDER
        self.steady, self.steady_at = True, moment
        if not self.primary.completed:
            self.primary.completed = True
            self.primary.updated = moment
            self.add_event(moment, f"(deployment {self.primary.id}) deployment completed.")
        del self.deployments[1:]
        self.add_event(moment, "has reached a steady state.")

    def add_event(self, at: float, message: str) -> None:
        """Add an event at its place in time."""
        name = str(UUID(int=self.random.getrandbits(128), version=4))
        later = sum(event[0] > at for event in self.events)
        self.events.insert(later, (at, name, f"(service {self.name}) {message}"))
        del self.events[EVENTS_KEPT:]


class Clusters:
    """Every cluster, service and task definition; all in one region, which is enough for a runbook."""

    def __init__(self) -> None:
        self.clusters: dict[str, float] = {}
        """By name: when it was created."""
        self.services: dict[tuple[str, str], Service] = {}
        """By (cluster, service)."""
        self.definitions: dict[str, list[dict[str, object]]] = {}
        """Task definitions by family, revision 1 first."""

    def advance(self, at: float) -> None:
        """Simulate what is due by `at`."""
        for service in self.services.values():
            service.advance(at)
