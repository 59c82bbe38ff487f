import asyncio

import pytest

from tests.tools.console import expect
from tests.tools.systems import three_systems
from tests.tui.fleet.test_systems_screen import app_of, shows
from tui.screens.logs.insights.open import open_query
from tui.screens.logs.insights.screen import InsightsScreen
from tui.screens.logs.memory import log_memory

pytestmark = pytest.mark.slow


async def test_searches_of_one_system_are_neither_shown_nor_stored_in_another(embedded):
    async with three_systems(embedded) as (pilot, _):
        app = app_of(pilot)
        first = log_memory(app)
        first.add_to_history("search", "resident 4711")
        await pilot.press("backslash")
        await shows(pilot, "library")
        second = log_memory(app)
        assert second.history("search") == ()
        second.add_to_history("search", "reader 12")
        await asyncio.gather(first.written(), second.written())
        assert "library" in second.path.name
        assert "reader" not in first.path.read_text()
        await pilot.press("underscore")
        await shows(pilot, "facility")
        assert log_memory(app).history("search") == ("resident 4711",)


async def test_a_query_of_one_system_is_not_shown_in_another(embedded):
    async with three_systems(embedded) as (pilot, _):
        app = app_of(pilot)

        async def text_of_query(written: str = "") -> str:
            worker = app.run_worker(open_query(app, ["/ecs/staff-api"], None))
            await expect(pilot, at="InsightsScreen", then=lambda: app.screen.is_mounted)
            assert isinstance(app.screen, InsightsScreen)
            text = app.screen.draft.text
            app.screen.draft.text = written or text
            worker.cancel()
            app.screen.dismiss()
            await expect(pilot, left="InsightsScreen")
            return text

        usual = await text_of_query("filter resident = 4711")
        await pilot.press("backslash")
        await shows(pilot, "library")
        assert await text_of_query() == usual
        await pilot.press("underscore")
        await shows(pilot, "facility")
        assert await text_of_query() != usual
