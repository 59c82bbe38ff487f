from typing import Any

import pytest
from textual.widgets import Input

from services import i18n
from services.demo import names
from tests.conftest import Embedded
from tests.services.changes.change_world import SERVICE, service, target
from tests.services.changes.watched import UPDATE, live
from tests.tools.console import flat_text, press, until
from tests.tui.change_steps import SIZES, arm_without_screen, change_mode, sent
from tests.tui.screens.changes.test_edge_changes import confirmed, dialog, seen_to_its_end

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.slow]


@pytest.fixture(autouse=True)
def japanese() -> None:
    i18n.use("ja")


def settled(embedded: Embedded) -> list[Any]:
    return embedded.world.system.service.serving(embedded.clock.now().timestamp())  # type: ignore[union-attr]


@SIZES
@pytest.mark.scenario("bad-deploy", history=1200)
async def test_a_bad_release_is_rolled_back_and_the_alarm_clears(embedded, size):
    live(embedded, 480)
    async with change_mode(embedded, size=size) as pilot:
        await arm_without_screen(pilot)
        await until(pilot, lambda: "alb-5xx-error-rate" in flat_text(pilot))
        screen = await dialog(pilot, "deploy-rollback", f"service/{names.CLUSTER}/{SERVICE}")
        assert screen.plan.title == f"ロールバック {names.RELEASE} → :{names.DEPLOYED.rpartition(':')[2]}"
        await until(pilot, lambda: "マイグレーションは戻りません" in flat_text(pilot))
        await confirmed(pilot, screen, SERVICE)
        assert sent(embedded, UPDATE) == 1
        await seen_to_its_end(pilot, embedded)
        assert "完了" in pilot.app.runs[0].progress.text
        for _minute in range(6):
            embedded.advance(60)
        await press(pilot, "1", then=lambda: pilot.app.alarms.fetched_at == embedded.clock.now())
        firing = [alarm.name for alarm in pilot.app.alarms.value.watched if alarm.state.value == "ALARM"]
        assert "alb-5xx-error-rate" not in firing


@SIZES
@pytest.mark.scenario("ordinary-day", history=1200)
async def test_tasks_are_added_by_hand_and_restarted(embedded, size):
    target(embedded).suspended |= {"DynamicScalingInSuspended": True}
    resource = f"service/{names.CLUSTER}/{SERVICE}"
    async with change_mode(embedded, size=size) as pilot:
        await arm_without_screen(pilot)
        screen = await dialog(pilot, "desired-count", resource)
        screen.form.query_one("#ask-desired", Input).value = "4"
        await until(pilot, lambda: screen.plan is not None and screen.plan.wish.get("desired") == "4")
        await confirmed(pilot, screen, SERVICE)
        await seen_to_its_end(pilot, embedded)
        assert service(embedded).running(embedded.clock.now().timestamp()) == 4
        await pilot.press("escape")
        old = {task.id for task in settled(embedded)}
        screen = await dialog(pilot, "service-restart", resource)
        await until(pilot, lambda: "タグを解決し直します" in flat_text(pilot))
        await confirmed(pilot, screen, SERVICE)
        await seen_to_its_end(pilot, embedded)
        assert not old & {task.id for task in settled(embedded)}
        assert sent(embedded, UPDATE) == 2
