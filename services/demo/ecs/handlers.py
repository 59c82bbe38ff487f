"""Handlers for ECS clusters, task definitions and services; services in moto never run a task.

Source: Amazon ECS API reference.
"""

from datetime import UTC, datetime
from random import Random
from typing import Any

from services.demo.account import ACCOUNT
from services.demo.ecs.model import Clusters, Deployment, Service
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op


def when(at: float) -> datetime:
    """Epoch seconds as a datetime in UTC."""
    return datetime.fromtimestamp(at, UTC)


def short(name: str) -> str:
    """The last part of an ARN, or the name itself."""
    return name.rsplit("/", 1)[-1]


def cluster_of(call: Call) -> str:
    """The cluster that a request names. Raises AwsErrorResponse if there is none."""
    name = short(call.params.get("cluster") or "default")
    if name not in call.component(Clusters).clusters:
        raise AwsErrorResponse("ClusterNotFoundException", "Cluster not found.")
    return name


def _service(call: Call, name: str) -> Service:
    cluster = cluster_of(call)
    service = call.component(Clusters).services.get((cluster, short(name)))
    if service is None:
        raise AwsErrorResponse("ServiceNotFoundException", "Service not found.")
    return service


def cluster_arn(name: str, region: str) -> str:
    """A cluster's Amazon resource name."""
    return f"arn:aws:ecs:{region}:{ACCOUNT}:cluster/{name}"


def definition_arn(name: str, region: str) -> str:
    """A task definition's Amazon resource name, from `family:revision`."""
    return name if name.startswith("arn:") else f"arn:aws:ecs:{region}:{ACCOUNT}:task-definition/{name}"


@op("ecs", "CreateCluster")
def create_cluster(call: Call) -> dict[str, Any]:
    """Create a cluster."""
    name = call.params.get("clusterName") or "default"
    call.component(Clusters).clusters.setdefault(name, call.epoch)
    return {"cluster": _describe_cluster(call, name)}


def _describe_cluster(call: Call, name: str) -> dict[str, Any]:
    services = [
        service for (cluster, _), service in call.component(Clusters).services.items() if cluster == name
    ]
    now = call.epoch
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
    names = [short(name) for name in call.params.get("clusters") or ["default"]]
    clusters = call.component(Clusters).clusters
    return {
        "clusters": [_describe_cluster(call, name) for name in names if name in clusters],
        "failures": [
            {"arn": cluster_arn(name, call.region), "reason": "MISSING"}
            for name in names
            if name not in clusters
        ],
    }


@op("ecs", "ListClusters")
def list_clusters(call: Call) -> dict[str, Any]:
    """Every cluster's ARN."""
    return {
        "clusterArns": [cluster_arn(name, call.region) for name in sorted(call.component(Clusters).clusters)]
    }


@op("ecs", "RegisterTaskDefinition")
def register_task_definition(call: Call) -> dict[str, Any]:
    """Add a revision to a family."""
    params = call.params
    revisions = call.component(Clusters).definitions.setdefault(params["family"], [])
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
    """One revision, by default the newest."""
    family, _, revision = short(call.params["taskDefinition"]).partition(":")
    revisions = call.component(Clusters).definitions.get(family, [])
    number = int(revision) if revision.isdigit() else len(revisions)
    if not 1 <= number <= len(revisions):
        raise AwsErrorResponse("ClientException", "Unable to describe task definition.")
    return {"taskDefinition": revisions[number - 1]}


@op("ecs", "CreateService")
def create_service(call: Call) -> dict[str, Any]:
    """Create a service; its tasks start at once."""
    params = call.params
    cluster, name = cluster_of(call), params["serviceName"]
    balancer: dict[str, Any] = next(iter(params.get("loadBalancers") or ()), {})
    service = Service(
        name,
        cluster,
        short(params.get("taskDefinition", name)),
        params.get("desiredCount", 1),
        call.epoch,
        Random(f"{cluster}/{name}"),
        region=call.region,
        target_group=balancer.get("targetGroupArn", ""),
        container=balancer.get("containerName", "app"),
        port=balancer.get("containerPort", 8080),
    )
    service.advance(call.epoch)
    call.component(Clusters).services[cluster, name] = service
    return {"service": describe(service, call.epoch)}


@op("ecs", "UpdateService")
def update_service(call: Call) -> dict[str, Any]:
    """A new count starts or stops tasks; a new definition (or force) starts a deployment."""
    service, now = _service(call, call.params["service"]), call.epoch
    count = call.params.get("desiredCount")
    if count is not None:
        service.set_desired(count, now)
    definition = call.params.get("taskDefinition")
    if definition or call.params.get("forceNewDeployment"):
        service.deploy(short(definition or service.definition), now)
    return {"service": describe(service, now)}


@op("ecs", "DescribeServices")
def describe_services(call: Call) -> dict[str, Any]:
    """At most ten services; unknown ones are listed in `failures`."""
    cluster = cluster_of(call)
    names = [short(name) for name in call.params["services"]]
    if len(names) > 10:
        raise AwsErrorResponse("InvalidParameterException", "Services cannot be more than 10.")
    services, now = call.component(Clusters).services, call.epoch
    missing = [
        {"arn": f"arn:aws:ecs:{call.region}:{ACCOUNT}:service/{cluster}/{name}", "reason": "MISSING"}
        for name in names
        if (cluster, name) not in services
    ]
    described = [describe(services[cluster, name], now) for name in names if (cluster, name) in services]
    return {"services": described, "failures": missing}


@op("ecs", "ListServices")
def list_services(call: Call) -> dict[str, Any]:
    """The ARNs of a cluster's services."""
    cluster = cluster_of(call)
    services = call.component(Clusters).services.values()
    return {"serviceArns": sorted(service.arn for service in services if service.cluster == cluster)}


def describe(service: Service, now: float) -> dict[str, Any]:
    """As DescribeServices shows a service."""
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
        "platformVersion": "LATEST",
        "taskDefinition": arn,
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
        "deployments": [_deployment(service, deployment, now) for deployment in service.deployments],
        "events": [
            {"id": name, "createdAt": when(at), "message": message}
            for at, name, message in service.events
            if at <= now
        ],
        "createdAt": when(service.created),
        "schedulingStrategy": "REPLICA",
        "loadBalancers": [],
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


def _deployment(service: Service, deployment: Deployment, now: float) -> dict[str, Any]:
    tasks = [task for task in service.tasks if task.deployment == deployment.id]
    return {
        "id": deployment.id,
        "status": "PRIMARY" if deployment.primary else "ACTIVE",
        "taskDefinition": definition_arn(deployment.definition, service.region),
        "desiredCount": service.desired if deployment.primary else 0,
        "pendingCount": sum(task.stopping is None and task.created <= now < task.runs_at for task in tasks),
        "runningCount": sum(task.running(now) for task in tasks),
        "failedTasks": deployment.failed,
        "createdAt": when(deployment.created),
        "updatedAt": when(deployment.updated),
        "launchType": "FARGATE",
    } | _rollout(deployment)


def _rollout(deployment: Deployment) -> dict[str, str]:
    state = "FAILED" if deployment.given_up else "COMPLETED" if deployment.completed else "IN_PROGRESS"
    reason = f"ECS deployment {deployment.id} {'completed' if deployment.completed else 'in progress'}."
    if deployment.given_up:
        reason = "ECS deployment circuit breaker: tasks failed to start."
    elif deployment.back_to:
        reason = f"ECS deployment circuit breaker: rolling back to deploymentId {deployment.back_to}."
    return {"rolloutState": state, "rolloutStateReason": reason}
