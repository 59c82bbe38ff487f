"""What the alarms' metrics are now, read from the embedded AWS over HTTP."""

import json
import os
from pathlib import Path
from typing import Any

from services.alarms.values import widget_of
from services.aws.client.settings import AwsSettings
from services.models.alarms import Alarm
from services.runbook.loader import load_builtin
from services.system import Services, connect
from tests.conftest import Embedded
from tests.tui.seeding import client


def services(aws: Embedded) -> Services:
    journal = Path(os.environ["HOME"]) / "journal.db"
    return connect(
        load_builtin("facility-prod"), AwsSettings(**aws.settings()), aws.clock, journal=journal, seed=1
    )


async def read(console: Services, *names: str) -> None:
    for name in names:
        async for _state in console.feeds[name].states():
            break


def values(console: Services) -> dict[str, float | None]:
    alarms: tuple[Alarm, ...] = console.feeds["alarms"].state.value.alarms
    states = (console.feeds["dashboard"].state, console.feeds["alarm_values"].state)
    readings = console.alarm_values.readings(alarms, *states)
    return {alarm.name: readings.now(alarm, console.clock.now()).value for alarm in alarms}


async def test_what_the_dashboard_draws_is_not_requested_again(embedded: Embedded) -> None:
    console = services(embedded)
    try:
        await read(console, "alarms", "dashboard")
        before = embedded.counts()["cloudwatch.GetMetricData"]
        await read(console, "alarm_values")
        assert embedded.counts()["cloudwatch.GetMetricData"] == before
        present = values(console)
        assert present.pop("facility-prod-critical") is None, "a composite alarm has no metric"
        assert None not in present.values()
        assert present["alb-5xx-error-rate"] is not None, (
            "metric math is the same whatever its ids are called"
        )
    finally:
        await console.close()


async def test_all_others_share_one_request(embedded: Embedded) -> None:
    async with client("cloudwatch", embedded.url) as cloudwatch:
        body: dict[str, Any] = {"widgets": [{"type": "text", "properties": {"markdown": "# nothing"}}]}
        await cloudwatch.put_dashboard(DashboardName="facility-prod-main", DashboardBody=json.dumps(body))
    console = services(embedded)
    try:
        await read(console, "alarms")
        assert not console.alarm_values.is_due(), "the dashboard is read first"
        await read(console, "dashboard")
        assert console.alarm_values.is_due()
        await read(console, "alarm_values")
        assert embedded.counts()["cloudwatch.GetMetricData"] == 1
        assert not console.alarm_values.is_due()
        present = values(console)
        assert present.pop("facility-prod-critical") is None
        assert None not in present.values()
    finally:
        await console.close()


async def test_an_alarm_leads_to_the_widget_of_its_metric(embedded: Embedded) -> None:
    console = services(embedded)
    try:
        await read(console, "alarms", "dashboard")
        view = console.feeds["dashboard"].state.value
        titles = {widget.key: widget.title for widget in view.dashboard.widgets}
        leads = {
            alarm.name: titles.get(widget_of(alarm, view), "")
            for alarm in console.feeds["alarms"].state.value.alarms
        }
        assert leads["ecs-cpu-high"] == "ECS CPU & Memory"
        assert leads["rds-connections-high"] == "RDS Performance"
        assert leads["facility-prod-critical"] == ""
    finally:
        await console.close()
