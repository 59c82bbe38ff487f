"""Warnings and refusals before a rollback. Pure. Source: "Container image resolution" (Amazon ECS developer
guide): a deployment resolves tags to digests; a rollback of a deployment in progress uses the digests of the
revision that it returns to."""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.deploy_rollback.comparison import DIGEST
from services.changes.deploy_rollback.state import RollbackState, Way
from services.changes.ecs_scaling import rollout
from services.i18n import _
from services.models.base import RawId
from services.models.changes import Caution
from services.models.date_text import zoned_time


def refusals(state: RollbackState, after: str) -> Iterator[str]:
    if not state.is_active or state.service is None:
        yield _("ECS has no such active service.")
        return
    yield from _controller(state.service.controller)
    newest = state.newest
    if newest is not None and newest.in_progress and newest.rolls_back:
        yield _("It is being rolled back already; watch it to its end.")
    elif not after:
        yield _(
            "There is no previous revision to roll back to: ECS lists no release that replaced another one, or it "
            "was rolled back already. Choose a revision."
        )
    elif state.way is Way.DEPLOY:
        yield from _undeployable(state, after)
        yield from rollout.refusals(state.service)
    elif after != state.previous:
        yield _(
            "While a deployment is in progress, ECS can only return to {previous}; choose that one or wait.",
            previous=state.previous,
        )


def _controller(controller: str) -> Iterator[str]:
    if controller == "CODE_DEPLOY":
        yield _(
            "CodeDeploy deploys this service: stop the deployment with rollback in CodeDeploy, or deploy the previous "
            "revision there."
        )
    elif controller != "ECS":
        yield _(
            "The external tool that manages the task sets of this service deploys it: roll it back there ({controller}).",
            controller=controller,
        )


def _undeployable(state: RollbackState, after: str) -> Iterator[str]:
    if after == state.current:
        yield _("Nothing to roll back: {name} is deployed already.", name=after)
    elif after not in state.active:
        text = _(
            "{name} is INACTIVE or does not exist, and ECS does not deploy it; choose an ACTIVE revision, for example {names}."
        )
        others = [name for name in state.active if name != state.current]
        yield text.format(name=after, names=_(", ").join(others[:3]) or _("none"))


def warnings(state: RollbackState, after: RawId, zone: tzinfo) -> Iterator[Caution]:
    if state.way is Way.DEPLOY and state.service is not None:
        yield from rollout.warnings(state.service)
        yield from _rolled_back(state, after, zone)
        yield from _tags(state, after)
    goes_forward = state.goes_forward(after)
    text = (
        _("Check that {name} works with the present schema of the database.")
        if goes_forward
        else _("Migrations of the database are not undone: check that {name} works with the present schema.")
    )
    yield warning(text.format(name=after), grave=True)
    if state.way is Way.DEPLOY and after != state.previous and state.previous:
        text = _("The revision before the newest release is {previous}, not {name}.")
        yield warning(text.format(previous=state.previous, name=after))
    if state.way is Way.HOOK:
        yield from _hook(state)
    if not goes_forward:
        yield warning(
            _("The next run of the deployment pipeline or of IaC deploys the newer revision again.")
        )


def _rolled_back(state: RollbackState, after: RawId, zone: tzinfo) -> Iterator[Caution]:
    rollback = state.rollback_of(after)
    if rollback is not None:
        at = rollback.finished if rollback.rolls_back and rollback.finished else rollback.created
        text = _("{name} is the release that was rolled back ({when}): what was wrong with it comes back.")
        yield warning(text.format(name=after, when=zoned_time(at, zone) if at else _("unknown")), grave=True)
    elif state.is_second and not state.goes_forward(after):
        text = _("The newest deployment was a rollback already: this one goes back further, to {name}.")
        yield warning(text.format(name=after), grave=True)


def _tags(state: RollbackState, after: RawId) -> Iterator[Caution]:
    """ECS resolves a tag again: the same tag in both revisions starts the image that it points to now."""
    before, definition = state.definitions.get(state.current), state.definitions.get(after)
    if before is None or definition is None:
        text = _(
            "The images of both revisions could not be compared: if they name the same tag, ECS starts the same image again."
        )
        yield warning(text, grave=True)
        return
    images = {container.name: container.image for container in before.containers}
    for container in definition.containers:
        if images.get(container.name) == container.image and not container.pinned:
            yield _same_tag(state, after, container.name, container.image.rpartition("/")[2])


def _same_tag(state: RollbackState, after: RawId, container: str, image: str) -> Caution:
    old, new = (_digest(state, name, container) for name in (state.current, after))
    if old and old == new:
        text = _("Both revisions use the same image, {image}: only the task definition changes.")
        return warning(text.format(image=image))
    if old and new:
        text = _(
            "Both revisions name {image}, and the tag was moved from {earlier} to {now}: ECS resolves it again and starts "
            "the same bad image. Move the tag back first, or deploy by digest."
        )
        return warning(text.format(image=image, earlier=new[:DIGEST], now=old[:DIGEST]), grave=True)
    text = _(
        "Both revisions name {image}: ECS resolves the tag again. If it was moved, the same bad image starts; the digests "
        "are unknown."
    )
    return warning(text.format(image=image), grave=True)


def _digest(state: RollbackState, name: RawId, container: str) -> str:
    return next((image.digest for image in state.images_of(name) if image.container == container), "")


def _hook(state: RollbackState) -> Iterator[Caution]:
    hook = state.newest.hook if state.newest is not None else None
    if hook is not None and hook.on_timeout == "CONTINUE":
        yield warning(_("Without an answer, ECS continues the deployment when the hook expires."))
