"""Handlers for ECS task definitions.

Source: RegisterTaskDefinition, DeregisterTaskDefinition, DescribeTaskDefinition, ListTaskDefinitions (Amazon ECS API
reference).
"""

from typing import Any

from services.demo.account import CALLER
from services.demo.ecs.clusters import Clusters
from services.demo.ecs.handlers import definition_arn, numbered_page, short
from services.demo.ecs.records import when
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op

PAGE = 100


@op("ecs", "RegisterTaskDefinition")
def register_task_definition(call: Call) -> dict[str, Any]:
    params = call.params
    revisions = call.component(Clusters).definitions.setdefault(params["family"], [])
    number = len(revisions) + 1
    definition = {
        **{key: value for key, value in params.items() if key != "tags"},
        "taskDefinitionArn": definition_arn(f"{params['family']}:{number}", call.region),
        "revision": number,
        "status": "ACTIVE",
        "registeredAt": when(call.epoch),
        "registeredBy": CALLER,
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
