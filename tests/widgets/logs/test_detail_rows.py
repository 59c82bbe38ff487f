import json

import pytest
from rich.cells import cell_len

from services import i18n
from tests.widgets.logs.log_reader import PaneApp, line, until
from tests.widgets.stage import running


def drawn(app: PaneApp) -> list[str]:
    fields = app.pane.detail.fields
    return [
        row
        for index in range(fields.option_count)
        for row in str(fields.get_option_at_index(index).prompt).split("\n")
    ]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("width", [80, 120])
async def test_values_stand_in_one_column_and_go_on_below(language, width):
    i18n.use(language)
    long = "connection slots are reserved " * 8
    text = json.dumps({"error": {"message": long}, "message": "接続できません" * 12, "userId": "u1"})
    async with running(PaneApp(), (width, 40)) as (app, pilot):
        app.pane.append([line(0, text)])
        await until(pilot, lambda: len(app.pane.store) == 1)
        await pilot.press("up", "enter")
        await until(pilot, lambda: bool(drawn(app)))
        await pilot.pause()
        rows = drawn(app)
        starts = {
            cell_len(row[: len(row) - len(row[at:].lstrip())])
            for row in rows
            if (at := row.find("  ", len(row) - len(row.lstrip()) if row.strip() else 0)) >= 0
        }
        values = {row: cell_len(row) - cell_len(row.lstrip()) for row in rows if row.startswith(" " * 8)}
        assert values, "something goes on in a further row"
        assert len(set(values.values()) | {start for start in starts if start > 8}) == 1, rows
        assert max(map(cell_len, rows)) <= width - 3, "nothing is wrapped by the list itself"
