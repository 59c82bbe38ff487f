"""障害対応報告書: the report of one incident, made again whenever the journal grows; it can be saved."""

import asyncio
import sqlite3
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from services.i18n import N_, _
from services.journal.problems import UnusableJournal, problem_of, staleness
from services.models.incident_report import IncidentReport
from services.models.incidents import Incident
from services.report.collecting.incident import make_incident_report
from services.report.incident_formats import incident_text
from services.report.rendering.incident.document import incident_document
from tui.screens.common.mode_screen import ModeScreen
from tui.screens.report.lines import report_lines
from tui.screens.report.save import offer_saving, write_report
from widgets.drawing.block import Block
from widgets.drawing.lines import Line


class IncidentReportScreen(ModeScreen):
    """Shows what the journal says about an incident, as it is printed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", N_("Back"), show=True),
        Binding("ctrl+s", "save", N_("Save"), show=True),
    ]
    DEFAULT_CSS = """
    IncidentReportScreen VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """

    def __init__(self, incident: Incident) -> None:
        super().__init__()
        self.incident = incident
        self.report: IncidentReport | None = None
        self._why = ""
        self.block = Block(_("Incident report"), self._lines)
        self.scroll = VerticalScroll(self.block)

    def body(self) -> ComposeResult:
        yield self.scroll

    async def opened(self) -> None:
        """Make the report, and make it again whenever the journal grows."""
        self.scroll.focus()
        self.watch(self.app, "journal_head", self._journal_grew)

    def _journal_grew(self) -> None:
        self.make()

    @work(group="incident-report", exclusive=True)
    async def make(self) -> None:
        """Make the report from the journal in a thread, and show it or why it cannot be made."""
        services, now = self.services, self.app.now()
        current = services.incidents.of(self.incident.id) or self.incident
        try:
            self.report = await asyncio.to_thread(
                make_incident_report,
                services.journal.path,
                services.runbook,
                current,
                now,
                stale=staleness(services.journal.health),
            )
            self._why = ""
        except (sqlite3.Error, OSError, UnusableJournal) as error:
            self.report, self._why = None, problem_of(error, services.journal.path, now).message
        self.block.update()

    def _lines(self, width: int) -> list[Line]:
        if self.report is None:
            return [[(self._why or _("Reading…"), "warn" if self._why else "muted")]]
        return report_lines(incident_document(self.report), width)

    def action_save(self) -> None:
        """Save the report as HTML, Markdown or JSON, readable by this user alone."""
        if (report := self.report) is not None:
            name = f"{report.system}-incident-{report.incident.since:%Y%m%dT%H%M%SZ}-{report.incident.seq}"
            offer_saving(
                self.app, lambda form: write_report(f"{name}.{form}", lambda: incident_text(report, form))
            )
