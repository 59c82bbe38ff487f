import json
from datetime import timedelta
from typing import Any

from tests.services.demo.cloudwatch.tiny_world import START, TinyWorld, alarm, stat_query


def math_alarm(expression: str, **more: Any) -> dict[str, Any]:
    return {
        "AlarmName": "cpu-high",
        "EvaluationPeriods": 2,
        "ComparisonOperator": "GreaterThanThreshold",
        "Metrics": [
            stat_query("err", "Errors", "Sum", ReturnData=False),
            stat_query("req", "Requests", "Sum", ReturnData=False),
            {"Id": "rate", "Expression": expression, "ReturnData": True},
        ],
        **more,
    }


def test_math_alarms_watch_the_one_result():
    world = TinyWorld()
    world.call("PutMetricAlarm", **math_alarm("100 * FILL(err, 0) / req", Threshold=5.0))
    for minute in range(6):
        at = (START + timedelta(minutes=minute)).timestamp()
        world.metrics.put("NS", "Requests", (), at, value=100.0)
        if minute > 3:
            world.metrics.put("NS", "Errors", (), at, value=10.0)
    world.pass_minutes([None] * 4)
    assert alarm(world)["StateValue"] == "OK"
    world.pass_minutes([None] * 2)
    shown = alarm(world)
    assert shown["StateValue"] == "ALARM"
    assert "MetricName" not in shown
    assert json.loads(shown["StateReasonData"])["recentDatapoints"] == [10.0, 10.0]


def test_an_expression_that_cannot_be_evaluated_is_marked():
    world = TinyWorld()
    world.call("PutMetricAlarm", **math_alarm("unknown + 1", Threshold=5.0))
    world.pass_minutes([None])
    shown = alarm(world)
    assert (shown["EvaluationState"], shown["StateValue"]) == ("EVALUATION_ERROR", "INSUFFICIENT_DATA")
    assert "unknown" in shown["StateReason"]
    world.call("PutMetricAlarm", **math_alarm("req + 1", Threshold=5.0))
    world.pass_minutes([None])
    assert "EvaluationState" not in alarm(world)
