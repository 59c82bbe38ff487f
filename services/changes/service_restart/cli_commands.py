"""The restart by hand: its request, and how to see how far it is."""

from collections.abc import Iterator

from services.aws_cli.containers import service_state
from services.aws_cli.plans import requests_of
from services.changes.ecs_services import names
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import Plan


def commands_of(plan: Plan) -> Iterator[CliCommand]:
    trap = _("With --task-definition it deploys that revision; without it, the present one.")
    yield from requests_of(plan, trap)
    if plan.steps:
        yield service_state(*names(plan.target.id))
