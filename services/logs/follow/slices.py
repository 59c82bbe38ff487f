"""Deals with many lines a slice at a time, so that keys are answered in between."""

from collections.abc import AsyncGenerator, Callable

from services.background.turns import next_turn
from services.logs.follow.window import FollowWindow
from services.models.logs import LogLine

SLICE = 500
"""Lines that are dealt with at a time: some milliseconds in the window, and as many in a pane."""


async def slices(lines: tuple[LogLine, ...]) -> AsyncGenerator[tuple[LogLine, ...], None]:
    """The lines in slices; each is a turn."""
    for first in range(0, len(lines), SLICE):
        await next_turn()
        yield lines[first : first + SLICE]


async def accepted(
    window: FollowWindow, page: tuple[LogLine, ...], now: Callable[[], int]
) -> tuple[LogLine, ...]:
    """The new lines of a page, as `FollowWindow.accept` returns them."""
    fresh: list[LogLine] = []
    async for part in slices(page):
        fresh += window.new_of(part)
    return window.deliver(fresh, now())
