"""The inspection of tasks and scaling by hand."""

from collections.abc import Iterator

from services.aws_cli.containers import service_scaling
from services.models.aws_cli import CliCommand
from services.models.runbook import Runbook


def commands_of(runbook: Runbook) -> Iterator[CliCommand]:
    """Every service's tasks, bounds, policies, scheduled actions and decisions."""
    ecs = runbook.ecs
    for name in ecs.services if ecs is not None else ():
        assert ecs is not None
        yield from service_scaling(ecs.cluster, name)
