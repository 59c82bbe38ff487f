from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from services.aws.client.settings import WriteRole
from services.demo.sts import SessionStore, Trust
from services.models.change_runs import StepState
from tests.tools.console import console, expect, press, screen_text, until

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

ROLE = WriteRole("arn:aws:iam::123456789012:role/TobanWrite", "arn:aws:iam::123456789012:mfa/tanaka")


@asynccontextmanager
async def dialog(embedded: Any, size: tuple[int, int], role: WriteRole = ROLE) -> AsyncIterator[Pilot[None]]:
    further: dict[str, Any] = {"write_role": role}
    async with console(embedded.url, embedded.clock, size=size, further=further) as pilot:
        await press(pilot, "f9", at="ArmScreen", then=lambda: pilot.app.screen.guard.is_open)
        yield pilot


async def answer(pilot: Pilot[None], *, code: str = "", minutes: str = "") -> None:
    screen = pilot.app.screen
    screen.query_one("#reason", Input).value = "month end"
    if minutes:
        screen.query_one("#minutes", Input).value = minutes
    if code:
        screen.query_one("#code", Input).value = code
    await pilot.press("enter")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_code_is_asked_for_and_tried(embedded, size):
    embedded.world.component(SessionStore).trusts["TobanWrite"] = Trust(mfa=True)
    async with dialog(embedded, size) as pilot:
        app: Any = pilot.app
        text = screen_text(pilot)
        assert "TobanWrite" in text
        assert "1 to 15" in text
        await answer(pilot)
        await until(pilot, lambda: "six digits." in screen_text(pilot))
        assert app.screen.focused.id == "code"
        await answer(pilot, code="000000")
        await expect(pilot, shows=("AWS refused the MFA code", "a code works once"))
        assert app.screen.query_one("#code", Input).value == ""
        assert app.ready.engine.permits.armed is None
        await answer(pilot, code="123456")
        await expect(pilot, left="ArmScreen")
        assert app.ready.engine.permits.armed.role == "TobanWrite"
        plan = await app.ready.engine.plan("desired-count", "staff-api", {"desired": "3"})
        run = await app.ready.engine.apply(plan, plan.confirm)
        assert run.state is StepState.DONE, run


async def test_a_role_without_a_device_asks_for_no_code(embedded):
    async with dialog(embedded, (80, 24), WriteRole(ROLE.role_arn)) as pilot:
        app: Any = pilot.app
        assert "TobanWrite" in screen_text(pilot)
        assert not app.screen.query("#code")
        await answer(pilot, minutes="16")
        await until(pilot, lambda: "from 1 to 15 minutes" in screen_text(pilot))
        await answer(pilot, minutes="15")
        await until(pilot, lambda: app.ready.engine.permits.armed is not None)
        assert "sts.GetSessionToken" not in embedded.counts()
