"""Times are epoch seconds of the world. Source: DescribeServices, DescribeTasks (Amazon ECS API reference)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from services.demo.account import ACCOUNT, REGION, hash_of
from services.demo.ecs.records import (
    DRAIN,
    DemoDeployment,
    DemoServiceDeployment,
    DeploymentHistory,
    Fate,
    Image,
    Revision,
    Task,
)

BREAKER = 3
"""Failed tasks (or half of desiredCount if that is more) at which a deployment fails and is rolled back."""
REMINDER = 6 * 3600.0  # Seconds from one event of the steady state to the next
STOPPED_KEPT = 3600.0  # Seconds that a stopped task can still be described
EVENTS_KEPT = 100
ZONES = ("ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d")


@dataclass(slots=True)
class Service:
    name: str
    cluster: str
    definition: str
    desired: int
    created: float
    random: Random
    region: str = REGION
    target_group: str = ""  # ARN, or ""
    container: str = "app"
    port: int = 8080
    tasks: list[Task] = field(default_factory=list)
    deployments: list[DemoDeployment] = field(default_factory=list)
    events: list[tuple[float, str, str]] = field(default_factory=list)
    """(when, id, message), newest first; EVENTS_KEPT at most."""
    steady: bool = False
    steady_at: float = 0.0
    status: str = "ACTIVE"
    fates: list[Fate] = field(default_factory=list)  # How tasks end by themselves
    faulty: dict[str, float] = field(default_factory=dict)
    """Share of the requests that fail on a task, by its image's digest."""
    images_of: Callable[[str], tuple[Image, ...]] = lambda _definition: ()
    """Resolves the image tags of a task definition to today's digests."""
    history: DeploymentHistory = field(default_factory=DeploymentHistory)
    controller: str = "ECS"
    configuration: dict[str, Any] = field(default_factory=dict)
    """deploymentConfiguration; what it does not say has the defaults of a service of replicas."""

    def __post_init__(self) -> None:
        revision = self._revise(self.definition, self.created)
        self.deployments.append(self._deployment(revision, self.created))
        self._record((), revision, self.created)

    @property
    def arn(self) -> str:
        return f"arn:aws:ecs:{self.region}:{ACCOUNT}:service/{self.cluster}/{self.name}"

    @property
    def rules(self) -> dict[str, Any]:
        breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
        return {"maximumPercent": 200, "minimumHealthyPercent": 100} | breaker | self.configuration

    @property
    def bounds(self) -> tuple[int, int]:
        if self.rules.get("strategy", "ROLLING") != "ROLLING":
            return self.desired, 2 * self.desired
        least = math.ceil(self.desired * self.rules["minimumHealthyPercent"] / 100)
        return least, self.desired * int(self.rules["maximumPercent"]) // 100

    @property
    def primary(self) -> DemoDeployment:
        return self.deployments[0]

    def _deployment(self, revision: Revision, at: float) -> DemoDeployment:
        return DemoDeployment(f"ecs-svc/{self.random.randrange(10**18, 10**19)}", revision, at, at)

    def _revise(self, definition: str, at: float) -> Revision:
        number = hash_of(f"{self.arn}{len(self.history.revisions)}") % 10**19
        revision = Revision(f"{number:019d}", definition, at, self.images_of(definition))
        self.history.revisions.append(revision)
        return revision

    def _record(self, sources: tuple[Revision, ...], target: Revision, at: float) -> DemoServiceDeployment:
        id = f"{hash_of(f'{target.id}{at}') % 36**20:020x}"[-20:]
        deployment = DemoServiceDeployment(id, sources, target, at, at)
        self.history.deployments.insert(0, deployment)
        return deployment

    def alive(self, at: float) -> list[Task]:
        return [task for task in self.tasks if task.stopping is None and task.created <= at]

    def running(self, at: float) -> int:
        return sum(task.running(at) for task in self.tasks)

    def pending(self, at: float) -> int:
        return sum(task.pending(at) for task in self.tasks)

    def serving(self, at: float) -> list[Task]:
        paused_id = self.primary.id if self.history.newest.waiting else ""
        return [task for task in self.alive(at) if task.healthy_at <= at and task.deployment != paused_id]

    def failing(self, at: float) -> float:
        """Share of the requests that fail because of the images of the tasks that receive them."""
        serving = self.serving(at)
        shares = [self.faulty.get(task.revision.digest, 0.0) for task in serving]
        return sum(shares) / len(serving) if serving else 0.0

    def set_desired(self, count: int, at: float) -> None:
        if count != self.desired:
            self.desired = count
            self.primary.updated = at
            self.steady = False
            self.advance(at)

    def deploy(self, definition: str, at: float, *, hook: str = "") -> None:
        before = self.history.newest
        sources: tuple[Revision, ...] = (self.primary.revision,)
        if not before.ending:
            before.end("STOPPED", at, "A newer deployment replaced it.")
            sources = (*before.sources, before.target)
        revision = self._revise(definition, at)
        started = self._record(sources, revision, at)
        started.hook, started.waiting = hook, bool(hook)
        self._roll(revision, at)

    def _roll(self, revision: Revision, at: float) -> None:
        for deployment in self.deployments:
            deployment.primary = False
        self.definition = revision.definition
        self.deployments.insert(0, self._deployment(revision, at))
        self.steady = False
        self.advance(at)

    def released(self, before: str, at: float) -> None:
        """Its first deployment replaced the definition `before` at `at`, earlier than what is simulated."""
        old = self._revise(before, at - 1)
        first = self.history.newest
        first.sources, first.created, first.updated, first.target.created = (old,), at, at, at
        self.primary.created = self.primary.updated = at

    def roll_back(self, at: float, reason: str) -> None:
        """Deploy the source revision of the newest service deployment again, with the digests it had."""
        current, failed = self.history.newest, self.primary
        before = next(each for each in self.deployments if each.revision is current.sources[0])
        current.rollback_at, current.updated = at, at
        current.reason, current.waiting = reason, False
        self.add_event(at, f"rolling back to deployment {before.id}.")
        self._roll(current.sources[0], at)
        self.primary.back_to = before.id
        failed.updated = at

    def go_on(self, at: float) -> None:
        self.history.newest.waiting = False
        self.history.newest.updated = at
        self.advance(at)

    def advance(self, at: float) -> None:
        self._start_missing(at)
        self._end_doomed(at, started=False)
        for task in self.tasks:
            if not task.started and task.runs_at <= at and task.stopping is None:
                task.started = True
                self.add_event(task.runs_at, f"has started 1 tasks: (task {task.id}).")
                if self.target_group:
                    self.add_event(
                        task.runs_at + 2, f"registered 1 targets in (target-group {self.target_group})"
                    )
        self._end_doomed(at, started=True)
        self._judge(at)
        self._stop_surplus(at)
        self._finish(at)
        self.tasks = [
            task for task in self.tasks if task.stopping is None or at < task.stopping + DRAIN + STOPPED_KEPT
        ]

    def _end_doomed(self, at: float, *, started: bool) -> None:
        for fate in [each for each in self.fates if each.starts is started]:
            # What happens once does not happen to the replacement.
            tasks = [task for task in self.tasks if task.end is fate and not fate.lives] + self.alive(at)
            for task in tasks[: fate.most]:
                if task.end is None and (due := fate.due(task)) <= at:
                    task.stopping, task.reason, task.end = due, fate.reason, fate
                    for deployment in self.deployments:
                        deployment.failed += deployment.id == task.deployment

    def _judge(self, at: float) -> None:
        if any(task.healthy_at <= at for task in self._of_primary(at)):
            self.primary.failed = 0
        primary = self.primary
        over = primary.completed or primary.given_up
        if primary.failed >= max(BREAKER, self.desired / 2) and not over:
            self._give_up(at)

    def _give_up(self, at: float) -> None:
        failed, current = self.primary, self.history.newest
        failed.given_up = True
        self.add_event(at, f"(deployment {failed.id}) deployment failed: tasks failed to start.")
        reason = "Service deployment rolled back because the circuit breaker threshold was exceeded."
        current.failures = failed.failed
        if current.rollback_at is not None:
            current.end("ROLLBACK_FAILED", at)
        elif current.sources:
            self.roll_back(at, reason)
        else:
            current.end("STOPPED", at, reason)

    def _of_primary(self, at: float) -> list[Task]:
        return [task for task in self.alive(at) if task.deployment == self.primary.id]

    def _start_missing(self, at: float) -> None:
        missing = min(self.desired - len(self._of_primary(at)), self._room(at))
        blocked = [each for each in self.fates if not each.placed and each.holds(at, self.definition)]
        if blocked and missing > 0:
            # Repeated events are left out until the cause is resolved or six hours have passed.
            if not any(blocked[0].reason in message for _, _, message in self.events):
                self.add_event(at, blocked[0].reason)
            return
        for _ in range(missing):
            number = self.random.getrandbits(128)
            host = self.random.randrange(10, 250)
            self.tasks.append(
                Task(
                    f"{number:032x}",
                    self.primary.revision,
                    self.primary.id,
                    at,
                    f"10.0.{len(self.tasks) % 3 + 10}.{host}",
                    ZONES[len(self.tasks) % 3],
                )
            )

    def _stop_surplus(self, at: float) -> None:
        ours = self._of_primary(at)
        surplus = ours[: max(0, len(ours) - self.desired)]
        if not self.history.newest.waiting:
            surplus += self._replaced(ours, at)
        for task in surplus:
            self.stop(task, at, "Scaling activity initiated by deployment " + self.primary.id)

    def _room(self, at: float) -> int:
        alive = self.alive(at)
        is_alone = all(task.deployment == self.primary.id for task in alive)
        return self.desired if is_alone else max(0, self.bounds[1] - len(alive))

    def _replaced(self, ours: list[Task], at: float) -> list[Task]:
        """The tasks of earlier deployments that are stopped: all in the end, before that what gives room for others."""
        alive = self.alive(at)
        old = [task for task in alive if task.deployment != self.primary.id]
        if sum(task.healthy_at <= at for task in ours) >= self.desired or not old:
            return old
        lacking = self.desired - len(ours) - self._room(at)
        spare = sum(task.healthy_at <= at for task in alive) - self.bounds[0]
        if lacking > 0 and spare <= 0 and not any(task.healthy_at > at for task in alive):
            text = "was unable to stop or start tasks during a deployment because of the service deployment configuration."
            if not any(text in message for _, _, message in self.events):
                self.add_event(
                    at, f"{text} Update the minimumHealthyPercent or maximumPercent value and try again."
                )
        return old[: max(0, min(lacking, spare))]

    def stop(self, task: Task, at: float, reason: str) -> None:
        task.stopping, task.reason = at, reason
        self.add_event(at, f"has stopped 1 running tasks: (task {task.id}).")
        if self.target_group:
            self.add_event(at, f"has begun draining connections on 1 tasks. (task {task.id})")

    def _finish(self, at: float) -> None:
        if len(self._of_primary(at)) != self.desired or len(self.alive(at)) != self.desired:
            return
        if self.history.newest.waiting:
            return
        alive = self.alive(at)
        settled = max((task.healthy_at for task in alive), default=at)
        drained = max((task.gone_at for task in self.tasks if task.stopping is not None), default=settled)
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
            current = self.history.newest
            current.end("SUCCESSFUL" if current.rollback_at is None else "ROLLBACK_SUCCESSFUL", moment)
        del self.deployments[1:]
        self.add_event(moment, "has reached a steady state.")

    def add_event(self, at: float, message: str) -> None:
        name = str(UUID(int=self.random.getrandbits(128), version=4))
        later = sum(event[0] > at for event in self.events)
        self.events.insert(later, (at, name, f"(service {self.name}) {message}"))
        del self.events[EVENTS_KEPT:]


