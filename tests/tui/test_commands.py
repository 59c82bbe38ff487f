"""Every line of the command registry, pressed in the real console."""

from datetime import date

import pytest

from services import i18n
from tests.conftest import Embedded
from tests.tools.console import console, screen_text, settled, until
from tui.commands import COMMANDS, Command

LEAVES = {"quit", "screenshot"}


@pytest.mark.parametrize(
    "command", [each for each in COMMANDS if each.id not in LEAVES], ids=lambda each: each.id
)
async def test_a_command_runs_and_the_console_lives(embedded: Embedded, command: Command) -> None:
    mode = command.scope if command.scope != "app" else "watch"
    async with console(embedded.url, embedded.clock, mode=mode) as pilot:
        if command.key:
            await pilot.press(command.key.split(",")[0])
        else:
            await pilot.app.run_action(command.action, pilot.app.screen)
        await settled(pilot)
        assert not pilot.app.bugs
        assert pilot.app.filter_hits == 0
        await pilot.press("escape")
        await settled(pilot)


@pytest.mark.parametrize("typed", ["あらーむ", "aramu", "アラーム", "alarms"])
async def test_the_palette_finds_by_reading_romaji_and_english(embedded: Embedded, typed: str) -> None:
    i18n.use("ja")
    async with console(embedded.url, embedded.clock) as pilot:
        await pilot.press("ctrl+p")
        await settled(pilot)
        await pilot.press(*typed)
        await until(pilot, lambda: "アラーム" in screen_text(pilot).split("Search", 1)[-1])


@pytest.mark.parametrize("typed", ["sukeeru", "task", "スケール"])
async def test_the_palette_leads_to_a_change(embedded: Embedded, typed: str) -> None:
    i18n.use("ja")
    async with console(embedded.url, embedded.clock) as pilot:
        await pilot.press("ctrl+p")
        await settled(pilot)
        await pilot.press(*typed)
        await until(pilot, lambda: "最大タスク数  staff-api" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "PlanScreen")


async def test_what_is_done_in_another_mode_leads_there_and_nothing_found_is_said(embedded: Embedded) -> None:
    i18n.use("ja")
    async with console(embedded.url, embedded.clock) as pilot:
        await pilot.press("ctrl+p")
        await settled(pilot)
        await pilot.press(*"xyzzy")
        await until(pilot, lambda: "見つかりません" in screen_text(pilot))
        await pilot.press(*["backspace"] * 5, *"shomei")
        await until(pilot, lambda: "点検: 確認" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "InspectScreen")


async def test_jump_finds_an_alarm_by_name(embedded: Embedded) -> None:
    async with console(embedded.url, embedded.clock) as pilot:
        await pilot.press("colon")
        await settled(pilot)
        await pilot.press(*"rds-stor")
        await until(pilot, lambda: "rds-storage-low" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "AlarmScreen")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_jump_leads_to_a_date_in_the_calendar(embedded: Embedded, size: tuple[int, int]) -> None:
    async with console(embedded.url, embedded.clock, size=size) as pilot:
        await pilot.press("colon")
        await settled(pilot)
        await pilot.press(*"2027-03-31")
        await until(pilot, lambda: "31 Mar 2027" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: type(pilot.app.screen).__name__ == "InspectScreen")
        screen = pilot.app.screen
        await until(pilot, lambda: screen.focused is screen.grid)
        assert screen.grid.day == date(2027, 3, 31)
        assert "Mar 2027" in screen_text(pilot)


async def test_keys_come_from_the_configuration(embedded: Embedded) -> None:
    async with console(embedded.url, embedded.clock, size=(160, 48), keys={"zoom": "f11"}) as pilot:
        await pilot.press("z")
        await settled(pilot)
        assert not pilot.app.screen.zoomed
        await pilot.press("f11")
        await until(pilot, lambda: pilot.app.screen.zoomed)


async def test_the_help_lists_what_works_here_in_words(embedded: Embedded) -> None:
    async with console(embedded.url, embedded.clock) as pilot:
        await pilot.press("question_mark")
        await settled(pilot)
        text = screen_text(pilot)
        assert "Everywhere" in text
        assert "Give the focused panel the whole screen" in text
