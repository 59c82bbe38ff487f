import pytest

from tests.tools.console import press, screen_text, until
from tests.tui.screens.logs.panes_open import APPLICATION, DATABASE, FIREWALL, logs


@pytest.mark.parametrize(
    ("group", "title"), [(DATABASE, "slow quer"), (FIREWALL, "blocked request")], ids=["database", "firewall"]
)
async def test_a_row_leads_to_its_lines(embedded, group, title):
    async with logs(embedded, APPLICATION, group) as pilot:
        pane = pilot.app.screen.pane
        await until(pilot, lambda: len(pane.store) and pane.lines.group_form.form is not None)
        await press(pilot, "percent_sign", at="LineTablesScreen", then=lambda: pilot.app.screen.guard.is_open)
        dialog = pilot.app.screen
        assert title in screen_text(pilot)
        assert dialog.view.rows
        before = dialog.view
        await pilot.press("right")
        await until(pilot, lambda: dialog.view is not before and dialog.table.rows == dialog.view.rows)
        await press(pilot, "enter", at="LogsScreen", then=lambda: pane.lines.cursor is not None)


async def test_a_statement_that_its_column_cuts_off_stands_below_in_full(embedded):
    async with logs(embedded, APPLICATION, DATABASE) as pilot:
        pane = pilot.app.screen.pane
        await until(pilot, lambda: len(pane.store) and pane.lines.group_form.form is not None)
        await press(pilot, "percent_sign", at="LineTablesScreen", then=lambda: pilot.app.screen.guard.is_open)
        dialog = pilot.app.screen
        ((statement, _role),) = dialog.view.rows[0].cells[-1]
        assert len(statement) > dialog.table.column_widths[-1]
        await until(pilot, lambda: " ".join(dialog.rows.whole.render().plain.split()) == statement)
