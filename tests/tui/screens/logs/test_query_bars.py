import pytest

from services.models.query_cells import milliseconds_of
from tests.tools.console import press, until
from tests.tui.screens.logs.panes_open import APPLICATION, DATABASE, logs


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=3600)
async def test_a_bar_opens_the_logs_that_it_counts_at_its_time(embedded):
    async with logs(embedded, APPLICATION, DATABASE) as pilot:
        screen = await press(pilot, "Q", at="InsightsScreen")
        await until(pilot, lambda: screen.draft.estimate is not None)
        assert set(screen.draft.groups) == {APPLICATION, DATABASE}
        screen.editor.load_text("stats count(*) as n by bin(5m)")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: screen.draft.progress is not None and screen.draft.progress.is_whole)
        await until(pilot, lambda: screen.table.has_focus)
        at = milliseconds_of(screen.table.table.rows[0][0])
        await press(pilot, "enter", at="LogsScreen")
        panes = list(pilot.app.screen.tails)
        await until(pilot, lambda: all(pane.target.marked for pane in panes))
        assert {tail.group for tail in pilot.app.screen.tails.values()} == {APPLICATION, DATABASE}
        assert at is not None
        await until(pilot, lambda: all(pane.lines.rules.marked_at == at for pane in panes))
