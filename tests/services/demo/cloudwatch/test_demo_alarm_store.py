import json
from datetime import timedelta

import pytest

from services.demo.cloudwatch.alarms.states import State
from services.demo.errors import AwsErrorResponse
from tests.services.demo.cloudwatch.tiny_world import SNS, START, TinyWorld, alarm, cpu_alarm, states


def test_a_new_alarm_knows_nothing():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm())
    shown = alarm(world)
    assert (shown["StateValue"], shown["StateReason"]) == (
        "INSUFFICIENT_DATA",
        "Unchecked: Initial alarm creation",
    )
    assert shown["ActionsEnabled"] is True
    assert shown["AlarmArn"] == "arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:cpu-high"


def test_it_fires_says_why_and_clears():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(DatapointsToAlarm=3, EvaluationPeriods=5, AlarmActions=[SNS]))
    world.pass_minutes([50.0] * 6 + [80.0, 60.0, 90.0, 95.5])
    shown = alarm(world)
    assert shown["StateValue"] == "ALARM"
    assert shown["StateReason"] == (
        "Threshold Crossed: 3 out of the last 5 datapoints [95.5 (01/09/26 00:09:00), 90.0 (01/09/26 00:08:00), "
        "80.0 (01/09/26 00:06:00)] were greater than the threshold (70.0) (minimum 3 datapoints for OK -> ALARM"
        " transition)."
    )
    data = json.loads(shown["StateReasonData"])
    assert data["queryDate"] == "2026-09-01T00:10:00.000+0000"
    assert data["startDate"] == "2026-09-01T00:05:00.000+0000"
    assert (data["version"], data["statistic"], data["period"], data["threshold"]) == (
        "1.0",
        "Average",
        60,
        70.0,
    )
    assert data["recentDatapoints"] == [50.0, 80.0, 60.0, 90.0, 95.5]
    assert data["evaluatedDatapoints"][0] == {
        "timestamp": "2026-09-01T00:09:00.000+0000",
        "sampleCount": 1.0,
        "value": 95.5,
    }
    assert (
        shown["StateTransitionedTimestamp"] == shown["StateUpdatedTimestamp"] == START + timedelta(minutes=10)
    )
    world.pass_minutes([40.0] * 5)
    assert alarm(world)["StateReason"].endswith(
        "were not greater than the threshold (70.0) (minimum 3 datapoints for ALARM -> OK transition)."
    )
    assert states(world) == ["INSUFFICIENT_DATA to OK", "OK to ALARM", "ALARM to OK"]
    (action,) = world.call("DescribeAlarmHistory", HistoryItemType="Action")["AlarmHistoryItems"]
    assert action["HistorySummary"] == f"Successfully executed action {SNS}"


def test_without_datapoints_to_alarm_the_words_are_the_older_ones():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(EvaluationPeriods=1, Threshold=0.0))
    world.pass_minutes([1.0])
    assert alarm(world)["StateReason"] == (
        "Threshold Crossed: 1 datapoint [1.0 (01/09/26 00:00:00)] was greater than the threshold (0.0)."
    )


def test_many_datapoints_are_named_by_the_newest_five():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(EvaluationPeriods=6))
    world.pass_minutes([90.0] * 8)
    reason = alarm(world)["StateReason"]
    assert reason.startswith(
        "Threshold Crossed: 6 datapoints were greater than the threshold (70.0). The most recent"
    )
    assert reason.count("90.0 (") == 5


def test_history_has_the_old_and_the_new_state_and_survives_the_alarm():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(EvaluationPeriods=1))
    world.pass_minutes([10.0, 99.0])
    world.call("PutMetricAlarm", **cpu_alarm(EvaluationPeriods=1, Threshold=200.0))
    assert alarm(world)["StateValue"] == "ALARM", "an update leaves the state as it is"
    world.call("DeleteAlarms", AlarmNames=["cpu-high", "unknown"])
    assert world.call("DescribeAlarms")["MetricAlarms"] == []
    items = world.call("DescribeAlarmHistory", AlarmName="cpu-high", ScanBy="TimestampAscending")[
        "AlarmHistoryItems"
    ]
    assert [item["HistorySummary"] for item in items] == [
        'Alarm "cpu-high" created',
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        'Alarm "cpu-high" updated',
        'Alarm "cpu-high" deleted',
    ]
    data = json.loads(items[2]["HistoryData"])
    assert (data["oldState"]["stateValue"], data["newState"]["stateValue"]) == ("OK", "ALARM")
    assert data["newState"]["stateReasonData"]["recentDatapoints"] == [99.0]


NOTHING = (
    "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as"
)


