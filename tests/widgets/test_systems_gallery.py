import pytest
from textual.app import App, ComposeResult

from services import i18n
from tests.tools.painted import painted
from tests.tools.sample_systems import sample
from tests.widgets import gallery_data
from tui.themes import THEMES
from widgets.drawing.table import KeyedTable
from widgets.fleet.rows import columns, rows
from widgets.fleet.strip import FleetStrip


class SystemsApp(App[None]):
    def compose(self) -> ComposeResult:
        yield FleetStrip(gallery_data.now)
        yield KeyedTable(columns(), margin=1)

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "toban-dark"
        systems = sample(gallery_data.now())
        self.query_one(FleetStrip).show(systems, systems[0].key)
        self.query_one(KeyedTable).set_rows(rows(systems, systems[0].key, gallery_data.now()))


@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("ja", (80, 14)), ("en", (140, 14))])
def test_snapshot_of_systems(snap_compare, language, size):
    i18n.use(language)
    assert snap_compare(SystemsApp(), terminal_size=size, run_before=painted)
