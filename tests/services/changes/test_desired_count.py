from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.changes.base import ChangeContext
from services.changes.desired_count.desired_count_change import DesiredCount, count_digest, count_progress
from services.changes.ecs_scaling.quota import FargateQuota
from services.changes.ecs_scaling.state import Load, ScalingState
from services.changes.registry import CHANGES
from services.clock import ManualClock
from services.demo import names
from services.models.base import Quota, RawId
from services.models.change_runs import StepState
from services.models.changes import Danger, Plan
from services.models.ecs import ContainerService, ScalableTarget, ScalingActivity, ScalingPolicy
from services.models.watches import WatchState
from services.runbook.loader import load_builtin
from tests.services.changes.change_world import desk, service, target, told
from tests.services.changes.watched import UPDATE, ended, planned, texts, unread

KIND = "desired-count"
NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)
BOOK = load_builtin("facility-prod")
CONTEXT = ChangeContext(
    runbook=BOOK, calendar=Calendar(BOOK), clock=ManualClock(NOW), region="ap-northeast-1", reader=None
)
CHANGE = DesiredCount(next(kind for kind in CHANGES if kind.id == KIND), CONTEXT)
(TARGET,) = CHANGE.targets()
QUOTA = FargateQuota(0.5, Quota(value=4.0))
CPU60 = ScalingPolicy(
    id=RawId("cpu60"),
    name="cpu60",
    kind="TargetTrackingScaling",
    target=60.0,
    metric="ECSServiceAverageCPUUtilization",
)


def scaling_state(minimum=2, maximum=10, desired=3, **more):
    service = ContainerService(
        id=RawId("staff-api"),
        name="staff-api",
        cluster="c",
        status="ACTIVE",
        desired=desired,
        running=desired,
    )
    defaults: dict[str, Any] = {
        "at": NOW,
        "service": service,
        "target": ScalableTarget(minimum=minimum, maximum=maximum),
        "policies": (CPU60,),
        "load": Load(cpu=50.0, connections=20.0),
    }
    return ScalingState(**(defaults | more))


def make_plan(state, quota=QUOTA, **parameters):
    return CHANGE.plan_on(TARGET, parameters, state, "p1", quota)


STATES = st.builds(scaling_state, st.integers(0, 6), st.integers(6, 40), st.integers(0, 50))


@given(STATES, st.integers(-2, 60).map(str) | st.text(max_size=4))
def test_a_plan_sends_the_count_alone_within_the_bounds_or_nothing(state, typed):
    plan = make_plan(state, desired=typed)
    if plan.refusals:
        assert plan.steps == ()
        return
    (step,) = plan.steps
    count = step.call.params["desiredCount"]
    assert step.call.params == {"cluster": names.CLUSTER, "service": names.SERVICE, "desiredCount": count}
    assert state.target.minimum <= count <= state.target.maximum
    assert count != state.desired
    assert (plan.danger is Danger.DANGEROUS) == (count < state.desired)
    assert CHANGE.revert_parameters(plan) == {"desired": str(state.desired)}
    again = make_plan(state, **plan.wish)
    assert again.digest == plan.digest, "an approval stays valid"
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


@given(STATES, st.integers(0, 50), st.integers(0, 50))
def test_a_plan_stays_good_while_auto_scaling_moves_the_count_on_its_side(state, moved, count):
    other = scaling_state(
        target=state.target, service=state.service.model_copy(update={"desired": moved, "running": moved})
    )
    same_side = (state.desired > count) == (moved > count) and (state.desired < count) == (moved < count)
    assert (count_digest(state, count) == count_digest(other, count)) is same_side


