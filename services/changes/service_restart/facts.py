"""A service's tasks and deployments, as rows and remarks for an operator. Pure."""

from collections.abc import Iterator
from datetime import tzinfo

from services.changes.service_restart.state import RestartState
from services.i18n import _
from services.models.aws_codes import rollout_state
from services.models.changes import Fact
from services.models.date_text import time_text, with_zone


def facts(state: RestartState, zone: tzinfo) -> Iterator[Fact]:
    if state.service is None:
        yield Fact(name=_("Task definition"), value="—", note=_("ECS has no such service"))
        return
    yield Fact(name=_("Task definition"), value=state.service.task_definition or "—")
    yield Fact(name=_("Desired"), value=state.service.desired)
    yield Fact(name=_("Running"), value=state.service.running)
    yield Fact(name=_("Pending"), value=state.service.pending)
    for deployment in state.service.deployments:
        at = deployment.created
        when = with_zone(time_text(at, zone, state.at), at, zone) if at is not None else ""
        yield Fact(name=_("Deployment"), value=rollout_state(deployment), note=when)


def remarks(state: RestartState) -> Iterator[str]:
    if state.is_deploying:
        yield _("A deployment is in progress: wait for its end, or roll it back with deploy-rollback.")
