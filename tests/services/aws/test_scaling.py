from datetime import UTC, datetime, timedelta

import pytest

from services.aws.autoscaling.reader import AutoScalingReader
from services.aws.client.errors import Incomplete
from tests.services.aws.canned import Canned

NOW = datetime(2026, 4, 1, tzinfo=UTC)


async def test_bounds_and_suspension():
    row = {"MinCapacity": 2, "MaxCapacity": 5, "SuspendedState": {"DynamicScalingOutSuspended": True}}
    canned = Canned(DescribeScalableTargets={"ScalableTargets": [row]})
    target = await AutoScalingReader(canned).target("c", "s")
    assert (target.minimum, target.maximum, target.suspended) == (2, 5, True)
    assert canned.asked("DescribeScalableTargets")[0]["ResourceIds"] == ["service/c/s"]


@pytest.mark.parametrize("missing", ["MinCapacity", "MaxCapacity"])
async def test_missing_bounds_are_not_zero(missing):
    row = {"MinCapacity": 2, "MaxCapacity": 5}
    del row[missing]
    with pytest.raises(Incomplete):
        await AutoScalingReader(Canned(DescribeScalableTargets={"ScalableTargets": [row]})).target("c", "s")


async def test_a_service_that_was_never_registered_has_no_bounds():
    assert (
        await AutoScalingReader(Canned(DescribeScalableTargets={"ScalableTargets": []})).target("c", "s")
        is None
    )


async def test_activities_newest_first_with_the_reasons_for_doing_nothing():
    def row(minutes, **more):
        return {
            "StartTime": NOW - timedelta(minutes=minutes),
            "StatusCode": "Successful",
            "Description": f"{minutes}",
            **more,
        }

    pages = [
        {"ScalingActivities": [row(9), {"StatusCode": "Failed"}]},
        {"ScalingActivities": [row(1, NotScaledReasons=[{"Code": "AlreadyAtMaxCapacity"}])]},
        {"ScalingActivities": [row(99)]},
    ]
    canned = Canned(DescribeScalingActivities=pages)
    activities = await AutoScalingReader(canned).activities("c", "s", limit=2)
    assert [activity.description for activity in activities] == ["1", "9"]
    assert activities[0].not_scaled == ("AlreadyAtMaxCapacity",)
    assert canned.asked("DescribeScalingActivities")[0]["IncludeNotScaledActivities"] is True


def scheduled(name, schedule, **more):
    return {
        "ScheduledActionName": name,
        "ScheduledActionARN": "arn:x",
        "Schedule": schedule,
        "CreationTime": NOW,
        **more,
    }


async def test_scheduled_actions_soonest_first_with_their_moment_in_their_own_zone():
    pages = [
        {
            "ScheduledActions": [
                scheduled("nightly", "cron(0 18 * * ? *)", ScalableTargetAction={"MinCapacity": 1}),
                scheduled(
                    "back",
                    "at(2026-04-02T17:00:00)",
                    Timezone="Asia/Tokyo",
                    ScalableTargetAction={"MaxCapacity": 5},
                ),
            ],
            "NextToken": "t",
        },
        {"ScheduledActions": [scheduled("utc", "at(2026-04-02T07:59)")]},
    ]
    canned = Canned(DescribeScheduledActions=pages)
    first, second, third = await AutoScalingReader(canned).scheduled_actions("c", "s")
    assert (first.id, first.at) == ("utc", datetime(2026, 4, 2, 7, 59, tzinfo=UTC))
    assert (second.id, second.at, second.timezone) == (
        "back",
        datetime(2026, 4, 2, 8, tzinfo=UTC),
        "Asia/Tokyo",
    )
    assert (second.minimum, second.maximum) == (None, 5)
    assert (third.id, third.at, third.minimum, third.maximum) == ("nightly", None, 1, None)
    assert canned.asked("DescribeScheduledActions") == [
        {
            "ServiceNamespace": "ecs",
            "ResourceId": "service/c/s",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
    ]


async def test_an_unreadable_time_is_none():
    rows = [
        scheduled("a", "at(2026-04-02T17:00:00)", Timezone="Mars/Olympus"),
        scheduled("b", "at(2026-13-02T17:00:00)"),
        scheduled("c", "at(9999-12-31T23:59:00)", Timezone="America/New_York"),
    ]
    actions = await AutoScalingReader(
        Canned(DescribeScheduledActions={"ScheduledActions": rows})
    ).scheduled_actions("c", "s")
    assert [action.at for action in actions] == [None, None, None]


async def test_policies_with_what_they_track():
    tracking = {
        "TargetValue": 60.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        "DisableScaleIn": True,
    }
    rows = [
        {"PolicyName": "step", "PolicyType": "StepScaling"},
        {
            "PolicyName": "cpu60",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking,
        },
    ]
    cpu, step = await AutoScalingReader(Canned(DescribeScalingPolicies={"ScalingPolicies": rows})).policies(
        "c", "s"
    )
    assert (cpu.id, cpu.target, cpu.metric, cpu.scales_in) == (
        "cpu60",
        60.0,
        "ECSServiceAverageCPUUtilization",
        False,
    )
    assert (step.kind, step.target, step.metric) == ("StepScaling", None, "")
