"""Source: GetMetricStatistics, GetMetricData (Amazon CloudWatch API reference)."""

from collections.abc import Iterable, Sequence

from services.aws.cloudwatch.metrics.reader import request
from services.aws_cli.calls import call
from services.dashboards.requests import fitting_period
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.metrics import MetricQuery, TimeSpan

_BASIC = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")


def curve(
    queries: Sequence[MetricQuery], span: TimeSpan, *, purpose: str, traps: Iterable[str] = ()
) -> CliCommand:
    (region,) = {query.region for query in queries} if queries else ("",)
    alone = queries[0] if len(queries) == 1 else None
    if alone is None or alone.expression or alone.account:
        return _data(queries, span, region, purpose, traps)
    length = int((span.end - span.start).total_seconds())
    # GetMetricStatistics returns at most 1,440 datapoints, and no finer ones than CloudWatch still keeps.
    period = fitting_period(alone.period, length, length)
    return _statistics(alone.model_copy(update={"period": period}), span, region, purpose, traps)


def by_region(queries: Sequence[MetricQuery]) -> dict[str, list[MetricQuery]]:
    regions: dict[str, list[MetricQuery]] = {}
    for query in queries:
        regions.setdefault(query.region, []).append(query)
    return regions


def _statistics(
    query: MetricQuery, span: TimeSpan, region: str, purpose: str, traps: Iterable[str]
) -> CliCommand:
    own = "Statistics" if query.stat in _BASIC else "ExtendedStatistics"
    value = query.stat if own == "Statistics" else f"ExtendedStatistics.{query.stat}"
    return call(
        "cloudwatch",
        "GetMetricStatistics",
        {
            "Namespace": query.namespace,
            "MetricName": query.metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in query.dimensions],
            "StartTime": span.start,
            "EndTime": span.end,
            "Period": query.period,
            own: [query.stat],
        },
        region=region,
        query=f"sort_by(Datapoints,&Timestamp)[].[Timestamp,{_path(value)}]",
        purpose=purpose,
        traps=traps,
    )


def _path(name: str) -> str:
    """A member of a response in JMESPath: percentiles contain dots and brackets."""
    first, _dot, rest = name.partition(".")
    return f'{first}."{rest}"' if rest else first


def _data(
    queries: Sequence[MetricQuery], span: TimeSpan, region: str, purpose: str, traps: Iterable[str]
) -> CliCommand:
    return call(
        "cloudwatch",
        "GetMetricData",
        {
            "MetricDataQueries": [request(query) for query in queries],
            "StartTime": span.start,
            "EndTime": span.end,
            "ScanBy": "TimestampAscending",
        },
        region=region,
        purpose=purpose,
        traps=(*traps, _("StatusCode must be Complete: otherwise values are missing.")),
    )
