from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from services.demo.iam import DemoAccessKey
from services.demo.names import USER, USER_KEY
from services.models.change_runs import StepState
from tests.conftest import Embedded
from tests.tools.console import expect, flat_text, press, screen_text, until
from tests.tui.change_steps import arm_without_screen, change_mode, to_question
from tests.tui.screens.changes.test_change_keys import burst
from tui.screens.changes import applying
from tui.screens.changes.applying import RevealScreen
from tui.screens.changes.arm import ArmScreen

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.scenario("ordinary-day", history=600)]


def keys_of(embedded: Embedded) -> list[DemoAccessKey]:
    return embedded.world.keys.users[USER]


async def to_rotation(pilot: Pilot[Any]) -> None:
    """The cursor on the rotation of the user's key, its state read."""
    changes = pilot.app.screen.changes
    while (offer := changes.offer_at_cursor()) is None or offer.kind != "key-rotation":
        await pilot.press("down")
    await until(pilot, lambda: "Rotation" in flat_text(pilot))


async def take(pilot: Pilot[Any], step: str) -> None:
    """Plan the step that is proposed, type the user's name, confirm, and close the dialog once it is done."""
    app, before = pilot.app, len(pilot.app.runs)
    screen = await press(pilot, "enter", at="PlanScreen")
    await until(pilot, lambda: screen.plan is not None and screen.guard.is_open)
    assert screen.plan.wish["step"] == step
    await to_question(pilot, screen)
    await burst(pilot, *USER)
    await press(pilot, "enter", then=lambda: len(app.runs) > before and app.runs[0].state is StepState.DONE)
    await until(pilot, lambda: all(each.verified for each in app.runs[0].steps))
    await pilot.press("escape")


@pytest.mark.slow
async def test_a_key_is_created_handed_over_proven_and_the_old_one_deactivated(embedded):
    async with change_mode(embedded) as pilot:
        await to_rotation(pilot)
        await arm_without_screen(pilot)
        await take(pilot, "create")
        await until(pilot, lambda: "not handed over yet" in flat_text(pilot))
        await take(pilot, "github")
        await until(pilot, lambda: "handed over, not proven yet" in flat_text(pilot))
        embedded.advance(400)
        await press(pilot, "f5", shows="new key proven to be in use")
        if pilot.app.ready.engine.permits.armed is None:
            await arm_without_screen(pilot)
        await take(pilot, "deactivate")
        assert [key.active for key in keys_of(embedded)] == [False, True]
        assert keys_of(embedded)[0].id == USER_KEY
        await until(pilot, lambda: "old key deactivated" in flat_text(pilot))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "HELD", 0.3)


async def opened(pilot: Pilot[Any], embedded: Embedded) -> tuple[RevealScreen, str]:
    app = pilot.app
    await arm_without_screen(pilot)
    engine = app.ready.engine
    for step in ("create", "reveal"):
        plan = await engine.plan("key-rotation", USER, {"step": step})
        run = await engine.apply(plan, USER)
    applying.show_after(app, run)
    screen = app.screen
    assert isinstance(screen, RevealScreen)
    await until(pilot, lambda: screen.is_mounted)
    return screen, keys_of(embedded)[-1].secret


@pytest.mark.usefixtures("quick")
async def test_the_secret_is_on_screen_only_while_space_is_held(embedded):
    async with change_mode(embedded) as pilot:
        screen, secret = await opened(pilot, embedded)
        assert secret not in screen_text(pilot)
        for _repeat in range(4):
            await pilot.press("space")
            assert secret in screen_text(pilot)
        with pytest.raises(PermissionError):
            pilot.app.save_screenshot()
        await until(pilot, lambda: not screen.is_shown)
        assert secret not in screen_text(pilot)
        with pytest.raises(PermissionError):
            pilot.app.save_screenshot()
        await press(pilot, "escape", then=lambda: pilot.app.screen is not screen)
        assert secret not in pilot.app.export_screenshot()


@pytest.mark.slow
async def test_the_secret_is_hidden_as_soon_as_the_window_loses_the_focus(embedded):
    async with change_mode(embedded) as pilot:
        screen, secret = await opened(pilot, embedded)
        await pilot.press("space")
        assert secret in screen_text(pilot)
        pilot.app.post_message(events.AppBlur())
        await until(pilot, lambda: pilot.app.screen is not screen)
        assert secret not in screen_text(pilot)


async def test_the_secret_is_hidden_below_another_window_and_cannot_be_selected(embedded):
    async with change_mode(embedded) as pilot:
        screen, secret = await opened(pilot, embedded)
        await pilot.press("space")
        screen.text_select_all()
        assert secret not in (screen.get_selected_text() or "")
        pilot.app.push_screen(ArmScreen())
        await expect(pilot, at="ArmScreen")
        assert not screen.is_shown
        assert secret not in screen_text(pilot)


@pytest.mark.slow
async def test_the_dialog_closes_after_its_time(embedded, monkeypatch):
    monkeypatch.setattr(applying, "LONGEST", 0.6)
    async with change_mode(embedded) as pilot:
        screen, secret = await opened(pilot, embedded)
        await until(pilot, lambda: pilot.app.screen is not screen)
        assert secret not in screen_text(pilot)


async def test_quitting_would_lose_the_secret_and_says_so_first(embedded):
    async with change_mode(embedded) as pilot:
        engine = pilot.app.ready.engine
        await arm_without_screen(pilot)
        await engine.apply(await engine.plan("key-rotation", USER, {"step": "create"}), USER)
        await press(pilot, "ctrl+q", shows="hand it over first")
        assert pilot.app.is_running
        assert not pilot.app._exit
        await press(pilot, "ctrl+q", then=lambda: pilot.app._exit)
