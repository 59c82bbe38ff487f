"""Source: GetDashboard, GetMetricData, DescribeAlarms (Amazon CloudWatch API reference)."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from services.aws.cloudwatch.alarms.parsing import alarm_name, arn_region
from services.aws.logs.query_text import commands
from services.aws_cli.alarms import states
from services.aws_cli.calls import call
from services.aws_cli.logs import insights
from services.aws_cli.metrics import by_region, curve
from services.dashboards.requests import widget_request
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.base import RawId
from services.models.dashboards import AlarmWidget, Dashboard, LogWidget, MetricWidget, Widget
from services.models.metrics import TimeSpan

_LOG_SPAN = timedelta(hours=3)
_SOURCE = re.compile(r"SOURCE\s+'([^']+)'", re.IGNORECASE)


def dashboard_body(name: str) -> CliCommand:
    return call(
        "cloudwatch",
        "GetDashboard",
        {"DashboardName": name},
        query="DashboardBody",
        output="text",
        purpose=_("The dashboard as AWS stores it: its widgets, metrics and limits, as JSON."),
    )


def widget_commands(widget: Widget, dashboard: Dashboard, now: datetime) -> Iterator[CliCommand]:
    if isinstance(widget, MetricWidget):
        yield from _metrics(widget, dashboard, now)
        yield from _alarms(widget.alarm_ids if not widget.traces else ())
    elif isinstance(widget, AlarmWidget):
        yield from _alarms(widget.alarm_ids)
    elif isinstance(widget, LogWidget):
        yield from _logs(widget, now)


def _metrics(widget: MetricWidget, dashboard: Dashboard, now: datetime) -> Iterator[CliCommand]:
    request = widget_request(widget, dashboard, now)
    start, end = (datetime.fromtimestamp(at, UTC) for at in (request.start, request.end))
    for queries in by_region(request.queries).values():
        yield curve(
            queries,
            TimeSpan(start=start, end=end),
            purpose=_("The values of {title}, as the dashboard asks for them.", title=widget.title),
        )


def _alarms(arns: Sequence[RawId]) -> Iterator[CliCommand]:
    regions: dict[str, list[str]] = {}
    for arn in dict.fromkeys(arns):
        regions.setdefault(arn_region(arn), []).append(alarm_name(arn))
    for region, names in regions.items():
        yield states(names, region=region, purpose=_("The widget's alarms. Normal: OK."))


def _logs(widget: LogWidget, now: datetime) -> Iterator[CliCommand]:
    query = " | ".join(part for part in commands(widget.query) if not _SOURCE.match(part))
    for group in dict.fromkeys(_SOURCE.findall(widget.query)):
        yield from insights(
            group,
            query,
            TimeSpan(start=now - _LOG_SPAN, end=now),
            region=widget.region,
            purpose=_("Runs the widget's query over three hours of {group}.", group=group),
        )
