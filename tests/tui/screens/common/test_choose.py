import asyncio
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tools.console import console, screen_text, until
from tui.screens.common.choose import Choice, ChooseScreen

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

LONG = "every line of the log that names the connection pool of the database, " * 3
CHOICES = (Choice("short", "Short", "a note"), Choice("long", "Long", LONG.strip()))


def words(pilot: Pilot[Any]) -> str:
    framed = [line.split("│") for line in screen_text(pilot).split("\n") if "│" in line]
    return " ".join(" ".join(parts[1].split()) for parts in framed)


@pytest.mark.parametrize("size", [(80, 24), (80, 16)])
async def test_what_is_cut_off_stands_below_the_list_for_the_choice_at_the_cursor(embedded, size):
    async with console(embedded.url, embedded.clock, size=size) as pilot:
        screen = ChooseScreen("Which", CHOICES, harmless=True)
        pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.whole.display and "a note" in screen_text(pilot))
        assert LONG.strip() not in words(pilot)
        screen.table.move_to("long")
        await until(pilot, lambda: LONG.strip() in words(pilot))
        assert "Short" in screen_text(pilot)


async def test_nothing_stands_below_a_list_that_shows_everything(embedded):
    wide = (Choice("one", "One", "the note of the first one, which is longer than a narrow window is wide"),)
    async with console(embedded.url, embedded.clock, size=(120, 24)) as pilot:
        screen = ChooseScreen("Which", wide, harmless=True)
        pilot.app.push_screen(screen)
        await until(pilot, lambda: wide[0].note in screen_text(pilot))
        assert not screen.whole.display
        await pilot.resize_terminal(60, 24)
        await until(pilot, lambda: screen.whole.display and wide[0].note in words(pilot))
        await pilot.resize_terminal(120, 24)
        await until(pilot, lambda: not screen.whole.display)
        assert screen_text(pilot).count(wide[0].note) == 1


async def test_a_long_list_keeps_its_rows_above_a_long_text(embedded):
    many = tuple(Choice(str(number), f"Choice {number}", LONG * 4) for number in range(40))
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        screen = ChooseScreen("Which", many, harmless=True)
        pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.whole.display)
        async with asyncio.timeout(60):
            while screen.table.size.height < 6:
                await pilot.pause()
        assert "Choice 4" in screen_text(pilot)
        assert "selects" in screen_text(pilot)
