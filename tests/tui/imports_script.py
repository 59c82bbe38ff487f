"""Goes everywhere in a console that has come to rest, in a Python of its own; what that imported, as JSON.
python -m tests.tui.imports_script"""

import asyncio
import json
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from textual.pilot import Pilot

from services import i18n
from tests.demo_process import start
from tests.tools.console import console, press, until

ORIGIN = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
IN_THREADS = ("services.demo.", "services.slack.client", "services.github.client")
"""What the tests import, and what the services import in threads of their own when somebody writes there."""
WRITES = ("app.quit", "app.screenshot", "app.next_language")
"""Commands that end the console, leave a file, or go elsewhere; the language is tried last."""


class OnTheLoop:
    """Notes whatever the thread of the event loop begins to import."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.doing = "start"
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if threading.get_ident() == self._thread and name.partition(".")[0] not in sys.stdlib_module_names:
            self.names.append(f"{self.doing}: {name}")
        return None


async def go_everywhere(pilot: Pilot[Any], noted: OnTheLoop) -> None:
    from tests.tui.screen_visits import OPENERS, close_screens, has_read, open_screen, things
    from tests.tui.typed import at_rest
    from tui.commands import COMMANDS
    from tui.modes import MODES

    sys.meta_path.insert(0, noted)  # type: ignore[arg-type]  # what the tests import is none of the console's
    it = await things(pilot)
    for kind, openers in OPENERS.items():
        for opener in openers:
            noted.doing = kind.__name__
            await open_screen(pilot, kind, opener, it)
            await has_read(pilot)
            await close_screens(pilot)
    for mode in MODES:
        noted.doing = f"mode {mode.id}"
        await press(pilot, mode.key, then=lambda mode=mode: pilot.app.current_mode == mode.id)
        for command in COMMANDS:
            if command.scope in ("app", mode.id) and command.action not in WRITES:
                noted.doing = f"{command.id} in {mode.id}"
                await pilot.app.run_action(command.action, pilot.app.screen)
                await at_rest(pilot)
                if len(pilot.app.screen_stack) > 1:
                    await has_read(pilot)
                await close_screens(pilot)
    noted.doing = "language"
    screen = pilot.app.screen
    await pilot.app.run_action("app.next_language")
    await until(pilot, lambda: pilot.app.screen is not screen and pilot.app.current_mode == MODES[-1].id)
    noted.doing = "end"


def of_ours() -> set[str]:
    floors = ("tui.", "widgets.", "services.")
    return {name for name in sys.modules if name.startswith(floors) and not name.startswith(IN_THREADS)}


async def main() -> None:
    demo = await start("ordinary-day", origin=ORIGIN, ahead=600)
    noted = OnTheLoop()
    try:
        async with console(demo.url, demo.clock) as pilot:
            await until(pilot, lambda: pilot.app.has_imported_all)
            before = of_ours()
            await go_everywhere(pilot, noted)
            after = of_ours()
    finally:
        await demo.stop()
    print(json.dumps({"on the loop": noted.names, "later": sorted(after - before)}))


if __name__ == "__main__":
    i18n.use("en")
    asyncio.run(main())
