import json
import os
from pathlib import Path

from services.aws.client.session import AwsSettings
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from services.system import Services


def services(aws):
    book: Runbook = load_builtin("facility-prod")
    journal = Path(os.environ["HOME"]) / "journal.db"
    return Services(book, AwsSettings(**aws.settings()), aws.clock, journal=journal, seed=1)


def widget(title, *metrics):
    return {
        "type": "metric",
        "properties": {"title": title, "region": "ap-northeast-1", "period": 60, "metrics": metrics},
    }


async def put(aws, *widgets):
    from tests.tui.seeding import client

    now = aws.clock.now().timestamp()
    async with client("cloudwatch", aws.url) as cloudwatch:
        await cloudwatch.put_dashboard(
            DashboardName="facility-prod-main", DashboardBody=json.dumps({"widgets": list(widgets)})
        )
        await cloudwatch.put_metric_data(
            Namespace="N", MetricData=[{"MetricName": "good", "Timestamp": now - 120, "Value": 7.0}]
        )


async def test_one_malformed_expression_spoils_its_own_widget_only_and_is_asked_alone_from_then_on(empty_aws):
    await put(
        empty_aws,
        widget("fine", ["N", "good"]),
        widget("broken", [{"expression": "SUM((", "id": "e1"}]),
        widget("also fine", ["N", "good", {"stat": "Maximum"}]),
    )
    console = services(empty_aws)
    try:
        first = (await console.dashboard.read()).data
        assert [bool(data.series) for data in first] == [True, False, True]
        assert first[1].problem
        assert not first[0].problem
        before = empty_aws.counts()["cloudwatch.GetMetricData"]
        empty_aws.advance(60)
        await console.dashboard.read()
        assert empty_aws.counts()["cloudwatch.GetMetricData"] - before == 2, (
            "the good ones together, the bad one alone"
        )
    finally:
        await console.close()


async def test_what_was_asked_is_what_is_charged(empty_aws):
    shared = ["N", "good", {"label": "again"}], [{"expression": "m1 + m2", "id": "e1", "label": "sum"}]
    await put(
        empty_aws,
        widget(
            "two", ["N", "good", {"label": "one", "id": "m1"}], ["N", "good", {"stat": "Maximum", "id": "m2"}]
        ),
        widget(
            "none more",
            ["N", "good", {"id": "m1", "label": "hidden", "visible": False}],
            ["N", "good", {"id": "m2", "stat": "Maximum", "visible": False}],
            *shared,
        ),
    )
    console = services(empty_aws)
    try:
        first, second = (await console.dashboard.read()).data
        assert [(each.label, each.last) for each in first.series] == [("one", 7.0), ("good", 7.0)]
        assert [(each.label, each.last) for each in second.series] == [("again", 7.0), ("sum", 14.0)]
        usage = console.meter.snapshot()
        assert abs(usage.yen - 2 * 0.01 / 1000 * 150) < 1e-9
    finally:
        await console.close()
