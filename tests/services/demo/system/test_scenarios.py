"""What each scenario promises, minute by minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.demo import scenario
from services.demo.launch import scenarios
from services.demo.system.minute import requests_per_minute
from tests.services.demo.client import ask, refused
from tests.services.demo.system.test_world import RESOURCE, SCALING, alarms


def test_every_file_loads_and_the_ordinary_day_is_first():
    names = [info.name for info in scenarios()]
    assert names == ["ordinary-day", *sorted(names[1:])]
    assert {path.stem for path in scenario.FOLDER.glob("*.toml")} == set(names)
    for info in scenarios():
        loaded = scenario.load(info.name)
        assert (loaded.ja.title, loaded.en.title) == (info.title("ja"), info.title("en"))


def test_unknown_names_and_mistakes_are_reported():
    with pytest.raises(LookupError, match="alb-5xx"):
        scenario.load("../secret")
    words = {"title": "t", "watch": "w"}
    with pytest.raises(ValidationError):
        scenario.Scenario(name="x", ja=words, en=words, effects=[{"kind": "errors", "at": 0, "share": 2}])


def test_a_start_hour_is_on_a_weekday():
    words = scenario.Words(title="t", watch="w")
    story = scenario.Scenario(name="x", ja=words, en=words, start="09:30")
    origin = story.origin(datetime(2026, 1, 18, 12, 0, tzinfo=UTC))  # a Sunday
    assert origin.astimezone(scenario.TOKYO).strftime("%a %H:%M") == "Fri 09:30"


def test_the_shape_of_the_day():
    def at(hour: float, day: int = 14) -> float:
        moment = datetime(2026, 1, day, tzinfo=scenario.TOKYO) + timedelta(hours=hour)
        return requests_per_minute(moment.timestamp())

    assert at(3) < at(8) < at(12.4) < at(15) < at(10.5)
    assert at(10.5, day=17) < at(10.5) / 4
    assert all(at(hour / 10) > 0 for hour in range(240))


async def live(embedded: Any, minutes: int) -> dict[str, int]:
    """Alarm name -> the minute in which it was first seen in ALARM."""
    first_minutes: dict[str, int] = {}
    for minute in range(1, minutes + 1):
        embedded.advance(60)
        for alarm in embedded.world.alarms.alarms.values():
            if alarm.state.value == "ALARM":
                first_minutes.setdefault(alarm.name, minute)
    return first_minutes


@pytest.mark.scenario("alb-5xx")
async def test_alb_5xx_fires_and_clears(embedded):
    first_minutes = await live(embedded, 3)
    assert first_minutes["alb-5xx-error-rate"] <= 3
    assert first_minutes["facility-prod-critical"] <= 3
    assert "ecs-cpu-high" not in first_minutes
    health = await ask(
        embedded.url, "elbv2", "DescribeTargetHealth", TargetGroupArn=embedded.world.system.group.arn
    )
    assert "unhealthy" in {row["TargetHealth"]["State"] for row in health["TargetHealthDescriptions"]}
    await live(embedded, 10)
    assert (await alarms(embedded))["alb-5xx-error-rate"] == "OK"
    history = await ask(
        embedded.url,
        "cloudwatch",
        "DescribeAlarmHistory",
        AlarmName="alb-5xx-error-rate",
        HistoryItemType="StateUpdate",
    )
    summaries = [item["HistorySummary"] for item in history["AlarmHistoryItems"]]
    assert summaries[:2] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"]


@pytest.mark.scenario("alb-5xx", origin=datetime(2026, 1, 17, 18, 0, 42, tzinfo=UTC))
async def test_alb_5xx_fires_on_a_sunday_night_too(embedded):
    assert (await live(embedded, 4))["alb-5xx-error-rate"] <= 3


@pytest.mark.scenario("ecs-cpu")
async def test_ecs_cpu_is_at_its_maximum_until_it_is_raised(embedded):
    assert (await alarms(embedded))["ecs-cpu-high"] == "ALARM"
    await live(embedded, 2)
    asked = {"ServiceNamespace": "ecs", "ResourceId": RESOURCE, "IncludeNotScaledActivities": True}
    newest = (await ask(embedded.url, SCALING, "DescribeScalingActivities", **asked))["ScalingActivities"][0]
    assert newest["NotScaledReasons"][0]["Code"] == "AlreadyAtMaxCapacity"
    await ask(
        embedded.url,
        SCALING,
        "RegisterScalableTarget",
        ServiceNamespace="ecs",
        ResourceId=RESOURCE,
        ScalableDimension="ecs:service:DesiredCount",
        MaxCapacity=10,
    )
    await live(embedded, 8)
    states = await alarms(embedded)
    assert states["ecs-cpu-high"] == "OK"
    assert states["rds-connections-high"] == "OK"
    assert embedded.world.system.service.desired > 5


@pytest.mark.scenario("rds-storage", history=7200)
async def test_rds_storage_runs_out(embedded):
    first_minutes = await live(embedded, 8)
    assert 4 <= first_minutes["rds-storage-low"] <= 8


@pytest.mark.scenario("alarm-at-night", history=10 * 3600)
async def test_an_alarm_fired_and_cleared_at_night(embedded):
    history = await ask(
        embedded.url,
        "cloudwatch",
        "DescribeAlarmHistory",
        AlarmName="rds-cpu-high",
        HistoryItemType="StateUpdate",
    )
    summaries = [item["HistorySummary"] for item in history["AlarmHistoryItems"]]
    assert summaries[:2] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"]
    assert all("AlarmLow" in name for name in await live(embedded, 30))


@pytest.mark.scenario("alarm-missing", history=1800)
async def test_alarms_are_missing_disabled_and_muted(embedded):
    answer = await ask(embedded.url, "cloudwatch", "DescribeAlarms", AlarmTypes=["MetricAlarm"])
    alarms_by_name = {row["AlarmName"]: row for row in answer["MetricAlarms"]}
    assert "rds-connections-high" not in alarms_by_name
    assert [name for name, row in alarms_by_name.items() if not row["ActionsEnabled"]] == ["ecs-memory-high"]
    rules = await ask(embedded.url, "cloudwatch", "ListAlarmMuteRules", Statuses=["ACTIVE"])
    (rule,) = rules["AlarmMuteRuleSummaries"]
    name = rule["AlarmMuteRuleArn"].rpartition(":")[2]
    muted = await ask(embedded.url, "cloudwatch", "GetAlarmMuteRule", AlarmMuteRuleName=name)
    assert muted["MuteTargets"] == {"AlarmNames": ["alb-latency-high"]}


@pytest.mark.scenario("throttled")
async def test_throttled_in_waves(embedded):
    await ask(embedded.url, "cloudwatch", "DescribeAlarms")
    embedded.advance(70)
    assert (await refused(embedded.url, "cloudwatch", "DescribeAlarms"))[2] == "Rate exceeded"
    embedded.advance(120)
    await ask(embedded.url, "cloudwatch", "DescribeAlarms")


@pytest.mark.scenario("denied")
async def test_denied_for_logs_only(embedded):
    code, _, message = await refused(embedded.url, "logs", "FilterLogEvents", logGroupName="/ecs/staff-api")
    assert code == "AccessDeniedException"
    assert "logs:FilterLogEvents" in message
    assert "ListAlarmMuteRules" in (await refused(embedded.url, "cloudwatch", "ListAlarmMuteRules"))[2]
    await ask(embedded.url, "cloudwatch", "DescribeAlarms")


@pytest.mark.scenario("expired")
async def test_credentials_expire_and_are_renewed(embedded):
    embedded.advance(170)
    await ask(embedded.url, "sts", "GetCallerIdentity")
    embedded.advance(20)
    assert (await refused(embedded.url, "sts", "GetCallerIdentity"))[0] == "ExpiredToken"
    assert (await refused(embedded.url, "logs", "DescribeLogGroups"))[0] == "ExpiredTokenException"
    embedded.advance(240)
    await ask(embedded.url, "sts", "GetCallerIdentity")
