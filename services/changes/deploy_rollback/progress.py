"""How far a rollback is, from what ECS reports. Pure.

Source: the states of a service deployment ("View service history using Amazon ECS service deployments").
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.changes.deploy_rollback.state import RollbackState
from services.i18n import _, sentences
from services.models.aws_codes import deployment_state
from services.models.changes import PlannedStep
from services.models.ecs import ContainerService
from services.models.ecs_deployments import ServiceDeployment
from services.models.watches import Progress, WatchState

SKEW = timedelta(minutes=2)
"""Difference between AWS's clock and this machine's, at most."""


def rollback_progress(step: PlannedStep, state: RollbackState, made_at: datetime) -> Progress:
    """How far the rollback of `step` is; its plan was made at `made_at`."""
    deployment = _deployment(step, state, made_at)
    if deployment is None or state.service is None:
        return Progress(state=WatchState.RUNNING, text=_("ECS does not list the deployment yet."))
    ending = "SUCCESSFUL" if "taskDefinition" in step.call.params else "ROLLBACK_SUCCESSFUL"
    if deployment.in_progress:
        watch = WatchState.RUNNING
    else:
        watch = WatchState.DONE if deployment.status == ending else WatchState.FAILED
    text = sentences(*_texts(deployment, state.service, state))
    return Progress(state=watch, text=text, percent=_percent(state.service, watch))


def _deployment(step: PlannedStep, state: RollbackState, made_at: datetime) -> ServiceDeployment | None:
    """The service deployment that carries the rollback out; None if ECS does not list it."""
    params = step.call.params
    if "taskDefinition" not in params:
        return next((each for each in state.deployments if each.id == params["serviceDeploymentArn"]), None)
    later = (each for each in state.deployments if each.created is None or each.created >= made_at - SKEW)
    return next(
        (each for each in later if state.definition_of(each.target) == params["taskDefinition"]), None
    )


def _texts(deployment: ServiceDeployment, service: ContainerService, state: RollbackState) -> Iterator[str]:
    yield _("The deployment of {name} is {status}.").format(
        name=state.definition_of(deployment.target) or "—", status=deployment_state(deployment.status)
    )
    for part in service.deployments:
        text = _("{name}: desired {desired}, running {running}.")
        yield text.format(name=part.task_definition, running=part.running, desired=part.desired)
        if part.failed:
            yield _("{name}: {count} tasks failed.").format(name=part.task_definition, count=part.failed)
    if deployment.breaker == "TRIGGERED":
        text = _("The circuit breaker ended it after {count} failed tasks.")
        yield text.format(count=deployment.failures if deployment.failures is not None else "—")
    if deployment.alarms:
        yield _("Alarms ended it: {names}.").format(names=_(", ").join(deployment.alarms))


def _percent(service: ContainerService, watch: WatchState) -> int | None:
    """Share of the newest deployment's tasks that run; 100 once it is complete."""
    if watch is WatchState.DONE:
        return 100
    primary = next((each for each in service.deployments if each.status == "PRIMARY"), None)
    if primary is None or not primary.desired or not primary.counted:
        return None
    return min(99, primary.running * 100 // primary.desired)
