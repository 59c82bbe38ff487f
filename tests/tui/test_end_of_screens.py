"""What waits for a moment asks nothing of screens that are gone."""

from pathlib import Path

import pytest

from tests.conftest import Embedded
from tests.tools.console import console
from widgets.drawing.rest import Rest

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


async def test_no_alarm_is_seen_once_the_last_screen_is_closed(embedded: Embedded, tmp_path: Path) -> None:
    async with console(embedded.url, embedded.clock, journal=tmp_path / "journal.db") as pilot:
        alarms_seen = pilot.app.ready.alarm_values.on_screen
        assert alarms_seen is not None
    assert alarms_seen() == frozenset()


async def test_a_cursor_that_rests_after_its_owner_was_removed_does_nothing(
    embedded: Embedded, tmp_path: Path
) -> None:
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