@pytest.mark.parametrize(
    ("count", "text"),
    [
        ("11", "raise the maximum to 11 first, with “Maximum task count” (task-limit)"),
        ("1", "lower the minimum to 1 first, with “Maximum task count” (task-limit)"),
        ("3", "already"),
        ("three", "whole number"),
        ("1001", "from 0 to 1000"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_allows_it(count, text):
    assert text in " ".join(make_plan(scaling_state(), desired=count).refusals)


def test_what_will_undo_it_within_minutes_is_told_by_the_predicted_load():
    def within_minutes(cpu, count):
        return "within minutes" in texts(make_plan(scaling_state(load=Load(cpu=cpu)), desired=count))

    assert within_minutes(37.0, "5")
    assert not within_minutes(56.0, "10")
    assert not within_minutes(12.0, "2")
    idle = make_plan(scaling_state(load=Load(cpu=12.0)), desired="5")
    assert "raise the minimum in “Maximum task count”" in texts(idle)
    assert "may undo it" not in texts(idle)


def test_the_quota_and_the_connections_stand_beside_what_is_asked_for():
    assert "5 tasks of 0.5 need 2.5 of the account's quota of 4" in texts(
        make_plan(scaling_state(), desired="5")
    )
    over = texts(make_plan(scaling_state(), desired="9"), grave=True)
    assert "9 tasks of 0.5 need 4.5, which is more than the account's quota of 4" in over
    assert "vCPU" not in texts(make_plan(scaling_state(), FargateQuota(applies=False), desired="5"))
    unread = make_plan(scaling_state(), FargateQuota(problem="denied"), desired="5")
    assert "quota could not be checked (denied)" in texts(unread)
    assert "5 tasks would use about 33" in texts(make_plan(scaling_state(), desired="5"))
    assert "CPU would be about 75%" in texts(make_plan(scaling_state(), desired="2"), grave=True)


def test_what_stops_at_once_is_said_once_as_the_impact():
    plan = make_plan(scaling_state(), desired="2")
    assert plan.blast == "now 1 task is stopped immediately"
    assert "at once" not in texts(plan)


SCALED = ScalingActivity(at=NOW, status="Successful", description="scaled in")


@pytest.mark.parametrize(
    ("before", "count", "now", "more", "end", "text"),
    [
        (5, 4, 4, {"running": 5}, WatchState.RUNNING, "Desired 4, running 5, pending 0."),
        (3, 5, 5, {"running": 3, "pending": 2}, WatchState.RUNNING, "Desired 5, running 3, pending 2."),
        (3, 5, 5, {}, WatchState.DONE, "Desired 5, running 5, pending 0."),
        (3, 5, 3, {}, WatchState.RUNNING, "ECS does not show the new count yet."),
        (3, 5, 3, {"was_shown": True}, WatchState.RUNNING, "The desired count is 3 again"),
        (3, 5, 3, {"was_shown": True, "late": True}, WatchState.FAILED, "is 3 by now"),
        (3, 5, 3, {"activities": (SCALED,)}, WatchState.FAILED, "has set the desired count back from 5 to 3"),
    ],
)  # fmt: skip
def test_the_watch_says_what_became_of_the_count(before, count, now, more, end, text):
    (step,) = make_plan(scaling_state(desired=before), desired=str(count)).steps
    state = scaling_state(desired=now, activities=more.get("activities", ()))
    counts = {"running": more.get("running", now), "pending": more.get("pending", 0)}
    state = replace(state, service=state.service.model_copy(update=counts))
    made_at = NOW - timedelta(minutes=5 if more.get("late") else 1)
    progress = count_progress(step, state, made_at, was_shown=more.get("was_shown", False))
    assert progress.state is end
    assert text in progress.text


@pytest.mark.scenario("ecs-cpu", history=600)
async def test_tasks_start_until_so_many_run_and_the_count_goes_back(embedded, tmp_path):
    target(embedded).suspended |= {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True}
    before = service(embedded).desired
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        change = one.engine.changes[KIND]
        (candidate,) = change.targets()
        (parameter,) = await change.parameters(candidate)
        assert (parameter.minimum, parameter.maximum) == (2, 5)
        assert (await change.read_target(candidate)).facts
        wanted = before - 1
        plan = await planned(one, KIND, desired=str(wanted))
        end = await ended(one, await one.apply(plan))
        assert end.has_ended_well, end
        assert service(embedded).running(embedded.clock.now().timestamp()) == wanted
        back = await planned(one, KIND, **change.revert_parameters(plan))
        assert back.wish == {"desired": str(before)}
        assert "Fargate vCPUs" in texts(back)
        assert list(change.cli_commands(back))
        assert (await ended(one, await one.apply(back))).has_ended_well
        assert service(embedded).desired == before
        assert embedded.counts()[UPDATE] == 2


@pytest.mark.scenario("ordinary-day", history=1800)
async def test_a_policy_that_undoes_it_ends_the_watch(one, embedded):
    await one.arm()
    plan = await planned(one, KIND, desired="5")
    run = await one.apply(plan)
    assert run.state is StepState.DONE
    service(embedded).set_desired(2, embedded.clock.now().timestamp())
    end = await ended(one, run)
    assert end.progress.state is WatchState.FAILED
    assert "Auto Scaling or another person changed it" in end.progress.text


@pytest.mark.scenario("ordinary-day", history=600)
async def test_moved_bounds_refuse_it_and_a_lost_answer_is_settled(one, embedded):
    await one.arm()
    plan = await planned(one, KIND, desired="4")
    target(embedded).maximum = 3
    assert (await one.apply(plan)).state is StepState.REFUSED
    target(embedded).maximum = 5
    embedded.fault("ecs", "UpdateService", mode="reset-after", times=1)
    run = await one.apply(await planned(one, KIND, desired="4"))
    assert run.state is StepState.UNKNOWN, "somebody else may have set it"
    assert (service(embedded).desired, embedded.counts()[UPDATE]) == (4, 1)
    assert (await told(one, run.id)).state is StepState.DONE


@pytest.mark.scenario("ordinary-day", history=600)
async def test_what_auto_scaling_has_undone_since_is_not_called_not_done(one, embedded, monkeypatch):
    await one.arm()
    before = service(embedded).desired
    plan = await planned(one, KIND, desired=str(before + 1))
    run = await unread(one, plan, monkeypatch, "reset-after")
    assert service(embedded).desired == before + 1
    for _ in range(60):
        embedded.advance(60)
    assert service(embedded).desired == before, "Auto Scaling has scaled in"
    run = await one.engine.resolve(run.id)
    assert run.state is StepState.DONE, "CloudTrail has the request"
    assert "Auto Scaling has set the count since" in run.steps[0].text
