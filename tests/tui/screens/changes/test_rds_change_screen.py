from datetime import UTC, datetime

import pytest

from services import i18n
from services.demo.scenario import Scenario
from services.models.change_runs import StepState
from tests.tools.console import expect, flat_text, press, until
from tests.tui.change_steps import SIZES, arm_without_screen, change_mode, planned, sent, to_question
from tests.tui.screens.changes.test_change_keys import burst

WORDS = {"title": "t", "watch": "w"}
PATCHED = Scenario(name="x", ja=WORDS, en=WORDS, facts=({"kind": "patch", "auto_after_days": 30},))
FRIDAY = datetime(2026, 1, 16, 1, 0, tzinfo=UTC)
pytestmark = [
    pytest.mark.usefixtures("at_once"),
    pytest.mark.scenario(PATCHED, history=3600.0, origin=FRIDAY),
]
NAME = "facility-prod-db"


async def test_a_title_is_whole_and_the_target_is_named_beside_it(embedded):
    async with change_mode(embedded, size=(80, 24)) as pilot:
        app = pilot.app
        await pilot.press(*["down"] * list(app.ready.engine.changes).index("rds-class"))
        await until(pilot, lambda: "Next maintenance window" in flat_text(pilot))
        screen = await planned(pilot)
        i18n.use("ja")
        screen.action_replan()
        await until(pilot, lambda: screen.plan is not None and "クラス" in screen.plan.title)
        await expect(pilot, shows=("db.t4g.large（次のウィンドウで）", f"123456789012 {NAME}"))
        assert "F2 先に行う操作 F9 変更許可 Esc 閉じる" in flat_text(pilot)


@SIZES
@pytest.mark.parametrize(
    ("kind", "operation", "typed"),
    [("rds-maintenance", "ApplyPendingMaintenanceAction", True), ("rds-snapshot", "CreateDBSnapshot", False)],
)
@pytest.mark.slow
async def test_a_change_that_needs_no_approval(kind, operation, typed, size, embedded):
    async with change_mode(embedded, size=size) as pilot:
        app = pilot.app
        await arm_without_screen(pilot)
        kinds = list(app.ready.engine.changes)
        await press(pilot, *["down"] * kinds.index(kind), shows="Next maintenance window")
        screen = await planned(pilot)
        assert screen.plan.kind == kind
        await to_question(pilot, screen)
        await burst(pilot, *(NAME if typed else ("right",)))
        await press(pilot, "enter", then=lambda: app.runs and app.runs[0].state is StepState.DONE)
        await until(pilot, lambda: all(step.verified for step in app.runs[0].steps))
        assert sent(embedded, f"rds.{operation}") == 1
