"""What the look at the dashboard asks CloudWatch: every row with a limit, and what tells an outage from silence."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.aws.cloudwatch.metrics.reader import Metrics
from services.dashboards.evaluation import limit_of
from services.dashboards.requests import WidgetRequest, ask, calls
from services.inspections.toolkit.curves import STEP
from services.models.base import RawId
from services.models.dashboards import Dashboard, MetricWidget, Trace
from services.models.databases import Database
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan
from services.models.runbook import Runbook
from services.models.verdict import Limit

HOUR = 3600
BIRTH = timedelta(minutes=30)
"""A new database has its first values so much later at most."""
ALB = RawId("AWS/ApplicationELB")
Role = Literal["limit", "transfer", "requests", "refused", "healthy", "credits"]
Dimensions = tuple[tuple[RawId, RawId], ...]
_TRANSFER = re.compile(
    r"ProcessedBytes|Network\w*(Throughput|Bytes)|Network(In|Out)|Bytes(Downloaded|Uploaded)"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One metric that is asked, and why."""

    role: Role
    query: MetricQuery
    limit: Limit | None = None

    @property
    def balancer(self) -> RawId:
        """The load balancer it is of, "" where it is of none."""
        return self._dimension("LoadBalancer")

    @property
    def group(self) -> RawId:
        """The target group it is of, "" where it is of none."""
        return self._dimension("TargetGroup")

    def _dimension(self, wanted: str) -> RawId:
        return next((value for name, value in self.query.dimensions if name == wanted), RawId(""))


@dataclass(slots=True)
class Wishes:
    """What is asked, each thing once."""

    wanted: list[Wanted] = field(default_factory=list)
    added: list[Limit] = field(default_factory=list)
    """Limits whose metric the dashboard does not show, read from the runbook's targets."""
    unshown: list[Limit] = field(default_factory=list)
    """Limits whose metric neither the dashboard shows nor the runbook's targets have."""

    def add(self, role: Role, query: MetricQuery, limit: Limit | None = None) -> None:
        """Unless it is asked already."""
        if any(each.role == role and _same(each.query, query) for each in self.wanted):
            return
        named = query.model_copy(update={"id": f"q{len(self.wanted)}", "visible": True})
        self.wanted.append(Wanted(role, named, limit))

    def of(self, role: Role) -> list[Wanted]:
        """Those of one role."""
        return [each for each in self.wanted if each.role == role]


def wishes(dashboard: Dashboard, runbook: Runbook, span: TimeSpan) -> Wishes:
    """What to ask about this dashboard; what was transferred only where the window has a whole hour."""
    made = Wishes()
    shown = list(_rows(dashboard))
    _limits(made, shown, runbook)
    for query in shown if span.end - span.start >= timedelta(hours=1) else ():
        if _TRANSFER.fullmatch(query.metric):
            made.add("transfer", _every(query, HOUR))
    _balancers(made, shown, runbook)
    if runbook.rds is not None:
        dimensions = ((RawId("DBInstanceIdentifier"), runbook.rds.instance),)
        made.add("credits", _query("AWS/RDS", "CPUCreditBalance", dimensions, "Average", STEP))
    return made


def _limits(made: Wishes, shown: Sequence[MetricQuery], runbook: Runbook) -> None:
    own = list(_rows(builtin_dashboard(runbook)))
    for limit in runbook.limits:
        found = [query for query in shown if limit_of(query, runbook) == limit]
        if not found:
            found = [query for query in own if limit_of(query, runbook) == limit]
            (made.added if found else made.unshown).append(limit)
        for query in found:
            made.add("limit", _every(query, max(STEP, query.period)), limit)


