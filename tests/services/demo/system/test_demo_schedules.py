"""Scheduled scaling: when it acts, and what AWS answers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.demo.schedules import BadSchedule, parse
from tests.services.demo.client import ask, refused
from tests.services.demo.system.test_scenarios import live
from tests.services.demo.system.test_world import RESOURCE, SCALING, alarms, service

TOKYO = ZoneInfo("Asia/Tokyo")
COMMON = {"ServiceNamespace": "ecs", "ResourceId": RESOURCE, "ScalableDimension": "ecs:service:DesiredCount"}


async def put(embedded: Any, name: str = "back", **more: Any) -> None:
    params = {"ScalableTargetAction": {"MaxCapacity": 5}, **more}
    await ask(embedded.url, SCALING, "PutScheduledAction", **COMMON, ScheduledActionName=name, **params)


async def not_put(embedded: Any, **more: Any) -> tuple[str, int, str]:
    params = {**COMMON, "ScheduledActionName": "back", "ScalableTargetAction": {"MaxCapacity": 5}, **more}
    return await refused(embedded.url, SCALING, "PutScheduledAction", **params)


async def listed(embedded: Any, **more: Any) -> list[dict[str, Any]]:
    answer = await ask(embedded.url, SCALING, "DescribeScheduledActions", **COMMON, **more)
    actions: list[dict[str, Any]] = answer["ScheduledActions"]
    return actions


async def maximum(embedded: Any) -> int:
    answer = await ask(
        embedded.url, SCALING, "DescribeScalableTargets", ServiceNamespace="ecs", ResourceIds=[RESOURCE]
    )
    return int(answer["ScalableTargets"][0]["MaxCapacity"])


class TestExpressions:
    @pytest.mark.parametrize(
        ("expression", "zone", "after", "expected"),
        [
            ("at(2026-03-31T18:00:00)", "Asia/Tokyo", "2026-03-31T08:59:59", "2026-03-31T09:00:00"),
            ("at(2026-03-31T18:00)", "UTC", "2026-03-31T08:00:00", "2026-03-31T18:00:00"),
            ("at(2026-03-31T18:00:00)", "Asia/Tokyo", "2026-03-31T09:00:00", None),
            ("rate(10 minutes)", "UTC", "2026-01-01T00:25:00", "2026-01-01T00:30:00"),
            ("rate(1 day)", "UTC", "2026-01-01T00:00:00", "2026-01-02T00:00:00"),
            ("cron(0 9 * * ? *)", "Asia/Tokyo", "2026-01-05T00:00:00", "2026-01-06T00:00:00"),
            ("cron(30 8 ? * MON-FRI *)", "Asia/Tokyo", "2026-01-16T00:00:00", "2026-01-18T23:30:00"),
            ("cron(0/15 0,12 1 JAN ? 2027)", "UTC", "2026-06-01T00:00:00", "2027-01-01T00:00:00"),
            ("cron(0 0 29 FEB ? 2026)", "UTC", "2026-01-01T00:00:00", None),
        ],
    )
    def test_next(self, expression, zone, after, expected):
        base = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
        moment = datetime.fromisoformat(after).replace(tzinfo=UTC).timestamp()
        next_at = parse(expression, ZoneInfo(zone), base).next(moment)
        text = None if next_at is None else datetime.fromtimestamp(next_at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        assert text == expected

    @pytest.mark.parametrize(
        "expression",
        [
            "",
            "at(2026-02-30T00:00:00)",
            "at(tomorrow)",
            "rate(0 minutes)",
            "rate(1 minutes)",
            "rate(2 minute)",
            "cron(0 9 * * *)",
            "cron(60 9 * * ? *)",
            "cron(0 9 1 * MON *)",
            "cron(0 9 ? * ? *)",
            "cron(0 9 ? * FOO *)",
            "cron(0 9 L * ? *)",
            "every day",
        ],
    )
    def test_nonsense(self, expression):
        with pytest.raises(BadSchedule):
            parse(expression, TOKYO, 0.0)


@pytest.mark.scenario("ecs-cpu")
async def test_raised_the_tasks_come_and_on_time_aws_takes_it_back(embedded):
    await live(embedded, 2)
    assert (await alarms(embedded))["ecs-cpu-high"] == "ALARM"
    await ask(embedded.url, SCALING, "RegisterScalableTarget", **COMMON, MaxCapacity=10)
    due = embedded.clock.now() + timedelta(minutes=20, seconds=17)
    await put(embedded, Schedule=f"at({due.astimezone(TOKYO):%Y-%m-%dT%H:%M:%S})", Timezone="Asia/Tokyo")
    await live(embedded, 10)
    assert (await alarms(embedded))["ecs-cpu-high"] == "OK"
    grown = await service(embedded)
    assert grown["runningCount"] > 5
    embedded.advance((due - embedded.clock.now()).total_seconds() - 1)
    assert await maximum(embedded) == 10
    assert len(await listed(embedded)) == 1
    embedded.advance(1)
    assert await maximum(embedded) == 5
    assert (await service(embedded))["desiredCount"] == 5
    assert await listed(embedded) == []
    stopping = [task for task in embedded.world.system.service.tasks if task.stopping is not None]
    assert {task.stopping for task in stopping} == {due.timestamp()}
    assert len(stopping) == grown["desiredCount"] - 5
    embedded.advance(40)
    assert (await service(embedded))["runningCount"] == 5
    activities = (await ask(embedded.url, SCALING, "DescribeScalingActivities", **COMMON))[
        "ScalingActivities"
    ]
    assert activities[0]["Cause"] == "maximum capacity was set to 5"
    assert activities[1]["Cause"] == "scheduled action name back was triggered"
    assert activities[0]["StartTime"] == activities[1]["StartTime"] == due


async def test_a_jump_over_several_moments_runs_each_at_its_own_time(embedded):
    now = embedded.clock.now().astimezone(TOKYO)
    for minutes, limit in ((5, 3), (90, 8)):
        await put(
            embedded,
            f"m{minutes}",
            Schedule=f"at({now + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S})",
            Timezone="Asia/Tokyo",
            ScalableTargetAction={"MaxCapacity": limit},
        )
    embedded.advance(3600)
    assert await maximum(embedded) == 3
    embedded.advance(3600)
    assert await maximum(embedded) == 8


async def test_one_of_the_same_name_replaces_it(embedded):
    await put(
        embedded,
        Schedule="at(2026-02-01T00:00:00)",
        Timezone="Asia/Tokyo",
        EndTime=datetime(2027, 1, 1, tzinfo=UTC),
    )
    created = (await listed(embedded))[0]["CreationTime"]
    embedded.advance(60)
    await put(embedded, Schedule="at(2026-02-02T00:00:00)", ScalableTargetAction={"MinCapacity": 3})
    (action,) = await listed(embedded)
    assert (action["Schedule"], action["Timezone"]) == ("at(2026-02-02T00:00:00)", "Asia/Tokyo")
    assert action["ScalableTargetAction"] == {"MinCapacity": 3}
    assert action["CreationTime"] == created
    assert "EndTime" not in action


async def test_what_aws_refuses(embedded):
    soon = "at(2026-02-01T00:00:00)"
    for wrong in (
        {"Schedule": "at(yesterday)"},
        {"Schedule": "at(2026-01-01T00:00:00)"},
        {"Schedule": soon, "Timezone": "Mars/Olympus"},
        {"Schedule": soon, "ScalableTargetAction": {"MinCapacity": 6, "MaxCapacity": 5}},
        {},
    ):
        code, status, _message = await not_put(embedded, **wrong)
        assert (code, status) == ("ValidationException", 400), wrong
    code, _, message = await not_put(embedded, Schedule=soon, ResourceId="service/c/unknown")
    assert code == "ObjectNotFoundException"
    assert "No scalable target registered" in message
    gone = await refused(
        embedded.url, SCALING, "DeleteScheduledAction", **COMMON, ScheduledActionName="no-such-action"
    )
    assert gone[0] == "ObjectNotFoundException"
    assert await listed(embedded) == []


async def test_they_are_listed_in_pages_and_by_name(embedded):
    for number in range(5):
        await put(embedded, f"a{number}", Schedule="cron(0 18 * * ? *)", Timezone="Asia/Tokyo")
    action_names, token = [], {}
    while True:
        page = await ask(embedded.url, SCALING, "DescribeScheduledActions", **COMMON, MaxResults=2, **token)
        action_names += [action["ScheduledActionName"] for action in page["ScheduledActions"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert action_names == [f"a{number}" for number in range(5)]
    (only,) = await listed(embedded, ScheduledActionNames=["a3"])
    assert only["ScheduledActionName"] == "a3"
    await ask(embedded.url, SCALING, "DeleteScheduledAction", **COMMON, ScheduledActionName="a3")
    assert await listed(embedded, ScheduledActionNames=["a3"]) == []


async def test_recurring_ones_run_between_start_and_end(embedded):
    now = embedded.clock.now()
    await put(
        embedded,
        Schedule="rate(1 hour)",
        ScalableTargetAction={"MaxCapacity": 7},
        StartTime=now + timedelta(hours=2),
        EndTime=now + timedelta(hours=5),
    )
    embedded.advance(2 * 3600)
    assert await maximum(embedded) == 5
    embedded.advance(3600)
    assert await maximum(embedded) == 7
    await ask(embedded.url, SCALING, "RegisterScalableTarget", **COMMON, MaxCapacity=5)
    embedded.advance(3600)
    assert await maximum(embedded) == 7
    embedded.advance(3600)
    assert await listed(embedded) == []


async def test_while_suspended_nothing_runs_and_what_came_is_lost(embedded):
    await ask(
        embedded.url,
        SCALING,
        "RegisterScalableTarget",
        **COMMON,
        SuspendedState={"ScheduledScalingSuspended": True},
    )
    due = embedded.clock.now() + timedelta(minutes=5)
    await put(embedded, Schedule=f"at({due:%Y-%m-%dT%H:%M:%S})", ScalableTargetAction={"MaxCapacity": 9})
    embedded.advance(600)
    assert await maximum(embedded) == 5
    assert await listed(embedded) == []


class TestAccessKeys:
    async def test_the_deploy_users_key_has_its_rotation_ahead(self, embedded):
        (key,) = (await ask(embedded.url, "iam", "ListAccessKeys", UserName="ci-cd-user"))[
            "AccessKeyMetadata"
        ]
        assert key["Status"] == "Active"
        assert 60 <= (embedded.clock.now() - key["CreateDate"]).days <= 69

    async def test_pages_inactive_ones_and_unknown_users(self, embedded):
        created_at = embedded.clock.now() - timedelta(days=200)
        embedded.world.keys.add("ci-cd-user", "AKIAOLDOLDOLDOLDOLD1", created_at, active=False)
        first = await ask(embedded.url, "iam", "ListAccessKeys", UserName="ci-cd-user", MaxItems=1)
        assert first["IsTruncated"] is True
        assert first["AccessKeyMetadata"][0]["Status"] == "Inactive"
        rest = await ask(embedded.url, "iam", "ListAccessKeys", UserName="ci-cd-user", Marker=first["Marker"])
        assert rest["IsTruncated"] is False
        assert rest["AccessKeyMetadata"][0]["Status"] == "Active"
        code, status, message = await refused(embedded.url, "iam", "ListAccessKeys", UserName="nobody")
        assert (code, status) == ("NoSuchEntity", 404)
        assert "nobody" in message
        assert (await refused(embedded.url, "iam", "ListAccessKeys"))[0] == "ValidationError"
