import asyncio

import pytest

from services.aws.autoscaling.reader import AutoScalingReader
from services.aws.client.errors import AwsError, nothing_done
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.client.write_grants import WriteGrant
from services.models.aws_calls import aws_call
from tests.faults.time_limits import LIMIT

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

CLUSTER, SERVICE = "facility-prod-cluster", "staff-api"
SCALING = "application-autoscaling"
TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": f"service/{CLUSTER}/{SERVICE}",
    "ScalableDimension": "ecs:service:DesiredCount",
}
RAISE = aws_call(SCALING, "RegisterScalableTarget", "ap-northeast-1", {**TARGET, "MaxCapacity": 10})
BACK = {
    **TARGET,
    "ScheduledActionName": "toban-back",
    "Schedule": "at(2026-01-14T17:00:00)",
    "Timezone": "Asia/Tokyo",
    "ScalableTargetAction": {"MaxCapacity": 5},
}


@pytest.fixture
async def session(embedded):
    session = AwsSession(
        AwsSettings(**embedded.settings()), clock=embedded.clock, meter=UsageMeter(embedded.clock)
    )
    yield session
    await session.close()


def maximum(embedded):
    return int(embedded.world.scaling.targets[TARGET["ResourceId"]].maximum)


@pytest.mark.parametrize(
    ("fault", "proven", "done"),
    [
        ({"mode": "reset-before"}, False, False),
        ({"mode": "reset-after"}, False, True),
        ({"mode": "hang"}, False, False),
        ({"mode": "html"}, False, False),
        ({"mode": "empty"}, False, True),
        ({"mode": "truncated"}, False, True),
        ({"mode": "redirect"}, False, False),
        ({"code": "InternalServiceException", "status": 500}, False, False),
        ({"code": "ServiceUnavailable", "status": 503}, False, False),
        ({"preset": "throttled"}, True, False),
        ({"preset": "denied"}, True, False),
        ({"preset": "expired"}, True, False),
        ({"code": "ValidationException"}, True, False),
        ({"code": "ObjectNotFoundException"}, True, False),
    ],
    ids=str,
)
async def test_under_every_fault_once_and_never_wrongly_certain(
    fault, proven, done, embedded, session, limits
):
    embedded.fault(SCALING, "RegisterScalableTarget", **fault)
    write = asyncio.create_task(
        session.write(WriteGrant(RAISE), required=("ScalableTargetARN",), timeout=LIMIT)
    )
    if fault.get("mode") == "hang":
        await limits.pass_when(lambda: embedded.counts().get(f"{SCALING}.RegisterScalableTarget"))
    with pytest.raises(AwsError) as caught:
        await write
    assert embedded.counts()[f"{SCALING}.RegisterScalableTarget"] == 1
    assert nothing_done(caught.value) is proven
    assert (maximum(embedded) == 10) is done
    assert bool(caught.value.request_id) is (proven or "status" in fault)


@pytest.mark.slow
async def test_raise_and_schedule_the_revert(embedded, session):
    await session.write(WriteGrant(RAISE), required=("ScalableTargetARN",))
    await session.write(WriteGrant(aws_call(SCALING, "PutScheduledAction", "ap-northeast-1", BACK)))
    (action,) = await AutoScalingReader(session).scheduled_actions(CLUSTER, SERVICE)
    assert (action.id, action.maximum, action.minimum) == ("toban-back", 5, None)
    assert action.at is not None
    embedded.advance((action.at - embedded.clock.now()).total_seconds() - 1)
    assert maximum(embedded) == 10
    embedded.advance(1)
    assert maximum(embedded) == 5


async def test_a_policy_says_what_it_tracks(session):
    (policy,) = await AutoScalingReader(session).policies(CLUSTER, SERVICE)
    assert (policy.target, policy.metric) == (60.0, "ECSServiceAverageCPUUtilization")
