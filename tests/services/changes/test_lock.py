from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.changes import entries
from services.changes.ages import marked
from services.changes.trail import mark_of
from services.clock import ManualClock
from services.journal.store import Store
from services.models.change_runs import StepState
from services.models.journal import Person
from tests.services.changes.change_world import OVER, UNAPPROVED
from tests.services.changes.fake_aws import NOW, FakeAws, opened
from tests.services.journal.book import append

BOOK = UNAPPROVED
AGES = [59, OVER, 86_400, 40 * 86_400]  # Seconds after a console was killed
POINTS = ["confirmed", "intended", "unknown", "first done", "second intended"]
LOCKED = "or its outcome has been unknown, since"


class World:
    def __init__(self, folder):
        self.aws, self.clock, self.path = FakeAws(), ManualClock(NOW), folder / "j.db"

    @asynccontextmanager
    async def console(self, name):
        book, engine = await opened(self.aws, self.clock, self.path, name)
        try:
            yield engine
        finally:
            await book.close()

    def killed_at(self, point, plan):
        """What a console that was killed there has left; AWS shows neither the state before nor the one after."""
        first, second = plan.steps
        new_entries = [entries.confirmed(plan), entries.intent(plan, first, mark=mark_of(plan, first))]
        if point == "confirmed":
            new_entries.pop()
        elif point == "unknown":
            new_entries.append(entries.outcome(plan, first, StepState.UNKNOWN, "no answer"))
        elif point != "intended":
            new_entries.append(entries.outcome(plan, first, StepState.DONE, "done"))
        if point == "second intended":
            new_entries.append(entries.intent(plan, second))
        self.write(*new_entries)
        self.aws.maximum, self.aws.actions = 7, {}

    def write(self, *new_entries):
        store = Store(self.path)
        for draft in new_entries:
            append(store, marked(draft, self.clock), at=self.clock.now(), person=Person(user="hanako"))
        store.close()


async def plan_of(engine, maximum="8"):
    return await engine.plan("task-limit", "staff-api", {"max": maximum, "revert": "aws"})


def is_locked(plan):
    return any(LOCKED in why for why in plan.refusals)


async def run_after_reading(engine, plan):
    states = engine.states()
    runs = await anext(states)
    await states.aclose()
    if any(run.in_flight for run in runs):
        await engine.resolve(plan.id)
    return next(run for run in engine.runs if run.id == plan.id)


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_any_point_and_checked_at_any_age(point, age, tmp_path):
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await plan_of(one, "6")
    world.killed_at(point, plan)
    world.clock.advance(age)
    async with world.console("taro") as two:
        before = await plan_of(two)
        assert is_locked(before) == bool(two.runs[0].locked), "asked by a command, which reads nothing"
        run = await run_after_reading(two, plan)
        after = await plan_of(two)
        assert is_locked(after) == bool(run.locked)
        if point in ("intended", "unknown"):
            assert run.state is (StepState.SENDING if (point, age) == ("intended", 59) else StepState.UNKNOWN)
            assert is_locked(before)
            assert is_locked(after)
        if age > 60 and point in ("confirmed", "first done"):
            assert run.steps[1 if point == "first done" else 0].state is StepState.REFUSED, (
                "it was never sent"
            )


async def test_only_reading_aws_or_a_persons_word_unlocks(tmp_path):
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await plan_of(one, "6")
    world.killed_at("intended", plan)
    for age in AGES:
        world.clock.advance(age)
        async with world.console("taro") as two:
            assert (await run_after_reading(two, plan)).in_flight
            await two.arm("month end", timedelta(minutes=30))
            refused = await plan_of(two)
            assert is_locked(refused)
            run = await two.apply(refused, "staff-api")
            assert LOCKED in run.refusal
    async with world.console("taro") as two:
        await two.resolve_manually(plan.id, plan.steps[0].id, done=False, note="asked AWS support")
        assert not is_locked(await plan_of(two))
    assert not world.aws.effects


async def test_an_intent_whose_plan_cannot_be_read_locks(tmp_path):
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await plan_of(one, "6")
    confirmed = entries.confirmed(plan).model_copy(update={"data": {"plan": {"a": "newer console's"}}})
    world.write(confirmed, entries.intent(plan, plan.steps[0]))
    for age in AGES:
        world.clock.advance(age)
        async with world.console("taro") as two:
            assert is_locked(await plan_of(two))


async def test_an_outcome_of_unknown_kind_locks_though_its_hold_was_released(tmp_path):
    # Also for a plan that was made before, which the journal's hold would let through.
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await plan_of(one, "6")
    async with world.console("taro") as two:
        early = await plan_of(two)
        outcome = entries.outcome(plan, plan.steps[0], StepState.DONE, "done")
        odd = outcome.model_copy(update={"data": {**outcome.data, "state": "newer console's"}})
        world.write(entries.confirmed(plan), entries.intent(plan, plan.steps[0]), odd)
        assert early.refusals == ()
        await two.arm("month end", timedelta(minutes=30))
        run = await two.apply(early, "staff-api")
        assert run.steps[0].state is StepState.REFUSED
        assert LOCKED in run.steps[0].text
        assert is_locked(await plan_of(two))
    assert not world.aws.effects


async def test_a_plan_with_two_steps_of_one_name_is_a_row_too(tmp_path):
    world = World(tmp_path)
    async with world.console("hanako") as one:
        plan = await plan_of(one, "6")
    doubled = plan.model_copy(update={"steps": (plan.steps[0], plan.steps[0])})
    world.write(entries.confirmed(doubled), entries.intent(plan, plan.steps[0]))
    async with world.console("taro") as two:
        assert is_locked(await plan_of(two))
        assert (await two.resolve(plan.id)).in_flight
