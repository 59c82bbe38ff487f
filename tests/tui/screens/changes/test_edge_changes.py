from datetime import datetime
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from services import i18n
from services.models.change_runs import StepState
from services.models.watches import WatchState
from tests.conftest import Embedded
from tests.tools.console import expect, flat_text, press, settled, until, until_later
from tests.tui.change_steps import SIZES, arm_without_screen, change_mode, sent, to_question
from tests.tui.screens.changes.test_change_keys import burst
from tui.messages import OpenChange
from tui.screens.changes.plan import PlanScreen
from widgets.changes.plan.form import ChoiceRow

pytestmark = [pytest.mark.scenario("ordinary-day", history=1200), pytest.mark.usefixtures("at_once")]
DISTRIBUTION, ALARM = "E1234567890ABC", "rds-cpu-high"
CREATE, PUT, DELETE = (
    "cloudfront.CreateInvalidation",
    "cloudwatch.PutAlarmMuteRule",
    "cloudwatch.DeleteAlarmMuteRule",
)


@pytest.fixture(autouse=True)
def japanese() -> None:
    i18n.use("ja")


async def dialog(pilot: Pilot[Any], kind: str, target: str) -> PlanScreen:
    """The plan's dialog, opened as a step of the runbook does."""
    pilot.app.post_message(OpenChange(kind, target))
    await expect(pilot, at="ChangeScreen")
    await until(pilot, lambda: pilot.app.screen.changes.table.cursor_key == f"{kind} {target}")
    screen = await press(pilot, "enter", at="PlanScreen")
    await until(pilot, lambda: screen.plan is not None and screen.guard.is_open)
    return screen


async def answered(pilot: Pilot[Any], screen: PlanScreen, **values: str) -> None:
    """Type the answers; the plan that is made of them is on the screen."""
    for name, value in values.items():
        screen.form.query_one(f"#ask-{name}", Input).value = value
    await until(
        pilot,
        lambda: (
            screen.plan is not None
            and all(screen.plan.wish.get(name) == value for name, value in values.items())
        ),
    )


async def confirmed(pilot: Pilot[Any], screen: PlanScreen, name: str) -> None:
    await to_question(pilot, screen)
    await burst(pilot, *name)
    await press(pilot, "enter", then=lambda: pilot.app.runs and pilot.app.runs[0].state is StepState.DONE)


async def seen_to_its_end(pilot: Pilot[Any], embedded: Embedded) -> None:
    """The world lives on until the newest run's watch has seen an end."""
    await until_later(pilot, embedded, lambda: not pilot.app.runs[0].watching, 30)
    progress = pilot.app.runs[0].progress
    assert progress.state is WatchState.DONE, progress


@SIZES
@pytest.mark.slow
async def test_the_whole_cache_is_cleared_to_its_end(embedded, size):
    async with change_mode(embedded, size=size) as pilot:
        await arm_without_screen(pilot)
        screen = await dialog(pilot, "cache-invalidation", DISTRIBUTION)
        await answered(pilot, screen, paths="/*")
        assert screen.plan.title == "キャッシュクリア: /*"
        await confirmed(pilot, screen, DISTRIBUTION)
        assert sent(embedded, CREATE) == 1
        await seen_to_its_end(pilot, embedded)
        assert "完了しました" in pilot.app.runs[0].progress.text


async def test_a_path_that_matches_nothing_is_refused_on_the_screen(embedded):
    async with change_mode(embedded) as pilot:
        await arm_without_screen(pilot)
        screen = await dialog(pilot, "cache-invalidation", DISTRIBUTION)
        screen.form.query_one("#ask-paths", Input).value = "/static/js/main.*.js"
        await until(pilot, lambda: screen.plan is not None and screen.plan.refusals)
        await until(pilot, lambda: "何にも一致しません" in flat_text(pilot))
        assert not screen.bar.asking
        assert sent(embedded, CREATE) == 0


@pytest.mark.slow
@SIZES
async def test_an_alarm_is_muted_watched_and_unmuted(embedded, size):
    async with change_mode(embedded, size=size) as pilot:
        app = pilot.app
        await arm_without_screen(pilot)
        screen = await dialog(pilot, "alarm-mute", ALARM)
        await answered(pilot, screen, reason="DB の計画停止")
        await confirmed(pilot, screen, ALARM)
        assert sent(embedded, PUT) == 1
        await seen_to_its_end(pilot, embedded)
        rule = f"toban-{app.runs[0].id}"
        await pilot.press("escape")
        await alarms_read(pilot, embedded, rule)
        await press(pilot, "1", shows="ミュート")

        await pilot.press("4")
        screen = await dialog(pilot, "alarm-mute", ALARM)
        assert screen.plan.wish == {"action": "unmute"}, "what is muted is offered to be unmuted"
        reason = screen.form.query_one("#ask-reason")
        assert not reason.is_on_screen, "only questions with an effect are asked"
        screen.form.query_one("#ask-action", ChoiceRow).value = "mute"
        await until(pilot, lambda: reason.is_on_screen)
        screen.form.query_one("#ask-action", ChoiceRow).value = "unmute"
        await until(pilot, lambda: not reason.is_on_screen and screen.plan is not None)
        await confirmed(pilot, screen, ALARM)
        assert sent(embedded, DELETE) == 1
        await pilot.press("escape")
        await alarms_read(pilot, embedded, "")


async def test_a_name_is_not_lost_because_its_mute_begins_later(embedded):
    async with change_mode(embedded) as pilot:
        await arm_without_screen(pilot)
        screen = await dialog(pilot, "alarm-mute", ALARM)
        await answered(pilot, screen, reason="DB の計画停止")
        await to_question(pilot, screen)
        first = screen.plan
        lasts = (first.expires_at - first.made_at).total_seconds()
        embedded.advance(lasts * 0.6)
        await pilot.press("down")
        screen._tick()
        await until(pilot, lambda: screen.plan is not first)
        second = screen.plan
        assert second.digest != first.digest, "it begins later"
        await until(pilot, lambda: screen._plan_guard.is_open)
        await burst(pilot, *ALARM[:5])
        embedded.advance((second.expires_at - second.made_at).total_seconds() * 0.85)
        await burst(pilot, *ALARM[5:])
        screen._tick()
        await settled(pilot)
        assert (screen.plan, screen.bar.question().value) == (second, ALARM)
        await press(pilot, "enter", then=lambda: pilot.app.runs and pilot.app.runs[0].state is StepState.DONE)
        assert pilot.app.runs[0].plan.digest == second.digest


async def alarms_read(pilot: Pilot[Any], embedded: Embedded, rule: str) -> None:
    """The world lives on until the console has read that the alarm is muted by `rule`, "" for none."""

    def is_read() -> bool:
        alarms = pilot.app.alarms.value.alarms
        return any(alarm.id == ALARM and alarm.muted_by == rule for alarm in alarms)

    await until_later(pilot, embedded, is_read, 61)


async def test_what_the_screen_says_of_a_mute(embedded):
    async with change_mode(embedded) as pilot:
        screen = await dialog(pilot, "alarm-mute", ALARM)
        await answered(pilot, screen, reason="点検")
        plan = screen.plan
        assert plan.revert.at > datetime.fromisoformat("2026-01-01T00:00+00:00")
        screen.view.scroll_end(animate=False)
        texts = [caution.text for caution in plan.cautions]
        assert any("直ちに実行されます" in text for text in texts)
