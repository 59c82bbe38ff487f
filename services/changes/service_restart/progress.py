"""How far a restart of a service's tasks is. Pure."""

from datetime import datetime, timedelta

from services.changes.service_restart.state import RestartState
from services.i18n import _
from services.models.changes import PlannedStep
from services.models.ecs import Deployment
from services.models.watches import Progress, WatchState

SHOWN_BY = timedelta(minutes=2)
"""How long AWS may still show the deployment of before."""


def restart_progress(step: PlannedStep, state: RestartState, id: str, made_at: datetime) -> Progress:
    """How far the deployment `id` is; with "" nobody knows which one is this console's."""
    if not id:
        text = _("Which deployment this console began is not known: see the newest one in ECS.")
        return Progress(state=WatchState.GAVE_UP, text=text)
    deployments = state.service.deployments if state.service is not None else ()
    if state.primary is not None and state.primary.id == step.before and state.at < made_at + SHOWN_BY:
        return Progress(state=WatchState.RUNNING, text=_("ECS does not list the deployment yet."))
    deployment = next((each for each in deployments if each.id == id), None)
    if deployment is None:
        text = _("The deployment is not listed any more: another one replaced it, or ECS rolled it back.")
        return Progress(state=WatchState.FAILED, text=text)
    if deployment.rollout == "FAILED":
        text = _("The deployment failed after {count} failed tasks: {reason}")
        count = deployment.failed if deployment.failed is not None else "—"
        return Progress(state=WatchState.FAILED, text=text.format(count=count, reason=deployment.reason))
    text = _("{running} of {desired} new tasks run.").format(
        running=deployment.running, desired=deployment.desired
    )
    if deployment.rollout == "COMPLETED":
        return Progress(state=WatchState.DONE, text=text, percent=100)
    if deployment.failed:
        text = _("{running} of {desired} new tasks run; {failed} tasks failed.").format(
            running=deployment.running, desired=deployment.desired, failed=deployment.failed
        )
    return Progress(state=WatchState.RUNNING, text=text, percent=_percent(deployment))


def _percent(deployment: Deployment) -> int | None:
    if not deployment.desired or not deployment.counted:
        return None
    return min(99, deployment.running * 100 // deployment.desired)
