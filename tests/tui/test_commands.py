from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from services import i18n
from tests.tools.console import console, press, screen_text, settled, until
from tui.commands import COMMANDS, Command

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

LEAVES = {"quit", "screenshot"}
LAST = ("zoom", "theme", "language")
"""What they do stays, so they are pressed when the others have been; the last one makes every screen anew."""
SCOPES = list(dict.fromkeys(command.scope for command in COMMANDS))


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.slow
async def test_every_command_runs_and_the_console_lives(embedded, scope):
    mode = scope if scope != "app" else "watch"
    commands = [
        candidate for candidate in COMMANDS if candidate.scope == scope and candidate.id not in LEAVES
    ]
    async with console(embedded.url, embedded.clock, mode=mode) as pilot:
        home = pilot.app.focused
        for command in sorted(
            commands, key=lambda candidate: LAST.index(candidate.id) if candidate.id in LAST else -1
        ):
            with blamed_on(command):
                await run_and_come_back(pilot, command, mode)
                if home is not None and home.is_attached:
                    pilot.app.screen.set_focus(home)
        await settled(pilot)
        lives(pilot.app)


async def run_and_come_back(pilot: Pilot[Any], command: Command, mode: str) -> None:
    app = pilot.app
    if key := command.key.split(",")[0]:
        meant = app.screen.active_bindings.get(key)
        assert meant is None or meant.binding.action == command.action, "nothing else took its key"
        await pilot.press(key)
    else:
        await app.run_action(command.action, app.screen)
    await pilot.pause()
    lives(app)
    for _more in range(3):
        await pilot.press("escape")
        if at_home(app, mode):
            break
    await until(pilot, lambda: at_home(app, mode))
    lives(app)


def lives(app: Any) -> None:
    assert app.is_running
    assert not app.bugs
    assert app.filter_hits == 0


def at_home(app: Any, mode: str) -> bool:
    """Nothing is open over the mode's screen, and no field would take the next key."""
    return app.current_mode == mode and len(app.screen_stack) == 1 and not isinstance(app.focused, Input)


@contextmanager
def blamed_on(command: Command) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"The command was {command.id}.")
        raise


async def palette(pilot: Pilot[Any], key: str = "ctrl+p") -> CommandPalette:
    await press(pilot, key, then=lambda: isinstance(pilot.app.focused, Input))
    assert isinstance(pilot.app.screen, CommandPalette)
    return pilot.app.screen


@pytest.mark.slow
async def test_the_palette_finds_by_reading_romaji_and_english(embedded):
    i18n.use("ja")
    async with console(embedded.url, embedded.clock) as pilot:
        for typed in ("あらーむ", "aramu", "アラーム", "alarms"):
            opened = await palette(pilot)
            await press(pilot, *typed, then=lambda: "アラーム" in screen_text(pilot).split("Search", 1)[-1])
            await press(pilot, "escape", then=lambda opened=opened: pilot.app.screen is not opened)


@pytest.mark.slow
async def test_the_palette_leads_to_a_change(embedded):
    i18n.use("ja")
    async with console(embedded.url, embedded.clock) as pilot:
        for typed in ("sukeeru", "task", "スケール"):
            await palette(pilot)
            await press(pilot, *typed, shows="最大タスク数  staff-api")
            await press(pilot, "enter", then=lambda: type(pilot.app.screen).__name__ == "PlanScreen")
            await press(pilot, "escape", then=lambda: len(pilot.app.screen_stack) == 1)


async def test_actions_of_another_mode_open_it_and_an_empty_search_says_so(embedded):
    i18n.use("ja")
    async with console(embedded.url, embedded.clock) as pilot:
        await palette(pilot)
        await press(pilot, *"xyzzy", shows="一致するものはありません")
        await press(pilot, *["backspace"] * 5, *"shomei", shows="点検: 確認")
        await press(pilot, "enter", then=lambda: type(pilot.app.screen).__name__ == "InspectScreen")


async def test_jump_finds_an_alarm_by_name(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        await palette(pilot, "colon")
        await press(pilot, *"rds-stor", shows="rds-storage-low")
        await press(pilot, "enter", then=lambda: type(pilot.app.screen).__name__ == "AlarmScreen")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_jump_leads_to_a_date_in_the_calendar(embedded, size):
    async with console(embedded.url, embedded.clock, size=size) as pilot:
        await palette(pilot, "colon")
        await press(pilot, *"2027-03-31", shows="2027-03-31(Wed)")
        await press(pilot, "enter", then=lambda: type(pilot.app.screen).__name__ == "InspectScreen")
        screen = pilot.app.screen
        await until(pilot, lambda: screen.focused is screen.grid)
        assert screen.grid.day == date(2027, 3, 31)
        assert "Mar 2027" in screen_text(pilot)


async def test_keys_come_from_the_configuration(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48), keys={"zoom": "f11"}) as pilot:
        await pilot.press("z")
        await pilot.pause()
        assert not pilot.app.screen.zoomed
        await press(pilot, "f11", then=lambda: pilot.app.screen.zoomed)


async def test_the_help_describes_the_keys_that_work_here(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        await pilot.press("question_mark")
        await until(
            pilot,
            lambda: (
                "Everywhere" in (text := screen_text(pilot))
                and "Maximize the focused panel, or restore it" in text
            ),
        )