@pytest.mark.parametrize(
    ("treat", "values", "state", "reason"),
    [
        ("missing", [None] * 6, "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"),
        ("breaching", [None] * 6, "ALARM", f"{NOTHING} [Breaching]."),
        ("notBreaching", [None] * 6, "OK", f"{NOTHING} [NonBreaching]."),
        ("missing", [1.0] + [None] * 9, "INSUFFICIENT_DATA", "Insufficient Data: 3 datapoints were unknown."),
        (
            "ignore",
            [1.0] * 3 + [None] * 9,
            "OK",
            "Threshold Crossed: 1 datapoint [1.0 (01/09/26 00:00:00)] was not",
        ),
        (
            "breaching",
            [1.0] * 4 + [90.0] + [None] * 4,
            "ALARM",
            "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as"
            " [Breaching].",
        ),
    ],
)
def test_missing_data(treat, values, state, reason):
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(TreatMissingData=treat))
    world.pass_minutes(values)
    shown = alarm(world)
    assert shown["StateValue"] == state
    assert shown["StateReason"].startswith(reason)


@pytest.mark.parametrize(
    ("operator", "value", "fires"),
    [
        ("GreaterThanThreshold", 70.0, False),
        ("GreaterThanThreshold", 70.1, True),
        ("GreaterThanOrEqualToThreshold", 70.0, True),
        ("LessThanThreshold", 70.0, False),
        ("LessThanThreshold", 69.9, True),
        ("LessThanOrEqualToThreshold", 70.0, True),
    ],
)
def test_comparison_operators(operator, value, fires):
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(ComparisonOperator=operator, EvaluationPeriods=1))
    world.pass_minutes([value])
    assert alarm(world)["StateValue"] == ("ALARM" if fires else "OK")


def test_a_long_period_slides_by_the_minute():
    """Period 300, one period: at minute 6 the minutes 2 to 6 are evaluated."""
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(Period=300, EvaluationPeriods=1, Statistic="Sum", Threshold=7.0))
    world.pass_minutes([1.0] * 5)
    assert alarm(world)["StateValue"] == "OK"
    world.pass_minutes([4.0])
    assert alarm(world)["StateValue"] == "ALARM"


def test_set_alarm_state_lasts_until_the_next_evaluation():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm())
    world.pass_minutes([10.0] * 5)
    world.call(
        "SetAlarmState", AlarmName="cpu-high", StateValue="ALARM", StateReason="a test", StateReasonData="{}"
    )
    assert (alarm(world)["StateValue"], alarm(world)["StateReason"]) == ("ALARM", "a test")
    world.pass_minutes([10.0])
    assert states(world)[-2:] == ["OK to ALARM", "ALARM to OK"]
    with pytest.raises(AwsErrorResponse, match="does not exist") as caught:
        world.call("SetAlarmState", AlarmName="nobody", StateValue="OK", StateReason="x")
    assert (caught.value.code, caught.value.status) == ("ResourceNotFound", 404)


def test_actions_can_be_switched_off():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(EvaluationPeriods=1, AlarmActions=[SNS]))
    world.call("DisableAlarmActions", AlarmNames=["cpu-high", "unknown"])
    assert alarm(world)["ActionsEnabled"] is False
    world.pass_minutes([99.0])
    assert world.call("DescribeAlarmHistory", HistoryItemType="Action")["AlarmHistoryItems"] == []
    world.call("EnableAlarmActions", AlarmNames=["cpu-high"])
    world.pass_minutes([1.0, 99.0])
    assert len(world.call("DescribeAlarmHistory", HistoryItemType="Action")["AlarmHistoryItems"]) == 1


def test_a_warm_up_delays_the_evaluation():
    world = TinyWorld()
    warm_up = {"WarmUpPeriodDurationInMinutes": 5, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True}
    world.call("PutMetricAlarm", **cpu_alarm(EvaluationPeriods=1, WarmUpConfiguration=warm_up))
    world.pass_minutes([99.0] * 4)
    assert alarm(world)["StateValue"] == "INSUFFICIENT_DATA"
    world.pass_minutes([99.0])
    assert alarm(world)["StateValue"] == "ALARM"


def test_the_past_can_be_filled_before_the_world_begins():
    """World puts alarms in the past and evaluates minute by minute, so that the history is real."""
    world = TinyWorld()
    past = START - timedelta(hours=2)
    world.alarms.put("MetricAlarm", cpu_alarm(), at=past)
    for minute in range(120):
        at = past + timedelta(minutes=minute)
        world.metrics.put("NS", "CPU", (), at.timestamp(), value=90.0 if 30 <= minute < 60 else 20.0)
        world.alarms.evaluate(at + timedelta(minutes=1))
    assert states(world) == ["INSUFFICIENT_DATA to OK", "OK to ALARM", "ALARM to OK"]
    metric_alarm = world.alarms.get("cpu-high")
    assert metric_alarm is not None
    assert (metric_alarm.state, metric_alarm.transitioned) == (State.OK, past + timedelta(minutes=61))
