"""The widgets of an incident with made-up data: to view, and for snapshots."""

from textual.app import App, ComposeResult

from tests.widgets import incident_data
from tui.themes import THEMES
from widgets.incidents.detail import IncidentDetail


class IncidentApp(App[None]):
    def __init__(self, **fields: object) -> None:
        super().__init__()
        self.detail = IncidentDetail(lambda: incident_data.NOW)
        self._fields = fields

    def compose(self) -> ComposeResult:
        yield self.detail

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "toban-dark"
        self.detail.view = incident_data.view(**self._fields)
        self.detail.steps.focus()
