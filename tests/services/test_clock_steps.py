"""Somebody sets the clock, or the machine sleeps: what was to end ends, what was to be made is made once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.write_grants import WriteAuthorizer
from services.clock import ManualClock, mark, passed
from services.host.clock_watch import MEMORY, ClockWatch
from services.inspections.allow_list import AllowList
from services.inspections.running.finding_records import FindingRecords
from services.inspections.running.scheduler import LEASE, Claims
from services.journal.journal import Journal
from services.models.changes import Armed
from services.models.duties import ScheduledOccurrence
from services.models.journal import EntryKind
from tests.faults.waiting import until
from tests.services.changes.change_world import desk
from tests.services.duties.duty_world import jst
from tests.services.inspections.running.scheduler_world import Script, console

START = datetime(2026, 4, 1, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0
STEPS = (-1.0, -HOUR, -3 * DAY, DAY)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", [0.0, 300.0])
def test_arming_never_lasts_longer_than_stated(step, before):
    clock = ManualClock(START)
    permits = WriteAuthorizer(clock, "123456789012")
    permits.arm(Armed(until=START + timedelta(minutes=15), reason="r", by="b"))
    clock.suspend(before)
    clock.step(step)
    assert permits.left <= 900 - before
    clock.suspend(899 - before)
    assert (permits.armed is not None) == (step < 0)
    clock.suspend(1)
    assert permits.armed is None
    assert permits.left <= 0


@pytest.mark.parametrize("step", STEPS)
def test_what_passed_is_never_less_than_what_passed(step):
    clock = ManualClock(START)
    since = mark(clock)
    clock.suspend(70)
    clock.step(step)
    assert passed(clock, since) >= 70


@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_a_plan_expires_however_the_clock_is_set(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.arm()
        clock = console.services.clock
        plan = await console.plan(max="10")
        clock.step(-1)
        assert "expired" in (await console.apply(plan)).refusal, "the plan is of the future"
        clock.step(1)
        clock.suspend(119)
        clock.step(-100)
        clock.suspend(2)
        assert clock.now() < plan.expires_at
        assert "expired" in (await console.apply(plan)).refusal
        assert EntryKind.INTENT not in await console.kinds()


# ---- claims and duties


@pytest.mark.parametrize("step", [*STEPS, HOUR])
async def test_a_claim_lasts_as_long_as_its_lease(tmp_path, step):
    clock = ManualClock(jst("2026-01-14 09:00"))
    async with ClaimDesk(tmp_path, clock) as (claims, records, slot):
        await claims.acquire(slot)
        owner = records.claim(slot.key)
        assert owner is not None
        assert claims.seconds_left(owner) == LEASE
        clock.step(step)
        assert claims.seconds_left(owner) == LEASE
        clock.suspend(LEASE - 1)
        assert claims.seconds_left(owner) == pytest.approx(1)


class ClaimDesk:
    def __init__(self, folder, clock):
        from services.journal.origin import person

        self.clock = clock
        self.journal = Journal(folder / "j.db", clock=clock, person=lambda: person(None), syslog=None)

    async def __aenter__(self):
        await self.journal.open()
        records = FindingRecords(self.journal, AllowList())
        at = self.clock.now()
        slot = ScheduledOccurrence(
            key="daily@2026-01-14T09:00",
            duty="daily",
            title="d",
            day=at.date(),
            nominal=(at.date(),),
            until=at.date(),
            due_at=at,
            late_at=at,
            missed_at=at,
            timed=True,
        )
        return Claims(records, self.journal, self.clock), records, slot

    async def __aexit__(self, *_error):
        await self.journal.close()


@pytest.mark.parametrize("step", [-1.0, -HOUR])
async def test_a_small_clock_step_back_repeats_no_run(tmp_path, monkeypatch, step):
    script, clock = Script(), ManualClock(jst("2026-01-14 08:59"))
    async with console(tmp_path / "j.db", script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.findings_of("daily-morning").complete)
        count = len(script.runs)
        clock.advance(600)
        clock.step(step)
        await one.until(lambda: clock.now() >= jst("2026-01-14 09:30"), step=20.0)
        assert len(script.runs) == count
        assert not one.faults


async def test_a_run_on_the_wrong_day_is_repeated_on_the_right_one(tmp_path, monkeypatch):
    script, clock = Script(), ManualClock(jst("2026-01-14 08:59"))
    async with console(tmp_path / "j.db", script, monkeypatch, clock=clock) as one:
        await one.until(lambda: one.findings_of("daily-morning").complete)
        clock.step(DAY)  # tomorrow, falsely
        await one.until(
            lambda: (
                one.desk.today("daily-morning").slot.day.day == 15
                and one.findings_of("daily-morning").complete
            )
        )
        count = len(script.runs)
        clock.step(-DAY)
        await one.until(lambda: one.desk.today("daily-morning").slot.day.day == 14, step=5.0)
        assert len(script.runs) == count, "today's were made"
        await one.until(lambda: clock.now() >= jst("2026-01-15 08:59"), step=600.0)
        await one.until(lambda: len(script.runs) >= count + 3, step=5.0)
        assert not one.faults


# ---- what is reported


@pytest.mark.parametrize("step", [-HOUR, -3 * DAY, DAY, -6.0])
def test_a_clock_step_is_reported_for_an_hour(step):
    clock = ManualClock(START)
    watch = ClockWatch(clock)
    for _ in range(100):
        clock.advance(5)
        assert watch.step() == 0
    clock.step(step)
    for _ in range(int(MEMORY / 5) - 20):
        clock.advance(5)
        assert watch.step() == pytest.approx(step)
    clock.advance(MEMORY)
    watch.step()
    clock.advance(MEMORY)
    assert watch.step() == 0


def test_what_ntp_does_by_itself_and_suspend_are_no_step():
    clock = ManualClock(START)
    watch = ClockWatch(clock)
    for _ in range(300):
        clock.advance(60)
        clock.step(0.03)
        assert watch.step() == 0
    clock.suspend(10 * HOUR)
    assert watch.step() == 0


async def test_a_waiting_loop_is_not_held_by_a_step():
    clock = ManualClock(START)
    task = asyncio.create_task(clock.sleep(60))
    await until(lambda: clock.sleepers)
    clock.step(-3 * DAY)
    clock.advance(60)
    await task
