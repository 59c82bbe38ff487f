import asyncio
from datetime import datetime, timedelta

import pytest

from services.aws.cloudwatch.alarms.reader import Alarms
from services.aws.cloudwatch.dashboards.reader import Dashboards
from services.aws_cli import logs
from services.aws_cli.alarms import alarm_commands
from services.aws_cli.dashboards import dashboard_body, widget_commands
from services.aws_cli.metrics import curve
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.dashboards import MetricWidget
from services.models.metrics import MetricQuery, TimeSpan
from services.runbook.loader import load_builtin
from tests.conftest import ORIGIN, REGION
from tests.services.aws_cli.test_inspection_commands import Shell, read_back
from tests.services.changes.change_world import desk
from tests.services.inspections.running_world import context

BOOK = load_builtin("facility-prod")
SPAN = TimeSpan(start=ORIGIN - timedelta(minutes=10), end=ORIGIN)


async def run_all(embedded, commands):
    shell = Shell(embedded)
    return [await asyncio.to_thread(shell.run, command) for command in commands]


def verbs(commands):
    return [command.verb for command in commands]


@pytest.mark.scenario("alb-5xx")
@pytest.mark.slow
async def test_every_alarms_commands_are_answered(embedded):
    now = embedded.clock.now()
    async with context(embedded) as inspected:
        overview = await Alarms(inspected.reader, BOOK, clock=embedded.clock).overview()
    for alarm in overview.alarms:
        commands = list(alarm_commands(alarm, BOOK, REGION, now))
        printed = await run_all(embedded, commands)
        (state,) = printed[0]
        assert state[0][:2] == [alarm.name, {"alarm": "ALARM", "ok": "OK"}[alarm.state.value]]
        assert bool(printed[2:]) >= bool(alarm.queries), "a metric alarm has a curve"
        assert all(curve for (curve,) in printed[2:3]), "it has values"


async def test_the_playbooks_looks_follow_the_curve(embedded):
    async with context(embedded) as inspected:
        (alarm,) = (
            await Alarms(inspected.reader, BOOK, clock=embedded.clock).named(["alb-5xx-error-rate"])
        ).alarms
    commands = list(alarm_commands(alarm, BOOK, REGION, ORIGIN))
    assert verbs(commands) == [
        "describe-alarms", "describe-alarm-history", "get-metric-data", "tail", "describe-services",
        "describe-scaling-activities", "describe-target-health",
    ]  # fmt: skip
    (healthy,) = (await run_all(embedded, commands))[-1]
    assert healthy
    assert {row[1] for row in healthy} == {"healthy"}


async def test_a_missing_alarm_and_one_with_a_hostile_name_have_commands():
    for name in ("gone", "file:///etc/passwd", "-rf\n/"):
        alarm = Alarm(id=RawId(name), name=name, state=AlarmState.MISSING)
        for command in alarm_commands(alarm, BOOK, REGION, ORIGIN):
            read_back(["aws", command.service, command.verb, *command.arguments], {}).check()


def test_queries_in_two_regions_are_two_commands():
    queries = tuple(
        MetricQuery(id=f"m{at}", namespace=RawId("AWS/RDS"), metric=RawId("CPUUtilization"), region=region)
        for at, region in enumerate(("", "us-east-1"))
    )
    alarm = Alarm(id=RawId("a"), name="a", state=AlarmState.OK, queries=queries)
    curves = [
        each for each in alarm_commands(alarm, BOOK, REGION, ORIGIN) if each.verb == "get-metric-statistics"
    ]
    assert [each.region for each in curves] == ["", "us-east-1"]


@pytest.mark.parametrize("days", [0.125, 1, 10, 35, 100])
def test_a_curve_of_any_length_has_no_more_points_than_aws_returns(days):
    query = MetricQuery(
        id="m", namespace=RawId("AWS/RDS"), metric=RawId("CPUUtilization"), period=60, stat="p95"
    )
    span = TimeSpan(start=ORIGIN - timedelta(days=days), end=ORIGIN)
    command = curve((query,), span, purpose="test")
    params = read_back(["aws", command.service, command.verb, *command.arguments], {}).params
    assert days * 86_400 / params["Period"] <= 1_440
    assert params["ExtendedStatistics"] == ["p95"]


