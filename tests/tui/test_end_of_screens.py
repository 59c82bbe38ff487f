import asyncio
import gc
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from weakref import ref

import pytest
from textual.app import App

from tests.tools.console import LIMIT, console, press
from tests.tools.holders import holders
from widgets.drawing.rest import Rest

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


async def test_no_alarm_is_seen_once_the_last_screen_is_closed(embedded, tmp_path):
    async with console(embedded.url, embedded.clock, journal=tmp_path / "journal.db") as pilot:
        alarms_seen = pilot.app.ready.alarm_values.on_screen
        assert alarms_seen is not None
    assert alarms_seen() == frozenset()


async def test_the_cursor_of_a_removed_owner_does_nothing(embedded, tmp_path):
    acted = []
    async with console(embedded.url, embedded.clock, journal=tmp_path / "journal.db") as pilot:
        table = pilot.app.screen.query_one("#alarms").table
        rest = Rest(table, lambda: acted.append("acted"))
        rest.moved()
        rest.settle()
        assert acted == ["acted"]
        rest.moved()
        await table.remove()
        rest.settle()
        assert acted == ["acted"]


def is_freed(left: ref[App[Any]]) -> bool:
    """Whether nothing holds the console any more, once what it imports in threads of its own has ended."""
    deadline = monotonic() + LIMIT
    while left() is not None and monotonic() < deadline:
        gc.collect()
        sleep(0.05)
    return left() is None


@pytest.mark.slow
def test_a_console_that_ended_is_freed(embedded, tmp_path):
    # What remembers something for a console by a weak reference must not lead back to it.

    async def visit(journal: Path) -> ref[App[Any]]:
        async with console(embedded.url, embedded.clock, journal=journal) as pilot:
            await press(pilot, "3", at="LogsScreen", then=lambda: pilot.app.screen.tails)
            await press(pilot, "Q", at="InsightsScreen")
            return ref(pilot.app)

    # What is imported during the first visit may keep the standard error of then, which is the console's.
    asyncio.run(visit(tmp_path / "first.db"))
    ended = asyncio.run(visit(tmp_path / "second.db"))
    assert is_freed(ended), "\n".join(holders(ended()))
