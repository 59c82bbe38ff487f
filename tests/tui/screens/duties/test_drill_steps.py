from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from services.models.change_runs import Run
from tests.conftest import Embedded
from tests.tools.console import console, press, screen_text, until
from tui.screens.changes.plan import PlanScreen

pytestmark = pytest.mark.usefixtures("at_once")
WEDNESDAY = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)  # 10:00 JST in the month of a restore drill


async def open_duty(pilot: Pilot[Any], prefix: str) -> None:
    """The window of the duty whose key begins so, from the list of duties."""
    app: Any = pilot.app
    await press(pilot, "2", then=lambda: any(key.startswith(prefix) for key in app.screen.list.shown))
    app.screen.list.select(next(key for key in app.screen.list.shown if key.startswith(prefix)))
    await press(pilot, "enter", at="DutyScreen")


async def stepped(pilot: Pilot[Any], number: str) -> PlanScreen:
    app: Any = pilot.app
    await press(pilot, "full_stop", number, at="PlanScreen", then=lambda: app.screen.plan is not None)
    assert app.current_mode == "change"
    screen: PlanScreen = app.screen
    return screen


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
@pytest.mark.scenario("ordinary-day", history=600.0, origin=WEDNESDAY)
async def test_a_drill_from_its_duty_to_its_deletion(embedded, size):
    async with console(embedded.url, embedded.clock, mode="inspect", size=size) as pilot:
        app: Any = pilot.app
        await open_duty(pilot, "dr-drill")
        await until(pilot, lambda: "1. Restore a snapshot into an instance of its own" in screen_text(pilot))
        assert "→ Change: Restore drill" in screen_text(pilot)
        assert "→ Change: Delete a drill" not in screen_text(pilot), "there is nothing to delete yet"
        plan = (await stepped(pilot, "1")).plan
        assert plan.kind == "drill-restore"
        assert plan.refusals == ()
        engine = app.ready.engine
        await engine.arm("drill", timedelta(minutes=30))
        await engine.apply(plan, plan.confirm)
        await press(pilot, "escape", then=lambda: has_ended(app.runs, embedded))

        await open_duty(pilot, "dr-drill")
        await until(pilot, lambda: plan.wish["snapshot"] in screen_text(pilot))
        await pilot.press("escape")
        embedded.advance(7 * 3600)
        await open_duty(pilot, "revert@")
        await until(pilot, lambda: "→ Change: Delete a drill's instance" in screen_text(pilot))
        deletion = (await stepped(pilot, "1")).plan
        assert deletion.kind == "drill-delete"
        assert deletion.refusals == ()
        assert deletion.confirm == plan.steps[0].call.params["DBInstanceIdentifier"]


def has_ended(runs: tuple[Run, ...], embedded: Embedded) -> bool:
    """Whether the newest change has ended; the world lives on meanwhile."""
    if runs and runs[0].watched_seq:
        return True
    embedded.advance(30)
    return False
