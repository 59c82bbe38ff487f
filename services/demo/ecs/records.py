"""What an ECS service consists of: tasks, deployments, service revisions and service deployments. Times are
epoch seconds of the world. Source: DescribeServices, DescribeTasks, DescribeServiceDeployments,
DescribeServiceRevisions (Amazon ECS API reference)."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

START = 35.0  # Seconds from a task's creation until it runs
HEALTHY = 25.0  # Seconds from running until its target is healthy
DRAIN = 30.0  # Seconds from the decision to stop until it is gone
CRASH = 10.0  # Seconds that a task of a broken definition runs
PENDING = 3.0
"""Seconds from a service deployment's creation until it starts, and from a rollback's request until it starts."""
HOOK_WAITS = 24 * 3600.0  # Seconds that a paused deployment waits for an action


def when(at: float) -> datetime:
    """Epoch seconds as a datetime in UTC."""
    return datetime.fromtimestamp(at, UTC)


class Image(NamedTuple):
    container: str
    image: str
    digest: str


@dataclass(slots=True, eq=False)
class Revision:
    """A service revision: a task definition, and the digests that its images had when it was deployed."""

    id: str
    definition: str
    created: float
    images: tuple[Image, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of its first image; "" if it has none."""
        return self.images[0].digest if self.images else ""


@dataclass(slots=True)
class Task:
    id: str
    revision: Revision
    deployment: str
    created: float
    ip: str
    zone: str
    stopping: float | None = None
    reason: str = ""
    started: bool = False  # Its start is among the service's events
    end: "Fate | None" = None  # By which rule it ended; None: the service stopped it, or it has not ended

    @property
    def definition(self) -> str:
        return self.revision.definition

    @property
    def runs_at(self) -> float:
        return self.created + START

    @property
    def healthy_at(self) -> float:
        return self.runs_at + HEALTHY

    @property
    def gone_at(self) -> float:
        """When it is gone: at once if it ended by itself, infinity if it does not stop."""
        if self.stopping is None:
            return math.inf
        return self.stopping + (0.0 if self.end else DRAIN)

    def running(self, at: float) -> bool:
        return self.runs_at <= at < self.gone_at

    def pending(self, at: float) -> bool:
        return self.stopping is None and self.created <= at < self.runs_at

    def gone(self, at: float) -> bool:
        return at >= self.gone_at


@dataclass(frozen=True, slots=True)
class Fate:
    since: float
    until: float
    lives: float  # Seconds from running, or from their creation if they do not start, to the end
    code: str = "EssentialContainerExited"  # stopCode
    reason: str = "Essential container in task exited"
    within: float | None = 0.0
    """Tasks that run at `since` end within so many seconds; None: only tasks created from then on end."""
    most: int = 99  # So many tasks at a time
    definition: str = ""  # Tasks of this definition only; "": all
    starts: bool = True
    placed: bool = True  # False: no task is created, and `reason` is the service's event
    exit_code: int | None = 1
    container_reason: str = ""

    def holds(self, at: float, definition: str) -> bool:
        return self.since <= at < self.until and self.definition in ("", definition)

    def due(self, task: Task) -> float:
        """When it ends `task`; infinity if it does not."""
        if not self.starts or self.within is None:
            begins = task.runs_at if self.starts else task.created
            return begins + self.lives if self.holds(task.created, task.definition) else math.inf
        luck = int(task.id[:4], 16) / 0xFFFF
        at = max(task.runs_at + self.lives, self.since + self.within * luck)
        return at if self.holds(at, task.definition) else math.inf

    @staticmethod
    def crash(definition: str, since: float) -> "Fate":
        return Fate(since, math.inf, CRASH, within=None, definition=definition)


@dataclass(slots=True)
class DemoDeployment:
    id: str
    revision: Revision
    created: float
    updated: float
    primary: bool = True
    completed: bool = False
    failed: int = 0  # failedTasks: 0 again as soon as one is healthy
    given_up: bool = False  # The circuit breaker ended it: rolloutState FAILED
    back_to: str = ""  # Id of the deployment that this one rolls back to; "" if it is no rollback

    @property
    def definition(self) -> str:
        return self.revision.definition


@dataclass(slots=True)
class DemoServiceDeployment:
    """One service deployment: from the revisions that run to a new one, and back again if it is rolled back."""

    id: str
    sources: tuple[Revision, ...]
    target: Revision
    created: float
    updated: float
    finished: float | None = None
    ending: str = ""  # Its final status; "" while it is in progress
    rollback_at: float | None = None
    reason: str = ""  # Why it was rolled back or stopped
    failures: int = 0  # Failures that the circuit breaker counted when it triggered
    hook: str = ""  # Id of the lifecycle hook at which it pauses; "" for none
    waiting: bool = False  # Paused at the hook

    def status(self, at: float) -> str:
        if self.ending:
            return self.ending
        if self.rollback_at is not None:
            return "ROLLBACK_REQUESTED" if at < self.rollback_at + PENDING else "ROLLBACK_IN_PROGRESS"
        return "PENDING" if at < self.created + PENDING else "IN_PROGRESS"

    def end(self, status: str, at: float, reason: str = "") -> None:
        self.ending, self.finished, self.updated, self.waiting = status, at, at, False
        self.reason = reason or self.reason


@dataclass(slots=True)
class DeploymentHistory:
    revisions: list[Revision] = field(default_factory=list)  # Oldest first
    deployments: list[DemoServiceDeployment] = field(default_factory=list)  # Newest first

    @property
    def newest(self) -> DemoServiceDeployment:
        return self.deployments[0]
