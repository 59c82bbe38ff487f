import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import Refused
from services.journal.errors import JournalError
from services.models.change_runs import StepState
from services.models.changes import Place
from services.models.journal import EntryKind
from tests.faults.waiting import until
from tests.services.changes.change_world import (
    CANCEL,
    OVER,
    REGISTER,
    RESOURCE,
    SCHEDULE,
    SERVICE,
    desk,
    service,
    target,
    told,
)

K = EntryKind
pytestmark = pytest.mark.scenario("ordinary-day", history=600)


async def test_a_limit_is_raised_and_its_revert_scheduled(one, embedded):
    plan = await one.plan(max="10")
    assert plan.refusals == ()
    assert embedded.counts().get(REGISTER) is None, "planning sends nothing"
    await one.arm()
    run = await one.apply(plan)
    assert run.state is StepState.DONE, run
    assert [step.verified for step in run.steps] == [True, True]
    assert run.steps[0].text == "Maximum 10, minimum 2, desired 2. Running 2."
    assert (target(embedded).minimum, target(embedded).maximum) == (2, 10)
    action = target(embedded).scheduled[f"toban-revert-{plan.id}"]
    assert (action.bounds, action.timezone) == ({"MaxCapacity": 5}, "Asia/Tokyo")
    assert await one.kinds() == [
        K.ARMED, K.PLAN, K.INTENT, K.OUTCOME, K.OUTCOME, K.INTENT, K.OUTCOME,
    ]  # fmt: skip
    # A step that AWS accepted differs from one that AWS shows, so that nothing reads as done twice.
    outcomes = [entry.text for entry in await one.entries() if entry.kind is K.OUTCOME]
    assert [text.partition(":")[0] for text in outcomes] == ["Accepted", "Verified", "Verified"]
    assert len(set(outcomes)) == len(outcomes)
    assert await one.runs() == (run,)
    (slot,) = one.engine.reverts()
    assert slot.due_at == plan.revert.at
    back = await one.plan(**one.engine.changes["task-limit"].revert_parameters(plan))
    assert back.wish == {"max": "5", "revert": "none"}
    assert (await one.apply(back)).state is StepState.DONE
    assert target(embedded).maximum == 5
    assert one.engine.reverts() == (), "the value is back, so nobody has to take it back"
    assert target(embedded).scheduled == {}, "left alone, it would cut the next raise"
    assert (embedded.counts()[REGISTER], embedded.counts()[SCHEDULE], embedded.counts()[CANCEL]) == (2, 1, 1)


