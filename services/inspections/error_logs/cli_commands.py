"""The inspection of error logs by hand."""

from collections.abc import Iterator

from services.aws_cli.logs import insights
from services.i18n import _
from services.inspections.error_logs.counting import by_hour, newest
from services.models.aws_cli import CliCommand
from services.models.metrics import TimeSpan
from services.models.runbook_inspections import ErrorLogs


def commands_of(spec: ErrorLogs, span: TimeSpan) -> Iterator[CliCommand]:
    """The errors themselves, then their number per hour."""
    text = _("Errors and 5xx since the last sign-off. Normal: fewer than {count} per hour, and no 5xx.")
    yield from insights(
        spec.log_group,
        newest(spec),
        span,
        purpose=text.format(count=spec.per_hour),
        traps=(_("“The last hour” at 9:00 never shows what happened in the evening or on closed days."),),
    )
    yield from insights(
        spec.log_group,
        by_hour(spec),
        span,
        purpose=_("The same, counted per hour and status. Normal: every hour below {count}.").format(
            count=spec.per_hour
        ),
    )
