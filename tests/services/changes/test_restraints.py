from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from services import i18n
from services.aws.client.errors import Refused
from services.models.change_runs import StepState
from services.models.journal import Entry, EntryKind, NewEntry
from tests.services.changes.change_world import OVER
from tests.services.changes.test_lock import World, plan_of
from tests.services.journal.book import of_tomorrow

HALF_AN_HOUR = timedelta(minutes=30)
RESOURCE = "service/facility-prod-cluster/staff-api"
NEWER = "is of a kind that this version does not know"
HARMLESS = {"restrains_changes": False}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


async def applied(world, engine, before=lambda: None):
    plan = await plan_of(engine)
    world.aws.plans = [plan]
    before()
    return await engine.apply(plan, "staff-api")


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        ({}, "the version of the console that wrote it, or a later one"),
        ({"restrains_changes": "0.2"}, "version 0.2 of the console, or a later one"),
        ({"restrains_changes": True}, "the version of the console that wrote it"),
        ({"restrains_changes": None}, "the version of the console that wrote it"),
        ({"restrains_changes": 0}, "the version of the console that wrote it"),
        ({"restrains_changes": {"since": "0.2"}}, "the version of the console that wrote it"),
        ({"restrains_changes": "\x1b[2J" + "9" * 99}, "version ␛[2J9"),
    ],
)
async def test_a_plan_is_refused_and_arming_too(world, data, remedy):
    async with world.console("taro") as engine:
        assert (await plan_of(engine)).refusals == ()
        of_tomorrow(world.path, "co-signed", at=world.clock.now(), data=data)
        (why,) = (await plan_of(engine)).refusals
        assert NEWER in why
        assert "co-signed" in why
        assert "Entry 1 " in why
        assert "alice" in why
        assert remedy in why
        with pytest.raises(Refused) as refusal:
            await engine.arm("month end", HALF_AN_HOUR)
        assert refusal.value.problem.summary == why
        assert engine.permits.armed is None


async def test_a_plan_older_than_a_freeze_is_not_applied(world):
    async with world.console("taro") as engine:
        await engine.arm("month end", HALF_AN_HOUR)
        run = await applied(world, engine, lambda: of_tomorrow(world.path, "freeze"))
    assert run.state is StepState.REFUSED
    assert NEWER in run.refusal
    assert not world.aws.effects


async def test_what_is_written_before_the_intent_stops_the_step(world):
    async with world.console("taro") as engine:
        await engine.arm("month end", HALF_AN_HOUR)
        append: Callable[[NewEntry], Awaitable[Entry]] = engine._journal.append

        async def interrupted(draft):
            if draft.kind is EntryKind.INTENT:
                of_tomorrow(world.path, "freeze", data={"restrains_changes": "0.2"})
            return await append(draft)

        engine._journal.append = interrupted
        run = await applied(world, engine)
        assert run.steps[0].state is StepState.REFUSED
        assert NEWER in run.steps[0].text
        assert await engine._journal.holder(RESOURCE) is None, "what was not sent holds nothing"
    assert not world.aws.effects


async def test_an_entry_marked_as_no_restraint_is_ignored(world):
    of_tomorrow(world.path, "incident", data=HARMLESS)
    async with world.console("taro") as engine:
        await engine.arm("month end", HALF_AN_HOUR)
        run = await applied(world, engine, lambda: of_tomorrow(world.path, "incident", data=HARMLESS))
        assert run.state is StepState.DONE, run
        of_tomorrow(world.path, "co-signed")
        of_tomorrow(world.path, "incident", data=HARMLESS)
        (why,) = (await plan_of(engine, "9")).refusals
        assert "co-signed" in why


async def test_a_hold_of_a_later_version_holds_by_itself(world):
    async with world.console("taro") as engine:
        target = (await plan_of(engine)).target.id
        of_tomorrow(world.path, "window", at=world.clock.now(), data=HARMLESS, holds=target)
        (why,) = (await plan_of(engine)).refusals
        assert "alice has been changing it" in why


async def test_the_newest_one_is_named_in_the_operators_language(world):
    of_tomorrow(world.path, "co-signed")
    of_tomorrow(world.path, "凍結", at=world.clock.now(), data={"restrains_changes": "0.3"})
    language = i18n.language()
    i18n.use("ja")
    try:
        async with world.console("taro") as engine:
            (why,) = (await plan_of(engine)).refusals
    finally:
        i18n.use(language)
    assert why == (
        "記録 2（01-28(水) 10:00 JST、alice さん）はこの版が知らない種類（凍結）で、変更操作を禁じている可能性があります。"
        "変更操作は、版 0.3 か、より新しい版のコンソールで行ってください。"
    )


async def test_an_unknown_step_can_still_be_resolved(world):
    async with world.console("hanako") as one:
        plan = await plan_of(one, "6")
    world.killed_at("unknown", plan)
    of_tomorrow(world.path, "freeze")
    async with world.console("taro") as two:
        world.clock.advance(OVER)
        run = await two.resolve_manually(plan.id, plan.steps[0].id, done=False, note="asked AWS support")
        assert run.steps[0].state is StepState.FAILED
