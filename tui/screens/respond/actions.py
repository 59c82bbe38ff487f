from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from services.aws.client.errors import AwsError
from services.i18n import N_, _
from services.incidents.approval_call import step_to_approve
from services.incidents.catalogue import causes_by_id
from services.incidents.escalation import Renewed, Situation, hand_over_text, slack_text
from services.incidents.joining import are_linked
from services.incidents.live import EVERY
from services.incidents.readings import Weighing
from services.incidents.reason import reason_from
from services.incidents.service import Incidents
from services.journal.errors import AlreadyRecorded, JournalError
from services.models.alarms import AlarmState
from services.models.approvals import ApprovalState
from services.models.causes import Word
from services.models.changes import Plan
from services.models.incident_report import IncidentReport
from services.models.incidents import Incident, StepKind, TriggerKind
from services.models.posts import Proposal
from services.models.runbook import Runbook
from services.report.collecting.incident import make_incident_report
from services.report.incident_formats import incident_text
from services.report.rendering.incident.document import incident_document
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.mode_screen import ModeScreen
from tui.screens.common.offer_dialog import OfferDialog
from tui.screens.report.made_report import MadeReportScreen
from tui.screens.report.save import offer_saving, write_report
from tui.screens.respond.building import incident_view, joinable, situation_of
from tui.screens.respond.closing import OWN, CloseScreen
from tui.screens.respond.dialogs import decide_dialog
from tui.screens.respond.reading import IncidentRecords, alarm_of
from tui.screens.respond.told import ToldScreen
from tui.screens.slack.post import PostScreen
from widgets.drawing.prose import Prose
from widgets.drawing.ticker import every_second
from widgets.incidents.causes import OWN_WORDS
from widgets.incidents.view import IncidentView


class IncidentReportScreen(MadeReportScreen[IncidentReport]):
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
        if (report := self.report) is not None:
            name = f"{report.system}-incident-{report.incident.since:%Y%m%dT%H%M%SZ}-{report.incident.seq}"
            offer_saving(
                self.app, lambda form: write_report(f"{name}.{form}", lambda: incident_text(report, form))
            )


class HandOverScreen(OfferDialog):
    def __init__(self, incident: Incident, incidents: Incidents, runbook: Runbook, state: str = "") -> None:
        super().__init__(runbook)
        self._incident, self._incidents, self._state = incident, incidents, state

    def heading(self) -> str:
        return _("Hand over")

    def placeholder(self) -> str:
        return _("What the next person must know: what is open, what was promised")

    def about(self) -> Iterable[Widget]:
        words = _("The next person accepts with H; until then the responder stays the same.")
        yield Prose(
            Content.assemble(
                (self._incident.title, "bold"),
                "\n",
                (f"{self._state}\n" if self._state else "", ""),
                (words, "$text-muted"),
            ),
            classes="about",
        )
        yield self.to

    async def write(self, text: str) -> str:
        await self._incidents.hand_over(self._incident, self.to.value, text)
        return _("Offered to {who}; nothing changes until somebody accepts.", who=self.receiver)


async def situation_now(
    app: Console, weighing: Weighing, id: str, records: IncidentRecords
) -> Situation | None:
    incidents = app.ready.incidents
    if (incident := incidents.of(id)) is None:
        return None
    if incident.is_open:
        await app.ready.response.live.read(incident)
    view = incident_view(app, weighing, incidents.of(id) or incident, records)
    return situation_of(app, view, await _plan_asked(app, view))


async def _plan_asked(app: Console, view: IncidentView) -> Plan | None:
    """The plan that a step asks approval for: the one that waits for it, else as the runbook gives it, from live state."""
    step, engine = step_to_approve(view.incident, view.playbook), app.ready.engine
    kind = step.look if step is not None else None
    if step is None or kind is None or kind not in engine.changes:
        return None
    asked = (request.plan for request in engine.requests if request.state is ApprovalState.ASKED)
    plan = next((plan for plan in asked if plan.kind == kind), None)
    targets = engine.changes[kind].targets()
    if plan is None and targets:
        with suppress(AwsError):
            plan = await engine.plan(kind, targets[0].id, step.values, is_preview=True)
    return plan


