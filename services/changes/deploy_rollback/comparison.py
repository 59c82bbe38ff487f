"""Two revisions side by side: images, variables, task size, and when and by whom they were deployed. Pure."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from services.changes.deploy_rollback.state import RollbackState, differing_variables
from services.changes.ecs_scaling.quota import CPU_UNITS
from services.i18n import _
from services.models.base import RawId
from services.models.changes import Row
from services.models.date_text import zoned_time
from services.models.ecs_deployments import TaskDefinition

DIGEST = 19  # Characters of a digest that are displayed: `sha256:` and twelve digits


def rows(state: RollbackState, before: RawId, after: RawId, zone: tzinfo) -> tuple[Row, ...]:
    old, new = (state.definitions.get(name) for name in (before, after))
    return (
        Row(name=_("Task definition"), before=before, after=after),
        *_images(state, before, after),
        *_variables(old, new),
        Row(name=_("Task size"), before=_size(old), after=_size(new)),
        Row(name=_("Deployed"), before=_deployed(state, before, zone), after=_deployed(state, after, zone)),
        Row(name=_("Registered"), before=_registered(old, zone), after=_registered(new, zone)),
    )


def _images(state: RollbackState, before: RawId, after: RawId) -> Iterator[Row]:
    old, new = _image_texts(state, before), _image_texts(state, after)
    for container in sorted({*old, *new}):
        name = _("Image of {container}", container=container)
        yield Row(name=name, before=old.get(container, "—"), after=new.get(container, "—"))


def _image_texts(state: RollbackState, name: RawId) -> dict[str, str]:
    """`staff-api:2.14.3, sha256:0123456789ab` by container."""
    definition = state.definitions.get(name)
    digests = {image.container: image.digest for image in state.images_of(name)}
    images = {image.container: image.image for image in state.images_of(name)}
    if definition is not None:
        images |= {container.name: container.image for container in definition.containers}
    return {
        container: _("{image}, digest {digest}").format(
            image=image.rpartition("/")[2], digest=digests.get(container, "")[:DIGEST] or _("unknown")
        )
        for container, image in images.items()
    }


def _variables(old: TaskDefinition | None, new: TaskDefinition | None) -> Iterator[Row]:
    name = _("Differing variables")
    if old is None or new is None:
        yield Row(name=name, before=_("unknown"), after=_("unknown"))
        return
    several = len({container for container, _name in (*old.environment, *new.environment)}) > 1
    before, after = [], []
    for container, variable, in_old, in_new in differing_variables(old, new):
        label = f"{container}: {variable}" if several else variable
        if in_old:
            before.append(label)
        if in_new:
            after.append(_("{name} (another value)", name=label) if in_old else label)
    separator = _(", ")
    yield Row(name=name, before=separator.join(before) or _("none"), after=separator.join(after) or _("none"))


def _size(definition: TaskDefinition | None) -> str:
    if definition is None or definition.cpu is None or definition.memory is None:
        return _("unknown")
    return _(
        "{cpu} vCPU, {memory} MiB", cpu=f"{definition.cpu / CPU_UNITS:g}", memory=f"{definition.memory:,}"
    )


def _deployed(state: RollbackState, name: RawId, zone: tzinfo) -> str:
    deployment = state.deployment_of(name)
    if deployment is None:
        return _("unknown")
    return _by(deployment.created, state.deployers.get(deployment.id, ""), zone)


def _registered(definition: TaskDefinition | None, zone: tzinfo) -> str:
    return (
        _by(definition.registered, definition.registered_by, zone) if definition is not None else _("unknown")
    )


def _by(at: datetime | None, who: str, zone: tzinfo) -> str:
    return by_text(zoned_time(at, zone) if at is not None else _("unknown"), who)


def by_text(when: str, who: str) -> str:
    """`01-28(Wed) 10:08 JST, by ci-cd-user`; without a name, that AWS tells none."""
    text = _("{when}, by {name}") if who else _("{when} (AWS does not tell by whom)")
    return text.format(when=when, name=who)
