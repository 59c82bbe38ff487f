"""The inspection of slow queries by hand."""

from collections.abc import Iterator

from services.aws_cli.databases import instance
from services.aws_cli.logs import insights
from services.i18n import _
from services.inspections.slow_queries.queries import slowest
from services.models.aws_cli import CliCommand
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook


def commands_of(runbook: Runbook, span: TimeSpan) -> Iterator[CliCommand]:
    """Whether RDS exports the log at all, then the slow statements in it."""
    purpose = _("The database. Normal: LogExports contains postgresql, else there is no log to read.")
    for command in instance(runbook, purpose=purpose):
        yield command.model_copy(update={"traps": ()})
    spec = runbook.slow_queries
    if spec is None:
        return
    text = _("Statements over {limit} ms, slowest first. They may contain personal data.")
    yield from insights(
        spec.log_group,
        slowest(spec),
        span,
        purpose=text.format(limit=spec.over_ms),
        traps=(
            _(
                "Only a line that begins with # is a comment; one at the end of a line becomes part of the query."
            ),
        ),
    )
