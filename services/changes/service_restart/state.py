"""The state that a restart of a service's tasks is planned from. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.changes.ecs_scaling.rollout import expected
from services.models.canonical import digest
from services.models.ecs import ContainerService, Deployment
from services.models.ecs_deployments import TaskDefinition


@dataclass(frozen=True, slots=True)
class RestartState:
    """One service and the task definition that it runs."""

    at: datetime
    service: ContainerService | None
    """None: ECS has no such service."""
    definition: TaskDefinition | None = None
    """None: it cannot be read."""

    @property
    def is_active(self) -> bool:
        return self.service is not None and self.service.status == "ACTIVE"

    @property
    def primary(self) -> Deployment | None:
        deployments = self.service.deployments if self.service is not None else ()
        return next((each for each in deployments if each.status == "PRIMARY"), None)

    @property
    def is_deploying(self) -> bool:
        deployments = self.service.deployments if self.service is not None else ()
        return len(deployments) > 1 or any(each.rollout == "IN_PROGRESS" for each in deployments)

    def tags(self) -> Iterator[str]:
        """Images that are named by a tag, which ECS resolves again: `staff-api:2.14.3`."""
        for container in self.definition.containers if self.definition is not None else ():
            if not container.pinned:
                yield container.image.rpartition("/")[2]


def state_digest(state: RestartState) -> str:
    """Digest of what a restart depends on: the newest deployment, that none is in progress, how tasks are replaced."""
    primary = state.primary
    if primary is None:
        return digest(None)
    deployment = [primary.id, primary.task_definition, state.is_active, state.is_deploying]
    return digest([*deployment, *expected(state.service)])
