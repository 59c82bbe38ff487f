"""Waiting until a screen shows all that it will show by itself: for pictures on a busy machine."""

import asyncio
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

LIMIT = 60.0
TURNS = 3
"""How many times in a row nothing may be left: a message that is read may lay out, and that may post another."""


async def painted(pilot: Pilot[Any]) -> None:
    """Wait until every widget has read its messages and nothing is left to lay out or to draw. Pilot's own
    pause ends as soon as this process gets no processor time."""
    quiet = 0
    async with asyncio.timeout(LIMIT):
        while quiet < TURNS:
            await pilot._wait_for_screen()
            await asyncio.sleep(0.001)
            quiet = 0 if _is_at_work(pilot.app.screen) else quiet + 1


def _is_at_work(screen: Screen[Any]) -> bool:
    if screen._dirty_widgets or screen._callbacks:
        return True
    return any(_has_work(widget) for widget in screen.walk_children(Widget, with_self=True))


def _has_work(widget: Widget) -> bool:
    required = widget._layout_required or widget._repaint_required or widget._scroll_required
    return required or bool(widget._message_queue.qsize()) or bool(widget._next_callbacks)
