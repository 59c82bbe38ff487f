from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tools.console import console, expect, press, screen_text, until
from tui.screens.logs.forms import ColumnsScreen
from tui.screens.logs.memory import log_memory

APP = "/ecs/staff-api"


def names(pilot: Pilot[Any]) -> list[str]:
    return [column.name for column in pilot.app.screen.pane.lines.group_form.layout.columns]


async def opened(pilot: Pilot[Any]) -> ColumnsScreen:
    await expect(pilot, at="LogsScreen", then=lambda: pilot.app.screen.tails)
    await until(pilot, lambda: pilot.app.screen.pane.lines.group_form.layout.columns)
    dialog = await press(pilot, "C", at="ColumnsScreen", then=lambda: pilot.app.screen.guard.is_open)
    assert isinstance(dialog, ColumnsScreen)
    return dialog


@pytest.mark.slow
async def test_columns_are_ticked_moved_widened_and_remembered(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", size=(120, 40)) as pilot:
        dialog = await opened(pilot)
        assert [line.name for line in dialog.lines if line.ticked] == [
            "statusCode",
            "durationMs",
            "method",
            "path",
        ]
        await pilot.press("space", "ctrl+up", "right")
        dialog.table.move_to("userId")
        await pilot.press("space", "ctrl+up", "ctrl+up", "ctrl+up", "ctrl+up", "right", "enter")
        await expect(pilot, at="LogsScreen", then=lambda: names(pilot)[0] == "userId")
        columns = log_memory(pilot.app).columns(APP)
        assert columns is not None
        assert [name for name, _width in columns] == names(pilot)
        assert dict(columns)["userId"] == 8
        await until(pilot, lambda: any(" u10" in line for line in screen_text(pilot).splitlines()))
        await log_memory(pilot.app).written()


async def test_the_own_columns_come_back_and_closing_changes_nothing(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", size=(120, 40)) as pilot:
        await opened(pilot)
        await press(pilot, "space", "escape", at="LogsScreen")
        assert log_memory(pilot.app).columns(APP) is None
        await opened(pilot)
        await press(pilot, "space", "enter", at="LogsScreen", then=lambda: "statusCode" not in names(pilot))
        await opened(pilot)
        await press(pilot, "delete", at="LogsScreen", then=lambda: "statusCode" in names(pilot))
        assert log_memory(pilot.app).columns(APP) is None
