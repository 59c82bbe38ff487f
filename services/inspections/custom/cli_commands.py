"""The runbook's own inspections by hand."""

from collections.abc import Iterable

from services.aws_cli.logs import insights
from services.aws_cli.metrics import curve
from services.i18n import _
from services.inspections.toolkit.wording import bound_words
from services.models.aws_cli import CliCommand
from services.models.metrics import MetricQuery, TimeSpan
from services.models.runbook_inspections import CustomInspection
from services.models.verdict import Limit


def of_metric(query: MetricQuery, limit: Limit, span: TimeSpan) -> Iterable[CliCommand]:
    """The metric's curve."""
    text = _("{title} in the window. Normal: {allowed}.")
    return (curve((query,), span, purpose=text.format(title=limit.title, allowed=bound_words(limit))),)


def of_query(spec: CustomInspection, limit: Limit, span: TimeSpan) -> Iterable[CliCommand]:
    """The runbook's query and its result."""
    text = _("{title}: the lines that match. Normal: {allowed} per hour.")
    purpose = text.format(title=limit.title, allowed=bound_words(limit))
    return insights(spec.log_group, spec.query, span, purpose=purpose, region=spec.region)
