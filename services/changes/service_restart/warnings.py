"""Warnings and refusals before a restart of a service's tasks. Pure."""

from collections.abc import Iterator

from services.changes.base import warning
from services.changes.ecs_scaling import rollout
from services.changes.registry import kind_named
from services.changes.service_restart.state import RestartState
from services.i18n import _
from services.models.changes import Caution


def refusals(state: RestartState) -> Iterator[str]:
    if not state.is_active or state.service is None:
        yield _("ECS has no such active service.")
    elif state.service.controller != "ECS":
        text = _("{controller} deploys this service, not ECS: start the new deployment there.")
        yield text.format(controller=state.service.controller)
    elif state.primary is None:
        yield _("ECS reports no deployment of this service; check it in the AWS console.")
    elif state.is_deploying:
        yield _("A deployment is in progress: wait for its end, or roll it back with deploy-rollback.")
    elif not state.service.desired:
        text = _(
            "The desired count is 0: there is no task to restart. Start some with “{title}” (desired-count)."
        )
        yield text.format(title=_(kind_named("desired-count").title))
    else:
        yield from rollout.refusals(state.service)


def warnings(state: RestartState) -> Iterator[Caution]:
    tags = _(", ").join(state.tags())
    if state.definition is None:
        text = _("The task definition could not be read: tags of its images are resolved again.")
        yield warning(text, grave=True)
    elif tags:
        text = _(
            "ECS resolves the tag again ({images}): if it was moved since the last deployment, another image starts."
        )
        yield warning(text.format(images=tags), grave=True)
    yield warning(_("Sessions that a task holds in its memory are lost with it."))
