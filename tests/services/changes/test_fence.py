from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from services.changes import ages, entries
from services.changes.engine import ChangeEngine
from services.changes.guarantees import SIGNATURE_SECONDS
from services.changes.recovery import NotFinal
from services.changes.sender import INTENT_SECONDS, TURN_SECONDS, WINDOW_SECONDS
from services.clock import ManualClock
from services.journal.errors import JournalError
from services.models.change_runs import StepState
from services.models.journal import Entry, EntryKind
from services.models.problem import Problem, ProblemKind
from tests.services.changes.fake_aws import NOW
from tests.services.changes.test_lock import World, is_locked, plan_of, run_after_reading
from tests.services.journal.book import of_tomorrow

ARMED = timedelta(minutes=30)


def _unreachable():
    return JournalError(Problem(kind=ProblemKind.UNREACHABLE, summary="the ledger is unreachable", at=NOW))


@dataclass
class Ledger:
    engine: ChangeEngine
    caught_up: int = 0  # How often it was asked for what other hosts have written
    lost_from: int = 1000  # From which time on that fails
    after: dict[EntryKind, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    refuses: frozenset[EntryKind] = frozenset()
    at_refusal: Callable[[], Awaitable[None]] | None = None  # What happens at the next refusal

    def __post_init__(self):
        journal: Any = self.engine._journal
        append = journal.append

        async def appended(draft):
            if draft.kind in self.refuses:
                happens, self.at_refusal = self.at_refusal, None
                if happens is not None:
                    await happens()
                raise _unreachable()
            entry: Entry = await append(draft)
            if (happens := self.after.pop(draft.kind, None)) is not None:
                await happens()
            return entry

        async def catch_up():
            self.caught_up += 1
            if self.caught_up >= self.lost_from:
                raise _unreachable()

        journal.append, journal.catch_up = appended, catch_up


async def planned(engine, world):
    await engine.arm("month end", ARMED)
    plan = await plan_of(engine, "6")
    assert plan.refusals == ()
    world.aws.plans.append(plan)
    return plan


async def found_not_done(engine, plan, step, how="said"):
    await engine.load()
    await engine._history.append(entries.resolved(plan, step, done=False, text="asked AWS", how=how))


def first_step(run):
    return run.steps[0].state, run.steps[0].text


async def test_it_reads_what_other_hosts_have_written_before_every_decision(tmp_path):
    world = World(tmp_path)
    async with world.console("hanako") as one:
        ledger = Ledger(one)
        await one.arm("month end", ARMED)
        assert ledger.caught_up == 1
        plan = await plan_of(one, "6")
        assert ledger.caught_up == 2
        world.aws.plans.append(plan)
        run = await one.apply(plan, "staff-api")
        assert run.state is StepState.DONE
        assert ledger.caught_up == 3 + len(plan.steps), "the confirmation, and each request"
        _runs = one.runs
        assert ledger.caught_up == 3 + len(plan.steps), "showing asks for nothing"


async def test_another_console_that_settled_the_step_meanwhile_stops_it(tmp_path):
    # As after a pause of the sender's virtual machine: by its clock no time has passed.
    world = World(tmp_path)
    async with world.console("hanako") as one, world.console("taro") as two:
        plan = await planned(one, world)

        Ledger(one).after[EntryKind.INTENT] = partial(found_not_done, two, plan, plan.steps[0])
        state, text = first_step(await one.apply(plan, "staff-api"))
        assert state is StepState.REFUSED
        assert "Another console has recorded its outcome" in text
    assert not world.aws.effects


async def test_an_entry_that_may_forbid_changes_stops_it(tmp_path):
    world = World(tmp_path)
    async with world.console("hanako") as one, world.console("taro") as two:
        plan = await planned(one, world)

        async def restrained():
            of_tomorrow(world.path, "everything-stops", at=world.clock.now())

        Ledger(one).after[EntryKind.INTENT] = restrained
        state, text = first_step(await one.apply(plan, "staff-api"))
        assert state is StepState.REFUSED
        assert "everything-stops" in text
        assert not is_locked(await plan_of(two, "6")), "what was not sent locks nothing"
    assert not world.aws.effects


@pytest.mark.parametrize("lost_from", [1, 2])
async def test_without_the_other_hosts_entries_nothing_is_sent(tmp_path, lost_from):
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await planned(one, world)
        ledger = Ledger(one, lost_from=lost_from)
        if lost_from == 1:
            with pytest.raises(JournalError):
                await one.apply(plan, "staff-api")
            assert one.runs == ()
        else:
            state, text = first_step(await one.apply(plan, "staff-api"))
            assert state is StepState.REFUSED
            assert "the ledger is unreachable" in text
        ledger.lost_from = ledger.caught_up
        refused = await plan_of(one, "6")
        assert any("the ledger is unreachable" in why for why in refused.refusals)
        with pytest.raises(JournalError):
            await one.arm("again", ARMED)
        with pytest.raises(JournalError):
            await one.resolve(plan.id)
    assert not world.aws.effects


@pytest.mark.parametrize("kind", [EntryKind.PLAN, EntryKind.INTENT])
async def test_an_unreachable_ledger_at_the_confirmation_or_the_intent_sends_nothing(tmp_path, kind):
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await planned(one, world)
        ledger = Ledger(one, refuses=frozenset({kind, EntryKind.REFUSED}))
        if kind is EntryKind.PLAN:
            with pytest.raises(JournalError):
                await one.apply(plan, "staff-api")
        else:
            state, text = first_step(await one.apply(plan, "staff-api"))
            assert (state, one.unrecorded) == (StepState.REFUSED, 1)
            assert "the ledger is unreachable" in text
            ledger.refuses = frozenset()
            assert await one._history.retry()
            assert (one.runs[0].steps[0].state, one.unrecorded) == (StepState.REFUSED, 0)
    assert not world.aws.effects


@pytest.mark.parametrize("way", ["advance", "suspend", "step"])
@pytest.mark.parametrize("seconds", [INTENT_SECONDS - 1, INTENT_SECONDS + 1])
async def test_an_intent_goes_stale_by_the_clock_that_is_further_on(tmp_path, way, seconds):
    # A suspended machine, or one whose clock was set ahead, must not send what others have given up.
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await planned(one, world)

        async def passes():
            getattr(world.clock, way)(seconds)

        Ledger(one).after[EntryKind.INTENT] = passes
        run = await one.apply(plan, "staff-api")
        is_fresh = seconds < INTENT_SECONDS
        assert (run.steps[0].state is StepState.DONE) is is_fresh
        assert bool(world.aws.effects) is is_fresh


@pytest.mark.parametrize("way", ["advance", "suspend", "step"])
async def test_a_step_that_others_show_as_not_started_is_not_begun(tmp_path, way):
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await planned(one, world)

        async def passes():
            getattr(world.clock, way)(TURN_SECONDS + 1)

        Ledger(one).after[EntryKind.OUTCOME] = passes
        run = await one.apply(plan, "staff-api")
        assert [step.state for step in run.steps] == [StepState.DONE, StepState.REFUSED]
        assert "plan it again" in run.steps[1].text
    assert len(world.aws.effects) == 1


@pytest.mark.parametrize("skew", [-3600, -90, 90, 3600])
async def test_another_host_s_intent_ages_by_the_reader_s_clock(tmp_path, monkeypatch, skew):
    # Whatever the sender's clock says, and whatever the reader's wall clock is set to; a suspend of the reader counts.
    world = World(tmp_path)
    async with world.console("hanako") as one, world.console("taro") as two:
        plan = await plan_of(one, "6")
        world.clock.step(skew)
        monkeypatch.setattr(ages, "machine", lambda: "another-boot time:[1]")
        world.killed_at("intended", plan)
        world.aws.maximum, world.aws.actions = 5, {}
        monkeypatch.setattr(ages, "machine", lambda: "this-boot time:[1]")
        world.clock.step(-skew)
        assert (await run_after_reading(two, plan)).steps[0].state is StepState.SENDING
        world.clock.step(86_400)
        world.clock.advance(WINDOW_SECONDS - 1)
        assert (await run_after_reading(two, plan)).steps[0].state is StepState.SENDING
        world.clock.step(-86_400)
        world.clock.suspend(2)
        run = await run_after_reading(two, plan)
        assert run.steps[0].state is StepState.UNKNOWN
        assert "AWS may still accept the request" in run.steps[0].text
        assert "10:06" in run.steps[0].text, "six minutes after it was read"
        world.clock.suspend(SIGNATURE_SECONDS)
        assert (await run_after_reading(two, plan)).steps[0].state is StepState.FAILED


async def test_a_signature_of_a_clock_that_is_ahead_lives_longer(tmp_path):
    # AWS accepts a request by the time in its signature.
    world = World(tmp_path)
    async with world.console("hanako") as one, world.console("taro") as two:
        world.aws.skew_seconds = -90.0
        plan = await planned(one, world)

        async def never():
            world.aws.faults = ["lost-before"]

        Ledger(one).after[EntryKind.INTENT] = never
        assert (await one.apply(plan, "staff-api")).steps[0].state is StepState.UNKNOWN
        await run_after_reading(two, plan)
        world.clock.advance(WINDOW_SECONDS + SIGNATURE_SECONDS + 89)
        assert (await run_after_reading(two, plan)).steps[0].state is StepState.UNKNOWN
        world.clock.advance(2)
        assert (await run_after_reading(two, plan)).steps[0].state is StepState.FAILED


@pytest.mark.parametrize("ahead", [0, 90])
async def test_a_person_cannot_know_that_it_was_not_done_while_aws_may_accept_it(tmp_path, ahead):
    world = World(tmp_path)
    async with world.console("hanako") as one, world.console("taro") as two:
        world.aws.skew_seconds = -float(ahead)
        plan = await planned(one, world)

        async def never():
            world.aws.faults = ["lost-before"]

        Ledger(one).after[EntryKind.INTENT] = never
        assert (await one.apply(plan, "staff-api")).steps[0].state is StepState.UNKNOWN
        world.aws.maximum = 7
        await run_after_reading(two, plan)
        register = plan.steps[0].id
        for seconds in (1, WINDOW_SECONDS, SIGNATURE_SECONDS - 2 + ahead):
            world.clock.advance(seconds)
            with pytest.raises(NotFinal) as too_early:
                await two.resolve_manually(plan.id, register, done=False, note="I looked")
            assert f"10:0{7 if ahead else 6}" in too_early.value.text
            assert is_locked(await plan_of(two, "6"))
        world.clock.advance(2)
        run = await two.resolve_manually(plan.id, register, done=False, note="I looked")
        assert first_step(run) == (StepState.FAILED, "I looked")


async def test_that_it_was_done_a_person_may_say_at_once(tmp_path):
    world = World(tmp_path)
    async with world.console("hanako") as one, world.console("taro") as two:
        plan = await plan_of(one, "6")
        world.killed_at("unknown", plan)
        await two.load()
        run = await two.resolve_manually(plan.id, plan.steps[0].id, done=True, note="I looked")
        assert first_step(run) == (StepState.DONE, "I looked")


async def test_a_step_after_one_that_others_found_not_done_is_not_sent(tmp_path):
    # AWS's answer to the first step still waits for the ledger.
    world = World(tmp_path)
    async with world.console("hanako") as one, world.console("taro") as two:
        plan = await planned(one, world)
        resolved = partial(found_not_done, two, plan, plan.steps[0])
        Ledger(one, refuses=frozenset({EntryKind.OUTCOME}), at_refusal=resolved)
        run = await one.apply(plan, "staff-api")
        assert [step.state for step in run.steps] == [StepState.DONE, StepState.REFUSED]
        assert "earlier step was not done" in run.steps[1].text
    assert len(world.aws.effects) == 1


async def test_what_aws_showed_before_the_request_was_dead_proves_nothing(tmp_path, monkeypatch):
    # The reader, too, may be stopped: with an answer in hand, while the request arrives.
    world = World(tmp_path)
    async with world.console("hanako") as one, world.console("taro") as two:
        plan = await plan_of(one, "6")
        world.killed_at("unknown", plan)
        world.aws.maximum, world.aws.actions = 5, {}
        await two.load()
        change = two.changes["task-limit"]
        observe = change.observe

        async def stopped(step):
            observation = await observe(step)
            world.clock.advance(600)
            return observation

        monkeypatch.setattr(change, "observe", stopped)
        assert (await two.resolve(plan.id)).steps[0].state is StepState.UNKNOWN
        world.aws.maximum = 6
        assert (await two.resolve(plan.id)).steps[0].state is not StepState.FAILED


@pytest.mark.parametrize(("before", "after"), [(0, 200), (90, 150), (400, 400)])
async def test_a_clock_further_ahead_than_others_reckon_with_sends_nothing(tmp_path, before, after):
    # It was set after AWS was last asked, or is so wrong that AWS accepts the request only later.
    world = World(tmp_path)
    async with world.console("hanako") as one:
        world.aws.skew_seconds = -before
        plan = await planned(one, world)

        async def seen():
            world.aws.skew_seconds = -after

        Ledger(one).after[EntryKind.INTENT] = seen
        state, text = first_step(await one.apply(plan, "staff-api"))
        assert state is StepState.REFUSED
        assert "clock" in text
    assert not world.aws.effects


async def test_a_plan_that_others_showed_as_not_started_is_not_sent_over_their_changes(tmp_path):
    # The sender's virtual machine was paused before its intent; meanwhile a change was made and taken back.
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await planned(one, world)
        world.clock = ManualClock(NOW)
        async with world.console("taro") as two:

            async def made_and_reverted():
                await two.load()
                world.clock.advance(WINDOW_SECONDS + 1)
                await two.arm("month end", ARMED)
                before = world.aws.maximum
                for maximum in ("6", str(before)):
                    again = await plan_of(two, maximum)
                    assert again.refusals == ()
                    world.aws.plans.append(again)
                    assert (await two.apply(again, "staff-api")).steps[0].state is StepState.DONE
                world.aws.actions = {}

            Ledger(one).after[EntryKind.PLAN] = made_and_reverted
            state, text = first_step(await one.apply(plan, "staff-api"))
            assert state is StepState.REFUSED
            assert "plan it again" in text
    assert not world.aws.effects[id(plan.steps[0].call)]
    assert world.aws.maximum == 5


async def test_a_reading_after_others_settled_the_step_proves_nothing(tmp_path, monkeypatch):
    # A proxy answered; the console was stopped before it read AWS, and what it reads was done by another change.
    world = World(tmp_path)
    async with world.console("hanako") as one, world.console("taro") as two:
        plan = await planned(one, world)
        _register, schedule = plan.steps
        assert not schedule.required
        write = world.aws.write

        async def answered(permit, **options):
            if permit.call is not schedule.call:
                return await write(permit, **options)
            await found_not_done(two, plan, schedule, how="read")
            world.aws._carry_out(schedule.call)
            return {}

        monkeypatch.setattr(world.aws, "write", answered)
        run = await one.apply(plan, "staff-api")
        assert [step.state for step in run.steps] == [StepState.DONE, StepState.FAILED]
        assert (await run_after_reading(two, plan)).steps[1].state is StepState.FAILED
