import pytest

from tests.tools.console import until
from tests.tui.screens.logs.panes_open import APPLICATION, logs
from tests.tui.screens.logs.test_merged_state import two_merged
from tests.tui.screens.logs.test_one_time import EVEN, ODD, start
from widgets.logs.pane.pane import LogPane

__all__ = ["start"]


@pytest.mark.slow
async def test_every_key_of_the_logs_is_survived_by_the_merged_pane(embedded, start):
    async with logs(embedded, APPLICATION, EVEN, ODD) as pilot:
        app, screen = pilot.app, pilot.app.screen
        _even, _odd, pane = await two_merged(pilot)
        keys = [
            key
            for key, active in screen.active_bindings.items()
            if active.node is screen or isinstance(active.node, LogPane)
        ]
        assert {"slash", "Q", "O", "f4", "ctrl+s"} <= set(keys)
        for key in keys:
            if screen.cover is None:
                await screen.covers.merge()
            pane = screen.cover.pane
            pane.prompt.close()
            await pilot.press(key)
            await pilot.pause()
            while app.screen is not screen:
                await pilot.press("escape")
        await until(pilot, lambda: app.is_running and app.screen is screen)
