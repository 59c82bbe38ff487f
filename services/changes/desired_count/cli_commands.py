"""The desired count by hand: its request, and how to see that it took effect."""

from collections.abc import Iterator

from services.aws_cli.containers import scaling_activities, scaling_bounds, service_state
from services.aws_cli.plans import requests_of
from services.changes.ecs_services import names
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import Plan


def commands_of(plan: Plan) -> Iterator[CliCommand]:
    trap = _("A count outside the bounds of Auto Scaling is pulled back by its next alarm.")
    yield from requests_of(plan, trap)
    if plan.steps:
        cluster, name = names(plan.target.id)
        yield service_state(cluster, name)
        yield scaling_bounds(cluster, name)
        yield scaling_activities(cluster, name)
