import pytest
from textual.content import Content

from tests.tools.console import console, expect, press, screen_text
from tui.screens.common.confirm import ConfirmScreen, confirm

pytestmark = [pytest.mark.scenario("ordinary-day", history=600.0)]


async def test_keys_typed_ahead_confirm_nothing(embedded):
    answers: list[bool] = []
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        app = pilot.app
        confirm(app, "Title", Content("What happens."), "does it", lambda: answers.append(True))
        await press(pilot, "enter", "y", "space", at="ConfirmScreen", then=lambda: app.screen.guard.is_open)
        assert answers == []
        assert "⏎ does it · Esc closes" in screen_text(pilot)
        await pilot.press("y", "space")
        assert isinstance(app.screen, ConfirmScreen)
        await press(pilot, "enter", then=lambda: answers == [True])
        assert not isinstance(app.screen, ConfirmScreen)


async def test_escape_changes_nothing(embedded):
    answers: list[bool] = []
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        app = pilot.app
        confirm(app, "Title", Content("What happens."), "does it", lambda: answers.append(True))
        await expect(pilot, at="ConfirmScreen")
        await press(pilot, "escape", left="ConfirmScreen")
    assert answers == []
