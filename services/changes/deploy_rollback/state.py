"""Source: "Stopping Amazon ECS service deployments", "Amazon ECS service revisions" (Amazon ECS developer guide)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.changes.ecs_scaling.rollout import expected
from services.models.base import RawId
from services.models.canonical import digest
from services.models.ecs import ContainerService
from services.models.ecs_deployments import ContainerImage, ServiceDeployment, ServiceRevision, TaskDefinition


class Way(StrEnum):
    """How ECS rolls the service back, which depends on its newest deployment."""

    STOP = "stop"  # Stop the deployment in progress: StopServiceDeployment
    HOOK = "hook"  # Answer the lifecycle hook at which it pauses: ContinueServiceDeployment
    DEPLOY = "deploy"  # Deploy the previous revision: UpdateService


@dataclass(frozen=True, slots=True)
class RollbackState:
    at: datetime
    service: ContainerService | None  # None: ECS has no such service
    deployments: tuple[ServiceDeployment, ...] = ()  # Newest first
    revisions: Mapping[RawId, ServiceRevision] = field(default_factory=dict)
    active: tuple[RawId, ...] = ()  # The family's ACTIVE task definitions, newest first
    definitions: Mapping[RawId, TaskDefinition] = field(default_factory=dict)
    """Details of the task definitions that are compared; one that cannot be read is missing."""
    deployers: Mapping[RawId, str] = field(default_factory=dict)
    """Who requested a deployment, by its ARN; one that cannot be told is missing."""

    @property
    def is_active(self) -> bool:
        return self.service is not None and self.service.status == "ACTIVE"

    @property
    def newest(self) -> ServiceDeployment | None:
        return self.deployments[0] if self.deployments else None

    @property
    def way(self) -> Way:
        if self.newest is None or not self.newest.in_progress:
            return Way.DEPLOY
        return Way.HOOK if self.newest.hook is not None else Way.STOP

    @property
    def current(self) -> RawId:
        if self.newest is not None and self.newest.in_progress:
            return self.definition_of(self.newest.target)
        return RawId(self.service.task_definition if self.service else "")

    @property
    def previous(self) -> RawId:
        """The task definition to roll back to by default; "" if there is none."""
        if self.way is not Way.DEPLOY:
            return self._replaced()
        deployment = self._release()
        previous = self.definition_of(deployment.sources[0]) if deployment is not None else RawId("")
        return previous if previous != self.current else RawId("")

    @property
    def is_second(self) -> bool:
        return self.newest is not None and self._is_rollback(0)

    def goes_forward(self, definition: RawId) -> bool:
        return _older(self.current, definition)

    def rollback_of(self, definition: RawId) -> ServiceDeployment | None:
        index = next((index for index in range(len(self.deployments)) if self._is_rollback(index)), None)
        if index is None:
            return None
        rollback = self.deployments[index]
        left = (rollback.target,) if rollback.rolls_back else rollback.sources
        return rollback if definition in map(self.definition_of, left) else None

    def definition_of(self, revision: RawId) -> RawId:
        """The task definition of a service revision; "" if ECS does not describe it."""
        described = self.revisions.get(revision)
        return described.task_definition if described is not None else RawId("")

    def deployment_of(self, definition: RawId) -> ServiceDeployment | None:
        return next(
            (each for each in self.deployments if self.definition_of(each.target) == definition), None
        )

    def images_of(self, definition: RawId) -> tuple[ContainerImage, ...]:
        revisions = [each for each in self.revisions.values() if each.task_definition == definition]
        newest = max(revisions, key=_created, default=None)
        return newest.images if newest is not None else ()

    def _replaced(self) -> RawId:
        """What ECS returns to from the deployment in progress: what the last successful one had deployed."""
        assert self.newest is not None
        sources = {source: self.definition_of(source) for source in self.newest.sources}
        successful = (each.target for each in self.deployments[1:] if each.status == "SUCCESSFUL")
        last = next((source for source in successful if source in sources), None)
        return sources[last] if last is not None else next(iter(sources.values()), RawId(""))

    def _release(self) -> ServiceDeployment | None:
        """The newest successful deployment of another task definition that was no rollback."""
        for index, deployment in enumerate(self.deployments):
            if deployment.status == "SUCCESSFUL" and deployment.sources and not self._is_return(index):
                before, after = (
                    self.definition_of(each) for each in (deployment.sources[0], deployment.target)
                )
                if before and after and before != after:
                    return deployment
        return None

    def _is_rollback(self, index: int) -> bool:
        deployment = self.deployments[index]
        if deployment.rolls_back:
            return True
        after = self.definition_of(deployment.target)
        goes_forward = any(_older(self.definition_of(source), after) for source in deployment.sources)
        return self._is_return(index) and not goes_forward

    def _is_return(self, index: int) -> bool:
        deployment = self.deployments[index]
        after = self.definition_of(deployment.target)
        before = [self.definition_of(source) for source in deployment.sources]
        if not after or after in before:
            return False
        replaced = (
            self.definition_of(source) for each in self.deployments[index + 1 :] for source in each.sources
        )
        return after in replaced or any(_older(after, each) for each in before)


def _created(revision: ServiceRevision) -> float:
    return revision.created.timestamp() if revision.created is not None else 0.0


def _older(definition: RawId, other: RawId) -> bool:
    (family, number), (other_family, other_number) = _parts(definition), _parts(other)
    return family == other_family and number < other_number


def _parts(definition: RawId) -> tuple[str, int]:
    family, _, number = definition.rpartition(":")
    return family, int(number) if number.isdecimal() and len(number) < 10 else 0


def family_of(definition: str) -> str:
    """`staff-api` of `staff-api:42`."""
    return definition.rpartition(":")[0]


def state_digest(state: RollbackState) -> str:
    newest = state.newest
    if newest is None or state.service is None:
        return digest([None, state.current, state.is_active])
    hook = newest.hook.id if newest.hook is not None else ""
    deployment = [newest.id, newest.in_progress, newest.rolls_back, hook, state.current, state.is_active]
    return digest([*deployment, *expected(state.service)])


def differing_variables(
    before: TaskDefinition, after: TaskDefinition
) -> Iterator[tuple[str, str, bool, bool]]:
    old, new = before.environment, after.environment
    for container, name in sorted({*old, *new}):
        if old.get((container, name)) != new.get((container, name)):
            yield container, name, (container, name) in old, (container, name) in new
