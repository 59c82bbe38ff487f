"""The inspection of the dashboard by hand."""

from collections.abc import Iterator

from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.aws_cli.dashboards import dashboard_body
from services.aws_cli.metrics import curve
from services.i18n import _
from services.inspections.dashboard.reading import curves_of
from services.inspections.toolkit.wording import bound_words
from services.models.aws_cli import CliCommand
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook


def commands_of(runbook: Runbook, span: TimeSpan) -> Iterator[CliCommand]:
    """The dashboard, then the curve of each value with a limit, from the runbook's own targets."""
    if runbook.dashboard is not None:
        yield dashboard_body(runbook.dashboard.name)
    for item in curves_of(builtin_dashboard(runbook), runbook, span).of("limit"):
        if item.limit is None:
            continue
        text = _("{title} since the last sign-off. Normal: {allowed}.")
        yield curve(
            (item.query,),
            span,
            purpose=text.format(title=item.limit.title, allowed=bound_words(item.limit)),
            traps=_traps(item.query.metric),
        )


def _traps(metric: str) -> Iterator[str]:
    if metric == "TargetResponseTime":
        yield _("TargetResponseTime is in seconds, and its Average hides slow requests: read p95 too.")
