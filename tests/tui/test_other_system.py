import json
from pathlib import Path

from services.models.alarms import AlarmState
from services.models.verdict import Verdict
from tests.conftest import Embedded, assert_in
from tests.tools.console import console, screen_text, settled, until
from tests.tui.seeding import client, make_group, put_lines

OTHER = Path(__file__).parent / "data" / "other.toml"
BODY = {
    "start": "-PT1H",
    "widgets": [
        {
            "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6,
            "properties": {"title": "Queue", "region": "ap-northeast-1", "period": 60, "stat": "Maximum",
                           "metrics": [["Library", "QueueLength", "Desk", "main"]]},
        },
        {"type": "text", "x": 12, "y": 0, "width": 12, "height": 6, "properties": {"markdown": "# 図書館\n**案内**"}},
        {"type": "custom", "x": 0, "y": 6, "width": 24, "height": 4, "properties": {}},
    ],
}  # fmt: skip


async def seed(embedded: Embedded) -> None:
    now = embedded.clock.now()
    async with client("cloudwatch", embedded.url) as cloudwatch:
        data = [
            {"MetricName": "QueueLength", "Dimensions": [{"Name": "Desk", "Value": "main"}],
             "Timestamp": now.timestamp() - 60 * back, "Value": 25.0}
            for back in range(1, 20)
        ]  # fmt: skip
        await cloudwatch.put_metric_data(Namespace="Library", MetricData=data)
        await cloudwatch.put_metric_alarm(
            AlarmName="catalogue-slow", Namespace="Library", MetricName="QueueLength",
            Dimensions=[{"Name": "Desk", "Value": "main"}], Statistic="Maximum", Period=60,
            EvaluationPeriods=2, Threshold=20, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        await cloudwatch.put_dashboard(DashboardName="library-overview", DashboardBody=json.dumps(BODY))
    async with client("logs", embedded.url) as logs:
        await make_group(logs, "/app/catalogue", "a")
        at = int(now.timestamp() * 1000)
        await put_lines(logs, "/app/catalogue", "a", [(at - 5000 + n, f"検索 {n}") for n in range(10)])


async def test_a_system_with_other_names_is_watched(empty_aws):
    await seed(empty_aws)
    async with console(empty_aws.url, empty_aws.clock, size=(160, 48), runbook=OTHER) as pilot:
        app = pilot.app
        states = {alarm.name: alarm.state for alarm in app.alarms.value.alarms}
        assert states["never-created"] is AlarmState.MISSING
        before = app.alarms
        empty_aws.advance(130)
        await until(pilot, lambda: app.alarms is not before)
        empty_aws.advance(65)
        await until(
            pilot,
            lambda: {a.name: a.state for a in app.alarms.value.alarms}["catalogue-slow"] is AlarmState.ALARM,
        )
        await until(pilot, lambda: len(app.screen.tail.store) == 10)
        await settled(pilot)
        text = screen_text(pilot)
        for part in ("STAGING", "図書館予約システム", "never-created", "catalogue-slow", "Queue", "custom"):
            assert part in text
        data = app.view.value.data[0]
        assert data.readings[0].verdict is Verdict.ABNORMAL, "judged by this runbook's own limit"


async def test_an_empty_account_is_called_empty_and_never_fine(empty_aws):
    async with console(empty_aws.url, empty_aws.clock, size=(160, 48), runbook=OTHER) as pilot:
        await settled(pilot)
        text = screen_text(pilot)
        assert_in(text, "missing 2", "built-in", "does not exist")
        assert "● ok 0" in text or "ok" not in text.splitlines()[1]
