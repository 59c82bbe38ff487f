from datetime import UTC, datetime, timedelta

import pytest

from services.demo.cloudwatch.alarms.mutes import parse_schedule
from services.demo.schedules import BadSchedule
from tests.services.demo.cloudwatch.tiny_world import START, TinyWorld, cpu_alarm


def starts(expression: str, since: datetime, days: int, zone: str = "UTC") -> list[str]:
    times = parse_schedule({"Expression": expression, "Duration": "PT1H", "Timezone": zone}).times
    moments, at = [], since.timestamp() - 1
    while (moment := times.next(at)) is not None and moment <= since.timestamp() + days * 86_400:
        moments.append(f"{datetime.fromtimestamp(moment, UTC):%m-%d %H:%M}")
        at = moment
    return moments


@pytest.mark.parametrize(
    ("expression", "days", "zone", "expected"),
    [
        ("cron(0 2 * * *)", 2, "UTC", ["09-01 02:00", "09-02 02:00"]),
        ("cron(0 2 * * SUN)", 8, "UTC", ["09-06 02:00"]),
        ("cron(0 1 1 * *)", 31, "UTC", ["09-01 01:00", "10-01 01:00"]),
        ("cron(0 18 * * FRI)", 7, "Asia/Tokyo", ["09-04 09:00"]),
        (
            "cron(0,30 9-10 * SEP MON-TUE)",
            1,
            "UTC",
            ["09-01 09:00", "09-01 09:30", "09-01 10:00", "09-01 10:30"],
        ),
        ("at(2026-09-03T14:00)", 7, "Asia/Tokyo", ["09-03 05:00"]),
    ],
)
def test_schedules(expression, days, zone, expected):
    assert starts(expression, START, days, zone) == expected


@pytest.mark.parametrize(
    ("expression", "duration", "zone"),
    [
        ("cron(0 2 * *)", "PT1H", "UTC"),
        ("cron(61 2 * * *)", "PT1H", "UTC"),
        ("cron(x 2 * * *)", "PT1H", "UTC"),
        ("at(tomorrow)", "PT1H", "UTC"),
        ("rate(5 minutes)", "PT1H", "UTC"),
        ("cron(0 2 * * *)", "PT0M", "UTC"),
        ("cron(0 2 * * *)", "P16D", "UTC"),
        ("cron(0 2 * * *)", "an hour", "UTC"),
        ("cron(0 2 * * *)", "PT1H", "Nowhere/Else"),
    ],
)
def test_schedules_that_cannot_be_read(expression, duration, zone):
    with pytest.raises(BadSchedule):
        parse_schedule({"Expression": expression, "Duration": duration, "Timezone": zone})


def rule(expression: str, duration: str = "PT1H", **more: object) -> dict[str, object]:
    return {
        "Name": "night",
        "Rule": {"Schedule": {"Expression": expression, "Duration": duration, "Timezone": "UTC"}},
        "MuteTargets": {"AlarmNames": ["cpu-high"]},
        **more,
    }


def actions(world: TinyWorld) -> int:
    return len(world.call("DescribeAlarmHistory", HistoryItemType="Action")["AlarmHistoryItems"])


def test_a_rule_goes_through_its_states():
    world = TinyWorld()
    world.call("PutAlarmMuteRule", **rule("at(2026-09-01T01:00)"))

    def status() -> str:
        return str(world.call("GetAlarmMuteRule", AlarmMuteRuleName="night")["Status"])

    assert status() == "SCHEDULED"
    world.clock.at = START + timedelta(hours=1, minutes=59)
    assert status() == "ACTIVE"
    assert len(world.call("ListAlarmMuteRules", Statuses=["ACTIVE"])["AlarmMuteRuleSummaries"]) == 1
    assert not world.call("ListAlarmMuteRules", AlarmName="another")["AlarmMuteRuleSummaries"]
    world.clock.at = START + timedelta(hours=2)
    assert status() == "EXPIRED"


def test_start_and_expire_dates():
    world = TinyWorld()
    day = timedelta(days=1)
    world.call(
        "PutAlarmMuteRule",
        **rule("cron(0 0 * * *)", "P1D", StartDate=START + day, ExpireDate=START + 2 * day),
    )
    statuses = []
    for hours in (1, 25, 49):
        world.clock.at = START + timedelta(hours=hours)
        statuses.append(world.call("GetAlarmMuteRule", AlarmMuteRuleName="night")["Status"])
    assert statuses == ["SCHEDULED", "ACTIVE", "EXPIRED"]


def test_a_muted_alarm_moves_but_does_not_act():
    world = TinyWorld()
    world.call(
        "PutMetricAlarm", **cpu_alarm(AlarmActions=["arn:aws:sns:r:1:t"], OKActions=["arn:aws:sns:r:1:t"])
    )
    world.call("PutAlarmMuteRule", **rule("cron(0 0 * * *)"))
    world.pass_minutes([90.0] * 5)
    history = world.call("DescribeAlarmHistory", AlarmName="cpu-high")["AlarmHistoryItems"]
    assert {item["HistoryItemType"] for item in history} == {"ConfigurationUpdate", "StateUpdate"}
    world.pass_minutes([10.0] * 5)
    world.call("DeleteAlarmMuteRule", AlarmMuteRuleName="night")
    assert actions(world) == 0, "it is OK again: nothing fires"
    world.pass_minutes([90.0] * 5)
    history = world.call("DescribeAlarmHistory", HistoryItemType="Action")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history] == ["Successfully executed action arn:aws:sns:r:1:t"]


def test_a_time_zone_that_has_daylight_saving():
    since = datetime(2026, 3, 28, tzinfo=UTC)
    assert starts("cron(0 4 * * *)", since, 2, "Europe/Berlin") == ["03-28 03:00", "03-29 02:00"]


def firing(schedule: str, duration: str = "PT1H") -> TinyWorld:
    world = TinyWorld()
    world.call("PutMetricAlarm", **cpu_alarm(AlarmActions=["arn:aws:sns:r:1:t"]))
    world.call("PutAlarmMuteRule", **rule(schedule, duration))
    world.pass_minutes([90.0] * 5)
    assert actions(world) == 0
    return world


def test_deleting_an_active_rule_fires_the_actions_of_an_alarm_in_alarm_at_once():
    world = firing("cron(0 0 * * *)")
    world.call("DeleteAlarmMuteRule", AlarmMuteRuleName="night")
    assert actions(world) == 1
    world.call("DeleteAlarmMuteRule", AlarmMuteRuleName="night")
    world.pass_minutes([90.0] * 5)
    assert actions(world) == 1, "once"


def test_the_end_of_a_mute_fires_them_too():
    world = firing("at(2026-09-01T00:00)", "PT10M")
    world.pass_minutes([90.0] * 4)
    assert actions(world) == 0
    world.pass_minutes([90.0] * 2)
    assert actions(world) == 1


def test_a_rule_of_the_same_name_overwrites_the_one_before():
    world = firing("cron(0 0 * * *)")
    world.call("PutAlarmMuteRule", **rule("at(2026-09-02T00:00)"))
    assert world.call("GetAlarmMuteRule", AlarmMuteRuleName="night")["Status"] == "SCHEDULED"
    assert actions(world) == 1
