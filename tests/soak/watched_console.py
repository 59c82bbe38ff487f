"""The demo's console, which reports what it shows and what it holds, and opens the next of all screens at a
key. `python -m tests.soak.watched_console FOLDER demo …`: `FOLDER/screen` names the screen that is shown, how
many lie one over the other, and what has the focus; f12 opens the next screen, f11 adds a line to
`FOLDER/tells`."""

import asyncio
import gc
import json
import os
import sys
import weakref
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.pilot import Pilot
from textual.screen import Screen

from tests.tools.holders import holders
from tests.tui.screen_visits import OPENERS, Things, things
from tui import app as console_app

OPEN_NEXT, TELL = "f12", "f11"
_folder = Path()
_made: weakref.WeakSet[Screen[Any]] = weakref.WeakSet()


class WatchedApp(console_app.TobanApp):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(OPEN_NEXT, "open_next", show=False, priority=True),
        Binding(TELL, "tell", show=False, priority=True),
    ]
    _next = cycle([opener for openers in OPENERS.values() for opener in openers])
    _things: Things | None = None
    _shown = ""

    def on_ready(self) -> None:
        """Name the screen whenever it is another one, once it can be seen."""
        self.set_interval(0.05, self._name_screen)

    def _name_screen(self) -> None:
        if self.screen in self.type_ahead._unpainted:
            return  # it opened by itself and is not painted: it hears no key yet
        description = f"{type(self.screen).__name__} {len(self.screen_stack)} {type(self.focused).__name__}"
        if description != self._shown:
            self._shown = description
            (_folder / "new").write_text(description)
            (_folder / "new").rename(_folder / "screen")

    @work
    async def action_open_next(self) -> None:
        if self._things is None:
            self._things = await things(Pilot(self))
        next(self._next)(self._things)

    def action_tell(self) -> None:
        gc.collect()
        open_now = {id(screen) for stack in self._screen_stacks.values() for screen in stack}
        closed = [screen for screen in _made if id(screen) not in open_now]
        figures = {
            "closed": dict(Counter(type(screen).__name__ for screen in closed)),
            "held": holders(closed[0]) if closed else [],
            "tasks": len(asyncio.all_tasks()),
            "files": len(os.listdir("/proc/self/fd")),
            "objects": len(gc.get_objects()),
        }
        with (_folder / "tells").open("a") as file:
            file.write(json.dumps(figures) + "\n")


def main() -> None:
    global _folder
    _folder = Path(sys.argv.pop(1))
    make = Screen.__init__

    def recording_init(self: Screen[Any], *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **options)
        _made.add(self)

    Screen.__init__ = recording_init  # type: ignore[method-assign]
    console_app.TobanApp = WatchedApp  # type: ignore[misc]
    from tui.__main__ import main as launch

    launch()


if __name__ == "__main__":
    main()
