import math
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.changes import ages as module
from services.changes.ages import Ages, marked
from services.changes.guarantees import SIGNATURE_SECONDS
from services.clock import ManualClock, SpedClock, SystemClock
from services.journal.chain import linked
from services.models.change_runs import StepState
from services.models.journal import EntryKind, NewEntry, Person
from tests.services.changes.test_lock import World, is_locked, plan_of, run_after_reading

NOW = datetime(2026, 1, 30, 1, 0, tzinfo=UTC)
WINDOW = timedelta(seconds=60)
STEPS = [3600, -3600, 86_400, -86_400]
NOTHING, STEP, PASS, SUSPEND = range(4)
EVENTS = st.lists(
    st.tuples(st.sampled_from([STEP, PASS, SUSPEND]), st.sampled_from([1.0, -1.0]), st.floats(0, 90_000))
)


def entry(clock, *, seq=1, **data):
    draft = NewEntry(kind=EntryKind.INTENT, subject="p", text="x", data=data)
    marked_draft = draft if data else marked(draft, clock)
    return linked("j", marked_draft, seq=seq, at=clock.now(), person=Person(), previous="")


@given(EVENTS, st.integers(0, 8), st.booleans())
def test_it_is_over_when_its_sender_was_awake_for_the_window_and_not_before(events, at, foreign):
    # `at`: after how many events the console that reads is started; `foreign`: another machine's entry.
    clock = ManualClock(NOW)
    first_entry = entry(clock, machine="another", awake=0.0) if foreign else entry(clock)
    reader, awake, slept, since_seen = Ages(clock, WINDOW), 0.0, 0.0, 0.0
    for number, (what, sign, seconds) in enumerate(events):
        if number == at:
            reader.add(first_entry)
            since_seen, slept = awake, 0.0
        if what == STEP:
            clock.step(sign * seconds)
        elif what == PASS:
            clock.advance(seconds)
            awake += seconds
        else:
            clock.suspend(seconds)
            slept += seconds
        if number >= at:
            # Another machine is awake while this one is suspended.
            passed = awake - since_seen + slept if foreign else awake
            if abs(passed - 60) > 0.01:
                assert (not reader.remaining(1)) == (passed >= 60)
            due = clock.now() + reader.remaining(1)
            assert abs(reader.until(1) - due) <= timedelta(seconds=module.STEP)


@pytest.mark.parametrize(
    "data",
    [
        {"machine": "another boot", "awake": 1.0},
        {"awake": 1.0},
        *(
            {"machine": module.machine(), "awake": odd}
            for odd in (None, "1", True, [], 1e9, 10**400, -1e300, math.nan, math.inf)
        ),
        {"a": "written by an earlier version"},
    ],
)
def test_a_mark_without_information_counts_from_when_it_was_seen(data):
    clock = ManualClock(NOW)
    first_entry = entry(clock, **data)
    clock.advance(86_400)
    ages = Ages(clock, WINDOW)
    ages.add(first_entry)
    assert ages.remaining(1) == WINDOW
    clock.advance(59)
    ages.add(first_entry)
    assert ages.remaining(1) == timedelta(seconds=1)
    clock.advance(1)
    assert not ages.remaining(1)


def test_an_entry_that_was_never_seen_is_young():
    assert Ages(ManualClock(NOW), WINDOW).remaining(7) == WINDOW


def test_a_machine_without_a_boot_id_marks_nothing(monkeypatch):
    monkeypatch.setattr(module, "machine", lambda: "")
    clock = ManualClock(NOW)
    assert entry(clock).data == {}
    ages = Ages(clock, WINDOW)
    ages.add(entry(clock, machine="", awake=-1e6))
    assert ages.remaining(1) == WINDOW


def test_a_draft_is_marked_once():
    clock = ManualClock(NOW)
    draft = marked(NewEntry(kind=EntryKind.NOTE, text="x"), clock)
    clock.advance(5)
    assert marked(draft, clock) == draft


def test_the_real_clocks_stand_still_in_suspend_and_agree_with_each_other():
    one, two = SystemClock(), SystemClock(boot=lambda: 1e9)
    earlier = one.awake()
    assert 0 <= two.awake() - earlier < 600, "not the clock that goes on in suspend"
    since = 1_700_000_000.0
    early, late = SpedClock(NOW, since, 60), SpedClock(NOW + timedelta(minutes=2), since, 60)
    before = early.awake()
    assert late.awake() - before >= 120


@contextmanager
def a_world():
    with tempfile.TemporaryDirectory() as folder:
        yield World(Path(folder))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("watching", [True, False], ids=["watching", "started after the step"])
async def test_a_clock_step_around_a_kill_neither_unlocks_nor_keeps_a_lock(step, watching):
    # AWS shows the state before all the time: only the time that passed makes that "not done".
    with a_world() as world:
        async with world.console("hanako") as one, world.console("taro") as two:
            plan = await plan_of(one, "6")
            world.killed_at("intended", plan)
            world.aws.maximum, world.aws.actions = 5, {}
            if watching:
                assert (await run_after_reading(two, plan)).steps[0].state is StepState.SENDING
            world.clock.step(step)
            world.clock.advance(30)
            run = await run_after_reading(two, plan)
            assert run.steps[0].state is StepState.SENDING
            assert is_locked(await plan_of(two))
            until = run.elsewhere_until
            assert until is not None
            assert abs(until - world.clock.now() - timedelta(seconds=30)) < timedelta(seconds=5)
            world.clock.step(-step)
            world.clock.advance(29)
            assert (await run_after_reading(two, plan)).steps[0].state is StepState.SENDING
            world.clock.step(step)
            world.clock.advance(2)
            assert (await run_after_reading(two, plan)).steps[0].state is StepState.UNKNOWN
            assert is_locked(await plan_of(two))
            world.clock.advance(SIGNATURE_SECONDS)
            run = await run_after_reading(two, plan)
            assert run.steps[0].state is StepState.FAILED
            assert "was not done" in run.steps[0].text
            assert not is_locked(await plan_of(two))


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_does_not_make_a_step_that_waits_one_that_was_not_begun(step):
    with a_world() as world:
        async with world.console("hanako") as one, world.console("taro") as two:
            plan = await plan_of(one, "6")
            world.killed_at("first done", plan)
            world.clock.step(step)
            world.clock.advance(59)
            assert (await run_after_reading(two, plan)).steps[1].state is StepState.WAITING
            assert is_locked(await plan_of(two))
            world.clock.advance(2)
            assert (await run_after_reading(two, plan)).steps[1].state is StepState.REFUSED
            assert not is_locked(await plan_of(two))


async def test_a_suspended_machine_is_no_time_in_which_the_sender_gave_up():
    with a_world() as world:
        async with world.console("hanako") as one, world.console("taro") as two:
            plan = await plan_of(one, "6")
            world.killed_at("intended", plan)
            world.aws.maximum, world.aws.actions = 5, {}
            world.clock.suspend(86_400)
            assert (await run_after_reading(two, plan)).steps[0].state is StepState.SENDING
            world.clock.advance(61)
            assert (await run_after_reading(two, plan)).steps[0].state is StepState.UNKNOWN
            world.clock.advance(SIGNATURE_SECONDS)
            assert (await run_after_reading(two, plan)).steps[0].state is StepState.FAILED
