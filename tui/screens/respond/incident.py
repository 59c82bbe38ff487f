"""対応: one incident, from its first minute to its end."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from services.i18n import N_, _
from services.incidents.service import Incidents
from services.models.causes import NextLook
from services.models.first_wave import IncidentEvidence, LogSample
from services.models.incidents import Incident, StepKind, StepMark
from services.models.runbook_playbooks import Step
from tui import messages
from tui.commands import bindings
from tui.console import Console
from tui.messages import OpenLogs, ReadAgain
from tui.places import Destination
from tui.screens.common.mode_screen import ScreenPlace
from tui.screens.duties.finding_actions import open_place
from tui.screens.journal.entry import EntryScreen
from tui.screens.respond.actions import IncidentScreenBase, attempt
from tui.screens.respond.building import destinations_of, incident_view, place_named
from tui.screens.respond.dialogs import IncidentDialog
from tui.screens.respond.reading import IncidentRecords, alarm_of, records_of
from widgets.incidents.causes import ADVICE, cause_of
from widgets.incidents.detail import IncidentDetail
from widgets.incidents.entries import EntryPanel
from widgets.incidents.steps import step_index, step_key
from widgets.incidents.view import IncidentView
from widgets.inputs.step_prompt import StepPrompt


async def toggle_mark(app: Console, detail: IncidentDetail, view: IncidentView, index: int) -> None:
    mark = StepMark.TODO if view.mark(index) in (StepMark.DONE, StepMark.SKIPPED) else StepMark.DONE
    words = _("Step {number} is done.") if mark is StepMark.DONE else _("Step {number} is open again.")
    record = app.ready.incidents.mark(view.incident, index, mark, _text(view, index))
    if not await attempt(app, record, words.format(number=index + 1)) or mark is not StepMark.DONE:
        return
    following = (detail.view or view).step_after(index)
    if following is not None and detail.step == index:
        detail.steps.move_to(step_key(following))
        detail.update()


def skip_dialog(incidents: Incidents, view: IncidentView, index: int) -> IncidentDialog:
    step = _text(view, index)
    return IncidentDialog(
        _("Skip this step"),
        step,
        lambda text: incidents.mark(view.incident, index, StepMark.SKIPPED, step, text),
        confirmation=_("The step is skipped."),
        hint=_("Why it is not needed"),
        is_required=True,
    )


def _text(view: IncidentView, index: int) -> str:
    steps: tuple[Step, ...] = view.playbook.steps if view.playbook is not None else ()
    return str(steps[index].text)


class NextLooks:
    """Remembers what AWS was read again for, so that the key leads to its place the next time."""

    def __init__(self) -> None:
        self._signal = ""  # The signal for which AWS was read last; "" for none

    def leads_away(self, look: NextLook, place: Destination | None) -> bool:
        return place is not None and self._signal == look.signal

    def after_reading(self, look: NextLook, place: Destination | None, view: IncidentView | None) -> str:
        """What to say once AWS was read again for a look; `view` is by the new reading."""
        self._signal = look.signal
        assessment = view.assessment if view is not None else None
        following = assessment.next_look if assessment is not None else None
        if following is None or following.signal != look.signal:
            return _("Read, and the causes are weighed anew: {signal}", signal=look.title)
        if place is None:
            return _("It cannot be seen yet: {signal}", signal=look.title)
        # The look stands on the screen already; with the place's name the message fits a line of 80 cells.
        return _("It cannot be seen yet; i again opens {place}.", place=place.title)


def logs_of(group: str, onset: datetime, samples: Sequence[LogSample | None]) -> OpenLogs | None:
    """The log groups to open; `group` is the alarm's own, "" without one. None if there is none at all."""
    read = [sample for sample in samples if sample is not None and sample.lines]
    telling = next((sample for sample in read if sample.lines[-1].at >= onset), next(iter(read), None))
    if telling is None:
        return OpenLogs(group, onset) if group else None
    first = str(telling.group)
    at = next((line.at for line in telling.lines if line.at >= onset), telling.lines[0].at)
    groups = dict.fromkeys((*(str(sample.group) for sample in read), group))
    return OpenLogs(first, at, tuple(each for each in groups if each and each != first))


