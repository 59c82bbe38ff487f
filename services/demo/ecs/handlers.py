"""ECS handlers; moto's own services never run a task.

Source: Amazon ECS API reference.
"""

from datetime import UTC, datetime
from random import Random
from typing import Any

from services.demo.ecs.model import ACCOUNT, Clusters, Deployment, Service, Task
from services.demo.registry import Call, Fault, op


def _clusters(call: Call) -> Clusters:
    found: Clusters = call.world.clusters
    return found


def _now(call: Call) -> float:
    return float(call.world.clock.now().timestamp())


def _when(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _short(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _cluster(call: Call) -> str:
    name = _short(call.params.get("cluster") or "default")
    if name not in _clusters(call).clusters:
        raise Fault("ClusterNotFoundException", "Cluster not found.")
    return name


def _service(call: Call, name: str) -> Service:
    cluster = _cluster(call)
    service = _clusters(call).services.get((cluster, _short(name)))
    if service is None:
        raise Fault("ServiceNotFoundException", "Service not found.")
    return service


def cluster_arn(name: str, region: str) -> str:
    """A cluster's Amazon resource name."""
    return f"arn:aws:ecs:{region}:{ACCOUNT}:cluster/{name}"


def definition_arn(name: str, region: str) -> str:
    """A task definition's, from `family:revision`."""
    return name if name.startswith("arn:") else f"arn:aws:ecs:{region}:{ACCOUNT}:task-definition/{name}"


@op("ecs", "CreateCluster")
def create_cluster(call: Call) -> dict[str, Any]:
    """A cluster, empty."""
    name = call.params.get("clusterName") or "default"
    _clusters(call).clusters.setdefault(name, _now(call))
    return {"cluster": _describe_cluster(call, name)}


def _describe_cluster(call: Call, name: str) -> dict[str, Any]:
    services = [service for (cluster, _), service in _clusters(call).services.items() if cluster == name]
    now = _now(call)
    return {
        "clusterArn": cluster_arn(name, call.region),
        "clusterName": name,
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": sum(service.running(now) for service in services),
        "pendingTasksCount": sum(service.pending(now) for service in services),
        "activeServicesCount": len(services),
    }


@op("ecs", "DescribeClusters")
def describe_clusters(call: Call) -> dict[str, Any]:
    """Clusters by name."""
    names = [_short(name) for name in call.params.get("clusters") or ["default"]]
    known = _clusters(call).clusters
    return {
        "clusters": [_describe_cluster(call, name) for name in names if name in known],
        "failures": [
            {"arn": cluster_arn(name, call.region), "reason": "MISSING"}
            for name in names
            if name not in known
        ],
    }


@op("ecs", "ListClusters")
def list_clusters(call: Call) -> dict[str, Any]:
    """Every cluster's ARN."""
    return {"clusterArns": [cluster_arn(name, call.region) for name in sorted(_clusters(call).clusters)]}


@op("ecs", "RegisterTaskDefinition")
def register_task_definition(call: Call) -> dict[str, Any]:
    """The next revision of a family."""
    params = call.params
    revisions = _clusters(call).definitions.setdefault(params["family"], [])
    number = len(revisions) + 1
    definition = {
        **{key: value for key, value in params.items() if key != "tags"},
        "taskDefinitionArn": definition_arn(f"{params['family']}:{number}", call.region),
        "revision": number,
        "status": "ACTIVE",
    }
    revisions.append(definition)
    return {"taskDefinition": definition}


@op("ecs", "DescribeTaskDefinition")
def describe_task_definition(call: Call) -> dict[str, Any]:
    """One revision, the newest where none is named."""
    family, _, revision = _short(call.params["taskDefinition"]).partition(":")
    revisions = _clusters(call).definitions.get(family, [])
    number = int(revision) if revision.isdigit() else len(revisions)
    if not 1 <= number <= len(revisions):
        raise Fault("ClientException", "Unable to describe task definition.")
    return {"taskDefinition": revisions[number - 1]}


@op("ecs", "CreateService")
def create_service(call: Call) -> dict[str, Any]:
    """A service whose tasks start at once."""
    params = call.params
    cluster, name = _cluster(call), params["serviceName"]
    balancer = next(iter(params.get("loadBalancers") or ()), {})
    service = Service(
        name,
        cluster,
        _short(params.get("taskDefinition", name)),
        params.get("desiredCount", 1),
        _now(call),
        Random(f"{cluster}/{name}"),
        region=call.region,
        target_group=balancer.get("targetGroupArn", ""),
        container=balancer.get("containerName", "app"),
        port=balancer.get("containerPort", 8080),
    )
    service.advance(_now(call))
    _clusters(call).services[cluster, name] = service
    return {"service": describe(service, _now(call))}


@op("ecs", "UpdateService")
def update_service(call: Call) -> dict[str, Any]:
    """A new count starts or stops tasks; a new definition (or force) starts a deployment."""
    service, now = _service(call, call.params["service"]), _now(call)
    count = call.params.get("desiredCount")
    if count is not None:
        service.want(count, now)
    definition = call.params.get("taskDefinition")
    if definition or call.params.get("forceNewDeployment"):
        service.deploy(_short(definition or service.definition), now)
    return {"service": describe(service, now)}


@op("ecs", "DescribeServices")
def describe_services(call: Call) -> dict[str, Any]:
    """At most ten services; unknown ones are named in `failures`."""
    cluster = _cluster(call)
    names = [_short(name) for name in call.params["services"]]
    if len(names) > 10:
        raise Fault("InvalidParameterException", "Services cannot be more than 10.")
    known = _clusters(call).services
    missing = [
        {"arn": f"arn:aws:ecs:{call.region}:{ACCOUNT}:service/{cluster}/{name}", "reason": "MISSING"}
        for name in names
        if (cluster, name) not in known
    ]
    found = [describe(known[cluster, name], _now(call)) for name in names if (cluster, name) in known]
    return {"services": found, "failures": missing}


@op("ecs", "ListServices")
def list_services(call: Call) -> dict[str, Any]:
    """The ARNs of a cluster's services."""
    cluster = _cluster(call)
    services = _clusters(call).services.values()
    return {"serviceArns": sorted(service.arn for service in services if service.cluster == cluster)}


def describe(service: Service, now: float) -> dict[str, Any]:
    """As DescribeServices shows a service."""
    arn = definition_arn(service.definition, service.region)
    shown: dict[str, Any] = {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": cluster_arn(service.cluster, service.region),
        "status": "ACTIVE",
        "desiredCount": service.desired,
        "runningCount": service.running(now),
        "pendingCount": service.pending(now),
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "taskDefinition": arn,
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
        "deployments": [_deployment(service, each, now) for each in service.deployments],
        "events": [
            {"id": name, "createdAt": _when(at), "message": message}
            for at, name, message in service.events
            if at <= now
        ],
        "createdAt": _when(service.created),
        "schedulingStrategy": "REPLICA",
        "loadBalancers": [],
    }
    if service.target_group:
        shown["loadBalancers"] = [
            {
                "targetGroupArn": service.target_group,
                "containerName": service.container,
                "containerPort": service.port,
            }
        ]
    return shown


def _deployment(service: Service, deployment: Deployment, now: float) -> dict[str, Any]:
    tasks = [task for task in service.tasks if task.deployment == deployment.id]
    return {
        "id": deployment.id,
        "status": "PRIMARY" if deployment.primary else "ACTIVE",
        "taskDefinition": definition_arn(deployment.definition, service.region),
        "desiredCount": service.desired if deployment.primary else 0,
        "pendingCount": sum(task.stopping is None and task.created <= now < task.runs_at for task in tasks),
        "runningCount": sum(task.running(now) for task in tasks),
        "failedTasks": 0,
        "createdAt": _when(deployment.created),
        "updatedAt": _when(deployment.updated),
        "launchType": "FARGATE",
        "rolloutState": "COMPLETED" if deployment.completed else "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {deployment.id} "
        + ("completed." if deployment.completed else "in progress."),
    }


def _task_arn(service: Service, task: Task) -> str:
    return f"arn:aws:ecs:{service.region}:{ACCOUNT}:task/{service.cluster}/{task.id}"


def _tasks(call: Call) -> list[tuple[Service, Task]]:
    cluster = _cluster(call)
    return [
        (service, task)
        for service in _clusters(call).services.values()
        if service.cluster == cluster
        for task in service.tasks
    ]


@op("ecs", "ListTasks")
def list_tasks(call: Call) -> dict[str, Any]:
    """The ARNs of running tasks, or of those that stopped within the hour."""
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
    """Tasks by id or ARN."""
    known = {task.id: (service, task) for service, task in _tasks(call)}
    wanted = [_short(name) for name in call.params["tasks"]]
    return {
        "tasks": [_describe_task(*known[name], _now(call)) for name in wanted if name in known],
        "failures": [{"arn": name, "reason": "MISSING"} for name in wanted if name not in known],
    }


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
    shown: dict[str, Any] = {
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
        "createdAt": _when(task.created),
        "containers": [container],
    }
    if now >= task.runs_at:
        shown["startedAt"] = _when(task.runs_at)
    if task.stopping is not None:
        container["exitCode"] = 143
        shown |= {
            "stoppingAt": _when(task.stopping),
            "stopCode": "ServiceSchedulerInitiated",
            "stoppedReason": task.reason,
        }
    return shown
