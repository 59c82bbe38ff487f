from datetime import UTC, timedelta
from typing import Any

import pytest

from services.changes.approval.approvals import NotApproved
from services.demo.minor_services import ChangeCalendarStore
from services.models.approvals import ConsentWay
from services.models.base import RawId
from services.models.change_runs import StepState
from services.models.runbook import ChangeCalendar, Freeze
from tests.services.changes.approval.approval_world import (
    UNDECIDED,
    again,
    confirmed,
    obtain,
    office,
    raise_plan,
    sent,
)
from tests.services.changes.change_world import APPROVED, UNAPPROVED

pytestmark = pytest.mark.scenario("ordinary-day", history=600)
CALENDAR = "facility-prod-changes"
JST = timedelta(hours=9)


def frozen(now, starts, ends, runbook=UNAPPROVED):
    local = (now + JST).replace(tzinfo=None)
    freeze = Freeze(
        title="年度末処理", starts=local + timedelta(minutes=starts), ends=local + timedelta(minutes=ends)
    )
    return runbook.model_copy(update={"freezes": (freeze,)})


def by_calendar(embedded, state="", runbook=UNAPPROVED):
    set_calendar(embedded, state)
    return runbook.model_copy(update={"change_calendar": ChangeCalendar(name=RawId(CALENDAR))})


def set_calendar(embedded, state):
    with embedded.world.lock:
        states: dict[str, Any] = embedded.world.component(ChangeCalendarStore).states
        states.clear()
        if state:
            states[CALENDAR] = state


async def emergency(one, plan, reason="窓口が止まっている"):
    await one.engine.authority.approvals.declare_emergency(plan, reason)


@pytest.mark.parametrize(
    ("starts", "ends", "is_frozen"),
    [(-60, 60, True), (0, 60, True), (1, 60, False), (-60, 0, False), (-120, -60, False)],
)
async def test_the_times_of_the_runbook(embedded, tmp_path, starts, ends, is_frozen):
    runbook = frozen(embedded.clock.now(), starts, ends)
    async with office(embedded, tmp_path / "j.db", runbook=runbook) as one:
        plan = await one.plan(max="10", revert="duty")
        assert bool(plan.freeze) is is_frozen
        assert any("年度末処理" in caution.text for caution in plan.cautions) is is_frozen
        assert bool((await confirmed(one, plan)).refusal) is is_frozen
        assert bool(sent(embedded)) is not is_frozen


