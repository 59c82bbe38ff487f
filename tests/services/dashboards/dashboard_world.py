import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.aws.client.errors import AwsError
from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.aws.cloudwatch.dashboards.reader import parse_body
from services.clock import ManualClock
from services.dashboards.reader import DashboardReader
from services.models.alarms import Alarm, AlarmState
from services.models.dashboards import Dashboard, WidgetData
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan
from services.models.runbook import DashboardSpec, Environment, Runbook, System
from services.models.verdict import Limit

NOW = datetime(2026, 4, 1, 3, 7, 30, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu"
RUNBOOK = Runbook(
    version=1,
    system=System(
        id="s", title="s", environment=Environment.TEST, account="123456789012", region="ap-northeast-1"
    ),
    dashboard=DashboardSpec(name="main"),
    limits=(Limit(id="cpu", title="CPU", namespace="N", metric="CPU", below=70, unit="%"),),
)


def widget(*rows: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "metric", "properties": {"metrics": rows, "period": 60, **properties}}


@dataclass
class World:
    clock: ManualClock
    widgets: list[Any]
    start: str | None = None
    value: float = 50.0
    until: datetime | None = None
    body_error: AwsError | None = None
    broken: dict[str | None, AwsError] = field(default_factory=dict)
    status: SeriesStatus = SeriesStatus.COMPLETE
    alarms: dict[str, Alarm] = field(default_factory=dict)
    alarm_error: AwsError | None = None
    bodies: int = 0
    arns: list[list[str]] = field(default_factory=list)
    calls: list[tuple[tuple[MetricQuery, ...], TimeSpan, str | None]] = field(default_factory=list)

    async def get(self, name: str) -> Dashboard:
        self.bodies += 1
        if self.body_error is not None:
            raise self.body_error
        body = {"widgets": self.widgets} | ({"start": self.start} if self.start else {})
        return parse_body(name, json.dumps(body))

    def builtin(self, runbook: Runbook) -> Dashboard:
        return builtin_dashboard(runbook)

    async def fetch(
        self, queries: Sequence[MetricQuery], span: TimeSpan, *, region: str | None = None
    ) -> tuple[Series, ...]:
        self.calls.append((tuple(queries), span, region))
        if region in self.broken:
            raise self.broken[region]
        return tuple(self.curve(query, span) for query in queries if query.visible)

    def curve(self, query: MetricQuery, span: TimeSpan) -> Series:
        last = min(self.until or span.end, span.end)
        times = tuple(range(int(span.start.timestamp()), int(last.timestamp()), query.period))
        return Series(
            id=query.id,
            label=query.metric or query.expression,
            times=times,
            values=tuple(self.value for _time in times),
            period=query.period,
            status=self.status,
        )

    async def by_arns(self, arns: Iterable[str]) -> tuple[Alarm, ...]:
        names = list(arns)
        self.arns.append(names)
        if self.alarm_error is not None:
            raise self.alarm_error
        return tuple(self.alarms[arn] for arn in names if arn in self.alarms)


def reader(*widgets: Any, **more: Any) -> tuple[World, DashboardReader]:
    world = World(ManualClock(NOW), list(widgets), **more)
    return world, DashboardReader(world, world, world, RUNBOOK, world.clock)


def alarm(state: AlarmState = AlarmState.ALARM) -> Alarm:
    query = MetricQuery(id="m1", namespace="N", metric="CPU", period=60)
    return Alarm(id="cpu", name="cpu", arn=ARN, state=state, threshold=70.0, queries=(query,))


async def data(dashboard: DashboardReader, /, **more: Any) -> list[WidgetData]:
    return list((await dashboard.read(**more)).data)
