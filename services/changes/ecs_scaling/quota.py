"""The Fargate vCPUs that a service's tasks need, beside the account's quota on them. Source: GetServiceQuota
(Service Quotas API reference), "AWS Fargate service quotas": the quota is on the vCPUs of all On-Demand tasks
of the account in the region."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.aws.client.errors import AwsError
from services.aws.client.reader import Reader
from services.aws.ecs.reader import EcsReader
from services.aws.service_quotas import ServiceQuotas
from services.changes.base import warning
from services.i18n import _
from services.models.base import Quota
from services.models.changes import Caution
from services.models.ecs_deployments import TaskDefinition

FARGATE = "FARGATE"
CPU_UNITS = 1024  # CPU units of a vCPU


@dataclass(frozen=True, slots=True)
class FargateQuota:
    """A task's vCPUs and the quota; `problem` says why one of them is None."""

    per_task: float | None = None
    quota: Quota | None = None
    problem: str = ""
    applies: bool = True  # False: the tasks do not run on Fargate
    definition: TaskDefinition | None = None  # The task definition, as far as it could be read


NO_QUOTA = FargateQuota()  # Nothing was read


async def read_quota(reader: Reader, task_definition: str) -> FargateQuota:
    """The vCPUs of one task of the definition, and the quota; never raises AwsError."""
    if not task_definition:
        return FargateQuota(problem=_("ECS reports no task definition"))
    per_task, quota, problem, definition = None, None, "", None
    try:
        definition = await EcsReader(reader).definition(task_definition)
        if definition.compatibilities and FARGATE not in definition.compatibilities:
            return FargateQuota(applies=False, definition=definition)
        per_task = definition.cpu / CPU_UNITS if definition.cpu is not None else None
        problem = "" if per_task else _("the task definition does not name a size")
        quota = await ServiceQuotas(reader).fargate_vcpus()
    except AwsError as error:
        problem = error.problem.summary
    return FargateQuota(per_task, quota, problem, definition=definition)


def quota_warning(quota: FargateQuota, count: int) -> Iterator[Caution]:
    if not quota.applies:
        return
    if quota.per_task is None or quota.quota is None:
        text = _("The Fargate vCPU quota could not be checked ({why}): {count} tasks may not start.")
        yield warning(text.format(why=quota.problem, count=count))
        return
    needed = quota.per_task * count
    over = needed > quota.quota.value
    text = (
        _(
            "Fargate vCPUs: {count} tasks of {each} need {needed}, which is more than the account's quota of {quota} for "
            "all tasks in the region: not all of them can start."
        )
        if over
        else _(
            "Fargate vCPUs: {count} tasks of {each} need {needed} of the account's quota of {quota} for all tasks in the "
            "region; those of other services are not counted here."
        )
    )
    numbers = {"each": quota.per_task, "needed": needed, "quota": quota.quota.value}
    texts = {name: f"{number:g}" for name, number in numbers.items()}
    yield warning(text.format(count=count, **texts), grave=over)