class IncidentScreen(IncidentScreenBase):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", N_("Back"), show=True),
        Binding("full_stop", "steps", N_("Steps"), show=True),
        Binding("space", "mark", N_("Tick"), show=True),
        Binding("minus", "skip", N_("Skip"), show=False),
        # Take and Told come before it in a footer of 80 columns.
        *bindings("respond")[:2],
        Binding("r", "read_again", N_("Read again"), show=True),
        *bindings("respond")[2:],
        Binding("number_sign", "numbers", N_("Numbers"), show=True),
        Binding("i", "next_look", N_("Next look"), show=False),
        Binding("a", "alarm", N_("Alarms"), show=False),
        Binding("l", "logs", N_("Logs at that minute"), show=False),
    ]

    def __init__(self, incident: Incident) -> None:
        super().__init__()
        self.id_of_incident = incident.id
        self.first = incident
        self.detail = IncidentDetail(self.app.aws_now)
        self.prompt = StepPrompt()
        self.records = IncidentRecords()
        self.next_looks = NextLooks()
        self.live: IncidentEvidence | None = None  # The newest reading; None before the first
        self.shows_numbers = False
        self._destinations: tuple[Destination | None, ...] = ()

    def body(self) -> ComposeResult:
        yield self.detail
        yield self.prompt

    async def opened(self) -> None:
        self.watch(self.app, "view", self._show, init=False)
        self.watch(self.app, "runs", self._show, init=False)
        self.watch(self.app, "journal_head", self._journal_grew, init=False)
        self.detail.steps.focus()
        self._show()
        self.read_records()
        self.follow_live()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.follow_live()

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        self.workers.cancel_group(self, "incident-live")

    def incident_at_hand(self) -> Incident:
        current = next((each for each in self.app.incidents if each.id == self.id_of_incident), None)
        return current or self.services.incidents.of(self.id_of_incident) or self.first

    def view_at_hand(self) -> IncidentView | None:
        return self.detail.view

    def records_at_hand(self) -> IncidentRecords:
        return self.records

    def responds_to(self) -> str:
        return str(self.first.target)

    def note_subject(self) -> ScreenPlace | None:
        incident = self.incident_at_hand()
        return ScreenPlace(str(incident.target), incident.title, subject=incident.id, opened=True)

    # -- showing

    def _incidents_changed(self) -> None:
        super()._incidents_changed()
        if self.is_mounted:
            self._show()
            # The journal may have grown before the incident was known to have evidence.
            if self.incident_at_hand().evidence and self.records.evidence is None:
                self.read_records()

    def _alarms_changed(self) -> None:
        super()._alarms_changed()
        self._show()

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self._show()

    def _show(self) -> None:
        incident = self.incident_at_hand()
        self._destinations = destinations_of(self.app, incident)
        self.detail.view = incident_view(
            self.app,
            self.weighing,
            incident,
            self.records,
            self.live,
            shows_numbers=self.shows_numbers,
            places=self._destinations,
        )
        self.refresh_bindings()

    def _journal_grew(self) -> None:
        self.read_records()

    @work(group="incident-entries", exclusive=True)
    async def read_records(self) -> None:
        self.records = await records_of(self.app, self.incident_at_hand(), self.records)
        self._show()

    @work(group="incident-live", exclusive=True)
    async def follow_live(self) -> None:
        """Read what AWS shows now, once a minute for all who look; what failed is asked again before."""
        clock, source = self.services.clock, self.services.response.live
        while self.incident_at_hand().is_open:
            await self._take(await source.read(self.incident_at_hand()))
            self._show()
            await self.services.response.readings.note(self.incident_at_hand())
            await clock.sleep(source.wait(self.incident_at_hand()))

    async def _take(self, live: IncidentEvidence) -> None:
        """Show a reading once it is weighed, which takes most of a second where a log has many different errors."""
        incident = self.incident_at_hand()
        evidence = self.weighing.present(incident, live, self.records.evidence)
        await asyncio.to_thread(self.weighing.of, incident, evidence)
        self.live = live

    @work(group="incident-now", exclusive=True)
    async def read_now(self, look: NextLook | None = None) -> None:
        """Read AWS at once, and weigh the causes by it; `look`: what for."""
        incident = self.incident_at_hand()
        words = _("{title}: reading AWS…", title=incident.title)
        with self.app.under_way(words, f"first-wave:{incident.id}"):
            await self._take(await self.services.response.live.read(incident, at_once=True))
        self._show()
        if look is not None:
            self.app.inform(self.next_looks.after_reading(look, self._place_of(look), self.detail.view))
        await self.services.response.readings.note(incident)

    @on(ReadAgain)
    def action_read_again(self) -> None:
        if self.incident_at_hand().is_open:
            self.read_now()
        else:
            self.app.inform(_("Nothing is read from AWS for this incident."))

    # -- steps

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        view = self.detail.view
        if action == "steps":
            return view is not None and any(view.places)
        if action in ("mark", "skip"):
            return self._step_at_cursor() is not None
        if action == "alarm":
            return alarm_of(self.app, self.incident_at_hand()) is not None
        return super().check_action(action, parameters)

    def _step_at_cursor(self) -> tuple[IncidentView, int] | None:
        view, step = self.detail.view, self.detail.step
        if view is None or view.playbook is None or step is None:
            return None
        return (view, step) if step < len(view.playbook.steps) and view.incident.is_open else None

    def action_steps(self) -> None:
        if self.detail.view is not None:
            self.prompt.open(self.detail.view.places)

    @on(StepPrompt.Closed)
    def prompt_closed(self) -> None:
        self.detail.steps.focus()

    @on(StepPrompt.Chosen)
    def step_chosen(self, message: StepPrompt.Chosen) -> None:
        self.detail.steps.move_to(step_key(message.index))
        self.detail.update()
        self._go(message.index)

    def _go(self, index: int) -> None:
        place = self._destinations[index] if index < len(self._destinations) else None
        view = self.detail.view
        kind = view.kinds[index] if view is not None and index < len(view.kinds) else None
        if place is not None:
            self.app.post_message(place.request)
        elif kind is StepKind.TELL:
            self.action_told(view.role_of(index) if view is not None else "")
        elif kind is StepKind.DECIDE:
            self.action_decide()
        else:
            self.app.inform(_("This step leads nowhere: do it, then mark it with Space."))

    def action_mark(self) -> None:
        if (step := self._step_at_cursor()) is not None and self.is_active:
            self.run_worker(toggle_mark(self.app, self.detail, *step), group="incident-record")

    def action_skip(self) -> None:
        if (step := self._step_at_cursor()) is not None and self.is_active:
            self.app.push_screen(skip_dialog(self.services.incidents, *step))

    # -- rows that lead somewhere

    @on(EntryPanel.Opened)
    def entry_opened(self, message: EntryPanel.Opened) -> None:
        """Go where the row leads: a step's place, a log's minute, a curve, an entry of the journal."""
        if not self.is_active:
            return
        panel, entry = message.panel, message.entry
        index = step_index(entry.key)
        if panel is self.detail.steps and index is not None:
            self._go(index)
        elif panel is self.detail.timeline:
            self._open_entry(entry.key)
        elif entry.key == "next-look":
            self.action_next_look()
        elif entry.key == ADVICE and self.detail.view is not None:
            place = place_named(self.app, self.incident_at_hand(), self.detail.view.advised)
            if place is not None:
                self.app.post_message(place.request)
        elif cause := cause_of(entry.key):
            self.decide_on(cause)
        elif not open_place(self.app, entry.place):
            self.app.inform(_("This row leads nowhere."))

    def _open_entry(self, key: str) -> None:
        rows = (*self.records.entries, *self.records.changes)
        entry = next((each for each in rows if str(each.seq) == key.rpartition(":")[2]), None)
        if entry is None:
            self.app.inform(_("This row leads nowhere."))
        else:
            self.app.push_screen(EntryScreen(entry))

    def action_numbers(self) -> None:
        if self.detail.view is None or self.detail.view.assessment is None:
            self.app.inform(_("There are no numbers: no causes are weighed here."))
        self.shows_numbers = not self.shows_numbers
        self._show()

    def action_next_look(self) -> None:
        view = self.detail.view
        look = view.assessment.next_look if view is not None and view.assessment is not None else None
        if look is None:
            self.app.inform(_("There is no look that would tell more."))
            return
        place = self._place_of(look)
        if place is not None and self.next_looks.leads_away(look, place):
            self.app.post_message(place.request)
        else:
            self.read_now(look)

    def _place_of(self, look: NextLook) -> Destination | None:
        return place_named(self.app, self.incident_at_hand(), str(look.look)) if look.look else None

    def cause_at_cursor(self) -> str:
        return cause_of(self.detail.causes.cursor_key)

    def action_alarm(self) -> None:
        if (alarm := alarm_of(self.app, self.incident_at_hand())) is not None:
            self.app.post_message(messages.OpenAlarm(alarm))

    def action_logs(self) -> None:
        incident, view = self.incident_at_hand(), self.detail.view
        group = str(self.services.runbook.log_group_for(incident.target))
        onset, evidence = (view.onset, view.evidence) if view is not None else (incident.since, None)
        # The database's complaints come first: each is a cause, while the application only tells what it met.
        samples = (evidence.database_lines, evidence.application_errors) if evidence is not None else ()
        request = logs_of(group, onset, samples)
        if request is not None:
            self.app.post_message(request)
