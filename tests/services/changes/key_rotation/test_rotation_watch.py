import pytest

from services.models.watches import WatchState
from tests.services.changes.key_rotation.rotation_world import DAY, TEST_RUN, account, desk

pytestmark = pytest.mark.scenario(account())


async def seen(console, state):
    states = console.services.engine.states()
    try:
        async for runs in states:
            handed = next(run for run in runs if run.plan.wish["step"] == "github")
            if handed.progress is not None and handed.progress.state is state:
                return handed
            console.embedded.advance(60)
    finally:
        await states.aclose()
    raise AssertionError


async def test_the_next_console_sees_the_proof_of_a_hand_over(embedded, tmp_path):
    path = tmp_path / "j.db"
    async with desk(embedded, path) as console:
        await console.take("create")
        await console.take("github")
        run = await seen(console, WatchState.RUNNING)
        assert "start one in GitHub" in run.progress.text
    embedded.advance(TEST_RUN)
    async with desk(embedded, path) as console:
        run = await seen(console, WatchState.DONE)
        assert not run.watching


async def test_a_failed_read_of_github_does_not_end_the_watch(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        run = await console.take("github")
        embedded.advance(TEST_RUN)
        embedded.fault("github", preset="throttled")
        progress = await console.change.progress(run.plan, {})
        assert (progress.state, "accepts no more requests" in progress.text) == (WatchState.RUNNING, True)
        embedded.clear_faults()
        assert (await console.change.progress(run.plan, {})).state is WatchState.DONE


async def test_a_key_that_was_discarded_meanwhile_ends_the_watch_badly(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        run = await console.take("github")
        await console.take("discard")
        embedded.advance(DAY)
        progress = await console.change.progress(run.plan, {})
        assert progress.state is WatchState.FAILED


@pytest.mark.parametrize("last", ["deactivate", "delete"])
async def test_a_rotation_that_nobody_watched_ends_the_watch_well(embedded, tmp_path, last):
    # Between two looks of the watch the old key was deactivated, or even deleted.
    async with desk(embedded, tmp_path / "j.db") as console:
        await console.take("create")
        await console.take("github")
        await seen(console, WatchState.RUNNING)
        embedded.advance(TEST_RUN)
        await console.take("deactivate")
        if last == "delete":
            embedded.advance(7 * DAY)
            await console.take("delete")
        assert not (await seen(console, WatchState.DONE)).watching
