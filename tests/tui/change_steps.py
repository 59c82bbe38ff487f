"""What an operator does in the change mode, step by step, for the tests of its screens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.conftest import Embedded
from tests.services.changes.change_world import UNAPPROVED
from tests.tools.console import console, expect, press, screen_text, until
from tui.screens.changes.plan import PlanScreen

RAISE = "application-autoscaling.RegisterScalableTarget"
SCHEDULE = "application-autoscaling.PutScheduledAction"
SIZES = pytest.mark.parametrize(
    "size", [pytest.param((80, 24), id="80x24"), pytest.param((120, 40), id="120x40", marks=pytest.mark.slow)]
)
"""Columns and rows; the large terminal in `make faults`."""


def sent(embedded: Embedded, operation: str = RAISE) -> int:
    return embedded.counts().get(operation, 0)


@asynccontextmanager
async def change_mode(embedded: Embedded, **options: Any) -> AsyncIterator[Pilot[Any]]:
    """The console in the change mode, with the target's live state on screen; by default nothing needs an approval."""
    options.setdefault("runbook", UNAPPROVED)
    async with console(embedded.url, embedded.clock, mode="change", **options) as pilot:
        await expect(pilot, at="ChangeScreen", then=lambda: pilot.app.screen.live.state.value is not None)
        yield pilot


async def arm(pilot: Pilot[Any], reason: str = "CPU is high, the PM agreed") -> None:
    await press(pilot, "f9", at="ArmScreen", then=lambda: pilot.app.screen.focused is not None)
    pilot.app.screen.query_one("#reason", Input).value = reason
    await press(pilot, "enter", left="ArmScreen")
    assert pilot.app.ready.engine.permits.armed is not None


async def arm_without_screen(pilot: Pilot[Any]) -> None:
    await pilot.app.ready.engine.arm("a test", timedelta(minutes=15))


async def planned(pilot: Pilot[Any]) -> PlanScreen:
    """Enter on the target; the dialog once its plan is there and keys count."""
    screen = await press(pilot, "enter", at="PlanScreen")
    await until(pilot, lambda: screen.plan is not None and screen.guard.is_open)
    return screen


async def to_question(pilot: Pilot[Any], screen: PlanScreen) -> None:
    await until(pilot, lambda: screen.bar.asking)
    for _ in range(8):
        if screen.bar in (screen.focused.ancestors if screen.focused else []):
            break
        await pilot.press("tab")
    assert screen.focused is screen.bar.question(), screen_text(pilot)
    await until(pilot, lambda: screen._plan_guard.is_open)


async def armed_plan(pilot: Pilot[Any], *, asked: bool = True) -> PlanScreen:
    """The dialog of a plan that may be sent; `asked`: its confirmation has the keys."""
    await arm_without_screen(pilot)
    screen = await planned(pilot)
    if asked:
        await to_question(pilot, screen)
    return screen
