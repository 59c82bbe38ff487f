from collections.abc import Iterator

from services.aws_cli.containers import scaling_bounds, scheduled_actions, service_state
from services.aws_cli.plans import requests_of
from services.changes.ecs_services import names
from services.changes.task_limit.steps import REGISTER
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import Plan


def commands_of(plan: Plan) -> Iterator[CliCommand]:
    if not plan.steps:
        return
    for step, command in zip(plan.steps, requests_of(plan), strict=True):
        traps = command.traps
        if step.id == REGISTER:
            traps += (
                _(
                    "With --min-capacity it also overwrites the minimum, which may not be what the runbook says."
                ),
                _("A maximum below the desired count stops the tasks above it at once."),
            )
        yield command.model_copy(update={"traps": traps})
    cluster, name = names(plan.target.id)
    checked = scaling_bounds(cluster, name)
    text = _("Afterwards: Max must show the new value. {purpose}")
    yield checked.model_copy(update={"purpose": text.format(purpose=checked.purpose)})
    if len(plan.steps) > 1:
        yield scheduled_actions(cluster, name)
    yield service_state(cluster, name)
