"""What a deployment has changed, as far as it names something that an error may name too; pure."""

from dataclasses import dataclass

from services.models.ecs_deployments import ServiceRevision
from services.models.first_wave import IncidentEvidence


@dataclass(frozen=True, slots=True)
class Difference:
    images: frozenset[str]  # Images that only one of them has, with their digests if ECS reports them
    variables: frozenset[str]
    """Names of environment variables and secrets that are added, taken away or of another value."""
    hosts: frozenset[str]  # `host` or `host:port` of what these variables name, before or after
    secrets: frozenset[str]
    """ARNs or names of the secrets that these variables are filled from, before or after."""
    security_groups: frozenset[str]  # Ids that only one of them has


def newest_revisions(evidence: IncidentEvidence) -> list[ServiceRevision]:
    dated = [one for one in evidence.revisions if one.created is not None]
    return sorted(dated, key=lambda one: one.created or evidence.began, reverse=True)[:2]


def difference(evidence: IncidentEvidence) -> Difference | None:
    revisions = newest_revisions(evidence)
    if len(revisions) < 2 or evidence.belongings is None:
        return None
    new, old = revisions
    before, after = (evidence.belongings.definition(each.task_definition) for each in (old, new))
    if before is None or after is None:
        return None
    values = (before.environment, after.environment)
    keys = {key for key in {**values[0], **values[1]} if values[0].get(key) != values[1].get(key)}
    containers = (*before.containers, *after.containers)
    images = [{image.digest or image.image for image in each.images} for each in (old, new)]
    return Difference(
        images=frozenset(map(str, images[0] ^ images[1])),
        variables=frozenset(name for _container, name in keys),
        hosts=frozenset(
            host for each in containers for name, host in each.hosts if (each.name, name) in keys
        ),
        secrets=frozenset(
            str(source) for each in containers for name, source in each.secrets if (each.name, name) in keys
        ),
        security_groups=frozenset(map(str, {*old.security_groups} ^ {*new.security_groups})),
    )
