"""The request of a rollback, and its comparison with the observed state. Pure.

Source: StopServiceDeployment, ContinueServiceDeployment, UpdateService (Amazon ECS API reference).
"""

from services.changes.base import ChangeContext, Request, observed
from services.changes.deploy_rollback.comparison import rows
from services.changes.deploy_rollback.state import RollbackState, Way, state_digest
from services.changes.ecs_services import names
from services.i18n import _, sentences
from services.models.aws_codes import deployment_state
from services.models.base import RawId
from services.models.changes import ChangeTarget, Observation, PlannedStep

STEP = "roll-back"


def step(context: ChangeContext, target: ChangeTarget, state: RollbackState, after: RawId) -> PlannedStep:
    """The only request: it stops the deployment in progress, or deploys the task definition `after`."""
    request, required = _request(target, state, after)
    return context.step(
        STEP,
        title(state, after),
        target,
        request,
        rows=rows(state, state.current, after, context.zone),
        expects=state_digest(state),
        required=required,
        before=state.current,
        newest=str(state.newest.id) if state.newest is not None else "",
    )


def _request(target: ChangeTarget, state: RollbackState, after: RawId) -> tuple[Request, tuple[str, ...]]:
    newest = state.newest
    if state.way is Way.DEPLOY or newest is None:
        cluster, name = names(target.id)
        params = {"cluster": cluster, "service": name, "taskDefinition": str(after)}
        return ("ecs", "UpdateService", params), ("service",)
    of = {"serviceDeploymentArn": str(newest.id)}
    if newest.hook is not None:
        # Without an action, ECS continues the deployment.
        params = of | {"hookId": str(newest.hook.id), "action": "ROLLBACK"}
        return ("ecs", "ContinueServiceDeployment", params), ("serviceDeploymentArn",)
    return ("ecs", "StopServiceDeployment", of | {"stopType": "ROLLBACK"}), ("serviceDeploymentArn",)


def title(state: RollbackState, after: RawId) -> str:
    if state.way is Way.DEPLOY:
        family, _colon, revision = after.rpartition(":")
        is_same = state.current.rpartition(":")[0] == family
        text = (
            _("Go forward {before} → {after}")
            if state.goes_forward(after)
            else _("Roll back {before} → {after}")
        )
        return text.format(before=state.current, after=f":{revision}" if is_same else after)
    return _("Stop the deployment of {before} and return to {after}").format(
        before=state.current, after=after
    )


def observed_rollback(step: PlannedStep, state: RollbackState) -> Observation:
    """Whether the rollback has begun, from what is deployed now."""
    params, now = step.call.params, state_digest(state)
    if "taskDefinition" in params:
        name = state.service.task_definition if state.service is not None else ""
        text = _("The service deploys {name}.").format(name=name or "—")
        if name == step.before and _was_rolled_back(step, state):
            text = sentences(
                text, _("{name} was deployed, and ECS rolled it back.").format(name=params["taskDefinition"])
            )
            return observed(now, text, after=True, before=False)
        # What was deployed and rolled back, or replaced, has left another deployment.
        is_newest = str(state.newest.id if state.newest is not None else "") == step.newest
        is_before = name == step.before and is_newest
        return observed(now, text, after=name == params["taskDefinition"], before=is_before)
    arn = params["serviceDeploymentArn"]
    deployment = next((each for each in state.deployments if each.id == arn), None)
    if deployment is None:
        text = _("ECS lists no such deployment.")
        return observed(now, text, after=False, before=False)
    text = _("The deployment is {status}.").format(status=deployment_state(deployment.status))
    returning = deployment.rolls_back
    # One that was successful was never told to roll back.
    is_before = deployment.in_progress or deployment.status == "SUCCESSFUL"
    return observed(now, text, after=returning, before=is_before and not returning)


def _was_rolled_back(step: PlannedStep, state: RollbackState) -> bool:
    """Whether the newest deployment is the one of `step`, and returned to what was there before."""
    newest = state.newest
    return (
        newest is not None
        and str(newest.id) != step.newest
        and newest.rolls_back
        and state.definition_of(newest.target) == step.call.params["taskDefinition"]
    )
