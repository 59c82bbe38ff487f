"""A change that another host made: its plan's time, by that host's clock, does not tell that AWS must show it by now."""

from pathlib import Path
from typing import Any

import pytest

from services.changes import ages
from services.changes.watches import SHOWN_BY
from services.models.watches import Progress, WatchState
from tests.services.changes.change_world import desk
from tests.services.changes.watched import planned

KIND = "service-restart"
pytestmark = pytest.mark.scenario("ordinary-day", history=600)


@pytest.mark.parametrize("where", ["another", "this"])
async def test_the_end_of_another_host_s_change_is_not_believed_before_aws_must_show_it(
    embedded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(ages, "machine", lambda: f"{where}-boot time:[1]")
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        run = await one.apply(await planned(one, KIND))
        assert run.watching
    monkeypatch.setattr(ages, "machine", lambda: "this-boot time:[1]")
    async with desk(embedded, tmp_path / "j.db") as two:

        async def progress(*_args: Any) -> Progress:
            return Progress(state=WatchState.FAILED, text="not listed")

        monkeypatch.setattr(two.engine.changes[KIND], "progress", progress)

        async def looked() -> WatchState | None:
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
