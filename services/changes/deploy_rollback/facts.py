"""What is deployed to a service, as rows and remarks for an operator. Pure."""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.deploy_rollback.comparison import by_text
from services.changes.deploy_rollback.state import RollbackState, Way
from services.i18n import _
from services.models.aws_codes import deployment_state
from services.models.base import RawId
from services.models.changes import Fact
from services.models.date_text import time_text, with_zone
from services.models.ecs_deployments import ServiceDeployment


def facts(state: RollbackState, zone: tzinfo) -> Iterator[Fact]:
    if state.service is None:
        yield Fact(name=_("Task definition"), value="—", note=_("ECS has no such service"))
        return
    newest = state.newest
    yield Fact(name=_("Task definition"), value=state.current or "—", note=_images(state, state.current))
    if newest is not None:
        yield Fact(name=_("Deployment"), value=deployment_state(newest.status), note=_by(newest, state, zone))
    yield Fact(
        name=_("Revision before"), value=state.previous or _("none"), note=_images(state, state.previous)
    )
    yield Fact(name=_("Desired"), value=state.service.desired)
    yield Fact(name=_("Running"), value=state.service.running)
    if newest is not None and newest.failures:
        yield Fact(name=_("Failed tasks"), value=newest.failures, note=newest.breaker)


def _images(state: RollbackState, definition: RawId) -> str:
    return _(", ").join(image.image.rpartition("/")[2] for image in state.images_of(definition))


def _by(deployment: ServiceDeployment, state: RollbackState, zone: tzinfo) -> str:
    at = deployment.created
    when = with_zone(time_text(at, zone, state.at), at, zone) if at is not None else _("unknown")
    return by_text(when, state.deployers.get(deployment.id, ""))


def remarks(state: RollbackState) -> Iterator[str]:
    newest = state.newest
    if state.service is None or newest is None:
        return
    if state.service.controller != "ECS":
        text = _("{controller} deploys this service, not ECS; it cannot be rolled back here.")
        yield text.format(controller=state.service.controller)
    elif newest.in_progress and newest.rolls_back:
        yield _("It is being rolled back already; watch it to its end.")
    elif state.way is Way.HOOK:
        yield _("The deployment waits at a lifecycle hook; a rollback answers it.")
    elif state.way is Way.STOP:
        yield _("A deployment is in progress; a rollback stops it.")
    elif state.is_second:
        yield _("The newest deployment was a rollback.")
