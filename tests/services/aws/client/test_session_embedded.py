from datetime import timedelta
from typing import Any

import pytest

from services.aws.client.errors import AwsError
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.models.problem import ProblemKind

READS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("cloudwatch", "DescribeAlarms", "MetricAlarms", {}),
    ("cloudwatch", "DescribeAlarmHistory", "AlarmHistoryItems", {}),
    ("cloudwatch", "ListDashboards", "DashboardEntries", {}),
    ("logs", "DescribeLogGroups", "logGroups", {}),
    ("logs", "FilterLogEvents", "events", {"logGroupName": "/ecs/staff-api"}),
    ("ecs", "DescribeServices", "services", {"cluster": "facility-prod-cluster", "services": ["staff-api"]}),
    ("application-autoscaling", "DescribeScalableTargets", "ScalableTargets", {"ServiceNamespace": "ecs"}),
    (
        "application-autoscaling",
        "DescribeScalingActivities",
        "ScalingActivities",
        {"ServiceNamespace": "ecs"},
    ),
    ("rds", "DescribeDBInstances", "DBInstances", {}),
    ("elbv2", "DescribeLoadBalancers", "LoadBalancers", {}),
]


async def test_every_read_of_the_panels_is_well_formed(embedded):
    meter = UsageMeter(embedded.clock)
    session = AwsSession(AwsSettings(**embedded.settings()), clock=embedded.clock, meter=meter)
    try:
        for service, operation, key, params in READS:
            assert isinstance((await session.read(service, operation, required=(key,), **params))[key], list)
        now = embedded.clock.now()
        stat = {
            "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount"},
            "Period": 60,
            "Stat": "Sum",
        }
        answer = await session.read(
            "cloudwatch",
            "GetMetricData",
            required=("MetricDataResults",),
            MetricDataQueries=[{"Id": "m1", "MetricStat": stat}],
            StartTime=now - timedelta(hours=1),
            EndTime=now,
        )
        for result in answer["MetricDataResults"]:
            assert all(isinstance(moment, int | float) for moment in result["Timestamps"])
        assert meter.calls_today == len(READS) + 1
        assert len((await session.identity()).account) == 12
    finally:
        await session.close()


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 400, ProblemKind.ACCESS_DENIED),
        ("ExpiredTokenException", 400, ProblemKind.EXPIRED),
    ],
)
async def test_a_fault_there_is_a_problem_here(embedded, code, status, kind):
    embedded.fault("cloudwatch", "DescribeAlarms", code=code, status=status)
    session = AwsSession(
        AwsSettings(**embedded.settings()), clock=embedded.clock, meter=UsageMeter(embedded.clock)
    )
    try:
        with pytest.raises(AwsError) as caught:
            await session.read("cloudwatch", "DescribeAlarms")
        assert caught.value.problem.kind is kind
        assert caught.value.problem.at == embedded.clock.now()
        assert await session.read("logs", "DescribeLogGroups")
        embedded.clear_faults()
        assert await session.read("cloudwatch", "DescribeAlarms")
    finally:
        await session.close()
