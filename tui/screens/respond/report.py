"""障害対応報告書: the report of one incident, made again whenever the journal grows; it can be saved."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from services.i18n import N_, _
from services.incidents.live import EVERY
from services.models.incident_report import IncidentReport
from services.models.incidents import Incident
from services.report.collecting.incident import make_incident_report
from services.report.incident_formats import incident_text
from services.report.rendering.incident.document import incident_document
from tui.screens.report.made_report import MadeReportScreen
from tui.screens.report.save import offer_saving, write_report
from widgets.drawing.ticker import every_second


class IncidentReportScreen(MadeReportScreen[IncidentReport]):
    """Shows what the journal says about an incident, as it is printed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", N_("Back"), show=True),
        Binding("ctrl+s", "save", N_("Save"), show=True),
    ]

    def __init__(self, incident: Incident) -> None:
        super().__init__(_("Incident report"), incident_document)
        self.incident = incident

    async def opened(self) -> None:
        await super().opened()
        if self.incident.is_open:
            every_second(self.scroll, self.make, seconds=int(EVERY))

    async def maker(self, now: datetime, stale: str) -> Callable[[], IncidentReport]:
        services = self.services
        current = services.incidents.of(self.incident.id) or self.incident
        path, runbook = services.journal.path, services.runbook
        live = await services.response.live.read(current) if current.is_weighed else None
        return partial(make_incident_report, path, runbook, current, now, stale=stale, live=live)

    def action_save(self) -> None:
        """Save the report as HTML, Markdown or JSON, readable by this user alone."""
        if (report := self.report) is not None:
            name = f"{report.system}-incident-{report.incident.since:%Y%m%dT%H%M%SZ}-{report.incident.seq}"
            offer_saving(
                self.app, lambda form: write_report(f"{name}.{form}", lambda: incident_text(report, form))
            )
