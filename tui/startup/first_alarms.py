"""Imported once the first frame is shown."""

import asyncio

from services.alarms.beginning import Beginning
from tui.console import Console
from tui.screens.common.first_frame import ShellScreen
from widgets.alarms.strip import AlarmStrip

FIRST_READ = 0.75
"""Seconds (real time) that everything else waits for the first read of the alarms, and the import it needs, at the most."""


async def show_first_alarms(app: Console, begun: Beginning) -> None:
    """Read the alarms and show their states until there are panels; returns once they are painted, or after
    FIRST_READ. A read that takes longer goes on, and is the first one of the alarms' feed, too."""
    begun.workers.fault = app.on_fault
    reading, shell = begun.alarms.read_ahead(), app.screen
    await asyncio.wait([reading], timeout=FIRST_READ)
    if reading.done() and isinstance(shell, ShellScreen) and shell.is_attached:
        app.alarms = begun.alarms.state
        strip = AlarmStrip(begun.clock.now, begun.aws_clock.now)
        strip.set_reactive(AlarmStrip.state, begun.alarms.state)
        await shell.show_alarms(strip)
