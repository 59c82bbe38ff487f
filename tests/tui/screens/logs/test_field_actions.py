from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tools.console import console, expect, press, until
from widgets.logs.pane.pane import LogPane


async def at_field(pilot: Pilot[Any], name: str) -> LogPane:
    await expect(pilot, at="LogsScreen", then=lambda: pilot.app.screen.tails)
    pane: LogPane = pilot.app.screen.pane
    await until(pilot, lambda: pane.lines.group_form.layout.columns)
    await pilot.press("enter")
    fields = pane.detail.fields
    await until(pilot, lambda: fields.has_focus and any(row.name == name for row in fields.rows))
    fields.highlighted = next(index for index, row in enumerate(fields.rows) if row.name == name)
    return pane


async def choose(pilot: Pilot[Any], key: str) -> None:
    await press(pilot, "enter", at="ChooseScreen", then=lambda: pilot.app.screen.guard.is_open)
    pilot.app.screen.table.move_to(key)
    await pilot.press("enter")


@pytest.mark.slow
async def test_a_field_is_searched_and_filtered_by_its_value(embedded):
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        pane = await at_field(pilot, "method")
        value = pane.detail.fields.row.text  # type: ignore[union-attr]  # at_field put the cursor there
        await press(pilot, "slash", then=lambda: pane.prompt.display and pane.query_one(Input).value == value)
        await pilot.press("escape")
        pane = await at_field(pilot, "method")
        await choose(pilot, "search")
        await until(pilot, lambda: pane.view.query is not None and pane.view.query.text == value)
        await at_field(pilot, "method")
        await choose(pilot, "hide")
        await until(pilot, lambda: [each.query.text for each in pane.view.shown.filters] == [value])
        pane.filters.remove()
        await until(pilot, lambda: not pane.view.shown.filters)
        await at_field(pilot, "method")
        await press(pilot, "f", then=lambda: pane.query_one(Input).value == f'{{ $.method = "{value}" }}')
        await pilot.press("enter")
        await until(pilot, lambda: pane.pattern == f'{{ $.method = "{value}" }}' and len(pane.store))


@pytest.mark.slow
async def test_a_value_is_followed_in_another_pane(embedded):
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        pane = await at_field(pilot, "requestId")
        value = pane.detail.fields.row.text  # type: ignore[union-attr]  # at_field put the cursor there
        await choose(pilot, "follow")
        await expect(pilot, at="GroupScreen", then=lambda: pilot.app.screen.order)
        await press(pilot, "enter", at="LogsScreen", then=lambda: len(pilot.app.screen.tails) == 2)
        await until(pilot, lambda: pilot.app.screen.pane.pattern == f'"{value}"')


async def test_leaving_out_a_value_keeps_the_present_filter(embedded):
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        pane = await at_field(pilot, "path")
        screen = pilot.app.screen
        screen.follow(pane, screen.tails[pane].group, '{ $.level = "INFO" }')
        await until(pilot, lambda: pane.pattern and len(pane.store))
        await at_field(pilot, "path")
        path = pane.detail.fields.row.text  # type: ignore[union-attr]  # at_field put the cursor there
        await choose(pilot, "out")
        await until(pilot, lambda: pane.pattern == f'{{ ($.level = "INFO") && ($.path != "{path}") }}')
