"""The widgets with made-up data, a page each: to view, and for snapshots."""

from textual.app import App, ComposeResult

from services.models.feeds import FeedState
from tests.widgets import gallery_data, journal_data
from tui.themes import THEMES
from widgets.alarms.advice import AlarmAdvice
from widgets.alarms.detail import AlarmDetail
from widgets.alarms.panel import AlarmPanel
from widgets.alarms.strip import AlarmStrip
from widgets.dashboards.panel import DashboardPanel
from widgets.journal.detail import EntryDetail
from widgets.journal.journal_wording import filter_spans
from widgets.journal.panel import FilterLine, JournalPanel


class GalleryApp(App[None]):
    CSS = """
    #states AlarmPanel { height: 8; }
    JournalPanel { height: 18; }
    #watch-alarms { height: auto; max-height: 15; }
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page

    def compose(self) -> ComposeResult:
        yield AlarmStrip(gallery_data.now)
        if self.page == "alarms":
            yield AlarmPanel("Alarms", now=gallery_data.now, zone=gallery_data.JST)
        elif self.page == "dashboard":
            yield DashboardPanel("Dashboard", now=gallery_data.now, zone=gallery_data.JST)
        elif self.page == "detail":
            yield AlarmDetail(now=gallery_data.now, zone=gallery_data.JST)
        elif self.page == "journal":
            yield FilterLine()
            yield JournalPanel("Journal", now=gallery_data.now, zone=gallery_data.JST)
            yield EntryDetail(now=gallery_data.now, zone=gallery_data.JST)
        elif self.page == "watch":
            yield AlarmPanel("Alarms", now=gallery_data.now, zone=gallery_data.JST, id="watch-alarms")
            yield DashboardPanel("Dashboard", now=gallery_data.now, zone=gallery_data.JST)
        else:
            for name in ("waiting", "failed", "stale", "empty"):
                yield AlarmPanel(name, now=gallery_data.now, zone=gallery_data.JST, id=name)

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "toban-dark"
        self.query_one(AlarmStrip).state = gallery_data.fresh(gallery_data.BOARD)
        self.query_one(AlarmStrip).transition = gallery_data.HISTORY[0]
        for journal in self.query(JournalPanel):
            self.query_one(FilterLine).spans = tuple(
                filter_spans(journal_data.FILTER, gallery_data.JST, gallery_data.NOW.date())
            )
            journal.state = journal_data.state()
            detail = self.query_one(EntryDetail)
            detail.entry, detail.story, detail.link = journal_data.ENTRIES[0], (), journal_data.GOOD
        for dashboard in self.query(DashboardPanel):
            dashboard.state = gallery_data.fresh(gallery_data.VIEW)
        for panel in self.query(AlarmPanel):
            panel.readings = gallery_data.READINGS
            panel.advice = {"alb-5xx-error-rate": AlarmAdvice("ALB 5xxエラー率", gallery_data.PLAYBOOK)}
            panel.state = STATES.get(panel.id or "", gallery_data.fresh(gallery_data.BOARD))
        for detail in self.query(AlarmDetail):
            detail.playbook, detail.log_group = gallery_data.PLAYBOOK, gallery_data.RawId("/ecs/staff-api")
            detail.readings, detail.places = gallery_data.READINGS, ("Logs", "", "Inspect: scaling")
            detail.alarm = gallery_data.ALARMS[0]
            detail.curve, detail.history = (
                gallery_data.fresh(gallery_data.CURVE),
                gallery_data.fresh(gallery_data.HISTORY),
            )


STATES: dict[str, FeedState] = {
    "waiting": FeedState(),
    "failed": FeedState(problem=gallery_data.PROBLEM),
    "stale": gallery_data.stale(gallery_data.BOARD),
    "empty": gallery_data.fresh(gallery_data.AlarmOverview()),
}
