import pytest
from textual.content import Content
from textual.widgets import Static

from services.i18n import _
from tests.tools.console import console, expect, press, screen_text, until
from tests.tui.typed import KEYS, burst
from tui.screens.logs.groups import GroupScreen
from tui.screens.logs.logs import LogsScreen

DATABASE, FURTHER = "/aws/rds/instance/facility-prod-db/postgresql", "/further/group"


async def test_the_highlight_stays_when_the_groups_of_the_account_arrive(embedded):
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        await expect(pilot, at="LogsScreen", then=lambda: pilot.app.screen.tails)
        await burst(pilot, "o", KEYS["down"])
        dialog = pilot.app.screen
        assert isinstance(dialog, GroupScreen)
        await until(pilot, lambda: dialog.query_one(Static).content != Content(_("Reading the list…")))
        second = dialog.order[1]
        dialog.table.move_to(second)

        await dialog.read_groups().wait()

        assert dialog.table.cursor_key == second


async def test_each_group_shows_what_is_stored_and_its_newest_event(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", size=(120, 40)) as pilot:
        await expect(pilot, at="LogsScreen", then=lambda: pilot.app.screen.tails)
        await burst(pilot, "o")
        dialog = pilot.app.screen
        assert isinstance(dialog, GroupScreen)
        await until(pilot, lambda: dialog.groups[DATABASE].stored and dialog.groups[DATABASE].last)
        row = next(line for line in screen_text(pilot).splitlines() if "postgresql" in line and "B" in line)
        assert dialog.groups[DATABASE].stored in row
        assert dialog.groups[DATABASE].last in row
        requests = embedded.counts()["logs.DescribeLogStreams"]
        await burst(pilot, KEYS["down"], KEYS["up"], "rds")
        await until(pilot, lambda: dialog.order == [DATABASE])
        assert embedded.counts()["logs.DescribeLogStreams"] == requests, "each is asked for once"


async def test_several_ticked_groups_open_a_pane_each(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", log_groups=(FURTHER,)) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: isinstance(screen, LogsScreen) and screen.tails)
        await burst(pilot, "o")
        await until(pilot, lambda: not pilot.app.screen.reading)
        await burst(pilot, "ther", " ")
        await until(pilot, lambda: pilot.app.screen.ticks == [FURTHER])
        await burst(pilot, KEYS["backspace"] * 4, "rds", " ", KEYS["enter"])
        await until(pilot, lambda: len(screen.tails) == 3)
        assert [tail.group for tail in screen.tails.values()][1:] == [FURTHER, DATABASE]


async def test_one_group_replaces_that_of_a_pane(embedded):
    async with console(embedded.url, embedded.clock, mode="logs", log_groups=(FURTHER,)) as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: isinstance(screen, LogsScreen) and screen.tails)
        await burst(pilot, "O", "ther", KEYS["enter"])
        await until(pilot, lambda: [tail.group for tail in screen.tails.values()] == [FURTHER])


@pytest.mark.slow
async def test_as_many_groups_are_ticked_as_can_be_chosen(embedded):
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        await expect(pilot, at="LogsScreen", then=lambda: pilot.app.screen.tails)
        dialog = GroupScreen(pilot.app.ready, most=1 + 1)
        pilot.app.push_screen(dialog)
        await until(pilot, lambda: pilot.app.screen is dialog and len(dialog.order) > 2)
        await press(pilot, "space", "down", "space", "down", "space", shows="at most 2 log groups")
        assert len(dialog.ticks) == 2
