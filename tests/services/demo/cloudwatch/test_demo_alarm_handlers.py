from datetime import timedelta
from typing import Any

import pytest

from services.demo.errors import AwsErrorResponse
from tests.services.demo.cloudwatch.tiny_world import START, TinyWorld, cpu_alarm, stat_query


def names(answer: dict[str, Any], kind: str = "MetricAlarms") -> list[str]:
    return [alarm["AlarmName"] for alarm in answer[kind]]


@pytest.fixture
def world() -> TinyWorld:
    world = TinyWorld()
    for name, metric in (("web-cpu", "CPU"), ("db-cpu", "DB"), ("web-5xx", "E")):
        world.call("PutMetricAlarm", **cpu_alarm(name, MetricName=metric, EvaluationPeriods=1))
    world.call(
        "PutMetricAlarm", **cpu_alarm("scaling", AlarmActions=["arn:aws:autoscaling:x:1:scalingPolicy:p"])
    )
    world.call("PutCompositeAlarm", AlarmName="any", AlarmRule="ALARM(web-cpu) OR ALARM(db-cpu)")
    world.metrics.put("NS", "DB", (), START.timestamp(), value=99.0)
    world.pass_minutes([10.0])
    return world


def test_only_metric_alarms_unless_asked(world: TinyWorld) -> None:
    answer = world.call("DescribeAlarms")
    assert names(answer) == ["db-cpu", "scaling", "web-5xx", "web-cpu"]
    assert answer["CompositeAlarms"] == []
    both = world.call("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert (len(both["MetricAlarms"]), names(both, "CompositeAlarms")) == (4, ["any"])


def test_filters(world: TinyWorld) -> None:
    assert names(world.call("DescribeAlarms", AlarmNames=["web-cpu", "gone"])) == ["web-cpu"]
    assert names(world.call("DescribeAlarms", AlarmNamePrefix="web")) == ["web-5xx", "web-cpu"]
    assert names(world.call("DescribeAlarms", AlarmNamePrefix="web", StateValue="OK")) == ["web-cpu"]
    assert names(world.call("DescribeAlarms", StateValue="ALARM")) == ["db-cpu"]
    assert names(world.call("DescribeAlarms", ActionPrefix="arn:aws:autoscaling")) == ["scaling"]
    assert names(world.call("DescribeAlarms", region="us-east-1")) == []
    with pytest.raises(AwsErrorResponse, match="combined"):
        world.call("DescribeAlarms", AlarmNames=["a"], AlarmNamePrefix="a")


def test_relatives(world: TinyWorld) -> None:
    children = world.call("DescribeAlarms", ChildrenOfAlarmName="any")
    assert [sorted(child) for child in children["MetricAlarms"]] == [
        ["AlarmArn", "AlarmName", "StateUpdatedTimestamp", "StateValue"]
    ] * 2
    assert names(world.call("DescribeAlarms", ParentsOfAlarmName="db-cpu"), "CompositeAlarms") == ["any"]
    with pytest.raises(AwsErrorResponse, match="cannot be combined"):
        world.call("DescribeAlarms", ParentsOfAlarmName="db-cpu", StateValue="OK")


def test_pages_hold_every_alarm_once_even_when_one_is_added_meanwhile(world: TinyWorld) -> None:
    kinds = ["MetricAlarm", "CompositeAlarm"]
    alarm_names: list[str] = []
    answer = world.call("DescribeAlarms", AlarmTypes=kinds, MaxRecords=2)
    world.call("PutMetricAlarm", **cpu_alarm("aaa"))
    while True:
        alarm_names += names(answer) + names(answer, "CompositeAlarms")
        if "NextToken" not in answer:
            break
        answer = world.call("DescribeAlarms", AlarmTypes=kinds, MaxRecords=2, NextToken=answer["NextToken"])
    assert sorted(alarm_names) == ["any", "db-cpu", "scaling", "web-5xx", "web-cpu"]
    for token in ("junk", "anVuaw==", "é"):
        with pytest.raises(AwsErrorResponse) as caught:
            world.call("DescribeAlarms", NextToken=token)
        assert caught.value.code == "InvalidNextToken"


def test_alarms_for_one_metric(world: TinyWorld) -> None:
    answer = world.call("DescribeAlarmsForMetric", Namespace="NS", MetricName="DB")
    assert names(answer) == ["db-cpu"]
    assert not world.call("DescribeAlarmsForMetric", Namespace="NS", MetricName="DB", Statistic="Sum")[
        "MetricAlarms"
    ]
    assert not world.call(
        "DescribeAlarmsForMetric", Namespace="NS", MetricName="DB", Dimensions=[{"Name": "a", "Value": "b"}]
    )["MetricAlarms"]


def test_history_filters_and_pages(world: TinyWorld) -> None:
    world.pass_minutes([99.0, 10.0, 99.0])
    kinds = ["MetricAlarm", "CompositeAlarm"]
    every = world.call("DescribeAlarmHistory", AlarmTypes=kinds, MaxRecords=100)["AlarmHistoryItems"]
    for scan in ("TimestampDescending", "TimestampAscending"):
        items: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            answer = world.call("DescribeAlarmHistory", AlarmTypes=kinds, MaxRecords=3, ScanBy=scan, **more)
            items += answer["AlarmHistoryItems"]
            if "NextToken" not in answer:
                break
            more = {"NextToken": answer["NextToken"]}
        assert items == (every if scan == "TimestampDescending" else every[::-1])
    since = START + timedelta(minutes=2)
    recent = world.call(
        "DescribeAlarmHistory", AlarmName="web-cpu", StartDate=since, HistoryItemType="StateUpdate"
    )["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in recent][::-1] == [
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
    ]
    assert {item["AlarmType"] for item in every} == set(kinds)
    assert not world.call("DescribeAlarmHistory", EndDate=START - timedelta(days=1))["AlarmHistoryItems"]


def test_a_composites_children_cannot_be_deleted(world: TinyWorld) -> None:
    with pytest.raises(
        AwsErrorResponse, match=r"Cannot delete db-cpu as there are composite alarm\(s\) depending on it\."
    ):
        world.call("DeleteAlarms", AlarmNames=["db-cpu"])
    world.call("DeleteAlarms", AlarmNames=["db-cpu", "any"])
    assert names(world.call("DescribeAlarms")) == ["scaling", "web-5xx", "web-cpu"]


def metrics(*queries: dict[str, Any]) -> dict[str, Any]:
    return {
        "AlarmName": "m",
        "EvaluationPeriods": 1,
        "ComparisonOperator": "LessThanThreshold",
        "Metrics": [*queries],
    }


@pytest.mark.parametrize(
    "request_",
    [
        cpu_alarm(DatapointsToAlarm=4),
        cpu_alarm(TreatMissingData="sometimes"),
        cpu_alarm(Period=90),
        cpu_alarm(ExtendedStatistic="p90"),
        cpu_alarm(Period=86_400, EvaluationPeriods=8),
        {**cpu_alarm(), "Metrics": [stat_query("m1")]},
        {name: value for name, value in cpu_alarm().items() if name != "Threshold"},
        {name: value for name, value in cpu_alarm().items() if name != "EvaluationPeriods"},
        {name: value for name, value in cpu_alarm().items() if name != "MetricName"},
        {name: value for name, value in cpu_alarm().items() if name != "Statistic"},
        {**metrics(stat_query("m1"), stat_query("m2")), "Threshold": 1.0},
        {**metrics(stat_query("m1"), stat_query("m1", ReturnData=False)), "Threshold": 1.0},
        {**metrics({"Id": "e1", "Expression": "1 +"}), "Threshold": 1.0},
        {**metrics({"Id": "e1", "Expression": "SEARCH('x', 'Sum', 60)"}), "Threshold": 1.0},
        {**metrics(stat_query("m1")), "ThresholdMetricId": "band"},
    ],
)
def test_alarms_that_are_refused(world: TinyWorld, request_: dict[str, Any]) -> None:
    with pytest.raises(AwsErrorResponse) as caught:
        world.call("PutMetricAlarm", **request_)
    assert caught.value.code == "ValidationError"
    assert len(world.alarms.alarms) == 5


def test_composites_that_are_refused(world: TinyWorld) -> None:
    with pytest.raises(AwsErrorResponse, match=r"alarms \[gone\] in the alarm rule do not exist"):
        world.call("PutCompositeAlarm", AlarmName="c", AlarmRule="ALARM(gone)")
    with pytest.raises(AwsErrorResponse, match="AlarmRule"):
        world.call("PutCompositeAlarm", AlarmName="c", AlarmRule="ALARM(")
    with pytest.raises(AwsErrorResponse, match="another type"):
        world.call("PutCompositeAlarm", AlarmName="web-cpu", AlarmRule="TRUE")
