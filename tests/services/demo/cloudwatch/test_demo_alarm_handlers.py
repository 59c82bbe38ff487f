from datetime import timedelta
from typing import Any

import pytest

from services.demo.errors import AwsErrorResponse
from tests.services.demo.cloudwatch.tiny_world import START, TinyWorld, cpu_alarm


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


def test_only_metric_alarms_unless_asked(world):
    answer = world.call("DescribeAlarms")
    assert names(answer) == ["db-cpu", "scaling", "web-5xx", "web-cpu"]
    assert answer["CompositeAlarms"] == []
    both = world.call("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert (len(both["MetricAlarms"]), names(both, "CompositeAlarms")) == (4, ["any"])


def test_filters(world):
    assert names(world.call("DescribeAlarms", AlarmNames=["web-cpu", "gone"])) == ["web-cpu"]
    assert names(world.call("DescribeAlarms", AlarmNamePrefix="web")) == ["web-5xx", "web-cpu"]
    assert names(world.call("DescribeAlarms", AlarmNamePrefix="web", StateValue="OK")) == ["web-cpu"]
    assert names(world.call("DescribeAlarms", StateValue="ALARM")) == ["db-cpu"]
    assert names(world.call("DescribeAlarms", region="us-east-1")) == []


def test_pages_hold_every_alarm_once_even_when_one_is_added_meanwhile(world):
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


def test_history_filters_and_pages(world):
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
