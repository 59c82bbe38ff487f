from collections.abc import Iterable, Iterator

from services.aws_cli.databases import instance
from services.aws_cli.plans import requests_of
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import Plan
from services.models.runbook import Runbook


def commands_of(
    plan: Plan, runbook: Runbook, *, traps: Iterable[str] = (), after: str = ""
) -> Iterator[CliCommand]:
    """The plan's requests with their traps, then the database; `after` says what that must show."""
    if not plan.steps:
        return
    yield from requests_of(plan, *traps)
    yield from instance(runbook, purpose=after)


def immediately_traps() -> tuple[str, ...]:
    return (
        _("“--apply-immediately false” is rejected; without “false” it changes the database at once."),
        _("--apply-immediately also applies every pending modification."),
    )
