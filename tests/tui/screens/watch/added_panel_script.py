"""Looks at a console to which `test_added_panel` has added a panel; what it saw, as JSON. python -m
tests.tui.screens.watch.added_panel_script"""

import asyncio
import json
import os

from textual.pilot import Pilot
from textual.widgets import Input

from services import i18n
from tests.demo_process import start
from tests.tools.console import console, press, screen_text, until
from tui.screens.watch.watch import WatchScreen
from tui.startup.config_reader import load_config, settings
from tui.startup.key_checks import key_mistakes

WIDE = (200, 60)
NARROW = (80, 24)


async def wide(pilot: Pilot[None]) -> dict[str, object]:
    screen = pilot.app.screen
    assert isinstance(screen, WatchScreen)
    tasks = screen.panels["tasks"]
    await until(pilot, lambda: "tasks" in screen_text(pilot) and tasks.widget.state.value)
    await pilot.pause()
    report: dict[str, object] = {"screen": screen_text(pilot), "regions": _regions(screen)}
    report["footer before"] = "Tell" in screen_text(pilot).splitlines()[-1]
    await press(pilot, "e", then=lambda: screen.current == "tasks")
    await press(pilot, "k", shows="services are watched")
    await press(pilot, "question_mark", shows="Go to the tasks")
    report["help"] = screen_text(pilot)
    await press(pilot, "escape", "ctrl+p", then=lambda: isinstance(pilot.app.focused, Input))
    await press(pilot, *"tasukusuu", shows="Go to the tasks")
    report["palette"] = screen_text(pilot)
    await press(pilot, "escape", then=lambda: pilot.app.screen is screen)
    before = screen.panels["tasks"].widget.state.fetched_at
    await press(pilot, "ctrl+r", then=lambda: screen.panels["tasks"].widget.state.fetched_at != before)
    return report


async def narrow(pilot: Pilot[None]) -> list[str]:
    screen = pilot.app.screen
    assert isinstance(screen, WatchScreen)
    await press(pilot, "a", then=lambda: not screen.panels["tasks"].widget.display)
    await pilot.press("e")
    await until(pilot, lambda: screen.panels["tasks"].widget.display and "tasks" in screen_text(pilot))
    return [id for id, panel in screen.panels.items() if panel.widget.display]


def _regions(screen: WatchScreen) -> dict[str, tuple[int, ...]]:
    return {id: tuple(panel.widget.region) for id, panel in screen.panels.items()}


async def main() -> None:
    demo = await start("ordinary-day")
    try:
        async with console(demo.url, demo.clock, size=WIDE, notifications=True) as pilot:
            report = await wide(pilot)
            report["interval"] = pilot.app.services.feeds["tasks"].interval
            await pilot.resize_terminal(*NARROW)
            report["narrow"] = await narrow(pilot)
    finally:
        await demo.stop()
    report["default"] = load_config().intervals.tasks
    os.environ["TOBAN_INTERVALS__TASKS"] = "120"
    report["setting"] = load_config().intervals.tasks
    report["settings"] = {each.key: each.text for each in settings()}
    report["key"] = [list(key_mistakes(keys)) for keys in ({"focus-tasks": "a"}, {"zoom": "e"})]
    print(json.dumps(report))


if __name__ == "__main__":
    i18n.use("en")
    asyncio.run(main())
