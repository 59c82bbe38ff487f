from datetime import UTC, datetime, timedelta

from services.aws.scaling import Scaling
from tests.services.aws.canned import Canned

NOW = datetime(2026, 4, 1, tzinfo=UTC)


async def test_bounds_and_suspension() -> None:
    row = {"MinCapacity": 2, "MaxCapacity": 5, "SuspendedState": {"DynamicScalingOutSuspended": True}}
    canned = Canned(DescribeScalableTargets={"ScalableTargets": [row]})
    target = await Scaling(canned).target("c", "s")
    assert target is not None
    assert (target.minimum, target.maximum, target.suspended) == (2, 5, True)
    assert canned.asked("DescribeScalableTargets")[0]["ResourceIds"] == ["service/c/s"]


async def test_a_service_that_was_never_registered_has_no_bounds() -> None:
    assert await Scaling(Canned(DescribeScalableTargets={"ScalableTargets": []})).target("c", "s") is None


async def test_activities_newest_first_with_the_reasons_for_doing_nothing() -> None:
    def row(minutes: int, **more: object) -> dict[str, object]:
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
    found = await Scaling(canned).activities("c", "s", limit=2)
    assert [activity.description for activity in found] == ["1", "9"]
    assert found[0].not_scaled == ("AlreadyAtMaxCapacity",)
    assert canned.asked("DescribeScalingActivities")[0]["IncludeNotScaledActivities"] is True
