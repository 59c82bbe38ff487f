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
from tests.tools.console import console, screen_text, until
from tui.screens.changes.arm import ArmScreen
from tui.screens.changes.change import ChangeScreen
from tui.screens.changes.plan import PlanScreen

RAISE = "application-autoscaling.RegisterScalableTarget"
SCHEDULE = "application-autoscaling.PutScheduledAction"
SIZES = pytest.mark.parametrize(
    "size",
    [pytest.param((80, 24), id="80x24"), pytest.param((120, 40), id="120x40", marks=pytest.mark.slow)],
)
"""Columns and rows; the large terminal in `make faults`."""


def sent(embedded: Embedded, operation: str = RAISE) -> int:
    return embedded.counts().get(operation, 0)


@asynccontextmanager
async def change_mode(embedded: Embedded, **options: Any) -> AsyncIterator[Pilot[Any]]:
    """The console in the change mode, with the target's live state on screen; by default nothing needs an approval."""
    options.setdefault("runbook", UNAPPROVED)
    async with console(embedded.url, embedded.clock, mode="change", **options) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, ChangeScreen))
        await until(pilot, lambda: pilot.app.screen.live.state.value is not None)
        yield pilot


async def arm(pilot: Pilot[Any], reason: str = "CPU is high, the PM agreed") -> None:
    await pilot.press("f9")
    await until(
        pilot, lambda: isinstance(pilot.app.screen, ArmScreen) and pilot.app.screen.focused is not None
    )
    pilot.app.screen.query_one("#reason", Input).value = reason
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, ArmScreen))
    assert pilot.app.ready.engine.permits.armed is not None


async def arm_without_screen(pilot: Pilot[Any]) -> None:
    await pilot.app.ready.engine.arm("a test", timedelta(minutes=15))


async def planned(pilot: Pilot[Any]) -> PlanScreen:
    """Enter on the target; the dialog once its plan is there and keys count."""
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
    screen = pilot.app.screen
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


def said(pilot: Pilot[Any]) -> str:
    """The screen on one line, so that wrapping does not matter."""
    return " ".join(screen_text(pilot).replace("│", " ").replace("┃", " ").split())
