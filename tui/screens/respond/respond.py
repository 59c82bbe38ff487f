from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from services.i18n import _
from services.incidents.catalogue import causes_by_id
from services.incidents.clocks import whole_clocks
from services.incidents.outages import accept
from services.journal.errors import JournalError
from services.models.incidents import Incident
from services.models.outages import Outage
from tui.commands import bindings
from tui.messages import OpenIncident
from tui.screens.common.mode_screen import ScreenPlace
from tui.screens.respond.actions import IncidentScreenBase
from tui.screens.respond.building import incident_view
from tui.screens.respond.incident import IncidentScreen
from tui.screens.respond.reading import IncidentRecords, records_of
from widgets.drawing.block import DetailBlock
from widgets.drawing.lines import Line
from widgets.drawing.table import KeyedTable
from widgets.drawing.ticker import every_second
from widgets.frame.parts import PanelEmpty, PanelHead
from widgets.incidents.list import columns, incident_rows
from widgets.incidents.summary import summary_lines
from widgets.incidents.view import IncidentView


class RespondScreen(IncidentScreenBase):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("respond")]
    DEFAULT_CSS = """
    RespondScreen {
        & KeyedTable { height: auto; max-height: 40%; }
        & KeyedTable.-none { display: none; }
        & PanelEmpty.-none { display: block; }
        & DetailBlock { margin: 1 0 0 0; height: 1fr; padding: 0 2; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.head = PanelHead(_("Incidents"))
        self.table = KeyedTable(columns(), id="incidents", follows_top=True)
        self.empty = PanelEmpty()
        self.summary = DetailBlock("", self._summary)
        self._records: dict[str, IncidentRecords] = {}  # Of the open incidents, what was captured

    def body(self) -> ComposeResult:
        yield self.head
        yield self.table
        yield self.empty
        yield self.summary

    async def opened(self) -> None:
        words = _("No incident is open, and none was closed within the last 14 days.")
        self.empty.show(words, "muted")
        self.table.focus()
        every_second(self.table, self._show, seconds=5)
        every_second(self.summary, self.summary.redraw)
        self._show()

    def _incidents_changed(self) -> None:
        super()._incidents_changed()
        self._show()
        self.read_records()

    @work(group="incident-records", exclusive=True)
    async def read_records(self) -> None:
        for incident in self.app.incidents:
            if incident.is_open and incident.evidence:
                before = self._records.get(incident.id, IncidentRecords())
                self._records[incident.id] = await records_of(self.app, incident, before)
                self._show()

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self._show()

    def _show(self) -> None:
        incidents, outages = self.app.incidents, self.app.outages
        self.table.set_class(not (incidents or outages), "-none")
        self.empty.set_class(not (incidents or outages), "-none")
        now = self.app.aws_now()
        rows = [self._listed_incident(incident) for incident in incidents]
        self.table.set_rows(incident_rows(rows, now, self.app.zone, outages))
        self.summary.redraw()

    def _summary(self, width: int) -> Sequence[Line]:
        view = self.view_at_hand()
        return summary_lines(view, self.app.aws_now(), width) if view is not None else []

    @on(KeyedTable.Highlighted)
    def _highlighted(self) -> None:
        self.summary.redraw()

    def _listed_incident(self, incident: Incident) -> IncidentView:
        runbook = self.services.runbook
        records = self._records.get(incident.id, IncidentRecords())
        newest = self.services.response.live.newest(incident)
        present = self.weighing.present(incident, newest, records.evidence)
        return IncidentView(
            incident,
            clocks=whole_clocks(incident, self.app.incidents, runbook.playbooks, self.app.aws_now()),
            assessment=self.weighing.of(incident, present),
            specs=causes_by_id(runbook),
        )

    # -- the incident at the cursor

    def incident_at_hand(self) -> Incident | None:
        key = self.table.cursor_key
        return next((incident for incident in self.app.incidents if incident.id == key), None)

    def _proposal_at_hand(self) -> Outage | None:
        key = self.table.cursor_key
        return next((outage for outage in self.app.outages if outage.target == key), None)

    def action_take(self) -> None:
        if (outage := self._proposal_at_hand()) is None:
            super().action_take()
        elif self.is_active:
            self.open_proposed(outage)

    @work(group="incident-record")
    async def open_proposed(self, outage: Outage) -> None:
        incidents = self.services.incidents
        try:
            incident = await accept(incidents, self.services.runbook, outage)
        except JournalError as error:
            self.app.inform(error.problem.message, severity="error")
            return
        self.app.incidents = incidents.incidents
        if incident is not None:
            self.app.post_message(OpenIncident(incident.id))

    def view_at_hand(self) -> IncidentView | None:
        incident = self.incident_at_hand()
        if incident is None:
            return None
        return incident_view(
            self.app, self.weighing, incident, self._records.get(incident.id, IncidentRecords())
        )

    def records_at_hand(self) -> IncidentRecords:
        return self._records.get(self.table.cursor_key or "", IncidentRecords())

    def note_subject(self) -> ScreenPlace | None:
        incident = self.incident_at_hand()
        if incident is None:
            return None
        return ScreenPlace(str(incident.target), incident.title, subject=incident.id)

    @on(KeyedTable.Selected)
    def _selected(self, event: KeyedTable.Selected) -> None:
        if self._proposal_at_hand() is not None:
            self.action_take()
        else:
            self.open(event.key)

    def open(self, id: str) -> None:
        incident = next((each for each in self.app.incidents if each.id == id), None)
        if incident is not None and self.is_active:
            self.table.move_to(id)
            self.app.push_screen(IncidentScreen(incident))
