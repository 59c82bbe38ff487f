import pytest

from services.aws.client.errors import Incomplete
from services.aws.elb import ElbReader
from tests.services.aws.canned import Canned
from tests.services.inspections.running_world import context

GROUP = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/staff/1"


def row(id, **health):
    return {
        "Target": {"Id": id, "Port": 8080, "AvailabilityZone": "ap-northeast-1a"},
        "TargetHealth": {"State": "healthy", **health},
    }


async def test_targets_with_state_reason_zone_and_zonal_shift():
    shifted = row("10.0.2.7") | {
        "AdministrativeOverride": {
            "State": "zonal_shift_active",
            "Reason": "AdministrativeOverride.ZonalShiftActive",
        }
    }
    normal = row(
        "10.0.1.5", State="unhealthy", Reason="Target.Timeout", Description="Request timed out\x1b[2J"
    )
    normal["AdministrativeOverride"] = {"State": "no_override"}
    canned = Canned(DescribeTargetHealth={"TargetHealthDescriptions": [shifted, normal]})
    first, second = await ElbReader(canned).target_health(GROUP)
    assert canned.asked("DescribeTargetHealth") == [{"TargetGroupArn": GROUP}]
    assert (first.id, first.port, first.state, first.reason) == (
        "10.0.1.5",
        8080,
        "unhealthy",
        "Target.Timeout",
    )
    assert (first.description, first.zone, first.override) == ("Request timed out␛[2J", "ap-northeast-1a", "")
    assert (second.state, second.reason, second.override) == ("healthy", "", "zonal_shift_active")


async def test_no_registered_target_is_an_answer():
    assert (
        await ElbReader(Canned(DescribeTargetHealth={"TargetHealthDescriptions": []})).target_health(GROUP)
        == ()
    )


@pytest.mark.parametrize(
    "broken", [{"Target": {"Id": "10.0.1.5"}}, {"TargetHealth": {"State": "healthy"}}, {}]
)
async def test_a_target_without_id_or_state_is_not_skipped(broken):
    canned = Canned(DescribeTargetHealth={"TargetHealthDescriptions": [row("10.0.1.5"), broken]})
    with pytest.raises(Incomplete):
        await ElbReader(canned).target_health(GROUP)


async def test_the_embedded_load_balancer_is_read(embedded):
    async with context(embedded) as console:
        place = f"{console.region}:{console.runbook.system.account}"
        assert console.runbook.alb
        arn = f"arn:aws:elasticloadbalancing:{place}:{console.runbook.alb.target_group}"
        targets = await ElbReader(console.reader).target_health(arn)
    assert targets
    assert {target.state for target in targets} == {"healthy"}
    assert all(target.zone.startswith(console.region) for target in targets)
