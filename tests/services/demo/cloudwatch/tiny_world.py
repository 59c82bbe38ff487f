from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from services.demo import handlers  # noqa: F401  registers the handlers
from services.demo.account import ACCOUNT, REGION
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.cloudwatch.dashboards import DashboardStore
from services.demo.cloudwatch.store import MetricStore
from services.demo.registry import HANDLERS, Call
from services.demo.scenario import EMPTY, ScenarioRun
from tests.services.demo.shapes import assert_output_shape, parse_input

C = TypeVar("C")
START = datetime(2026, 9, 1, 0, 0, tzinfo=UTC)
SNS = "arn:aws:sns:ap-northeast-1:123456789012:facility-alert"


class HandClock:
    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


class TinyWorld:
    def __init__(self) -> None:
        self.clock = HandClock()
        self.run = ScenarioRun(EMPTY, self.clock, START)  # type: ignore[arg-type]  # no task waits on it
        self.metrics = MetricStore()
        self.alarms = AlarmStore(self.metrics, self.run)
        self.dashboards = DashboardStore()

    def component(self, kind: type[C]) -> C:
        return next(store for store in vars(self).values() if isinstance(store, kind))

    def pass_minutes(self, values: list[float | None], name: str = "CPU") -> None:
        """One datapoint (or none) of a metric a minute, each minute evaluated when it has ended."""
        for value in values:
            if value is not None:
                self.metrics.put("NS", name, (), self.clock.at.timestamp(), value=value)
            self.clock.at += timedelta(minutes=1)
            self.alarms.evaluate(self.clock.at)

    def call(self, operation: str, *, region: str = REGION, **params: Any) -> dict[str, Any]:
        parse_input("cloudwatch", operation, params)
        call = Call("cloudwatch", operation, params, region, ACCOUNT, self)  # type: ignore[arg-type]  # a stand-in
        return assert_output_shape("cloudwatch", operation, HANDLERS["cloudwatch", operation](call))


def stat_query(query_id: str, name: str = "CPU", stat: str = "Average", **more: Any) -> dict[str, Any]:
    metric = {"Namespace": "NS", "MetricName": name, "Dimensions": []}
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **more}


def cpu_alarm(name: str = "cpu-high", **more: Any) -> dict[str, Any]:
    """A PutMetricAlarm request: CPU > 70, three of three minutes."""
    return {
        "AlarmName": name,
        "Namespace": "NS",
        "MetricName": "CPU",
        "Dimensions": [],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 70.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


def alarm(world: TinyWorld, name: str = "cpu-high") -> dict[str, Any]:
    answer = world.call(
        "DescribeAlarms", AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm", "LogAlarm"]
    )
    (shown,) = answer["MetricAlarms"] + answer["CompositeAlarms"] + answer["LogAlarms"]
    return dict(shown)


def states(world: TinyWorld, name: str = "cpu-high") -> list[str]:
    """An alarm's transitions, oldest first: `OK to ALARM`."""
    items = world.call(
        "DescribeAlarmHistory",
        AlarmName=name,
        HistoryItemType="StateUpdate",
        AlarmTypes=["MetricAlarm", "CompositeAlarm", "LogAlarm"],
        ScanBy="TimestampAscending",
    )["AlarmHistoryItems"]
    return [item["HistorySummary"].removeprefix("Alarm updated from ") for item in items]
