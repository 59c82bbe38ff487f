"""`python -m tests.bench.growth.aws SIZE ARGUMENT…`: SIZE is a JSON object with the fields of `Size`."""

import json
import random
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from services.demo import names
from services.demo import world as worlds
from services.demo.cloudwatch.alarms.states import State
from services.demo.cloudwatch.dashboards import StoredDashboard

NAMESPACE = "Growth"
PAST, FUTURE = 190, 240
"""Minutes for which a metric has points: before the start, because widgets show three hours, and during the run."""
WIDTH, HEIGHT = 6, 6  # Of a widget; a dashboard is 24 wide


class Size(NamedTuple):
    alarms: int = 0  # One in two hundred fires, as many have no data; the others are OK
    widgets: int = 0  # Instead of those of the runbook's dashboard
    metrics: int = 2  # Of each widget

    @property
    def points(self) -> int:
        return self.widgets * self.metrics


def grow(world: worlds.World, size: Size) -> None:
    if size.alarms:
        _add_alarms(world, size.alarms)
    if size.widgets:
        _add_metrics(world, size)
        body = json.dumps({"widgets": [_widget(number, size.metrics) for number in range(size.widgets)]})
        world.dashboards[names.DASHBOARD] = StoredDashboard(names.DASHBOARD, body, world.clock.now())


def _add_alarms(world: worlds.World, count: int) -> None:
    now = world.clock.now()
    for number in range(count):
        settings = _alarm(number)
        alarm = world.alarms.put("MetricAlarm", settings, at=world.run.began)
        state = {0: State.ALARM, 1: State.INSUFFICIENT}.get(number % 200, State.OK)
        world.alarms.set_state(alarm, state, "Threshold Crossed: 3 datapoints", at=now)
    world.alarms.history.items.clear()  # ten years of changes are not what is measured


def _alarm(number: int) -> dict[str, Any]:
    """A Put… request; without points, and with missing data ignored, the alarm stays in its state."""
    return {
        "AlarmName": f"service-{number % 97:02}-node-{number:05}-cpu",
        "AlarmDescription": "CPU of one node of the cluster",
        "Namespace": NAMESPACE,
        "MetricName": "Load",
        "Dimensions": [{"Name": "Node", "Value": f"{number:05}"}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 80.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        "AlarmActions": ["arn:aws:sns:ap-northeast-1:123456789012:ops-alerts"],
    }


def _add_metrics(world: worlds.World, size: Size) -> None:
    rng = random.Random(1)
    minute = int(world.clock.now().timestamp()) // 60 * 60
    for widget in range(size.widgets):
        for metric in range(size.metrics):
            value = 50.0
            for at in range(minute - PAST * 60, minute + FUTURE * 60, 60):
                value = min(95.0, max(5.0, value + rng.uniform(-5, 5)))
                world.metrics.put(NAMESPACE, "Load", {"Node": f"{widget}-{metric}"}, at, value=value)


def _widget(number: int, metrics: int) -> dict[str, Any]:
    across = 24 // WIDTH
    return {
        "type": "metric",
        "x": number % across * WIDTH,
        "y": number // across * HEIGHT,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": f"Load {number}",
            "region": "ap-northeast-1",
            "stat": "Average",
            "period": 60,
            "metrics": [[NAMESPACE, "Load", "Node", f"{number}-{metric}"] for metric in range(metrics)],
        },
    }


def main(arguments: Sequence[str]) -> None:
    size = Size(**json.loads(arguments[0]))

    class GrownWorld(worlds.World):
        def __init__(self, *positional: Any, **keywords: Any) -> None:
            super().__init__(*positional, **keywords)
            grow(self, size)

    worlds.World = GrownWorld  # type: ignore[misc]  # `services.demo.__main__` looks it up there
    sys.argv = [sys.argv[0], *arguments[1:]]
    from services.demo.__main__ import main as serve

    serve()


if __name__ == "__main__":
    main(sys.argv[1:])
