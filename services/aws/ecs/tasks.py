"""Converts DescribeTasks rows to models; pure.

Source: the types Task and Container (Amazon ECS API reference).
"""

from services.aws.client.reader import Answer, finite, incomplete, rows, when
from services.aws.ecs.parsing import short
from services.i18n import _
from services.models.first_wave import RunningTask, StoppedContainer, StoppedTask
from services.models.text import clean


def stopped_task(row: Answer) -> StoppedTask:
    """A task row as a model. Raises Incomplete without its ARN, its status or its containers."""
    id, status = short(row.get("taskArn")), row.get("desiredStatus")
    if not (id and status) or not isinstance(row.get("containers"), list):
        text = _("ECS returned a task without its ARN, its status or its containers.")
        raise incomplete(text, "ecs", "DescribeTasks")
    return StoppedTask(
        id=id,
        code=clean(row.get("stopCode")),
        reason=row.get("stoppedReason"),
        containers=tuple(_container(each) for each in rows(row, "containers")),
        started_by=row.get("startedBy"),
        definition=short(row.get("taskDefinitionArn")),
        zone=clean(row.get("availabilityZone")),
        created=when(row.get("createdAt")),
        started=when(row.get("startedAt")),
        stopping=when(row.get("stoppingAt")),
        stopped=when(row.get("stoppedAt")),
    )


def running_task(row: Answer) -> RunningTask:
    """A row of a task that is to run. Raises Incomplete without its ARN, its status or its task definition."""
    id, definition = short(row.get("taskArn")), short(row.get("taskDefinitionArn"))
    if not (id and definition and row.get("desiredStatus")):
        text = _("ECS returned a task without its ARN, its status or its task definition.")
        raise incomplete(text, "ecs", "DescribeTasks")
    return RunningTask(id=id, started_by=row.get("startedBy"), definition=definition)


def _container(row: Answer) -> StoppedContainer:
    code = finite(row.get("exitCode"))
    return StoppedContainer(
        name=row.get("name"), exit_code=None if code is None else int(code), reason=row.get("reason")
    )