@pytest.mark.slow
async def test_every_widgets_commands_are_answered(embedded):
    async with context(embedded) as inspected:
        dashboard = await Dashboards(inspected.reader).get(RawId("facility-prod-main"))
    await run_all(embedded, [dashboard_body(dashboard.name)])
    for widget in dashboard.widgets:
        commands = list(widget_commands(widget, dashboard, embedded.clock.now()))
        assert bool(commands) == (type(widget).__name__ not in ("TextWidget", "UnknownWidget"))
        printed = await run_all(embedded, commands)
        if isinstance(widget, MetricWidget) and widget.traces:
            assert any(printed), widget.title


@pytest.mark.slow
async def test_what_a_pane_shows_is_read_by_its_commands(embedded):
    group = "/ecs/staff-api"
    following = list(logs.pane_commands(group, "INFO", SPAN, following=True, text=""))
    assert verbs(following) == ["tail", "filter-log-events"]
    reading = list(logs.pane_commands(group, "", SPAN, following=False, text="GET"))
    assert verbs(reading) == ["filter-log-events", "tail", "filter-log-events"]
    for command in (following[1], reading[0], reading[2]):
        (events,) = (await run_all(embedded, [command]))[0]
        assert events
    (request,) = [read_back(["aws", "logs", "tail", *following[0].arguments], {})]
    assert request.params == {"logGroupName": group, "filterPattern": "INFO"}


def test_a_past_window_is_in_milliseconds():
    command = logs.events_between("/g", SPAN)
    params = read_back(["aws", "logs", command.verb, *command.arguments], {}).params
    assert params["startTime"] == int(SPAN.start.timestamp()) * 1000
    assert params["endTime"] == int(SPAN.end.timestamp()) * 1000


@pytest.mark.parametrize(
    ("group", "pattern"),
    [("-x", ""), ("file://x", ""), ("/g", "file://x"), ("arn:aws:logs:ap-northeast-1:1:log-group:/g", "")],
)
def test_what_logs_tail_does_not_take_is_read_by_filter_log_events_alone(group, pattern):
    (command,) = logs.pane_commands(group, pattern, SPAN, following=True)
    request = read_back(["aws", "logs", command.verb, *command.arguments], {})
    request.check()
    assert group in request.params.values()


def test_a_searched_text_is_one_quoted_phrase():
    (_past, _tail, search) = logs.pane_commands("/g", "", SPAN, following=False, text='a-b "c\\')
    params = read_back(["aws", "logs", search.verb, *search.arguments], {}).params
    assert params["filterPattern"] == '"a-b \\"c\\\\"'


async def plan_of(embedded, path, **parameters):
    async with desk(embedded, path) as world:
        plan = await world.plan(**parameters)
        return plan, list(world.engine.changes["task-limit"].cli_commands(plan))


async def test_a_plan_by_hand_sends_exactly_its_requests_and_is_verified(embedded, tmp_path):
    at = datetime.fromisoformat("2026-02-02T17:00")
    plan, commands = await plan_of(
        embedded, tmp_path / "j.db", max="10", revert="aws", revert_at=f"{at:%Y-%m-%d %H:%M}"
    )
    writes = [command for command in commands if command.writes]
    assert len(writes) == len(plan.steps) == 2
    for command, step in zip(writes, plan.steps, strict=True):
        request = read_back(["aws", command.service, command.verb, *command.arguments], {})
        assert (request.service, request.operation) == (step.call.service, step.call.operation)
        assert request.params == step.call.params
        assert command.region == step.call.region
    printed = await run_all(embedded, commands)
    bounds, actions, _service = (rows for (rows,) in printed[2:])
    assert bounds[0]["Max"] == 10
    assert actions[0][3] == plan.steps[0].call.params["MaxCapacity"] // 2


async def test_a_refused_plan_has_no_commands(embedded, tmp_path):
    plan, commands = await plan_of(embedded, tmp_path / "j.db", max="none")
    assert plan.refusals
    assert commands == []
