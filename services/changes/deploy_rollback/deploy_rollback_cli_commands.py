from collections.abc import Iterator

from services.aws_cli.containers import service_deployments, service_state
from services.aws_cli.plans import requests_of
from services.changes.ecs_services import names
from services.i18n import N_, _
from services.models.aws_cli import CliCommand
from services.models.changes import Plan

_TRAPS = {
    "UpdateService": N_(
        "The tag of an image is resolved again: the same tag starts what it points to now, not what ran before."
    ),
    "ContinueServiceDeployment": N_("Without --action ROLLBACK it continues the deployment."),
    "StopServiceDeployment": N_(
        "Only the stop type ROLLBACK is supported, although the help also names ABORT."
    ),
}


def commands_of(plan: Plan) -> Iterator[CliCommand]:
    for step, command in zip(plan.steps, requests_of(plan), strict=True):
        traps = (*command.traps, _(_TRAPS[step.call.operation]))
        yield command.model_copy(update={"traps": traps})
    if plan.steps:
        cluster, name = names(plan.target.id)
        yield service_deployments(cluster, name)
        yield service_state(cluster, name)
