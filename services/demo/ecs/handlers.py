"""Handlers for ECS clusters, services, tasks and task definitions; services in moto never run a task. Source:
Amazon ECS API reference."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, TypeVar

from services.demo.account import ACCOUNT, CALLER
from services.demo.ec2 import SUBNETS, TASKS_GROUP
from services.demo.ecs.model import Clusters, Service
from services.demo.ecs.records import DemoDeployment, Task, when
from services.demo.errors import AwsErrorResponse, invalid_parameter
from services.demo.iam import AccessKeyStore
from services.demo.paging import page_of
from services.demo.registry import Call, op

T = TypeVar("T")


def short(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def numbered_page(rows: Sequence[T], params: dict[str, Any], most: int) -> tuple[list[T], dict[str, str]]:
    """One page of rows that only grow at one end, and `{"nextToken": …}` if more follow."""
    size = min(params.get("maxResults") or most, most)
    numbered = [(f"{number:07d}", row) for number, row in enumerate(rows)]
    page, more = page_of(numbered, lambda pair: pair[0], params, size, "nextToken")
    return [row for _number, row in page], more


def found(
    key: str, arns: Sequence[str], resources: Mapping[str, T], describe: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    return {
        key: [describe(resources[arn]) for arn in arns if arn in resources],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in resources],
    }


def cluster_of(call: Call) -> str:
    """The cluster that a request names. Raises AwsErrorResponse if there is none."""
    name = short(call.params.get("cluster") or "default")
    if name not in call.component(Clusters).clusters:
        raise AwsErrorResponse("ClusterNotFoundException", "Cluster not found.")
    return name


def service_of(call: Call, name: str) -> Service:
    """The service that a request names. Raises AwsErrorResponse if there is none."""
    cluster = cluster_of(call)
    service = call.component(Clusters).services.get((cluster, short(name)))
    if service is None:
        raise AwsErrorResponse("ServiceNotFoundException", "Service not found.")
    return service


def cluster_arn(name: str, region: str) -> str:
    return f"arn:aws:ecs:{region}:{ACCOUNT}:cluster/{name}"


def definition_arn(name: str, region: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:ecs:{region}:{ACCOUNT}:task-definition/{name}"


@op("ecs", "CreateCluster")
def create_cluster(call: Call) -> dict[str, Any]:
    name = call.params.get("clusterName") or "default"
    call.component(Clusters).clusters.setdefault(name, call.epoch)
    return {"cluster": _describe_cluster(call, name)}


def _describe_cluster(call: Call, name: str) -> dict[str, Any]:
    return {"clusterArn": cluster_arn(name, call.region), "clusterName": name, "status": "ACTIVE"}


@op("ecs", "DescribeClusters")
def describe_clusters(call: Call) -> dict[str, Any]:
    names = call.params.get("clusters") or ["default"]
    arns = [cluster_arn(short(name), call.region) for name in names]
    by_arn = {cluster_arn(name, call.region): name for name in call.component(Clusters).clusters}
    return found("clusters", arns, by_arn, partial(_describe_cluster, call))


@op("ecs", "ListClusters")
def list_clusters(call: Call) -> dict[str, Any]:
    return {
        "clusterArns": [cluster_arn(name, call.region) for name in sorted(call.component(Clusters).clusters)]
    }


@op("ecs", "CreateService")
def create_service(call: Call) -> dict[str, Any]:
    params = call.params
    cluster, name, clusters = cluster_of(call), params["serviceName"], call.component(Clusters)
    balancer: dict[str, Any] = next(iter(params.get("loadBalancers") or ()), {})
    service = Service(
        name,
        cluster,
        short(params.get("taskDefinition", name)),
        params.get("desiredCount", 1),
        call.epoch,
        Random(call.run.scenario.seed),
        region=call.region,
        target_group=balancer.get("targetGroupArn", ""),
        container=balancer.get("containerName", "app"),
        port=balancer.get("containerPort", 8080),
        images_of=clusters.images_of,
        controller=(params.get("deploymentController") or {}).get("type", "ECS"),
        configuration=params.get("deploymentConfiguration") or {},
    )
    service.advance(call.epoch)
    clusters.services[cluster, name] = service
    return {"service": describe(service, call.epoch)}


@op("ecs", "UpdateService")
def update_service(call: Call) -> dict[str, Any]:
    service, now = service_of(call, call.params["service"]), call.epoch
    count, definition = call.params.get("desiredCount"), call.params.get("taskDefinition")
    name = _deployable(call, short(definition)) if definition else service.definition
    service.configuration |= call.params.get("deploymentConfiguration") or {}
    if count is not None:
        service.set_desired(count, now)
    if name != service.definition or call.params.get("forceNewDeployment"):
        service.deploy(name, now)
    return {"service": describe(service, now)}


def _deployable(call: Call, name: str) -> str:
    definition = call.component(Clusters).definition(name)
    if definition is None:
        raise AwsErrorResponse("ClientException", "TaskDefinition not found.")
    if definition["status"] != "ACTIVE":
        raise AwsErrorResponse("ClientException", "TaskDefinition is inactive")
    return f"{definition['family']}:{definition['revision']}"


@op("ecs", "DescribeServices")
def describe_services(call: Call) -> dict[str, Any]:
    cluster = cluster_of(call)
    start = f"arn:aws:ecs:{call.region}:{ACCOUNT}:service/{cluster}/"
    arns = [start + short(name) for name in call.params["services"]]
    if len(arns) > 10:
        raise invalid_parameter("Services cannot be more than 10.")
    services = call.component(Clusters).services.items()
    by_arn = {start + name: service for (where, name), service in services if where == cluster}
    return found("services", arns, by_arn, partial(describe, now=call.epoch))


@op("ecs", "ListServices")
def list_services(call: Call) -> dict[str, Any]:
    cluster = cluster_of(call)
    services = call.component(Clusters).services.values()
    return {"serviceArns": sorted(service.arn for service in services if service.cluster == cluster)}


def describe(service: Service, now: float) -> dict[str, Any]:
    arn = definition_arn(service.definition, service.region)
    row: dict[str, Any] = {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": cluster_arn(service.cluster, service.region),
        "status": service.status,
        "desiredCount": service.desired,
        "runningCount": service.running(now),
        "pendingCount": service.pending(now),
        "launchType": "FARGATE",
        "taskDefinition": arn,
        "deploymentConfiguration": service.rules,
        "deployments": [_deployment(service, deployment, now) for deployment in service.deployments],
        "events": [
            {"id": name, "createdAt": when(at), "message": message}
            for at, name, message in service.events
            if at <= now
        ],
        "createdAt": when(service.created),
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": service.controller},
        "loadBalancers": [],
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": list(SUBNETS.values()),
                "securityGroups": [TASKS_GROUP],
                "assignPublicIp": "DISABLED",
            }
        },
    }
    if service.target_group:
        row["loadBalancers"] = [
            {
                "targetGroupArn": service.target_group,
                "containerName": service.container,
                "containerPort": service.port,
            }
        ]
    return row


def _deployment(service: Service, deployment: DemoDeployment, now: float) -> dict[str, Any]:
    tasks = [task for task in service.tasks if task.deployment == deployment.id]
    return {
        "id": deployment.id,
        "status": "PRIMARY" if deployment.primary else "ACTIVE",
        "taskDefinition": definition_arn(deployment.definition, service.region),
        "desiredCount": service.desired if deployment.primary else 0,
        "pendingCount": sum(task.pending(now) for task in tasks),
        "runningCount": sum(task.running(now) for task in tasks),
        "failedTasks": deployment.failed,
        "createdAt": when(deployment.created),
        "updatedAt": when(deployment.updated),
        "launchType": "FARGATE",
    } | _rollout(deployment)


def _rollout(deployment: DemoDeployment) -> dict[str, str]:
    state = "FAILED" if deployment.given_up else "COMPLETED" if deployment.completed else "IN_PROGRESS"
    reason = f"ECS deployment {deployment.id} {'completed' if deployment.completed else 'in progress'}."
    if deployment.given_up:
        reason = "ECS deployment circuit breaker: tasks failed to start."
    elif deployment.back_to:
        reason = f"ECS deployment circuit breaker: rolling back to deploymentId {deployment.back_to}."
    return {"rolloutState": state, "rolloutStateReason": reason}


PAGE = 100


@op("ecs", "RegisterTaskDefinition")
def register_task_definition(call: Call) -> dict[str, Any]:
    params = call.params
    revisions = call.component(Clusters).definitions.setdefault(params["family"], [])
    number, owner = len(revisions) + 1, call.component(AccessKeyStore).find(call.access_key)
    definition = {
        **{key: value for key, value in params.items() if key != "tags"},
        "taskDefinitionArn": definition_arn(f"{params['family']}:{number}", call.region),
        "revision": number,
        "status": "ACTIVE",
        "registeredAt": when(call.epoch),
        "registeredBy": f"arn:aws:iam::{ACCOUNT}:user/{owner[0]}" if owner else CALLER,
    }
    revisions.append(definition)
    return {"taskDefinition": definition}


@op("ecs", "DeregisterTaskDefinition")
def deregister_task_definition(call: Call) -> dict[str, Any]:
    """Make a revision INACTIVE: running services keep it, new deployments cannot use it."""
    definition = call.component(Clusters).definition(short(call.params["taskDefinition"]))
    if definition is None:
        raise AwsErrorResponse("ClientException", "Unable to describe task definition.")
    definition["status"] = "INACTIVE"
    return {"taskDefinition": definition}


@op("ecs", "DescribeTaskDefinition")
def describe_task_definition(call: Call) -> dict[str, Any]:
    """One revision, by default the newest active one; an inactive one only while a service references it."""
    clusters = call.component(Clusters)
    definition = clusters.definition(short(call.params["taskDefinition"]))
    if definition is None or (definition["status"] != "ACTIVE" and not _referenced(clusters, definition)):
        raise AwsErrorResponse("ClientException", "Unable to describe task definition.")
    return {"taskDefinition": definition}


def _referenced(clusters: Clusters, definition: dict[str, Any]) -> bool:
    name = f"{definition['family']}:{definition['revision']}"
    return any(
        name == service.definition or name in [task.definition for task in service.tasks]
        for service in clusters.services.values()
    )


@op("ecs", "ListTaskDefinitions")
def list_task_definitions(call: Call) -> dict[str, Any]:
    """The revisions of one status, by default the active ones, oldest first or newest first."""
    params, status = call.params, call.params.get("status", "ACTIVE")
    rows = [
        (family, each["revision"], each["taskDefinitionArn"])
        for family, revisions in sorted(call.component(Clusters).definitions.items())
        for each in revisions
        if each["status"] == status and family.startswith(params.get("familyPrefix", ""))
    ]
    rows.sort(reverse=params.get("sort") == "DESC")
    page, more = numbered_page(rows, params, PAGE)
    return {"taskDefinitionArns": [arn for _family, _revision, arn in page]} | more


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
