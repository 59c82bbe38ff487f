"""Handlers for ECS service deployments and service revisions. Source: ListServiceDeployments,
DescribeServiceDeployments, DescribeServiceRevisions, StopServiceDeployment, ContinueServiceDeployment (Amazon
ECS API reference)."""

from collections.abc import Iterable
from typing import Any

from services.demo.ecs.handlers import cluster_arn, definition_arn, found, numbered_page, service_of, short
from services.demo.ecs.model import BREAKER, Clusters, Service
from services.demo.ecs.records import HOOK_WAITS, DemoServiceDeployment, Revision, when
from services.demo.errors import AwsErrorResponse, invalid_parameter
from services.demo.registry import Call, op

PAGE = 20
MOST = 20  # ARNs in one request


def _arn(service: Service, kind: str, id: str) -> str:
    return f"{service.arn.replace(':service/', f':{kind}/')}/{id}"


def _deployment_arn(service: Service, deployment: DemoServiceDeployment) -> str:
    return _arn(service, "service-deployment", deployment.id)


def _revision_arn(service: Service, revision: Revision) -> str:
    return _arn(service, "service-revision", revision.id)


@op("ecs", "ListServiceDeployments")
def list_service_deployments(call: Call) -> dict[str, Any]:
    params, now = call.params, call.epoch
    service, statuses = service_of(call, params["service"]), params.get("status")
    bounds = params.get("createdAt") or {}
    rows = [
        deployment
        for deployment in service.history.deployments
        if (not statuses or deployment.status(now) in statuses)
        and ("after" not in bounds or when(deployment.created) >= bounds["after"])
        and ("before" not in bounds or when(deployment.created) <= bounds["before"])
    ]
    page, more = numbered_page(rows, params, PAGE)
    return {"serviceDeployments": [_brief(service, each, now) for each in page]} | more


def _brief(service: Service, deployment: DemoServiceDeployment, now: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "serviceDeploymentArn": _deployment_arn(service, deployment),
        "serviceArn": service.arn,
        "clusterArn": cluster_arn(service.cluster, service.region),
        "createdAt": when(deployment.created),
        "startedAt": when(deployment.created),
        "targetServiceRevisionArn": _revision_arn(service, deployment.target),
        "status": deployment.status(now),
    }
    if deployment.reason:
        row["statusReason"] = deployment.reason
    return row | ({"finishedAt": when(deployment.finished)} if deployment.finished is not None else {})


@op("ecs", "DescribeServiceDeployments")
def describe_service_deployments(call: Call) -> dict[str, Any]:
    by_arn = {_deployment_arn(service, each): (service, each) for service, each in _every(call)}
    arns = _few(call.params["serviceDeploymentArns"])
    return found("serviceDeployments", arns, by_arn, lambda pair: _describe(*pair, call.epoch))


@op("ecs", "DescribeServiceRevisions")
def describe_service_revisions(call: Call) -> dict[str, Any]:
    by_arn = {
        _revision_arn(service, each): (service, each)
        for service in call.component(Clusters).services.values()
        for each in service.history.revisions
    }
    arns = _few(call.params["serviceRevisionArns"])
    return found("serviceRevisions", arns, by_arn, lambda pair: _revision(*pair))


def _every(call: Call) -> Iterable[tuple[Service, DemoServiceDeployment]]:
    for service in call.component(Clusters).services.values():
        for deployment in service.history.deployments:
            yield service, deployment


def _few(arns: list[str]) -> list[str]:
    if len(arns) > MOST:
        raise invalid_parameter(f"At most {MOST} ARNs can be described.")
    return arns


