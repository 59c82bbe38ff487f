"""Chooses the curves to request: every row with a limit, and those that distinguish an outage from silence."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.aws.cloudwatch.metrics.reader import Metrics
from services.dashboards.evaluation import foreign, limit_of
from services.dashboards.requests import WidgetRequest, calls, widget_request
from services.inspections.toolkit.curves import STEP, at
from services.inspections.toolkit.silence import FINE, REACH
from services.models.base import RawId
from services.models.dashboards import Dashboard, MetricWidget, Trace
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan
from services.models.rds import Database
from services.models.runbook import Runbook
from services.models.verdict import Limit

HOUR = 3600
BIRTH = timedelta(minutes=30)  # Maximum time from the creation of a database to its first values
ALB = RawId("AWS/ApplicationELB")
Role = Literal["limit", "transfer", "requests", "refused", "failed", "healthy", "credits"]
Dimensions = tuple[tuple[RawId, RawId], ...]
_TRANSFER = re.compile(
    r"ProcessedBytes|Network\w*(Throughput|Bytes)|Network(In|Out)|Bytes(Downloaded|Uploaded)"
)


@dataclass(frozen=True, slots=True)
class DashboardCurve:
    role: Role
    query: MetricQuery
    limit: Limit | None = None
    foreign: str = ""  # Why it is neither requested nor judged

    @property
    def balancer(self) -> RawId:
        """The load balancer that it measures; "" for other resources."""
        return self._dimension("LoadBalancer")

    @property
    def group(self) -> RawId:
        """The target group that it measures; "" for other resources."""
        return self._dimension("TargetGroup")

    def is_of_database(self, instance: str) -> bool:
        return ("DBInstanceIdentifier", instance) in self.query.dimensions

    def _dimension(self, name: str) -> RawId:
        return next((value for key, value in self.query.dimensions if key == name), RawId(""))


@dataclass(slots=True)
class DashboardCurves:
    items: list[DashboardCurve] = field(default_factory=list)
    from_targets: list[Limit] = field(default_factory=list)
    """Limits whose metric the dashboard does not show, read from the runbook's targets."""
    unshown: list[Limit] = field(default_factory=list)
    """Limits whose metric neither the dashboard shows nor the runbook's targets have."""

    def add(self, role: Role, query: MetricQuery, limit: Limit | None = None) -> None:
        """Add a curve, unless it is there already."""
        if any(curve.role == role and _same(curve.query, query) for curve in self.items):
            return
        with_id = query.model_copy(update={"id": f"q{len(self.items)}", "visible": True})
        self.items.append(DashboardCurve(role, with_id, limit))

    def of(self, role: Role) -> list[DashboardCurve]:
        return [curve for curve in self.items if curve.role == role]


def curves_of(dashboard: Dashboard, runbook: Runbook, span: TimeSpan) -> DashboardCurves:
    curves = DashboardCurves()
    rows = list(_rows(dashboard))
    _limits(curves, rows, runbook)
    for query in rows if span.end - span.start >= timedelta(hours=1) else ():
        if _TRANSFER.fullmatch(query.metric):
            curves.add("transfer", _with_period(query, HOUR))
    _balancers(curves, rows, runbook)
    if runbook.rds is not None:
        dimensions = ((RawId("DBInstanceIdentifier"), runbook.rds.instance),)
        curves.add("credits", _query("AWS/RDS", "CPUCreditBalance", dimensions, "Average", STEP))
    curves.items = [replace(curve, foreign=foreign(curve.query, runbook)) for curve in curves.items]
    return curves


def _limits(curves: DashboardCurves, rows: Sequence[MetricQuery], runbook: Runbook) -> None:
    targets = list(_rows(builtin_dashboard(runbook)))
    for limit in runbook.limits:
        queries = [query for query in rows if limit_of(query, runbook) == limit]
        if not queries:
            queries = [query for query in targets if limit_of(query, runbook) == limit]
            (curves.from_targets if queries else curves.unshown).append(limit)
        for query in queries:
            curves.add("limit", _with_period(query, max(STEP, query.period)), limit)


def _balancers(curves: DashboardCurves, rows: Sequence[MetricQuery], runbook: Runbook) -> None:
    groups = {
        query.dimensions: query.region
        for query in rows
        if query.namespace == ALB and query.metric == "HealthyHostCount"
    }
    balancers = {
        value: query.region
        for query in rows
        if query.namespace == ALB
        for name, value in query.dimensions
        if name == "LoadBalancer"
    }
    alb = runbook.alb
    if alb is not None and alb.load_balancer and not alb.unsupported:
        balancers.setdefault(alb.load_balancer, "")
        if alb.target_group:
            both = ((RawId("LoadBalancer"), alb.load_balancer), (RawId("TargetGroup"), alb.target_group))
            if not any(sorted(dimensions) == sorted(both) for dimensions in groups):
                groups[both] = ""
    for balancer, region in balancers.items():
        of_balancer = ((RawId("LoadBalancer"), balancer),)
        curves.add("requests", _query(ALB, "RequestCount", of_balancer, "Sum", 60, region))
        curves.add("refused", _query(ALB, "HTTPCode_ELB_5XX_Count", of_balancer, "Sum", 60, region))
        curves.add("failed", _query(ALB, "HTTPCode_Target_5XX_Count", of_balancer, "Sum", 60, region))
    for dimensions, region in groups.items():
        curves.add("healthy", _query(ALB, "HealthyHostCount", dimensions, "Minimum", 60, region))


