"""What a deployment has keys_changed, as far as it names something that an error may name too; pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.models.ecs_deployments import ServiceRevision, TaskDefinition
from services.models.first_wave import IncidentEvidence


@dataclass(frozen=True, slots=True)
class Difference:
    """How the newest revision of the service differs from the one before it."""

    images: frozenset[str]
    """Images that only one of them has, with their digests if ECS reports them."""
    variables: frozenset[str]
    """Names of environment variables and secrets that are added, taken away or of another value."""
    hosts: frozenset[str]
    """`host` or `host:port` of what these variables name, before or after."""
    secrets: frozenset[str]
    """ARNs or names of the secrets that these variables are filled from, before or after."""
    security_groups: frozenset[str]
    """Ids that only one of them has."""


def difference(evidence: IncidentEvidence) -> Difference | None:
    """The difference between the two newest revisions; None if one of them or its task definition was not read."""
    revisions = sorted(
        (revision for revision in evidence.revisions if revision.created is not None),
        key=lambda revision: revision.created or evidence.began,
        reverse=True,
    )
    if len(revisions) < 2 or evidence.belongings is None:
        return None
    new, old = revisions[:2]
    definitions = [evidence.belongings.definition(each.task_definition) for each in (old, new)]
    before, after = definitions
    if before is None or after is None:
        return None
    values = (before.environment, after.environment)
    keys = values[0].keys() | values[1].keys()
    keys_changed = {key for key in keys if values[0].get(key) != values[1].get(key)}
    return Difference(
        images=frozenset(_images(old)) ^ frozenset(_images(new)),
        variables=frozenset(name for _container, name in keys_changed),
        hosts=frozenset(host for each in (before, after) for host in _hosts(each, keys_changed)),
        secrets=frozenset(secret for each in (before, after) for secret in _secrets(each, keys_changed)),
        security_groups=frozenset(map(str, {*old.security_groups} ^ {*new.security_groups})),
    )


def _images(revision: ServiceRevision) -> Iterator[str]:
    return (image.digest or image.image for image in revision.images)


def _hosts(definition: TaskDefinition, keys_changed: set[tuple[str, str]]) -> Iterator[str]:
    for container in definition.containers:
        yield from (host for name, host in container.hosts if (container.name, name) in keys_changed)


def _secrets(definition: TaskDefinition, keys_changed: set[tuple[str, str]]) -> Iterator[str]:
    for container in definition.containers:
        yield from (
            str(source) for name, source in container.secrets if (container.name, name) in keys_changed
        )