def _describe(service: Service, deployment: DemoServiceDeployment, now: float) -> dict[str, Any]:
    row = _brief(service, deployment, now)
    target = row.pop("targetServiceRevisionArn")
    status = row["status"]
    ended = deployment.ending or deployment.rollback_at is not None
    row |= {
        "updatedAt": when(deployment.updated),
        "sourceServiceRevisions": [_counts(service, each, now) for each in deployment.sources],
        "targetServiceRevision": _counts(service, deployment.target, now) | {"arn": target},
        "deploymentConfiguration": service.rules,
        "deploymentCircuitBreaker": {
            "status": "TRIGGERED"
            if deployment.failures
            else "MONITORING_COMPLETE"
            if ended
            else "MONITORING",
            "failureCount": deployment.failures or (0 if ended else service.primary.failed),
            "threshold": int(max(BREAKER, service.desired / 2)),
        },
    }
    if deployment.rollback_at is not None:
        row["rollback"] = {
            "reason": deployment.reason,
            "startedAt": when(deployment.rollback_at),
            "serviceRevisionArn": _revision_arn(service, deployment.sources[0]),
        }
    if deployment.hook:
        row |= {"lifecycleStage": "POST_SCALE_UP", "lifecycleHookDetails": [_hook(deployment)]}
    if status == "STOPPED":
        row["stoppedAt"] = row["finishedAt"]
    return row


def _hook(deployment: DemoServiceDeployment) -> dict[str, Any]:
    return {
        "hookId": deployment.hook,
        "status": "AWAITING_ACTION" if deployment.waiting else "SUCCEEDED",
        "expiresAt": when(deployment.created + HOOK_WAITS),
        "timeoutAction": "ROLLBACK",
    }


def _counts(service: Service, revision: Revision, now: float) -> dict[str, Any]:
    tasks = [task for task in service.tasks if task.revision is revision]
    return {
        "arn": _revision_arn(service, revision),
        "requestedTaskCount": service.desired if service.primary.revision is revision else 0,
        "runningTaskCount": sum(task.running(now) for task in tasks),
    }


def _revision(service: Service, revision: Revision) -> dict[str, Any]:
    return {
        "serviceRevisionArn": _revision_arn(service, revision),
        "serviceArn": service.arn,
        "clusterArn": cluster_arn(service.cluster, service.region),
        "taskDefinition": definition_arn(revision.definition, service.region),
        "launchType": "FARGATE",
        "containerImages": [
            {"containerName": each.container, "image": each.image, "imageDigest": each.digest}
            for each in revision.images
        ],
        "createdAt": when(revision.created),
    }


def _requested(call: Call) -> tuple[Service, DemoServiceDeployment]:
    """The deployment that a request names. Raises AwsErrorResponse."""
    arn = call.params["serviceDeploymentArn"]
    for service, deployment in _every(call):
        if _deployment_arn(service, deployment) == arn:
            return service, deployment
    raise AwsErrorResponse("ServiceDeploymentNotFoundException", "Service deployment not found.")


@op("ecs", "StopServiceDeployment")
def stop_service_deployment(call: Call) -> dict[str, Any]:
    service, deployment = _requested(call)
    if call.params.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise invalid_parameter("The stop type must be ROLLBACK.")
    if deployment.ending:
        raise AwsErrorResponse("ConflictException", "The service deployment is not in progress.")
    if not deployment.sources:
        raise AwsErrorResponse("ConflictException", "There is no service revision to roll back to.")
    if deployment.rollback_at is None:
        service.roll_back(call.epoch, "Service deployment rolled back by a StopServiceDeployment request.")
    return {"serviceDeploymentArn": call.params["serviceDeploymentArn"]}


@op("ecs", "ContinueServiceDeployment")
def continue_service_deployment(call: Call) -> dict[str, Any]:
    service, deployment = _requested(call)
    if not deployment.waiting or short(call.params["hookId"]) != deployment.hook:
        raise invalid_parameter("The lifecycle hook awaits no action.")
    if call.params.get("action", "CONTINUE") == "CONTINUE":
        service.go_on(call.epoch)
    else:
        service.roll_back(call.epoch, "Service deployment rolled back at a lifecycle hook.")
    return {"serviceDeploymentArn": call.params["serviceDeploymentArn"]}
