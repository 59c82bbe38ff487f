import getpass

import pytest
from textual.widgets import Input

from tests.tools.console import console, expect, press, screen_text, settled, until
from tui.screens.common.mfa_code import CodeScreen

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

ROLE = {
    "role_arn": "arn:aws:iam::123456789012:role/FacilityReader",
    "mfa_serial": "arn:aws:iam::123456789012:mfa/operator",
}


@pytest.fixture(autouse=True)
def no_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    def prompt(*_args: object, **_kwargs: object) -> str:
        raise AssertionError("the SDK's prompt would freeze the console")

    monkeypatch.setattr(getpass, "getpass", prompt)


async def test_the_code_is_asked_for_and_reading_begins(embedded):
    async with console(embedded.url, embedded.clock, further=ROLE) as pilot:
        app = pilot.app
        await expect(pilot, at="CodeScreen")
        await settled(pilot)
        assert "mfa/operator" in screen_text(pilot)
        assert app.alarms.value is None
        await press(pilot, *"12ab3456", "enter", left="CodeScreen")
        await until(pilot, lambda: app.alarms.value is not None and app.alarms.problem is None)
        await until(pilot, lambda: app.identity.value and "FacilityReader" in app.identity.value.arn)
        assert app.identity.value.expires_at is not None
        assert "123456" not in screen_text(pilot).replace("123456789012", "")


async def test_the_dialog_can_be_closed_and_does_not_come_back_at_once(embedded):
    async with console(embedded.url, embedded.clock, further=ROLE) as pilot:
        app = pilot.app
        await expect(pilot, at="CodeScreen")
        await press(pilot, "escape", left="CodeScreen")
        await settled(pilot)
        assert not isinstance(app.screen, CodeScreen)
        assert app.screen.banner.display, "and the banner says what is missing"


async def test_another_failed_read_leaves_the_open_dialog_and_what_was_typed(embedded):
    async with console(embedded.url, embedded.clock, further=ROLE) as pilot:
        app = pilot.app
        await expect(pilot, at="CodeScreen")
        await settled(pilot)
        dialog = app.screen
        await pilot.press(*"123")
        app.enter_code(app.ready.feeds["alarms"].error)
        await settled(pilot)
        assert app.screen is dialog
        assert dialog.query_one(Input).value == "123"
