import json

from tests.services.demo.cloudwatch.tiny_world import SNS, START, TinyWorld, alarm, cpu_alarm, states


def test_a_composite_follows_its_children_up_two_floors():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(EvaluationPeriods=1))
    world.call("PutCompositeAlarm", AlarmName="zz-any", AlarmRule='ALARM("cpu-high") OR FALSE')
    arn = alarm(world, "zz-any")["AlarmArn"]
    world.call("PutCompositeAlarm", AlarmName="all", AlarmRule=f"ALARM({arn}) AND NOT OK(cpu-high)")
    assert alarm(world, "all")["StateValue"] == "INSUFFICIENT_DATA"
    world.pass_minutes([10.0])
    assert alarm(world, "all")["StateReason"].endswith(":all was created and its alarm rule evaluates to OK")
    world.pass_minutes([99.0])
    shown = alarm(world, "all")
    assert shown["StateValue"] == "ALARM"
    assert "transitioned to ALARM at Tuesday 01 September, 2026 00:02:00 UTC" in shown["StateReason"]
    assert json.loads(shown["StateReasonData"])["triggeringAlarms"][0]["state"]["value"] == "ALARM"
    world.pass_minutes([10.0])
    assert states(world, "all") == ["INSUFFICIENT_DATA to OK", "OK to ALARM", "ALARM to OK"]


def test_a_composite_set_manually_stays_until_a_child_changes():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(EvaluationPeriods=1))
    world.call("PutCompositeAlarm", AlarmName="any", AlarmRule="ALARM(cpu-high)")
    world.pass_minutes([10.0])
    world.call("SetAlarmState", AlarmName="any", StateValue="ALARM", StateReason="a test")
    world.pass_minutes([10.0])
    assert alarm(world, "any")["StateValue"] == "ALARM"
    world.pass_minutes([99.0, 10.0])
    assert alarm(world, "any")["StateValue"] == "OK"


def test_a_cycle_of_composites_ends():
    world = TinyWorld()
    world.call("PutCompositeAlarm", AlarmName="a", AlarmRule="FALSE")
    world.call("PutCompositeAlarm", AlarmName="b", AlarmRule="NOT ALARM(a)")
    world.call("PutCompositeAlarm", AlarmName="a", AlarmRule="ALARM(b)")
    world.pass_minutes([None] * 3)
    assert alarm(world, "a")["StateValue"] in ("OK", "ALARM")


def test_a_suppressor_holds_the_actions_back():
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(EvaluationPeriods=1))
    world.call("PutMetricAlarm", **cpu_alarm("works", EvaluationPeriods=1, MetricName="Works"))
    world.call(
        "PutCompositeAlarm",
        AlarmName="any",
        AlarmRule="ALARM(cpu-high)",
        AlarmActions=[SNS],
        ActionsSuppressor="works",
        ActionsSuppressorWaitPeriod=60,
        ActionsSuppressorExtensionPeriod=60,
    )
    world.metrics.put("NS", "Works", (), START.timestamp(), value=100.0)
    world.pass_minutes([99.0])
    shown = alarm(world, "any")
    assert (shown["ActionsSuppressedBy"], shown["ActionsSuppressedReason"]) == (
        "Alarm",
        "Actions suppressed by works",
    )
    types = ["CompositeAlarm"]
    assert not world.call("DescribeAlarmHistory", HistoryItemType="Action", AlarmTypes=types)[
        "AlarmHistoryItems"
    ]
    world.metrics.put("NS", "Works", (), world.clock.at.timestamp(), value=0.0)
    world.pass_minutes([99.0])
    assert "ActionsSuppressedBy" not in alarm(world, "any")
    assert world.call("DescribeAlarmHistory", HistoryItemType="Action", AlarmTypes=types)["AlarmHistoryItems"]
