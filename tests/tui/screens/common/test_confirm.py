import pytest
from textual.content import Content

from tests.conftest import Embedded
from tests.tools.console import console, screen_text, until
from tui.screens.common.confirm import ConfirmScreen, confirm

pytestmark = [pytest.mark.scenario("ordinary-day", history=600.0)]


async def test_keys_typed_ahead_confirm_nothing(embedded: Embedded) -> None:
    answers: list[bool] = []
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        app = pilot.app
        confirm(app, "Title", Content("What happens."), "does it", lambda: answers.append(True))
        await pilot.press("enter", "y", "space")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen) and app.screen.guard.is_open)
        assert answers == []
        assert "⏎ does it · Esc closes" in screen_text(pilot)
        await pilot.press("y", "space")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("enter")
        await until(pilot, lambda: answers == [True])
        assert not isinstance(app.screen, ConfirmScreen)


async def test_escape_changes_nothing(embedded: Embedded) -> None:
    answers: list[bool] = []
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        app = pilot.app
        confirm(app, "Title", Content("What happens."), "does it", lambda: answers.append(True))
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ConfirmScreen))
    assert answers == []