class Clusters:
    def __init__(self) -> None:
        self.clusters: dict[str, float] = {}  # By name: when it was created
        self.services: dict[tuple[str, str], Service] = {}  # By (cluster, service)
        self.definitions: dict[str, list[dict[str, Any]]] = {}  # Task definitions by family, revision 1 first
        self.digests: dict[str, str] = {}  # Digest by image name, where its tag was moved

    def advance(self, at: float) -> None:
        for service in self.services.values():
            service.advance(at)

    def definition(self, name: str) -> dict[str, Any] | None:
        """A task definition by `family:revision`, or the newest active one by `family`; None if there is none."""
        family, _, number = name.partition(":")
        definitions = self.definitions.get(family, [])
        if not number:
            return next((each for each in reversed(definitions) if each["status"] == "ACTIVE"), None)
        return next((each for each in definitions if str(each["revision"]) == number), None)

    def images_of(self, definition: str) -> tuple[Image, ...]:
        containers = (self.definition(definition) or {}).get("containerDefinitions", ())
        return tuple(Image(each["name"], each["image"], self.digest_of(each["image"])) for each in containers)

    def digest_of(self, image: str) -> str:
        if "@" in image:
            return image.partition("@")[2]
        return self.digests.get(image) or f"sha256:{sha256(image.encode()).hexdigest()}"
