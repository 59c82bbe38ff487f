from collections.abc import Iterator

from services.aws_cli.calls import call
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import Plan


def requests_of(plan: Plan, *traps: str) -> Iterator[CliCommand]:
    for number, step in enumerate(plan.steps, 1):
        yield call(
            step.call.service,
            step.call.operation,
            step.call.params,
            region=step.call.region,
            writes=True,
            traps=traps,
            purpose=_("Step {number}: {title}", number=number, title=step.title),
        )
