"""The widgets of duties on one page with a made-up January: to view, and for snapshots."""

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical

from tests.widgets import duty_data
from tui.themes import THEMES
from widgets.duties.agenda import AgendaView
from widgets.duties.detail import DutyDetail
from widgets.duties.list import DutyList
from widgets.duties.month import MonthGrid


class DutyGallery(App[None]):
    CSS = """
    #left { width: 3fr; margin-right: 1; }
    #right { width: 2fr; }
    """

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="left"):
                yield DutyList(duty_data.now, duty_data.JST)
                yield AgendaView(duty_data.JST)
            with Vertical(id="right"):
                yield MonthGrid(duty_data.JST)
                yield DutyDetail(duty_data.now, duty_data.JST)

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "toban-dark"
        duties, agenda = self.query_one(DutyList), self.query_one(AgendaView)
        month, detail = self.query_one(MonthGrid), self.query_one(DutyDetail)
        duties.view = duty_data.VIEW
        agenda.today, agenda.day, agenda.month = duty_data.TODAY, duty_data.TODAY, duty_data.MONTH
        month.today, month.day, month.month = duty_data.TODAY, duty_data.TODAY, duty_data.MONTH
        detail.duty, detail.occurrence = duty_data.DUTY, duty_data.one("daily-afternoon", 14)
        duties.focus()
