import json

import pytest

from services.aws.client.errors import NotFound
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.models.base import RawId
from services.models.dashboards import MetricWidget
from services.models.problem import ProblemKind
from services.models.runbook import DashboardSpec, Ecs, Environment, LoadBalancer, Rds, Runbook, System
from tests.services.aws.canned import Canned, failure

SYSTEM = System(
    id="s", title="施設", environment=Environment.TEST, account="123456789012", region="ap-northeast-1"
)
FULL = Runbook(
    version=1,
    system=SYSTEM,
    dashboard=DashboardSpec(name="main"),
    ecs=Ecs(cluster=RawId("c"), services=(RawId("api"), RawId("web"))),
    rds=Rds(instance=RawId("db")),
    alb=LoadBalancer(load_balancer=RawId("app/n/1")),
)


async def test_the_body_is_parsed():
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "x"}}]})
    canned = Canned(GetDashboard={"DashboardName": "main", "DashboardBody": body})
    dashboard = await Dashboards(canned).get("main")
    assert (dashboard.name, len(dashboard.widgets), dashboard.builtin) == ("main", 1, False)
    assert canned.asked("GetDashboard") == [{"DashboardName": "main"}]


async def test_a_missing_dashboard_is_not_found():
    with pytest.raises(NotFound):
        await Dashboards(Canned(GetDashboard=failure(ProblemKind.NOT_FOUND))).get("main")


def test_the_fallback_covers_every_target_of_the_runbook():
    dashboard = Dashboards(Canned()).builtin(FULL)
    assert (dashboard.builtin, dashboard.name, len(dashboard.remarks)) == (True, "main", 1)
    queries = [
        trace.query
        for widget in dashboard.widgets
        if isinstance(widget, MetricWidget)
        for trace in widget.traces
    ]
    metrics = {(query.namespace, query.metric) for query in queries if query.metric}
    assert {("AWS/ECS", "CPUUtilization"), ("AWS/ECS", "MemoryUtilization")} <= metrics
    assert {("AWS/ApplicationELB", "RequestCount"), ("AWS/ApplicationELB", "TargetResponseTime")} <= metrics
    assert {
        ("AWS/RDS", "CPUUtilization"),
        ("AWS/RDS", "DatabaseConnections"),
        ("AWS/RDS", "FreeStorageSpace"),
    } <= metrics
    assert {("AWS/ApplicationELB", "ProcessedBytes"), ("AWS/RDS", "NetworkReceiveThroughput")} <= metrics
    assert {query.dimensions for query in queries if query.namespace == "AWS/ECS"} == {
        (("ClusterName", "c"), ("ServiceName", "api")),
        (("ClusterName", "c"), ("ServiceName", "web")),
    }
    (rate,) = (query for query in queries if query.label == "5xx %")
    assert "IF(all > 0" in rate.expression
    assert [query.stat for query in queries if query.label == "latency p95"] == ["p95"]
    for widget in dashboard.widgets:
        ids = [trace.query.id for trace in widget.traces]
        assert len(set(ids)) == len(ids)
        assert widget.x + widget.width <= 24


def test_a_runbook_without_targets_has_an_empty_fallback():
    dashboard = Dashboards(Canned()).builtin(Runbook(version=1, system=SYSTEM))
    assert (dashboard.widgets, dashboard.name) == ((), "施設")
