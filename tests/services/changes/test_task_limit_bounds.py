from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.changes.ecs_scaling.quota import FargateQuota
from services.changes.task_limit.season import season, season_remarks
from services.changes.task_limit.steps import observed_limit
from services.models.base import Quota
from services.models.change_runs import StepState
from services.models.changes import Place
from tests.services.changes.change_world import REGISTER, desk, service, target
from tests.services.changes.test_task_limit import (
    BOOK,
    CALENDAR,
    CHANGE,
    TARGET,
    make_plan,
    scaling_state,
    texts,
)

BOUND = st.integers(0, 40).map(str)


@given(st.integers(1, 9), st.integers(10, 30), st.integers(0, 40), BOUND, BOUND)
def test_only_bounds_that_change_are_sent_and_reverted(minimum, maximum, desired, low, high):
    state = scaling_state(minimum, maximum, desired)
    plan = make_plan(state, min=low, max=high, revert="duty", revert_at="2026-02-02 17:00")
    if plan.refusals:
        assert plan.steps == ()
        return
    (step,) = plan.steps
    sent = {
        name: step.call.params[name] for name in ("MinCapacity", "MaxCapacity") if name in step.call.params
    }
    wanted = {"MinCapacity": int(low), "MaxCapacity": int(high)}
    present = {"MinCapacity": minimum, "MaxCapacity": maximum}
    assert sent == {name: value for name, value in wanted.items() if value != present[name]}
    assert int(low) <= int(high)
    rows = {row.name: row for row in step.rows}
    assert rows["Minimum"].changes == ("MinCapacity" in sent)
    assert rows["Maximum"].changes == ("MaxCapacity" in sent)
    back = CHANGE.revert_parameters(plan)
    assert (int(back["max"]), int(back.get("min", minimum))) == (maximum, minimum)
    changed = scaling_state(int(low), int(high), min(max(desired, int(low)), int(high)))
    assert observed_limit(step, changed).place is Place.AFTER
    assert observed_limit(step, state).place is Place.BEFORE


def test_a_minimum_alone_is_planned_with_its_revert():
    plan = make_plan(scaling_state(desired=2), min="4")
    assert plan.title == "Minimum task count 2 → 4"
    register, schedule = plan.steps
    assert register.call.params["MinCapacity"] == 4
    assert "MaxCapacity" not in register.call.params
    assert schedule.call.params["ScalableTargetAction"] == {"MinCapacity": 2}
    assert plan.wish == {"max": "5", "min": "4", "revert": "aws", "revert_at": "2026-02-02 17:00"}
    assert plan.approval == "", "the runbook asks for one for the maximum"
    assert "Only MinCapacity is sent; the maximum stays 5." in texts(plan)
    assert "raising the minimum starts tasks up to 4 immediately" in texts(plan)
    assert "At least 2 more tasks" in plan.cost
    assert make_plan(scaling_state(desired=2), **plan.wish).wish == plan.wish
    both = make_plan(scaling_state(), min="3", max="10")
    assert both.title == "Task count 2–5 → 3–10"
    assert "cannot be above the maximum" in " ".join(make_plan(scaling_state(), min="8", max="6").refusals)


def test_rows_are_changed_only_where_the_value_changes():
    plan = make_plan(scaling_state(), max="10")
    assert [row.name for row in plan.steps[0].rows if row.changes] == ["Maximum"]


@pytest.mark.parametrize(
    ("now", "title", "has_begun", "text"),
    [
        ("2026-01-29T01:00", "Scale up for month-end", True, "asks for a maximum of 10 until"),
        ("2026-01-22T01:00", "Scale up for month-end", False, "Next by the calendar"),
        ("2026-03-31T01:00", "Scale up for the fiscal year-end", True, "asks for a maximum of 10 until"),
        ("2026-02-03T01:00", "Scale up for month-end", False, ""),
    ],
)
def test_the_calendar_proposes_the_busy_maximum_and_its_return(now, title, has_begun, text):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    busy = season(BOOK, CALENDAR, at)
    assert title in busy.title
    assert busy.has_begun(at) is has_begun
    ecs = BOOK.ecs
    assert ecs is not None
    assert text in " ".join(season_remarks(busy, scaling_state(at=at), ecs, CALENDAR.zone))
    raised = " ".join(season_remarks(busy, scaling_state(maximum=10, at=at), ecs, CALENDAR.zone))
    assert ("stays raised until" in raised) is has_begun


def test_a_runbook_without_the_duties_proposes_nothing():
    bare = BOOK.model_copy(update={"duties": ()})
    assert season(bare, Calendar(bare), datetime(2026, 1, 29, tzinfo=UTC)) is None


def test_the_quota_stands_beside_what_is_asked_for():
    plan = CHANGE.plan_on(TARGET, {"max": "10"}, scaling_state(), "p", FargateQuota(0.5, Quota(value=4.0)))
    assert "10 tasks of 0.5 need 5, which is more than the account's quota of 4" in texts(plan, grave=True)
    assert "could not be checked (denied)" in texts(
        CHANGE.plan_on(TARGET, {"max": "10"}, scaling_state(), "p", FargateQuota(problem="denied"))
    )


@pytest.mark.scenario("ordinary-day", history=600)
async def test_the_revert_under_load_is_sent_although_the_count_has_moved(embedded, tmp_path):
    now = embedded.clock.now().timestamp()
    target(embedded).maximum = 10
    service(embedded).set_desired(9, now)
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await one.plan(max="5", revert="none")
        assert plan.blast == "now 4 tasks are stopped immediately"
        service(embedded).set_desired(10, now)
        run = await one.apply(plan)
        assert run.state is StepState.DONE, run
        assert (target(embedded).maximum, service(embedded).desired) == (5, 5)
        harmless = await one.plan(max="4", min="1", revert="none")
        assert harmless.blast
        # A plan that stops nothing is not sent once it would.
        service(embedded).set_desired(3, now)
        harmless = await one.plan(max="4", revert="none")
        assert harmless.blast == ""
        service(embedded).set_desired(5, now)
        assert (await one.apply(harmless)).state is StepState.REFUSED
        assert embedded.counts()[REGISTER] == 1


@pytest.mark.scenario("ordinary-day", history=600)
async def test_the_minimum_is_raised_and_the_quota_is_read(one, embedded):
    await one.arm()
    plan = await one.plan(min="3", revert="duty")
    assert "Fargate vCPUs: 5 tasks of 0.5 need 2.5 of the account's quota of 16" in texts(plan)
    run = await one.apply(plan)
    assert run.state is StepState.DONE
    assert (target(embedded).minimum, target(embedded).maximum, service(embedded).desired) == (3, 5, 3)
    back = await one.plan(**one.engine.changes["task-limit"].revert_parameters(plan))
    assert (await one.apply(back)).state is StepState.DONE
    assert target(embedded).minimum == 2
    embedded.fault("service-quotas", preset="denied")
    assert "could not be checked" in texts(await one.plan(max="10"))
