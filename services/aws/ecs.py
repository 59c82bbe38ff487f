"""ECS services: counts, deployments, events.

Source: DescribeServices (Amazon ECS API reference).
"""

from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete, not_found, rows, when, whole
from services.i18n import _
from services.models.base import RawId
from services.models.ecs import ContainerService, Deployment, ServiceEvent
from services.models.text import clean

EVENTS = 100
"""ECS's limit on service events."""


class EcsReader:
    """Reads the container services of one account and region."""

    def __init__(self, session: Reader) -> None:
        self._session = session

    async def service(self, cluster: str, name: str) -> ContainerService:
        """One service's current state. Raises AwsError (NotFound: no such cluster or service; Incomplete)."""
        answer = await self._session.read(
            "ecs", "DescribeServices", required=("services",), cluster=cluster, services=[name]
        )
        services = rows(answer, "services")
        # For an unknown service ECS responds with status 200 and a row in `failures`.
        if not services:
            failures = rows(answer, "failures")
            if not failures:
                text = _("AWS returned neither the service {name} nor why it is missing.")
                raise incomplete(text.format(name=clean(name)), "ecs", "DescribeServices")
            raise not_found(
                _("ECS has no service {name} in cluster {cluster}.").format(
                    name=clean(name), cluster=clean(cluster)
                ),
                "ecs",
                "DescribeServices",
                detail=" ".join(
                    str(failures[0][key]) for key in ("reason", "detail") if failures[0].get(key)
                ),
                remedy=_("Check the cluster and service names in the runbook."),
            )
        # Missing counts would look like zero tasks, so that lowering the task limit would seem to stop none.
        if not _counted(services[0]):
            text = _("AWS returned the service {name} without its task counts.")
            raise incomplete(text.format(name=clean(name)), "ecs", "DescribeServices")
        return container_service(services[0], cluster)


def container_service(row: Answer, cluster: str) -> ContainerService:
    """A DescribeServices row as a model."""
    name = str(row.get("serviceName") or "")
    events = [
        ServiceEvent(at=at, message=each.get("message"))
        for each in rows(row, "events")
        if (at := when(each.get("createdAt"))) is not None and each.get("message")
    ]
    events.sort(key=lambda event: event.at, reverse=True)
    return ContainerService(
        id=RawId(name),
        name=name,
        cluster=cluster,
        status=clean(row.get("status")),
        **_counts(row),
        deployments=tuple(_deployment(each) for each in rows(row, "deployments")),
        events=tuple(events[:EVENTS]),
        undated=len(rows(row, "events")) - len(events),
        controller=clean((row.get("deploymentController") or {}).get("type") or "ECS"),
        target_groups=tuple(
            RawId(each["targetGroupArn"]) for each in rows(row, "loadBalancers") if each.get("targetGroupArn")
        ),
    )


def _deployment(row: Answer) -> Deployment:
    return Deployment(
        id=clean(row.get("id")),
        status=clean(row.get("status")),
        rollout=clean(row.get("rolloutState")),
        reason=row.get("rolloutStateReason"),
        **_counts(row),
        counted=_counted(row),
        failed=whole(row.get("failedTasks")),
        task_definition=str(row.get("taskDefinition") or "").rsplit("/", 1)[-1],
        created=when(row.get("createdAt")),
        updated=when(row.get("updatedAt")),
    )


def _counts(row: Answer) -> dict[str, Any]:
    return {key: whole(row.get(f"{key}Count"), 0) for key in ("desired", "running", "pending")}


def _counted(row: Answer) -> bool:
    """Whether the row contains the desired and the running task counts."""
    return all(whole(row.get(key)) is not None for key in ("desiredCount", "runningCount"))
