"""Source: Amazon ECS API reference."""

from typing import Any

from services.demo.account import ACCOUNT
from services.demo.ecs.clusters import Clusters
from services.demo.ecs.handlers import cluster_arn, cluster_of, definition_arn, found, short
from services.demo.ecs.model import Service
from services.demo.ecs.records import Task, when
from services.demo.registry import Call, op


def _task_arn(service: Service, task: Task) -> str:
    return f"arn:aws:ecs:{service.region}:{ACCOUNT}:task/{service.cluster}/{task.id}"


def _tasks(call: Call) -> list[tuple[Service, Task]]:
    cluster = cluster_of(call)
    return [
        (service, task)
        for service in call.component(Clusters).services.values()
        if service.cluster == cluster
        for task in service.tasks
    ]


@op("ecs", "ListTasks")
def list_tasks(call: Call) -> dict[str, Any]:
    name, stopped = call.params.get("serviceName"), call.params.get("desiredStatus") == "STOPPED"
    return {
        "taskArns": [
            _task_arn(service, task)
            for service, task in _tasks(call)
            if name in (None, service.name, service.arn) and (task.stopping is not None) is stopped
        ]
    }


@op("ecs", "DescribeTasks")
def describe_tasks(call: Call) -> dict[str, Any]:
    tasks, now = {task.id: (service, task) for service, task in _tasks(call)}, call.epoch
    ids = [short(name) for name in call.params["tasks"]]
    return found("tasks", ids, tasks, lambda pair: _describe_task(*pair, now))


def _describe_task(service: Service, task: Task, now: float) -> dict[str, Any]:
    status = "STOPPED" if task.gone(now) else "RUNNING" if task.running(now) else "PENDING"
    arn = _task_arn(service, task)
    container: dict[str, Any] = {
        "containerArn": arn.replace(":task/", ":container/"),
        "taskArn": arn,
        "name": service.container,
        "lastStatus": status,
        "networkInterfaces": [{"privateIpv4Address": task.ip}],
    }
    row: dict[str, Any] = {
        "taskArn": arn,
        "clusterArn": cluster_arn(service.cluster, service.region),
        "taskDefinitionArn": definition_arn(task.definition, service.region),
        "group": f"service:{service.name}",
        "lastStatus": status,
        "desiredStatus": "RUNNING" if task.stopping is None else "STOPPED",
        "availabilityZone": task.zone,
        "cpu": "512",
        "memory": "1024",
        "launchType": "FARGATE",
        "createdAt": when(task.created),
        "startedBy": task.deployment,
        "containers": [container],
    }
    if min(now, task.gone_at) >= task.runs_at:
        row["startedAt"] = when(task.runs_at)
    if task.stopping is None:
        return row
    end = task.end
    exit_code = end.exit_code if end else 143
    if exit_code is not None and "startedAt" in row:
        container["exitCode"] = exit_code
    if end and end.container_reason:
        container["reason"] = end.container_reason
    row |= {
        "stoppingAt": when(task.stopping),
        "stopCode": end.code if end else "ServiceSchedulerInitiated",
        "stoppedReason": task.reason,
    }
    if task.gone(now):
        row |= {"stoppedAt": when(task.gone_at), "executionStoppedAt": when(task.gone_at)}
    return row