def _balancers(made: Wishes, shown: Sequence[MetricQuery], runbook: Runbook) -> None:
    """Requests, answers of the balancer itself and healthy targets of every load balancer in sight."""
    groups = {
        query.dimensions: query.region
        for query in shown
        if query.namespace == ALB and query.metric == "HealthyHostCount"
    }
    every = {
        value: query.region
        for query in shown
        if query.namespace == ALB
        for name, value in query.dimensions
        if name == "LoadBalancer"
    }
    alb = runbook.alb
    if alb is not None and alb.load_balancer:
        every.setdefault(alb.load_balancer, "")
        if alb.target_group:
            both = ((RawId("LoadBalancer"), alb.load_balancer), (RawId("TargetGroup"), alb.target_group))
            if not any(sorted(each) == sorted(both) for each in groups):
                groups[both] = ""
    for balancer, region in every.items():
        where = ((RawId("LoadBalancer"), balancer),)
        made.add("requests", _query(ALB, "RequestCount", where, "Sum", 60, region))
        made.add("refused", _query(ALB, "HTTPCode_ELB_5XX_Count", where, "Sum", 60, region))
    for dimensions, region in groups.items():
        made.add("healthy", _query(ALB, "HealthyHostCount", dimensions, "Minimum", 60, region))


def _rows(dashboard: Dashboard) -> Iterator[MetricQuery]:
    """The plain metrics that a dashboard draws or computes with, each in its region."""
    for widget in dashboard.widgets:
        if isinstance(widget, MetricWidget):
            for trace in widget.traces:
                query = trace.query
                if query.metric:
                    yield query.model_copy(update={"region": query.region or widget.region})


def _every(query: MetricQuery, period: int) -> MetricQuery:
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
        where = query.region, query.account, query.namespace, query.metric
        return *where, sorted(query.dimensions), query.stat

    return key(one) == key(other)


@dataclass(frozen=True, slots=True)
class Answer:
    """The curves of a window, by the id of what asked for them."""

    series: dict[str, Series]
    end: int
    """Where the window ends, epoch seconds."""
    start: int
    database: Database | None = None
    """The runbook's, where it had to be asked for."""

    def due(self, wanted: Wanted) -> int:
        """From when on values are expected: the beginning of the window, later for a database made within it."""
        made = self.database.created if self.database else None
        if (
            made is None
            or self.database is None
            or self.database.name not in dict(wanted.query.dimensions).values()
        ):
            return self.start
        return min(self.end, max(self.start, int((made + BIRTH).timestamp())))

    def of(self, wanted: Wanted) -> Series:
        """Its curve; an empty one where AWS has nothing."""
        return self.series[wanted.query.id]


async def answers(
    metrics: Metrics, wanted: Iterable[Wanted], span: TimeSpan, now: datetime, region: str
) -> Answer:
    """One GetMetricData a region; one that fails costs its own curves. Raises AwsError where all fail."""
    made = _ask([each.query for each in wanted], span, now, region)
    # The longest period may have made the whole question begin earlier.
    start = max(made.start, int(span.start.timestamp()))
    found: dict[str, Series] = {}
    asked, failures = calls([made]), []
    for call in asked:
        try:
            answered = await metrics.fetch(call.queries, call.span, region=call.region or None)
        except AwsError as error:
            failures.append(error)
            answered = tuple(_unread(query, error) for query in call.queries)
        for series in answered:
            found.setdefault(made.own_id(series.id), _since(start, made.trimmed(series)))
    if asked and len(failures) == len(asked):
        raise failures[0]
    return Answer(found, end=made.end, start=start)


def _unread(query: MetricQuery, error: AwsError) -> Series:
    return Series(
        id=query.id,
        label=query.label or query.metric,
        period=query.period,
        status=SeriesStatus.ERROR,
        message=error.problem.summary,
    )


def _since(start: int, series: Series) -> Series:
    kept = [index for index, time in enumerate(series.times) if time + series.period > start]
    first = kept[0] if kept else len(series.times)
    return series.model_copy(update={"times": series.times[first:], "values": series.values[first:]})


def _ask(queries: Sequence[MetricQuery], span: TimeSpan, now: datetime, region: str) -> WidgetRequest:
    widget = MetricWidget(
        key="look",
        traces=tuple(Trace(query=query) for query in queries),
        start=span.start.isoformat(),
        end=span.end.isoformat(),
    )
    return ask(widget, Dashboard(name=""), now, region=region)