def _rows(dashboard: Dashboard) -> Iterator[MetricQuery]:
    for widget in dashboard.widgets:
        if isinstance(widget, MetricWidget):
            for trace in widget.traces:
                query = trace.query
                if query.metric:
                    yield query.model_copy(update={"region": query.region or widget.region})


def _with_period(query: MetricQuery, period: int) -> MetricQuery:
    return query.model_copy(update={"period": period})


def _query(
    namespace: str, metric: str, dimensions: Dimensions, stat: str, period: int, region: str = ""
) -> MetricQuery:
    return MetricQuery(
        id="q",
        namespace=RawId(namespace),
        metric=RawId(metric),
        dimensions=dimensions,
        stat=stat,
        period=period,
        region=region,
    )


def _same(one: MetricQuery, other: MetricQuery) -> bool:
    def key(query: MetricQuery) -> tuple[object, ...]:
        place = query.region, query.account, query.namespace, query.metric
        return *place, sorted(query.dimensions), query.stat

    return key(one) == key(other)


@dataclass(frozen=True, slots=True)
class WindowSeries:
    series: dict[str, Series]
    end: int  # Where the window ends, epoch seconds
    start: int
    earlier: Mapping[str, Series] = field(default_factory=dict)
    """The time before the window, of curves with a silence, by query id."""
    database: Database | None = None  # The runbook's database, if it had to be read

    def due(self, curve: DashboardCurve) -> int:
        """When values are expected from: the beginning of the window, or later for a database created within it."""
        created = self.database.created if self.database else None
        if (
            created is None
            or self.database is None
            or self.database.name not in dict(curve.query.dimensions).values()
        ):
            return self.start
        return min(self.end, max(self.start, int((created + BIRTH).timestamp())))

    def of(self, curve: DashboardCurve) -> Series:
        return self.series[curve.query.id]


async def answers(
    metrics: Metrics, curves: Sequence[DashboardCurve], span: TimeSpan, now: datetime, region: str
) -> WindowSeries:
    """One GetMetricData per region; a failed one only affects its own curves. Raises AwsError if all fail."""
    question = _ask([curve.query for curve in curves if not curve.foreign], span, now, region)
    # The longest period may have moved the start of the whole request to an earlier time.
    start = max(question.start, int(span.start.timestamp()))
    by_id = {
        curve.query.id: _unread(curve.query, curve.foreign, SeriesStatus.FOREIGN)
        for curve in curves
        if curve.foreign
    }
    requests, failures = calls([question]), []
    for call in requests:
        try:
            every_series = await metrics.fetch(call.queries, call.span, region=call.region or None)
        except AwsError as error:
            failures.append(error)
            every_series = tuple(_unread(query, error.problem.summary) for query in call.queries)
        for series in every_series:
            by_id.setdefault(question.own_id(series.id), _since(start, question.trimmed(series)))
    if requests and len(failures) == len(requests):
        raise failures[0]
    return WindowSeries(by_id, end=question.end, start=start)


async def earlier(
    metrics: Metrics, curves: Sequence[DashboardCurve], answer: WindowSeries, region: str
) -> dict[str, Series]:
    """The curves' values before the window, in one GetMetricData per region. Raises no AwsError."""
    if not curves:
        return {}
    # As many points for any number of curves, so that one call suffices.
    period = FINE * -(-len(curves) // 2)
    queries = [_with_period(curve.query, period) for curve in curves]
    span = TimeSpan(start=at(answer.start) - REACH, end=at(answer.start))
    try:
        return {series.id: series for series in await metrics.fetch(queries, span, region=region)}
    except AwsError as error:
        return {query.id: _unread(query, error.problem.summary) for query in queries}


def _unread(query: MetricQuery, why: str, status: SeriesStatus = SeriesStatus.ERROR) -> Series:
    return Series(
        id=query.id, label=query.label or query.metric, period=query.period, status=status, message=why
    )


def _since(start: int, series: Series) -> Series:
    indices = (index for index, time in enumerate(series.times) if time + series.period > start)
    first = next(indices, len(series.times))
    return series.model_copy(update={"times": series.times[first:], "values": series.values[first:]})


def _ask(queries: Sequence[MetricQuery], span: TimeSpan, now: datetime, region: str) -> WidgetRequest:
    widget = MetricWidget(
        key="look",
        traces=tuple(Trace(query=query) for query in queries),
        start=span.start.isoformat(),
        end=span.end.isoformat(),
    )
    return widget_request(widget, Dashboard(name=""), now, region=region)
