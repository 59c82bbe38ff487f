"""The widgets of duties on one page with a made-up January: to view, and for snapshots."""

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical

from tests.widgets import duty_data as made
from tui.themes import THEMES
from widgets.duties.agenda import Agenda
from widgets.duties.detail import DutyDetail
from widgets.duties.list import DutyList
from widgets.duties.month import MonthGrid


class DutyGallery(App[None]):
    """List and agenda on the left, month and detail on the right."""

    CSS = """
    #left { width: 3fr; margin-right: 1; }
    #right { width: 2fr; }
    """

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="left"):
                yield DutyList(made.now, made.JST)
                yield Agenda(made.JST)
            with Vertical(id="right"):
                yield MonthGrid(made.JST)
                yield DutyDetail(made.now, made.JST)

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "toban-dark"
        duties, agenda = self.query_one(DutyList), self.query_one(Agenda)
        month, detail = self.query_one(MonthGrid), self.query_one(DutyDetail)
        duties.view = made.VIEW
        agenda.today, agenda.day, agenda.month = made.TODAY, made.TODAY, made.MONTH
        month.today, month.day, month.month = made.TODAY, made.TODAY, made.MONTH
        detail.duty, detail.occurrence = made.DUTY, made.one("daily-afternoon", 14)
        duties.focus()