async def test_another_console_sees_the_run(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as one, desk(embedded, tmp_path / "j.db") as two:
        states = two.engine.states()
        assert await anext(states) == ()
        await one.arm()
        run = await one.apply(await one.plan(max="10"))
        async with asyncio.timeout(60):
            while (await anext(states)) != (run,):
                pass
        await states.aclose()


async def refused(one, plan, text, typed=SERVICE):
    before = dict(one.embedded.counts())
    run = await one.engine.apply(plan, typed)
    assert run.state is StepState.REFUSED
    assert text in run.refusal
    assert (await one.kinds())[-1] is K.REFUSED
    assert {step.state for step in run.steps} <= {StepState.WAITING}
    assert one.embedded.counts().get(REGISTER) == before.get(REGISTER)


async def test_every_check_before_anything_is_sent(one, embedded):
    plan = await one.plan(max="10")
    await refused(one, plan, "arm it first")
    await one.arm()
    await refused(one, plan, "is not staff-api", "staff-ap")
    await refused(one, plan, "is not staff-api", "")
    await refused(one, await one.plan(max="5"), "Nothing to change")
    altered = {"account": "999999999999"}
    await refused(one, plan.model_copy(update=altered), "account 123456789012")
    await refused(one, plan.model_copy(update={"wish": {"max": "9"}}), "not the plan that was made")
    await refused(one, plan.model_copy(update={"steps": ()}), "refused")
    await refused(one, plan.model_copy(update={"kind": "unheard-of"}), "refused")
    embedded.fault("sts", "GetCallerIdentity", preset="denied")
    await refused(one, plan, "The AWS account could not be identified")
    embedded.clear_faults()
    embedded.advance(120)
    await refused(one, plan, "expired")
    fresh = await one.plan(max="10")
    run = await one.engine.apply(fresh, " staff-api ")
    assert run.state is StepState.DONE


async def test_a_refused_attempt_can_be_repeated(one):
    plan = await one.plan(max="10")
    assert (await one.apply(plan)).state is StepState.REFUSED
    await one.arm()
    assert (await one.apply(plan)).state is StepState.DONE
    assert len(await one.runs()) == 1


async def test_read_only_consoles_do_not_arm(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db", read_only=True) as one:
        with pytest.raises(Refused):
            await one.arm()
        await refused(one, await one.plan(max="10"), "configured to be read-only")


async def test_arming_needs_a_reason_and_ends_by_itself(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as one:
        for reason, lasts in ((" ", 600), ("x", 0), ("x", 3601)):
            with pytest.raises(Refused):
                await one.engine.arm(reason, timedelta(seconds=lasts))
        assert one.engine.permits.armed is None
        armed = await one.engine.arm("月末", timedelta(minutes=10))
        assert one.engine.permits.armed == armed
        assert armed.by
        again = await one.engine.arm("月末、延長", timedelta(minutes=20))
        embedded.advance(601)
        assert one.engine.permits.armed == again, "the first arming's end does not end the second"
        embedded.advance(600)
        assert one.engine.permits.armed is None
        async with asyncio.timeout(60):
            while (await one.kinds())[-1] is not K.DISARMED:
                pass
        await one.engine.disarm("not armed any more")
        await one.arm()
        await one.engine.disarm("done")
        assert await one.kinds() == [K.ARMED, K.ARMED, K.DISARMED, K.ARMED, K.DISARMED]
        await one.arm()
    # A console that ends disarms.
    async with desk(embedded, tmp_path / "j.db") as one:
        assert (await one.kinds())[-1] is K.DISARMED


async def test_pressed_three_times_it_is_done_once(one, embedded):
    await one.arm()
    plan = await one.plan(max="10")
    tasks = [one.engine.apply(plan, SERVICE) for _press in range(3)]
    runs = await asyncio.gather(*tasks)
    assert [run.state for run in runs] == [StepState.DONE] * 3
    assert (await one.engine.apply(plan, SERVICE)).state is StepState.DONE
    assert (embedded.counts()[REGISTER], embedded.counts()[SCHEDULE]) == (1, 1)


async def test_one_plan_in_two_consoles_is_applied_once(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as one, desk(embedded, tmp_path / "j.db") as two:
        await one.arm()
        await two.arm()
        plan = await one.plan(max="10")
        first = await one.apply(plan)
        back = await one.plan(max="5")
        await one.apply(back)
        assert await two.apply(plan) == first, "told what became of it, although its state is there again"
        assert target(embedded).maximum == 5
        assert embedded.counts()[REGISTER] == 2


async def test_a_request_is_not_sent_long_after_its_intent(one, embedded, monkeypatch):
    # Others take it for lost then; a stopped process that goes on must not surprise them.
    await one.arm()
    plan = await one.plan(max="10")
    change = one.engine.changes["task-limit"]
    observe = change.observe

    async def slow(step):
        embedded.clock.advance(26)
        return await observe(step)

    monkeypatch.setattr(change, "observe", slow)
    run = await one.apply(plan)
    assert "took too long" in run.steps[0].text
    assert run.state is StepState.REFUSED
    assert embedded.counts().get(REGISTER) is None


async def test_closing_the_screen_changes_nothing(one, embedded):
    await one.arm()
    plan = await one.plan(max="10")
    with embedded.held("application-autoscaling", "RegisterScalableTarget"):
        task = one.engine.apply(plan, SERVICE)
        waiter = asyncio.create_task(asyncio.wait_for(task, 60))
        await until(lambda: embedded.counts().get(REGISTER))
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
    assert task.cancelled()
    assert (await one.engine.apply(plan, SERVICE)).state is StepState.DONE
    assert embedded.counts()[REGISTER] == 1


async def test_an_ending_console_waits_for_what_is_being_sent(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await one.plan(max="10")
        with embedded.held("application-autoscaling", "RegisterScalableTarget"):
            one.engine.apply(plan, SERVICE)
            await until(lambda: embedded.counts().get(REGISTER))
    await refused_at_the_end(one)
    async with desk(embedded, tmp_path / "j.db") as two:
        (run,) = await two.runs()
        assert run.state is StepState.DONE
        assert (await two.kinds())[-1] is K.DISARMED
        assert two.engine.permits.armed is None


async def refused_at_the_end(one):
    plan = (one.engine.runs[0]).plan.model_copy(update={"id": "another"})
    with pytest.raises(JournalError):
        await one.engine.apply(plan, SERVICE)
    assert one.embedded.counts()[REGISTER] == 1


@pytest.mark.parametrize(
    "bounds",
    [{"MaxCapacity": 7}, {"MinCapacity": 3}, {"SuspendedState": {"DynamicScalingOutSuspended": True}}],
)
async def test_a_state_that_moved_since_the_plan_is_not_changed(one, embedded, bounds):
    await one.arm()
    plan = await one.plan(max="10")
    with embedded.world.lock:
        embedded.world.scaling.register(RESOURCE, embedded.clock.now().timestamp(), bounds)
    run = await one.apply(plan)
    assert run.state is StepState.REFUSED
    assert "The resource changed since the plan was made" in run.steps[0].text
    assert run.steps[1].state is StepState.WAITING
    assert embedded.counts().get(REGISTER) is None
    again = await one.plan(max="10", revert="duty")
    assert again.refusals == (), "what was refused holds nothing"


async def test_a_plan_for_a_target_under_change_is_refused(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as one, desk(embedded, tmp_path / "j.db") as two:
        await one.arm()
        await two.arm()
        early = await two.plan(max="8")
        embedded.fault("application-autoscaling", "RegisterScalableTarget", mode="reset-before", times=1)
        run = await one.apply(await one.plan(max="10"))
        assert run.state is StepState.UNKNOWN
        assert any("or its outcome has been unknown" in why for why in (await two.plan(max="8")).refusals)
        late = await two.apply(early)
        assert late.steps[0].state is StepState.REFUSED
        assert "or its outcome has been unknown" in late.steps[0].text
        assert embedded.counts()[REGISTER] == 1
        # What the second console may not do is give the first one's hold back.
        assert any("or its outcome has been unknown" in why for why in (await two.plan(max="8")).refusals)


async def test_steps_done_and_not_done_are_distinguished_once_none_is_under_way(one, embedded):
    await one.arm()
    embedded.fault("application-autoscaling", "RegisterScalableTarget", mode="reset-before", times=1)
    run = await one.apply(await one.plan(max="10"))
    assert run.steps[0].state is StepState.UNKNOWN
    run = await one.engine.resolve(run.id)
    assert run.steps[0].state is StepState.UNKNOWN, "it may still be under way"
    run = await told(one, run.id)
    assert run.steps[0].state is StepState.FAILED
    assert "it was not done" in run.steps[0].text
    assert (await one.plan(max="10")).refusals == ()
    assert embedded.counts()[REGISTER] == 1


async def test_an_outcome_that_a_read_cannot_decide_is_asked(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as one, desk(embedded, tmp_path / "j.db") as two:
        await one.arm()
        embedded.fault("application-autoscaling", "RegisterScalableTarget", mode="reset-before", times=1)
        run = await one.apply(await one.plan(max="10"))
        embedded.advance(OVER)
        with embedded.world.lock:
            embedded.world.scaling.register(RESOURCE, embedded.clock.now().timestamp(), {"MaxCapacity": 7})
        run = await told(two, run.id)
        assert run.steps[0].state is StepState.UNKNOWN
        assert "record what happened" in run.steps[0].text
        embedded.advance(OVER)
        mine, theirs = await asyncio.gather(
            one.engine.resolve_manually(run.id, "register", done=True, note="見た"),
            two.engine.resolve_manually(run.id, "register", done=False, note="見ていない"),
        )
        mine, theirs = await one.engine.resolve(run.id), await two.engine.resolve(run.id)
        assert mine.steps == theirs.steps, "whoever was first is believed"
        assert (await one.kinds()).count(K.RESOLVED) == 1
        assert embedded.counts()[REGISTER] == 1


async def test_targets_are_known_by_id_and_by_name(one):
    assert one.engine.target("task-limit", RESOURCE) == one.engine.target("task-limit", SERVICE)
    for kind, name in (("task-limit", "nobody"), ("reboot", SERVICE)):
        with pytest.raises(KeyError):
            await one.engine.plan(kind, name, {})


async def test_state_and_parameters_show_what_is_there(one):
    change = one.engine.changes["task-limit"]
    (candidate,) = change.targets()
    state = await change.read_target(candidate)
    assert ("Maximum", "5") in [(fact.name, fact.value) for fact in state.facts]
    maximum, way, at, minimum = await change.parameters(candidate)
    assert (maximum.default, minimum.default, way.default, at.default) == (
        "10",
        "2",
        "aws",
        "2026-02-02 17:00",
    )
    plan = await one.plan(max="10")
    before = await change.observe(plan.steps[0])
    assert (before.place, before.digest) == (Place.BEFORE, plan.steps[0].expects)


async def test_a_service_deleted_since_the_plan_is_not_touched(one, embedded):
    await one.arm()
    plan = await one.plan(max="10")
    with embedded.world.lock:
        del embedded.world.clusters.services["facility-prod-cluster", SERVICE]
    run = await one.apply(plan)
    assert run.state is StepState.REFUSED
    assert "no such active service" in run.steps[0].text
    assert embedded.counts().get(REGISTER) is None
    assert "no such active service" in " ".join((await one.plan(max="10")).refusals)


async def test_an_unreadable_state_is_read_again_and_blocks_nothing(one, embedded):
    await one.arm()
    embedded.fault("application-autoscaling", "RegisterScalableTarget", mode="reset-before", times=1)
    run = await one.apply(await one.plan(max="10", revert="duty"))
    embedded.fault("application-autoscaling", "DescribeScalableTargets", preset="denied")
    states = one.engine.states()
    assert (await anext(states))[0].state is StepState.UNKNOWN
    embedded.advance(OVER)
    runs = await anext(states)
    while "application-autoscaling:DescribeScalableTargets" not in runs[0].steps[0].text:
        runs = await anext(states)
    embedded.clear_faults()
    while runs[0].state is StepState.UNKNOWN:
        await until(lambda: embedded.clock.sleepers)
        embedded.advance(300)
        runs = await anext(states)
    assert runs[0].id == run.id
    assert runs[0].state is StepState.FAILED
    await states.aclose()


@pytest.mark.scenario("ecs-cpu", history=3600, origin=datetime(2026, 1, 30, 1, 0, tzinfo=UTC))
async def test_the_raised_limit_brings_tasks_and_aws_takes_it_back(one, embedded):
    # As on the runbook's month end: at its limit, raised, calm, and reverted by AWS at the hour.
    change = one.engine.changes["task-limit"]
    await advance_until(embedded, lambda: target(embedded).maximum == service(embedded).desired, 90)
    state = await change.read_target(change.targets()[0])
    assert any("at its maximum" in each for each in state.remarks)
    await advance_until(embedded, lambda: alarm(embedded) == "ALARM", 30)
    await one.arm()
    assert (await one.plan()).wish == {"max": "10", "revert": "aws", "revert_at": "2026-02-02 17:00"}
    plan = await one.plan(revert_at="2026-01-30 13:00")
    assert (await one.apply(plan)).state is StepState.DONE
    await advance_until(embedded, lambda: service(embedded).desired > 5 and alarm(embedded) == "OK", 60)
    assert target(embedded).maximum == 10
    (slot,) = one.engine.reverts()
    assert "AWS reverts it automatically" in slot.remark
    await advance_until(embedded, lambda: target(embedded).maximum == 5, 180)
    assert embedded.clock.now() - slot.due_at < timedelta(minutes=2)
    assert service(embedded).desired <= 5
    assert (await one.engine.resolve(plan.id)).state is StepState.DONE, "what is known stays known"


async def advance_until(embedded, holds, minutes):
    for _minute in range(minutes):
        if holds():
            return
        embedded.advance(60)
        await asyncio.sleep(0)
    raise AssertionError("never came")


def alarm(embedded):
    return str(embedded.world.alarms.get("ecs-cpu-high").state.value)
