from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, tzinfo
from functools import partial
from typing import NamedTuple

from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from services.incidents.findings import begin
from services.inspections.registry import offered
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.dashboards import MetricWidget
from services.models.duties import OccurrenceState, ScheduledOccurrence
from services.models.evidence import EvidencePlace
from services.models.findings import Finding, Recorded, UnknownIdentity
from services.models.incidents import IncidentState
from services.models.journal import Entry
from services.models.runbook import Runbook
from tui.console import Console
from tui.messages import OpenAlarm, OpenIncident, OpenLogs, OpenWidget, Request
from tui.screens.common.already_recorded import signed_first, was_first
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.notice import NoticeScreen
from tui.screens.common.writing_dialog import NotTaken, WritingDialog
from widgets.drawing.format import stamp
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose
from widgets.findings.finding_wording import verdict_spans


class OverrideScreen(WritingDialog):
    """Asks why the verdict is overridden; the original verdict stays in the journal beside the reason."""

    HEADING = N_("Override a finding")
    PROMPT = N_("Reason for the override")

    def __init__(self, subject: str, recorded: Recorded) -> None:
        super().__init__()
        self.subject = subject
        self.recorded = recorded

    def about(self) -> Iterable[Widget]:
        finding = self.recorded.finding
        spans = verdict_spans(finding)
        yield Prose(
            Content("\n").join(
                [
                    Content.assemble(
                        Content.styled(finding.title, ROLES["title"]),
                        "  ",
                        *((text, ROLES[role] if role else "") for text, role in spans),
                    ),
                    Content(finding.summary),
                ]
            ),
            classes="about",
        )

    def refused(self, text: str) -> str:
        return "" if text else _("A reason is required to override a finding.")

    async def write(self, text: str) -> str:
        try:
            await self.app.ready.scheduler.runs.override(self.subject, self.recorded, text)
        except AlreadyRecorded as error:
            first = was_first(error.entry, self.app.zone, self.app.now(), self.app.ready.journal.shared_host)
            raise NotTaken(_("{first}; your reason was not recorded.", first=first)) from error
        return _("{title} was overridden", title=self.recorded.finding.title)


def inspection_titles(runbook: Runbook) -> dict[str, str]:
    return {str(each.id): _(each.title) for each in offered(runbook)}


def why_not_run(app: Console, slot: ScheduledOccurrence) -> str:
    """Return why the inspections of `slot` cannot run now; "" if they can."""
    occurrence, now = app.ready.duties.now(slot), app.now()
    if occurrence.signed is not None:
        first = signed_first(occurrence.signed, app.zone, now)
        return _(
            "{first}: it was signed off with the findings of that time; “Inspect now” runs it without a duty",
            first=first,
        )
    if occurrence.state is OccurrenceState.UPCOMING and app.ready.calendar.day_of(now) < slot.day:
        return _("its day has not come; “Inspect now” runs it without a duty")
    return ""


def open_place(app: Console, place: EvidencePlace | None) -> bool:
    """Go where an evidence row leads: an alarm, a log at that time, a widget; False if it leads nowhere."""
    request: Request | None = None
    if place is not None and place.kind == "log":
        request = OpenLogs(place.target, place.at, task=place.task)
    elif place is not None and place.kind == "alarm":
        overview = app.alarms.value if app.alarms is not None else None
        alarms = overview.alarms if overview is not None else ()
        alarm = next((each for each in alarms if each.name == place.target), None)
        request = OpenAlarm(alarm) if alarm is not None else None
    elif place is not None:
        key = _widget_of(app, place.target)
        request = OpenWidget(key) if key is not None else None
    if request is not None:
        app.post_message(request)
    return request is not None


def _widget_of(app: Console, metric: str) -> str | None:
    view = app.view.value if app.view is not None else None
    for widget in view.dashboard.widgets if view is not None else ():
        traces = widget.traces if isinstance(widget, MetricWidget) else ()
        if any(f"{each.query.namespace}/{each.query.metric}" == metric for each in traces):
            return widget.key
    return None


async def respond(app: Console, finding: Finding) -> None:
    """Respond to a finding that is no alarm's: open its incident, take it unless somebody else did, and show it."""
    incidents = app.ready.incidents
    try:
        incident = await begin(incidents, app.ready.runbook, finding)
        if incident is not None and incident.state is IncidentState.OPEN:
            incident = await incidents.take(incident)
    except JournalError as error:
        app.push_screen(NoticeScreen(finding.title, error.problem.message))
        return
    if incident is None:
        app.inform(_("The incident of this finding is closed; run the inspection again first."))
    else:
        app.incidents = incidents.incidents
        app.post_message(OpenIncident(incident.id))


def override(app: Console, subject: str, recorded: Recorded) -> None:
    if recorded.seq == 0:
        app.push_screen(
            NoticeScreen(
                recorded.finding.title,
                _("The journal does not contain this finding; it cannot be overridden."),
            )
        )
        return
    app.push_screen(OverrideScreen(subject, recorded))


def edit_allow_list(app: Console, finding: Finding) -> None:
    runs, zone, now = app.ready.scheduler.runs, app.zone, app.now()
    entries = app.ready.records.allowed_by_operators
    known_targets = {entry.target for entry in entries}
    choices: list[Choice] = []
    writes: dict[str, _Write] = {}
    for identity in finding.unfamiliar:
        value = identity.network or str(identity.value)
        if value not in known_targets:
            name = _words(identity)
            confirmation = _("{name} is now marked as known; rerun to update the finding", name=name)
            choices.append(Choice(value, name))
            writes[value] = _Write(name, partial(runs.allow, identity), confirmation)
    for entry in entries:
        confirmation = _("{name} is no longer known; rerun to update the finding", name=entry.target)
        choices.append(Choice(entry.target, _since(entry, zone, now), _("known; remove")))
        writes[entry.target] = _Write(entry.target, partial(runs.forget, entry), confirmation)

    def chosen(key: str | None) -> None:
        if key is not None:
            app.run_worker(_write(app, writes[key]), group="known")

    app.push_screen(ChooseScreen(_("Known users and networks"), choices), chosen)


class _Write(NamedTuple):
    name: str
    write: Callable[[], Awaitable[None]]
    confirmation: str


async def _write(app: Console, choice: _Write) -> None:
    services = app.ready
    try:
        await choice.write()
    except JournalError as error:
        if app.services is services:
            app.push_screen(NoticeScreen(choice.name, error.problem.message))
        else:
            app.inform_of(services, error.problem.message, severity="error")
        return
    app.inform_of(services, choice.confirmation)


def _words(identity: UnknownIdentity) -> str:
    if identity.kind == "person":
        return _("user {name}", name=identity.value)
    return _("network {network} ({value})", network=identity.network or identity.value, value=identity.value)


def _since(entry: Entry, zone: tzinfo, now: datetime) -> str:
    when = stamp(entry.at, zone, now)
    return _("{name} — {by}, {time}", name=entry.target, by=entry.person.name, time=when)
