import json
import os
from pathlib import Path
from typing import Any

from services.alarms.values import widget_of
from services.aws.client.settings import AwsSettings
from services.dashboards.pacing import OnScreen
from services.models.alarm_readings import LATE, Doubt
from services.models.alarms import Alarm
from services.runbook.loader import load_builtin
from services.system import Services
from tests.tui.seeding import client


def services(aws):
    journal = Path(os.environ["HOME"]) / "journal.db"
    return Services(
        load_builtin("facility-prod"), AwsSettings(**aws.settings()), aws.clock, journal=journal, seed=1
    )


async def read(console, *names):
    for name in names:
        async for _state in console.feeds[name].states():
            break


def values(console):
    alarms: tuple[Alarm, ...] = console.feeds["alarms"].state.value.alarms
    states = (console.feeds["dashboard"].state, console.feeds["alarm_values"].state)
    readings = console.alarm_values.readings(alarms, *states)
    return {alarm.name: readings.now(alarm, console.clock.now()).value for alarm in alarms}


def doubts(console):
    alarms: tuple[Alarm, ...] = console.feeds["alarms"].state.value.alarms
    states = (console.feeds["dashboard"].state, console.feeds["alarm_values"].state)
    readings = console.alarm_values.readings(alarms, *states)
    return {alarm.name: readings.now(alarm, console.clock.now()).doubt for alarm in alarms}


async def test_what_the_dashboard_draws_is_not_requested_again(embedded):
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


async def test_all_others_share_one_request(embedded):
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


async def test_an_alarm_leads_to_the_widget_of_its_metric(embedded):
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


async def without_dashboard(aws):
    async with client("cloudwatch", aws.url) as cloudwatch:
        body: dict[str, Any] = {"widgets": [{"type": "text", "properties": {"markdown": "# nothing"}}]}
        await cloudwatch.put_dashboard(DashboardName="facility-prod-main", DashboardBody=json.dumps(body))


async def test_only_alarms_on_screen_are_requested_and_the_others_are_not_said_to_have_no_value(embedded):
    await without_dashboard(embedded)
    console = services(embedded)
    on_screen = frozenset({"ecs-cpu-high"})
    console.alarm_values.on_screen = lambda: on_screen
    try:
        await read(console, "alarms", "dashboard", "alarm_values")
        assert {each.alarm for each in console.feeds["alarm_values"].state.value} == on_screen
        assert doubts(console)["ecs-cpu-high"] is None
        assert doubts(console)["rds-cpu-high"] is Doubt.UNREAD
        assert not console.alarm_values.is_due()
        on_screen = frozenset({"rds-cpu-high"})
        assert console.alarm_values.is_due(), "it has come into view"
        await read(console, "alarm_values")
        assert values(console)["rds-cpu-high"] is not None
        assert values(console)["ecs-cpu-high"] is not None, "read a moment ago"
        embedded.advance(LATE + 1)
        await read(console, "alarm_values")
        assert doubts(console)["ecs-cpu-high"] is Doubt.UNREAD, "an old value is not the present one"
        requests = embedded.counts()["cloudwatch.GetMetricData"]
        on_screen = frozenset()
        await read(console, "alarm_values")
        assert embedded.counts()["cloudwatch.GetMetricData"] == requests, "nobody looks"
    finally:
        await console.close()


async def test_setting_the_clock_back_keeps_no_old_value(embedded):
    await without_dashboard(embedded)
    console = services(embedded)
    on_screen = frozenset({"ecs-cpu-high"})
    console.alarm_values.on_screen = lambda: on_screen
    try:
        await read(console, "alarms", "dashboard", "alarm_values")
        on_screen = frozenset()
        embedded.clock.step(-3600)
        embedded.advance(LATE + 1)
        await read(console, "alarm_values")
        assert console.feeds["alarm_values"].state.value == ()
    finally:
        await console.close()


async def test_of_too_many_alarms_the_first_are_requested(embedded, monkeypatch):
    monkeypatch.setattr("services.alarms.values.MOST", 2)
    await without_dashboard(embedded)
    console = services(embedded)
    try:
        await read(console, "alarms", "dashboard", "alarm_values")
        assert len(console.feeds["alarm_values"].state.value) == 2
        assert not console.alarm_values.is_due()
    finally:
        await console.close()


async def test_what_a_widget_out_of_view_drew_long_ago_is_requested_for_the_alarm(embedded):
    console = services(embedded)
    try:
        await read(console, "alarms", "dashboard")
        assert not console.alarm_values.is_due(), "the dashboard draws all of them"
        console.dashboard.on_screen = lambda: OnScreen(frozenset(), "covered")
        for _minute in range(5):
            embedded.advance(60)
            await read(console, "dashboard")
        assert console.alarm_values.is_due()
        await read(console, "alarm_values")
        assert values(console)["ecs-cpu-high"] is not None
    finally:
        await console.close()
