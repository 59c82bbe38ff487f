from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from services.models.journal import EntryQuery
from tests.tools.console import console, expect, press, screen_text, until
from tests.tui.screen_visits import close_screens
from tui.screens.common.command_palette import ConsolePalette
from tui.screens.journal.filter import JournalFilterScreen
from tui.screens.logs.groups import GroupScreen

NOTHING = "zzqq"
pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


def _groups(app: Any) -> object:
    return app.push_screen(GroupScreen(app.ready))


def _kinds(app: Any) -> object:
    return app.push_screen(JournalFilterScreen(app.ready.journal, EntryQuery()))


def _commands(app: Any) -> object:
    return app.action_command_palette()


def _places(app: Any) -> object:
    return app.action_jump()


async def _typed(pilot: Pilot[Any], text: str) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen.focused, Input))
    await press(pilot, *text, then=lambda: pilot.app.screen.query_one(Input).value == text)


@pytest.mark.slow
async def test_a_filter_that_leaves_nothing_says_so_and_what_to_do(embedded):
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        for opened in (_groups, _kinds, _commands, _places):
            opened(pilot.app)
            await until(
                pilot,
                lambda: isinstance(pilot.app.screen, GroupScreen | JournalFilterScreen | ConsolePalette),
            )
            await _typed(pilot, NOTHING)
            await until(pilot, lambda: f"“{NOTHING}”" in screen_text(pilot))
            text = " ".join(screen_text(pilot).replace("│", " ").split())
            advice = (
                "⏎ opens the group of exactly this name",
                "Delete letters to see more",
                "Type a part of the name",
            )
            assert any(each in text for each in advice), text
            assert "3 log groups" not in text
            await close_screens(pilot)


async def test_the_number_of_log_groups_is_that_of_those_listed(embedded):
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        _groups(pilot.app)
        screen = await expect(pilot, at="GroupScreen", then=lambda: not pilot.app.screen.reading)
        count = len(screen.groups)
        await until(pilot, lambda: f"{count} log groups" in screen_text(pilot))
        for typed in ("rds", "rds/"):
            screen.query_one(Input).value = typed
            shown = sum(typed in f"{line.text} {line.title}" for line in screen.groups.values())
            await until(
                pilot, lambda shown=shown: f"{shown} of {count} log groups match" in screen_text(pilot)
            )
            assert len(screen.table.rows) == shown


async def test_what_kept_the_list_from_being_whole_stays_beside_the_count(embedded):
    embedded.fault("logs", "DescribeLogGroups", preset="denied")
    async with console(embedded.url, embedded.clock, mode="logs", size=(120, 40)) as pilot:
        await expect(pilot, at="LogsScreen")
        _groups(pilot.app)
        await until(pilot, lambda: "logs:DescribeLogGroups" in screen_text(pilot))
        await _typed(pilot, NOTHING)
        await expect(pilot, shows=(f"“{NOTHING}”", "logs:DescribeLogGroups"))
