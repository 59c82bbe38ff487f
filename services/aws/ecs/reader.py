"""ECS: services, their deployments and revisions, tasks, task definitions. Source: DescribeServices,
ListTasks, DescribeTasks, ListServiceDeployments, DescribeServiceDeployments, DescribeServiceRevisions,
DescribeTaskDefinition, ListTaskDefinitions (Amazon ECS API reference)."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete, not_found, rows
from services.aws.ecs.parsing import (
    container_service,
    counted,
    listed_deployment,
    running_task,
    service_deployment,
    service_revision,
    short,
    stopped_task,
    task_definition,
)
from services.i18n import _
from services.models.base import RawId
from services.models.ecs import ContainerService
from services.models.ecs_deployments import ServiceDeployment, ServiceRevision, TaskDefinition
from services.models.first_wave import ServiceTasks
from services.models.text import clean

DESCRIBED = 20  # Maximum ARNs in one DescribeServiceDeployments or DescribeServiceRevisions
LISTED = 100  # Maximum task definitions on a page
TASKS = 100  # Maximum tasks on a page of ListTasks, and in one DescribeTasks
RUNNING = 30  # Maximum running tasks among those that are described
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class EcsReader:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def _read(self, operation: str, key: str, **params: Any) -> Answer:
        return await self._session.read("ecs", operation, required=(key,), **params)

    async def service(self, cluster: str, name: str) -> ContainerService:
        """One service's current state. Raises AwsError (NotFound: no such cluster or service; Incomplete)."""
        answer = await self._read("DescribeServices", "services", cluster=cluster, services=[name])
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
        if not counted(services[0]):
            text = _("AWS returned the service {name} without its task counts.")
            raise incomplete(text.format(name=clean(name)), "ecs", "DescribeServices")
        return container_service(services[0], cluster)

    async def deployments(self, cluster: str, name: str) -> tuple[ServiceDeployment, ...]:
        """Newest first, at most DESCRIBED; ECS lists those of the last 90 days. Raises AwsError."""
        arns = [str(row.get("serviceDeploymentArn") or "") for row in await self._listed(cluster, name)]
        deployments = await self._described(arns)
        # Without one of them, another would look like the newest.
        if {deployment.id for deployment in deployments} != set(arns):
            text = _("ECS did not describe every deployment of {name} that it lists.")
            raise incomplete(text.format(name=clean(name)), "ecs", "DescribeServiceDeployments")
        return deployments

    async def deployment(self, arn: str) -> ServiceDeployment:
        """One service deployment. Raises AwsError (NotFound: ECS has none with this ARN)."""
        described = await self._described([arn])
        if not described:
            text = _("ECS has no service deployment {name}.", name=clean(short(arn)))
            raise not_found(text, "ecs", "DescribeServiceDeployments")
        return described[0]

    async def _described(self, arns: list[str]) -> tuple[ServiceDeployment, ...]:
        if not arns:
            return ()
        answer = await self._read(
            "DescribeServiceDeployments", "serviceDeployments", serviceDeploymentArns=arns[:DESCRIBED]
        )
        return _newest_first(service_deployment(row) for row in rows(answer, "serviceDeployments"))

    async def revisions(self, arns: Iterable[str]) -> dict[RawId, ServiceRevision]:
        """Service revisions by ARN; ECS knows none from before 2024-10-25. Raises AwsError."""
        unique_arns = sorted(set(arns))
        revisions: dict[RawId, ServiceRevision] = {}
        for start in range(0, len(unique_arns), DESCRIBED):
            some_arns = unique_arns[start : start + DESCRIBED]
            answer = await self._read(
                "DescribeServiceRevisions", "serviceRevisions", serviceRevisionArns=some_arns
            )
            described = [service_revision(row) for row in rows(answer, "serviceRevisions")]
            revisions |= {revision.id: revision for revision in described}
        return revisions

    async def latest(self, cluster: str, name: str) -> tuple[ServiceDeployment, ...]:
        """A service's newest deployments as ECS lists them, newest first: without sources, circuit breaker
        and hooks. One request, where `deployments` takes two. Raises AwsError."""
        return _newest_first(listed_deployment(row) for row in await self._listed(cluster, name))

    async def _listed(self, cluster: str, name: str) -> list[Answer]:
        answer = await self._read(
            "ListServiceDeployments",
            "serviceDeployments",
            cluster=cluster,
            service=name,
            maxResults=DESCRIBED,
        )
        return rows(answer, "serviceDeployments")

    async def tasks(self, cluster: str, name: str, *, running: Callable[[], Awaitable[bool]]) -> ServiceTasks:
        """A service's tasks that stopped in about the last hour, and those that run if so asked. Raises
        AwsError. At most TASKS in all; ECS forgets stopped ones after that hour. `running` is awaited after
        these are listed."""
        stopped_arns, more_stopped = await self._task_arns(cluster, name, "STOPPED")
        with_running = await running()
        alive, more_running = await self._task_arns(cluster, name, "RUNNING") if with_running else ([], False)
        alive = alive[:RUNNING]
        arns = [*alive, *stopped_arns[: TASKS - len(alive)]]
        described = await self._tasks(cluster, name, arns) if arns else []
        stopped_tasks = [stopped_task(row) for row in described if row.get("desiredStatus") == "STOPPED"]
        stopped_tasks.sort(key=lambda task: (task.ended or _LONG_AGO, task.id), reverse=True)
        return ServiceTasks(
            stopped=tuple(stopped_tasks),
            running=tuple(running_task(row) for row in described if row.get("desiredStatus") != "STOPPED"),
            more=more_stopped or more_running or len(arns) < len(alive) + len(stopped_arns),
        )

    async def _task_arns(self, cluster: str, name: str, status: str) -> tuple[list[str], bool]:
        """The ARNs of the tasks with this desired status on the first page, and whether there are others."""
        answer = await self._read(
            "ListTasks", "taskArns", cluster=cluster, serviceName=name, desiredStatus=status, maxResults=TASKS
        )
        arns = answer["taskArns"]
        if not _are_texts(arns):
            raise incomplete(_("ECS returned an unreadable list of tasks."), "ecs", "ListTasks")
        return arns, bool(answer.get("nextToken"))

    async def _tasks(self, cluster: str, name: str, arns: list[str]) -> list[Answer]:
        answer = await self._read("DescribeTasks", "tasks", cluster=cluster, tasks=arns)
        described = rows(answer, "tasks")
        # ECS may have forgotten some since it listed them, and says so.
        if len(described) + len(rows(answer, "failures")) < len(arns):
            text = _("ECS did not describe every task of {name} that it lists.")
            raise incomplete(text.format(name=clean(name)), "ecs", "DescribeTasks")
        return described

    async def definition(self, name: str) -> TaskDefinition:
        """A task definition by `family:revision`. Raises AwsError; ECS refuses inactive ones that nothing uses."""
        answer = await self._read("DescribeTaskDefinition", "taskDefinition", taskDefinition=name)
        return task_definition(answer["taskDefinition"] or {})

    async def definitions(self, family: str) -> tuple[RawId, ...]:
        """The newest active task definitions of a family (`family:revision`), newest first. Raises AwsError."""
        answer = await self._read(
            "ListTaskDefinitions",
            "taskDefinitionArns",
            familyPrefix=family,
            status="ACTIVE",
            sort="DESC",
            maxResults=LISTED,
        )
        arns = answer["taskDefinitionArns"]
        if not _are_texts(arns):
            text = _("ECS returned an unreadable list of task definitions.")
            raise incomplete(text, "ecs", "ListTaskDefinitions")
        # The prefix also matches longer names.
        return tuple(RawId(name) for arn in arns if (name := short(arn)).rpartition(":")[0] == family)


def _newest_first(deployments: Iterable[ServiceDeployment]) -> tuple[ServiceDeployment, ...]:
    return tuple(sorted(deployments, key=lambda deployment: deployment.created or _LONG_AGO, reverse=True))


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
