"""Source: DescribeServiceDeployments, DescribeServiceRevisions, DescribeTaskDefinition (Amazon ECS API reference)."""

from datetime import datetime

from services.models.base import Clean, Model, RawId

_GOING = frozenset({"PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"})


class ContainerImage(Model):
    container: Clean
    image: Clean
    """As the task definition names it."""
    digest: Clean = ""
    """The digest that the name was resolved to; "": not reported."""


class Container(Model):
    name: Clean
    image: Clean
    environment: tuple[tuple[Clean, str], ...] = ()
    """(name, fingerprint of the value) of each variable and each secret; the value is not kept."""
    hosts: tuple[tuple[Clean, Clean], ...] = ()
    """(name of the variable, `host` or `host:port`) of each host that a value names; nothing else of it."""
    secrets: tuple[tuple[Clean, RawId], ...] = ()
    """(name of the variable, ARN or name of the secret or parameter); "" as the name: of the image's registry."""

    @property
    def pinned(self) -> bool:
        """Whether the image is named by its digest, so that the name always means the same image."""
        return "@sha256:" in self.image


class TaskDefinition(Model):
    id: RawId
    """`family:revision`"""
    status: str
    """ACTIVE, INACTIVE or DELETE_IN_PROGRESS; only active ones can be deployed."""
    cpu: int | None = None
    """CPU units, 1,024 of which are a vCPU; None: not set for the task."""
    memory: int | None = None
    """MiB; None: not set for the task."""
    containers: tuple[Container, ...] = ()
    compatibilities: tuple[str, ...] = ()
    """What it was validated against: FARGATE, EC2…; (): not reported."""
    platform: str = ""
    """`LINUX/X86_64`, operating system and processor; "": not set, which Fargate takes for that."""
    registered: datetime | None = None
    registered_by: Clean = ""
    """Last part of the ARN of who registered it; "": not reported."""
    roles: tuple[RawId, ...] = ()
    """ARNs or names of the tasks' role and of their execution role."""

    @property
    def environment(self) -> dict[tuple[str, str], str]:
        return {
            (container.name, name): value
            for container in self.containers
            for name, value in container.environment
        }


class ServiceRevision(Model):
    id: RawId
    """ARN."""
    task_definition: RawId
    """`family:revision`"""
    images: tuple[ContainerImage, ...] = ()
    security_groups: tuple[RawId, ...] = ()
    """Ids of the security groups of its tasks; (): not reported, or its tasks have none of their own."""
    created: datetime | None = None


class LifecycleHook(Model):
    id: RawId
    status: str
    """AWAITING_ACTION, IN_PROGRESS, SUCCEEDED, FAILED or TIMED_OUT."""
    expires: datetime | None = None
    on_timeout: str = ""
    """What ECS does when it expires: ROLLBACK or CONTINUE."""


class ServiceDeployment(Model):
    """A service deployment: from the service's revisions to a new one."""

    id: RawId
    """ARN."""
    status: str
    """As the API spells it: PENDING, IN_PROGRESS, SUCCESSFUL, ROLLBACK_SUCCESSFUL…"""
    reason: Clean = ""
    stage: str = ""
    """lifecycleStage; "": not reported."""
    sources: tuple[RawId, ...] = ()
    """ARNs of the revisions that it replaces."""
    target: RawId
    """ARN of the revision that it deploys."""
    created: datetime | None = None
    finished: datetime | None = None
    rollback_to: RawId = RawId("")
    """ARN of the revision to which it is rolled back; "" if it is not."""
    breaker: str = ""
    """State of the circuit breaker: MONITORING, TRIGGERED…; "": not reported."""
    failures: int | None = None
    """Failed tasks that the circuit breaker counted."""
    threshold: int | None = None
    """Failed tasks at which the circuit breaker ends it."""
    alarms: tuple[Clean, ...] = ()
    """Alarms that ended it."""
    hooks: tuple[LifecycleHook, ...] = ()

    @property
    def in_progress(self) -> bool:
        return self.status in _GOING

    @property
    def rolls_back(self) -> bool:
        return self.status.startswith("ROLLBACK")

    @property
    def hook(self) -> LifecycleHook | None:
        return next((hook for hook in self.hooks if hook.status == "AWAITING_ACTION"), None)
