from typing import Any
from unittest.mock import AsyncMock

import pytest

from services.changes.recovery import LONGEST, SOONER, YOUNG
from services.changes.trail import EVERY, Trace, Trail, mark_of
from services.models.change_runs import StepState
from services.models.cloudtrail import Actor, ActorKind, TrailEvent
from tests.conftest import ORIGIN, REGION
from tests.services.changes.change_world import REGISTER, RESOURCE, SERVICE

pytestmark = pytest.mark.scenario("ordinary-day", history=600)
READ = "application-autoscaling.DescribeScalableTargets"
STEP = 5.0
EVENT: dict[str, Any] = {
    "id": "1",
    "name": "RegisterScalableTarget",
    "source": "autoscaling.amazonaws.com",
    "at": ORIGIN,
    "region": REGION,
    "actor": Actor(kind=ActorKind.USER, name="FacilityOperator"),
}


async def unknown(one):
    await one.arm()
    plan = await one.plan(max="10", revert="duty")
    one.embedded.fault("application-autoscaling", "RegisterScalableTarget", mode="reset-before", times=1)
    run = await one.engine.apply(plan, SERVICE)
    assert run.state is StepState.UNKNOWN
    set_maximum(one.embedded, 7)


def set_maximum(embedded, maximum):
    with embedded.world.lock:
        now = embedded.clock.now().timestamp()
        embedded.world.scaling.register(RESOURCE, now, {"MaxCapacity": maximum})


async def live(one, seconds, step=STEP):
    """Let the world live on; returns how often AWS was read."""
    before = one.embedded.counts().get(READ, 0)
    for _step in range(int(seconds / step)):
        one.embedded.advance(step)
        await one.engine._recovery.check_due(one.engine.runs)
    return int(one.embedded.counts().get(READ, 0)) - before


@pytest.mark.parametrize("minutes", [1, 3, 6, 8])
async def test_while_it_is_young_it_is_settled_within_a_minute(one, embedded, minutes, monkeypatch):
    await unknown(one)
    await live(one, minutes * 60)
    assert one.engine.runs[0].state is StepState.UNKNOWN
    done = Trace(TrailEvent(**EVENT, mark=mark_of(one.engine.runs[0].plan, one.engine.runs[0].plan.steps[0])))
    monkeypatch.setattr(Trail, "trace", AsyncMock(return_value=done))
    await live(one, SOONER + STEP)
    assert one.engine.runs[0].state is StepState.DONE
    assert embedded.counts()[REGISTER] == 1


async def test_an_old_one_is_read_seldom(one, embedded):
    await unknown(one)
    assert await live(one, YOUNG) <= YOUNG / SOONER + 5
    trail = embedded.counts()["cloudtrail.LookupEvents"]
    assert trail <= 2 * YOUNG / EVERY, "once a minute, and once more to see how far it has come"
    await live(one, LONGEST, 30.0)
    assert await live(one, 3600, 30.0) <= 3600 / LONGEST + 1


async def test_its_row_says_when_it_is_read_next(one):
    await unknown(one)
    await live(one, STEP)
    (step,) = one.engine.runs[0].steps
    due = one.engine._recovery.next_check(one.engine.runs)
    local = due.astimezone(one.engine._zone)
    assert f"AWS is read again at {local:%m-%d(%a) %H:%M:%S} JST." in step.text
    assert "CloudTrail tells within about 15 minutes" in step.text
