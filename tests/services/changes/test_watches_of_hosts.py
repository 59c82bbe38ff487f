"""A change that another host made: its plan's time, by that host's clock, does not tell that AWS must show it by now."""

import dataclasses
from datetime import timedelta

import pytest

from services.changes import ages
from services.changes.watches import SHOWN_BY
from services.journal.journal import Journal
from services.models.watches import Progress, WatchState
from tests.services.changes.change_world import desk
from tests.services.changes.watched import planned

KIND = "service-restart"
pytestmark = pytest.mark.scenario("ordinary-day", history=600)


@pytest.mark.parametrize("where", ["another", "this"])
async def test_the_end_of_another_host_s_change_is_not_believed_before_aws_must_show_it(
    embedded, tmp_path, monkeypatch, where
):
    monkeypatch.setattr(ages, "machine", lambda: f"{where}-boot time:[1]")
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        run = await one.apply(await planned(one, KIND))
        assert run.watching
    monkeypatch.setattr(ages, "machine", lambda: "this-boot time:[1]")
    async with desk(embedded, tmp_path / "j.db") as two:

        async def progress(*_args):
            return Progress(state=WatchState.FAILED, text="not listed")

        monkeypatch.setattr(two.engine.changes[KIND], "progress", progress)

        async def looked():
            await two.runs()
            await two.engine._watches.check_due(two.engine.runs)
            (run,) = two.engine.runs
            return run.progress.state if run.progress is not None else None

        first = await looked()
        if where == "this":
            assert first is WatchState.FAILED
            return
        assert first is WatchState.RUNNING
        embedded.clock.step(3600)
        embedded.advance(SHOWN_BY - 1)
        assert await looked() is WatchState.RUNNING, "its clock may be set"
        embedded.advance(31)
        assert await looked() is WatchState.FAILED


@pytest.mark.parametrize("skew", [-90, 90])
async def test_a_plan_confirmed_on_another_host_is_watched_by_that_host_s_clock(
    embedded, tmp_path, monkeypatch, skew
):
    monkeypatch.setattr(Journal, "is_shared", True)
    async with desk(embedded, tmp_path / "j.db") as one, desk(embedded, tmp_path / "j.db") as two:
        embedded.clock.step(skew)
        plan = await planned(one, KIND)
        embedded.clock.step(-skew)
        await two.arm()
        run = await two.apply(plan)
        assert run.plan.made_at == embedded.clock.now()
        assert run.plan.watch.gives_up_at - plan.watch.gives_up_at == timedelta(seconds=-skew)
        assert run.plan.digest == plan.digest


async def test_what_aws_may_not_show_yet_counts_from_the_confirmation(one, embedded, monkeypatch):
    # ECS may list the deployment of before for a while; a plan may have waited minutes for its approval.
    await one.arm()
    plan = await planned(one, KIND)
    embedded.advance(100)
    change = one.engine.changes[KIND]
    before = await change._state(plan.target.id)
    run = await one.apply(plan)
    assert run.watching

    async def as_before(_service):
        return dataclasses.replace(before, at=embedded.clock.now())

    with monkeypatch.context() as patch:
        patch.setattr(change, "_state", as_before)
        embedded.advance(30)
        await one.engine._watches.check_due(one.engine.runs)
        progress = one.engine.runs[0].progress
        assert progress.state is WatchState.RUNNING
    assert (await one.ended()).has_ended_well