_WHILE_OPEN = frozenset(
    {"take", "told", "decide", "propose", "hand_over", "join", "close_incident", "next_look"}
)
"""Actions that need an open incident."""

_APART = "apart:"  # Before the id of an incident that is not the same one


async def attempt(app: Console, record: Awaitable[object], confirmation: str) -> bool:
    try:
        await record
    except AlreadyRecorded as error:
        words = _("{name} was faster: {text}", name=error.entry.person.name, text=error.entry.text)
        app.inform(words, severity="warning")
        return False
    except JournalError as error:
        app.inform(error.problem.message, severity="error")
        return False
    if confirmation:
        app.inform(confirmation)
    return True


class IncidentScreenBase(ModeScreen):
    @property
    def weighing(self) -> Weighing:
        return self.services.response.readings.weighing

    def incident_at_hand(self) -> Incident | None:
        raise NotImplementedError

    def view_at_hand(self) -> IncidentView | None:
        raise NotImplementedError

    def records_at_hand(self) -> IncidentRecords:
        raise NotImplementedError

    def alarms_seen(self) -> frozenset[str]:
        return frozenset(str(incident.target) for incident in self.app.incidents if incident.is_open)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        incident = self.incident_at_hand()
        if action in _WHILE_OPEN and incident is not None and not incident.is_open:
            return False
        if action == "take" and incident is not None and incident.holder == self.services.journal.person.name:
            return False
        return super().check_action(action, parameters)

    def _open_incident(self) -> Incident | None:
        """The incident at hand if it is open; otherwise a person is told why nothing happens."""
        incident = self.incident_at_hand()
        if not self.is_active:
            return None
        if incident is None:
            self.app.inform(_("No incident is chosen."))
        elif not incident.is_open:
            self.app.inform(_("This incident is closed."))
            return None
        return incident

    def action_take(self) -> None:
        incident = self._open_incident()
        if incident is None:
            return
        user = self.services.journal.person.name
        if incident.holder == user:
            self.app.inform(_("You respond to it already."))
            return
        confirmation = _("You respond to {title} now.", title=incident.title)
        self._attempt(self.services.incidents.take(incident), confirmation)

    def _attempt(self, record: Awaitable[object], confirmation: str) -> None:
        self.run_worker(attempt(self.app, record, confirmation), group="incident-record")

    def action_told(self, role: str = "") -> None:
        incident, view = self._open_incident(), self.view_at_hand()
        if incident is not None and view is not None:
            situation, renewed = situation_of(self.app, view), self._renewed(incident)
            self.app.push_screen(ToldScreen(incident, self.services.incidents, situation, role, renewed))

    def _renewed(self, incident: Incident) -> Renewed:
        return partial(situation_now, self.app, self.weighing, incident.id, self.records_at_hand())

    def action_propose(self) -> None:
        incident, view = self.incident_at_hand(), self.view_at_hand()
        if incident is None or view is None or not self.is_active:
            return
        text = slack_text(situation_of(self.app, view))
        proposal = Proposal(title=incident.title, text=text, thread=incident.id, target=incident.target)
        self.app.push_screen(PostScreen(proposal, self._renewed(incident)))

    def action_hand_over(self) -> None:
        """Accept the hand-over that waits, otherwise offer the incident to the next person."""
        incident = self._open_incident()
        if incident is None:
            return
        offer = incident.hand_over
        if offer is not None and offer.by != self.services.journal.person.name:
            self._attempt(self.services.incidents.accept(incident), _("You respond to it now."))
        else:
            services = self.services
            view = self.view_at_hand()
            text = hand_over_text(situation_of(self.app, view)) if view is not None else ""
            self.app.push_screen(HandOverScreen(incident, services.incidents, services.runbook, text))

    def action_incident_report(self) -> None:
        incident = self.incident_at_hand()
        if incident is None:
            self.app.inform(_("No incident is chosen."))
        elif self.is_active:
            self.app.push_screen(IncidentReportScreen(incident))

    def action_join(self) -> None:
        incident = self._open_incident()
        if incident is None:
            return
        near = {other.id for other in joinable(self.app, incident, self.weighing)}
        others = [
            other
            for other in self.app.incidents
            if other.is_open and other.id != incident.id and not other.joined_to
        ]
        if not others:
            self.app.inform(_("There is no other open incident."))
            return
        choices = [
            Choice(other.id, other.title, self._why_one(incident, other, is_near=other.id in near))
            for other in others
        ]
        choices += [
            Choice(f"{_APART}{other.id}", _("Another incident than “{title}”", title=other.title))
            for other in others
            if other.id in near
        ]
        title = _("“{title}” is part of…", title=incident.title)

        def chosen(id: str | None) -> None:
            apart = next((other for other in others if id == f"{_APART}{other.id}"), None)
            if apart is not None:
                confirmation = _("They stay two incidents.")
                self._attempt(self.services.incidents.keep_apart(incident, apart), confirmation)
                return
            into = next((other for other in others if other.id == id), None)
            if into is not None:
                confirmation = _("It is part of “{title}” now.", title=into.title)
                self._attempt(self.services.incidents.join(incident, into), confirmation)

        self.app.push_screen(ChooseScreen(title, choices), chosen)

    def _why_one(self, incident: Incident, other: Incident, *, is_near: bool) -> str:
        """Why two incidents may be one, in words; "" if nothing says so."""
        specs = causes_by_id(self.services.runbook)
        is_linked = are_linked(self.weighing.newest(incident), self.weighing.newest(other), specs)
        words = [
            _("began at the same time") if is_near else "",
            _("their causes belong together") if is_linked else "",
        ]
        return _(", ").join(filter(None, words))

    def action_decide(self) -> None:
        self.decide_on("")

    def decide_on(self, cause: str) -> None:
        incident, view = self._open_incident(), self.view_at_hand()
        if incident is None or view is None:
            return
        choices = [*self._cause_choices(view), Choice(OWN_WORDS, _("in your own words"))]

        def chosen(id: str | None) -> None:
            if id is not None:
                self._decide(incident, view, "" if id == OWN_WORDS else id)

        if cause in [choice.key for choice in choices]:
            chosen(cause)
        elif len(choices) == 1:
            chosen(OWN_WORDS)
        else:
            screen = ChooseScreen(_("Which is the cause?"), choices, at=self.cause_at_cursor())
            self.app.push_screen(screen, chosen)

    def cause_at_cursor(self) -> str:
        """Id of the cause under the cursor; "" for none."""
        return ""

    def _cause_choices(self, view: IncidentView) -> list[Choice]:
        if view.assessment is None:
            return [Choice(str(id), str(spec.title)) for id, spec in view.specs.items()]
        causes = [cause for cause in view.assessment.causes if not cause.impossible]
        return [
            Choice(str(cause.id), view.cause_title(cause.id), reason_from(cause.supporting[:1]))
            for cause in causes
        ]

    def _decide(self, incident: Incident, view: IncidentView, cause: str) -> None:
        title, assessment = view.cause_title(cause) if cause else "", view.assessment

        def write(text: str) -> Awaitable[object]:
            note = text if cause else ""
            return self.services.incidents.decide(incident, cause or text, title or text, note, assessment)

        self.app.push_screen(decide_dialog(title, write, question_of(view) if not title else ""))

    def action_close_incident(self) -> None:
        incident, view = self._open_incident(), self.view_at_hand()
        if incident is None or view is None:
            return
        # None is chosen beforehand that neither was decided nor is likely.
        is_open = view.assessment is None or view.assessment.word is Word.OPEN
        causes = {OWN: ""} if is_open else {}
        if incident.decision:
            causes = {str(incident.decision.cause): str(incident.decision.title)}
        causes |= {each.key: each.text for each in self._cause_choices(view)}
        alarm = alarm_of(self.app, incident)
        is_firing = alarm is not None and alarm.state is AlarmState.ALARM
        screen = CloseScreen(incident, self.services.incidents, causes, self.app.zone, is_firing=is_firing)
        self.app.push_screen(screen)


def question_of(view: IncidentView) -> str:
    """What a playbook of findings has to decide, which is not a cause; "" for an alarm's."""
    if view.incident.trigger is not TriggerKind.FINDING or view.playbook is None:
        return ""
    steps = (str(step.text) for step in view.playbook.steps if step.kind is StepKind.DECIDE)
    return next(steps, "")
