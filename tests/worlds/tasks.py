"""The service's tasks, deployments and log streams, which follow from a world's deployment and stopped tasks."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tests.worlds.curves import CLUSTER, SERVICE, share
from tests.worlds.schema import Stopped, World, WorldDeployment

REGION, ACCOUNT = "ap-northeast-1", "123456789012"
TASK_GROUP, SUBNETS = "sg-0c4d5e6f7a8b9c0d1", ("subnet-0aaa1111", "subnet-0ccc1111")
_LONG_BEFORE = -6 * 24 * 60.0
NEVER = 1e9
ADDRESSES = (("10.0.10.11", "1a"), ("10.0.11.12", "1c"))


def hexadecimal(*parts: object, length: int = 32) -> str:
    text = ""
    while len(text) < length:
        text += f"{int(share(*parts, len(text)) * 16**12):012x}"
    return text[:length]


def ecs_arn(kind: str, name: str) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:{kind}/{name}"


@dataclass(frozen=True)
class Task:
    """One task; times are minutes."""

    id: str
    is_new: bool
    created: float
    started: float  # NEVER: it never ran
    stopping: float = NEVER
    stopped: float = NEVER
    code: str = ""
    reason: str = ""
    exit_code: int | None = None
    container_reason: str = ""
    slot: int = 0

    def runs_at(self, minute: float) -> bool:
        """Whether it runs then; one that stops writes its last lines in that minute."""
        return self.started <= minute < self.stopped


class Rollout:
    """The tasks of a world over time; `extra` is a deployment that the world does not have."""

    def __init__(self, world: World, extra: WorldDeployment | None = None) -> None:
        self.world = world
        self.deployment = world.deployment or extra
        self.old_definition = f"{SERVICE}:41"
        same = self.deployment is not None and self.deployment.same_definition
        self.new_definition = self.old_definition if same else f"{SERVICE}:42"

    def number(self, is_new: bool) -> str:
        return f"ecs-svc/{int(share(self.world.id, 'deployment', is_new) * 9e18) + 10**18}"

    def revision(self, is_new: bool) -> str:
        digits = int(share(self.world.id, "revision", is_new) * 9e18) + 10**18
        return ecs_arn("service-revision", f"{CLUSTER}/{SERVICE}/{digits}")

    def status(self, minute: float) -> str:
        """How far the deployment is: "" without one, or before it; then as the format names it."""
        if self.deployment is None or minute < self.deployment.at:
            return ""
        return self.deployment.rollout if minute >= self.deployment.ends else "IN_PROGRESS"

    def is_new_current(self, minute: float) -> bool:
        return self.status(minute) in ("IN_PROGRESS", "COMPLETED", "FAILED")

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        tasks = [
            Task(hexadecimal(self.world.id, "old", slot), False, _LONG_BEFORE, _LONG_BEFORE + 1, slot=slot)
            for slot in range(2)
        ]
        if (release := self.deployment) is not None:
            never_ran = release.rollout != "COMPLETED" and any(
                stop.revision == "new" and stop.code == "TaskFailedToStart" for stop in self.world.stopped
            )
            tasks += [
                Task(
                    hexadecimal(self.world.id, "new", slot),
                    True,
                    release.at + 0.1,
                    release.at + min(release.seconds * (0.35 + 0.1 * slot), 60 + 15 * slot) / 60,
                    slot=slot,
                )
                for slot in ((), (0, 1))[not never_ran]
            ]
            reason = f"Scaling activity initiated by (deployment {self.number(True)})"
            if release.rollout != "IN_PROGRESS":
                loses = release.rollout == "COMPLETED"
                tasks = [
                    replace(
                        task,
                        stopping=release.ends - 0.7,
                        stopped=release.ends,
                        code="ServiceSchedulerInitiated",
                        reason=reason,
                        exit_code=0,
                    )
                    if task.is_new != loses
                    else task
                    for task in tasks
                ]
        for number, stop in enumerate(sorted(self.world.stopped, key=lambda item: item.at)):
            self._stop(tasks, stop, number)
        return tuple(tasks)

    def _stop(self, tasks: list[Task], stop: Stopped, number: int) -> None:
        is_new = stop.revision == "new" or (stop.revision == "current" and self.is_new_current(stop.at))
        fate: dict[str, Any] = {
            "stopping": stop.at,
            "stopped": stop.at + 0.2,
            "code": stop.code,
            "reason": stop.reason,
            "exit_code": stop.exit_code,
            "container_reason": stop.container_reason,
        }
        never_ran = stop.code == "TaskFailedToStart"
        running = (
            [] if never_ran else [task for task in tasks if task.is_new == is_new and task.runs_at(stop.at)]
        )
        for index in range(stop.count):
            id = hexadecimal(self.world.id, "stopped", number, index)
            if index < len(running):
                tasks[tasks.index(running[index])] = replace(running[index], **fate)
            else:
                started = NEVER if never_ran else stop.at - 1.2
                tasks.append(
                    Task(id, is_new, stop.at - (1 if never_ran else 2), started, **fate, slot=index % 2)
                )
            if not never_ran:
                again = hexadecimal(self.world.id, "again", number, index)
                tasks.append(Task(again, is_new, stop.at + 0.3, stop.at + 1.0, slot=index % 2))

    def streams(self, revision: str, minute: float) -> list[Task]:
        """The tasks that write lines then: `any`, `new` or `old`."""
        wanted = [task for task in self.tasks if revision == "any" or task.is_new == (revision == "new")]
        running = [task for task in wanted if task.runs_at(minute)]
        if running:
            return running
        # A task that is dead by now has written its lines before.
        ended = [task for task in wanted if task.started < NEVER and task.stopped <= minute]
        return ended[-1:] if minute - max((task.stopped for task in ended), default=-NEVER) < 2 else []

    def described(self, minute: float, status: str, most: int | None = None) -> list[dict[str, Any]]:
        """DescribeTasks rows of a desired status at a minute, newest first; stopped ones are kept for an hour."""
        if status == "STOPPED":
            tasks = [task for task in self.tasks if task.stopping <= minute and minute - task.stopped < 60]
        else:
            tasks = [task for task in self.tasks if task.created <= minute < task.stopping]
            tasks.sort(key=lambda task: (task.started > minute, task.created))
            if most is not None:
                tasks = [*tasks, *(self._scaled_out(slot, minute) for slot in range(len(tasks), most))][:most]
        return [self._row(task, minute) for task in sorted(tasks, key=lambda task: -task.created)]

    def _scaled_out(self, slot: int, minute: float) -> Task:
        """One of the tasks beyond the first ones, which only a phase's counts tell of."""
        begun = [
            phase.begin
            for phase in self.world.phase
            if phase.begin <= minute and "ecs:DescribeServices" in phase.answers
        ]
        at = begun[0] if begun else minute
        return Task(hexadecimal(self.world.id, "more", slot), self.is_new_current(at), at, at, slot=slot % 2)

    def _row(self, task: Task, minute: float) -> dict[str, Any]:
        is_over = task.stopped <= minute
        ran = task.started <= minute
        container: dict[str, Any] = {
            "name": SERVICE,
            "lastStatus": "STOPPED" if is_over else "RUNNING" if ran else "PENDING",
            "image": self.image(task.is_new),
        }
        if is_over and task.exit_code is not None:
            container["exitCode"] = task.exit_code
        if is_over and task.container_reason:
            container["reason"] = task.container_reason
        row: dict[str, Any] = {
            "taskArn": ecs_arn("task", f"{CLUSTER}/{task.id}"),
            "clusterArn": ecs_arn("cluster", CLUSTER),
            "taskDefinitionArn": ecs_arn("task-definition", self.definition(task.is_new)),
            "containers": [container],
            "group": f"service:{SERVICE}",
            "launchType": "FARGATE",
            "startedBy": self.number(task.is_new),
            "desiredStatus": "STOPPED" if task.stopping <= minute else "RUNNING",
            "lastStatus": "STOPPED"
            if is_over
            else "DEACTIVATING"
            if task.stopping <= minute
            else container["lastStatus"],
            "availabilityZone": f"{REGION[:-1]}{ADDRESSES[task.slot][1]}",
            "createdAt": self.world.at(task.created),
        }
        times = (("startedAt", task.started), ("stoppingAt", task.stopping), ("stoppedAt", task.stopped))
        row |= {key: self.world.at(at) for key, at in times if at <= minute}
        if task.stopping <= minute:
            row |= {"stopCode": task.code, "stoppedReason": task.reason}
        return row

    def definition(self, is_new: bool) -> str:
        return self.new_definition if is_new else self.old_definition

    def image(self, is_new: bool) -> str:
        release = self.deployment
        tag = (
            release.image
            if is_new and release is not None and not release.same_definition
            else "staff-api:2.30.4"
        )
        return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{tag}"

    def _rollout_row(self, is_new: bool, minute: float, **fields: Any) -> dict[str, Any]:
        alive = [task for task in self.tasks if task.is_new == is_new and task.runs_at(minute)]
        coming = [
            task for task in self.tasks if task.is_new == is_new and task.created <= minute < task.started
        ]
        created = self.deployment.at if is_new and self.deployment else _LONG_BEFORE
        return {
            "id": self.number(is_new),
            "taskDefinition": ecs_arn("task-definition", self.definition(is_new)),
            "desiredCount": 2,
            "runningCount": min(2, len(alive)),
            "pendingCount": min(2 - min(2, len(alive)), len(coming)),
            "failedTasks": 0,
            "createdAt": self.world.at(created),
            "updatedAt": self.world.at(min(minute, created + 3)),
            "launchType": "FARGATE",
        } | fields

    def deployments(self, minute: float) -> list[dict[str, Any]]:
        status, settled = self.status(minute), "COMPLETED"
        if not status:
            return [self._rollout_row(False, minute, status="PRIMARY", rolloutState=settled)]
        if status == "COMPLETED":
            text = f"ECS deployment {self.number(True)} completed."
            return [
                self._rollout_row(
                    True, minute, status="PRIMARY", rolloutState=settled, rolloutStateReason=text
                )
            ]
        if status == "ROLLED_BACK":
            text = f"ECS deployment circuit breaker: rolling back to deploymentId {self.number(False)}."
            return [
                self._rollout_row(
                    False, minute, status="PRIMARY", rolloutState=settled, rolloutStateReason=text
                )
            ]
        failed = sum(task.is_new and task.stopped <= minute and task.code != "" for task in self.tasks)
        text = (
            "ECS deployment circuit breaker: tasks failed to start."
            if status == "FAILED"
            else f"ECS deployment {self.number(True)} in progress."
        )
        new = self._rollout_row(
            True, minute, status="PRIMARY", rolloutState=status, rolloutStateReason=text, failedTasks=failed
        )
        return [new, self._rollout_row(False, minute, status="ACTIVE", rolloutState=settled)]

    def service_deployments(self, minute: float) -> list[dict[str, Any]]:
        service = ecs_arn("service", f"{CLUSTER}/{SERVICE}")
        rows = [(False, _LONG_BEFORE, _LONG_BEFORE + 4, "SUCCESSFUL")]
        if status := self.status(minute):
            assert self.deployment is not None
            words = {
                "COMPLETED": "SUCCESSFUL",
                "IN_PROGRESS": "IN_PROGRESS",
                "FAILED": "STOPPED",
                "ROLLED_BACK": "ROLLBACK_SUCCESSFUL",
            }
            rows.insert(0, (True, self.deployment.at, self.deployment.ends, words[status]))
        return [
            {
                "serviceDeploymentArn": ecs_arn(
                    "service-deployment",
                    f"{CLUSTER}/{SERVICE}/{hexadecimal(self.world.id, 'sd', is_new, length=20)}",
                ),
                "serviceArn": service,
                "clusterArn": ecs_arn("cluster", CLUSTER),
                "startedAt": self.world.at(at),
                "createdAt": self.world.at(at),
                "targetServiceRevisionArn": self.revision(is_new),
                "status": word,
            }
            | ({} if word == "IN_PROGRESS" else {"finishedAt": self.world.at(end)})
            for is_new, at, end, word in rows
        ]

    def _groups(self, is_new: bool) -> list[str]:
        changed = self.deployment.security_groups if is_new and self.deployment else ()
        return list(changed or (TASK_GROUP,))

    def revisions(self, minute: float) -> list[dict[str, Any]]:
        same = self.deployment is not None and self.deployment.same_definition
        return [
            {
                "serviceRevisionArn": self.revision(is_new),
                "serviceArn": ecs_arn("service", f"{CLUSTER}/{SERVICE}"),
                "clusterArn": ecs_arn("cluster", CLUSTER),
                "taskDefinition": ecs_arn("task-definition", self.definition(is_new)),
                "launchType": "FARGATE",
                "containerImages": [
                    {
                        "containerName": SERVICE,
                        "imageDigest": f"sha256:{hexadecimal(self.image(is_new), same and is_new, length=64)}",
                        "image": self.image(is_new),
                    }
                ],
                "networkConfiguration": {
                    "awsvpcConfiguration": {"subnets": list(SUBNETS), "securityGroups": self._groups(is_new)}
                },
                "createdAt": self.world.at(
                    self.deployment.at if is_new and self.deployment else _LONG_BEFORE
                ),
            }
            for is_new in ((True, False) if self.status(minute) else (False,))
        ]