async def test_it_begins_between_plan_and_confirmation(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db", runbook=frozen(embedded.clock.now(), 1, 60)) as one:
        plan = await one.plan(max="10", revert="duty")
        assert plan.freeze == ""
        await one.arm()
        embedded.clock.advance(60)
        run = await one.apply(plan)
        assert run.refusal.startswith("Changes have been frozen since it was planned: 年度末処理, until")
        assert sent(embedded) == 0
        plan = await again(one, plan)
        assert "F7" in (await one.apply(plan)).refusal
        await emergency(one, plan)
        assert (await one.apply(plan)).state is StepState.DONE


async def test_it_ends_between_plan_and_confirmation(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db", runbook=frozen(embedded.clock.now(), -60, 1)) as one:
        plan = await one.plan(max="10", revert="duty")
        assert plan.freeze
        await one.arm()
        embedded.clock.advance(60)
        assert (await one.apply(plan)).state is StepState.DONE


async def test_an_emergency_replaces_no_approval(embedded, tmp_path):
    runbook = frozen(embedded.clock.now(), -60, 60, APPROVED)
    async with office(embedded, tmp_path / "j.db", runbook=runbook) as one:
        plan = await raise_plan(one)
        await obtain(one, plan)
        assert "frozen" in (await confirmed(one, plan)).refusal, "and an approval no emergency"
        with pytest.raises(NotApproved, match="reason"):
            await emergency(one, plan, "  ")
        await emergency(one, plan)
        run = await confirmed(one, plan)
        assert run.state is StepState.DONE
        assert [consent.way for consent in run.consents] == [ConsentWay.EMERGENCY, ConsentWay.ELSEWHERE]
        assert run.consents[0].freeze.startswith("年度末処理")
        other = await raise_plan(one, maximum="12")
        await emergency(one, other)
        assert "approval of PM" in (await confirmed(one, other)).refusal
    assert sent(embedded) == 2


async def test_an_emergency_of_a_plan_made_in_another_console_goes_through(embedded, tmp_path):
    # Made again to be compared, it names no freeze.
    runbook, journal = frozen(embedded.clock.now(), -60, 60), tmp_path / "j.db"
    async with (
        office(embedded, journal, runbook=runbook) as one,
        office(embedded, journal, runbook=runbook) as two,
    ):
        plan = await one.plan(max="10", revert="duty")
        await emergency(one, plan)
        await two.arm()
        run = await two.apply(plan)
        assert run.state is StepState.DONE
        assert run.plan.freeze == plan.freeze
        assert run.plan.cautions == plan.cautions
    assert sent(embedded) == 1


async def test_an_emergency_of_before_covers_no_freeze_that_begins_later(embedded, tmp_path):
    runbook = frozen(embedded.clock.now(), 1, 60, UNDECIDED)
    async with office(embedded, tmp_path / "j.db", runbook=runbook) as one:
        plan = await raise_plan(one)
        await emergency(one, plan)
        embedded.clock.advance(60)
        assert "frozen" in (await confirmed(one, plan)).refusal
        plan = await again(one, plan)
        await emergency(one, plan)
        assert (await one.apply(plan)).state is StepState.DONE


async def test_an_emergency_for_one_freeze_goes_through_no_other(embedded, tmp_path):
    now = embedded.clock.now()
    first, second = frozen(now, -60, 1, UNDECIDED), frozen(now, 1, 60, UNDECIDED)
    book = UNDECIDED.model_copy(update={"freezes": (*first.freezes, *second.freezes)})
    async with office(embedded, tmp_path / "j.db", runbook=book) as one:
        plan = await raise_plan(one)
        await emergency(one, plan)
        await one.arm()
        embedded.clock.advance(60)
        assert "frozen" in (await one.apply(plan)).refusal
        plan = await again(one, plan)
        assert "F7" in (await one.apply(plan)).refusal
        await emergency(one, plan)
        assert (await one.apply(plan)).state is StepState.DONE


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("OPEN", ""),
        ("CLOSED", f"the change calendar {CALENDAR} is closed"),
        ("", f"the change calendar {CALENDAR} cannot be read, which counts as closed"),
    ],
)
async def test_the_change_calendar(embedded, tmp_path, state, words):
    async with office(embedded, tmp_path / "j.db", runbook=by_calendar(embedded, state)) as one:
        plan = await one.plan(max="10", revert="duty")
        assert plan.freeze.startswith(words)
        assert bool(plan.freeze) is bool(words)
        run = await confirmed(one, plan)
        assert words in run.refusal
        assert bool(sent(embedded)) is not bool(words)


@pytest.mark.parametrize("preset", ["denied", "throttled", "expired"])
async def test_a_calendar_that_cannot_be_read_is_closed(embedded, tmp_path, preset):
    async with office(embedded, tmp_path / "j.db", runbook=by_calendar(embedded, "OPEN")) as one:
        plan = await one.plan(max="10", revert="duty")
        assert plan.freeze == ""
        await one.arm()
        embedded.fault("ssm", "GetCalendarState", preset=preset)
        assert "frozen" in (await one.apply(plan)).refusal
        assert sent(embedded) == 0
        embedded.clear_faults()
        assert (await one.apply(plan)).state is StepState.DONE


async def test_it_closes_between_plan_and_confirmation(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db", runbook=by_calendar(embedded, "OPEN")) as one:
        plan = await one.plan(max="10", revert="duty")
        set_calendar(embedded, "CLOSED")
        await one.arm()
        assert "is closed" in (await one.apply(plan)).refusal
    assert sent(embedded) == 0


async def test_without_a_calendar_systems_manager_is_not_asked(embedded, tmp_path):
    async with office(embedded, tmp_path / "j.db", runbook=UNAPPROVED) as one:
        assert (await confirmed(one, await one.plan(max="10", revert="duty"))).state is StepState.DONE
    assert embedded.counts().get("ssm.GetCalendarState") is None


async def test_the_hour_is_the_systems(embedded, tmp_path):
    # A freeze is written in local time; in UTC it would begin nine hours later.
    now = embedded.clock.now()
    runbook = frozen(now, 0, 60)
    assert runbook.freezes[0].starts.replace(tzinfo=UTC) == now + JST
    async with office(embedded, tmp_path / "j.db", runbook=runbook) as one:
        assert (await one.plan(max="10", revert="duty")).freeze
