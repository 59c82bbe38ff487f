"""Imported when first needed, after the first frame, because it imports every screen."""

from functools import singledispatchmethod

from textual.command import CommandPalette

from services.aws.client.session import MfaNeeded
from services.i18n import _, sentences
from services.models.alarms import AlarmOverview
from services.models.feeds import FeedState, Freshness
from tui import messages
from tui.command_search import JumpProvider
from tui.console import Console
from tui.screens.changes.arm import arm_or_disarm
from tui.screens.changes.change_screen import ChangeScreen
from tui.screens.changes.plan import PlanScreen
from tui.screens.common.command_palette import ConsolePalette
from tui.screens.common.help import HelpScreen
from tui.screens.common.mfa_code import CodeScreen
from tui.screens.common.mode_screen import ModeScreen
from tui.screens.common.past_messages import PastMessagesScreen
from tui.screens.common.runbook import RunbookScreen
from tui.screens.duties.duty_actions import run_inspection
from tui.screens.duties.inspect import InspectScreen
from tui.screens.journal.note import NoteScreen
from tui.screens.logs.insights.screen import InsightsScreen
from tui.screens.logs.logs import LogsScreen
from tui.screens.report.report import ReportScreen
from tui.screens.respond.incident import IncidentScreen
from tui.screens.respond.respond import RespondScreen
from tui.screens.slack.outbox import OutboxScreen
from tui.screens.watch.acknowledge import AcknowledgeScreen
from tui.screens.watch.alarm import AlarmScreen
from tui.screens.watch.usage import UsageScreen
from tui.screens.watch.watch import WatchScreen


class Navigation:
    def __init__(self, app: Console) -> None:
        self._app = app

    # -- requests of screens and the palette

    @singledispatchmethod
    def handle(self, request: messages.Request) -> None:
        raise TypeError(f"nothing opens for {type(request).__name__}")

    @handle.register
    def _open_alarm(self, request: messages.OpenAlarm) -> None:
        top = self._app.screen
        if not isinstance(top, AlarmScreen):
            self._app.push_screen(AlarmScreen(request.alarm))
        elif top.first.id != request.alarm.id:
            self._app.switch_screen(AlarmScreen(request.alarm))

    @handle.register
    def _open_newest_firing(self, _request: messages.OpenNewestFiring) -> None:
        overview = self._app.alarms.value if self._app.alarms is not None else None
        if overview is None:
            self._app.inform(_("The alarms have not been read yet: whether one fires is not known."))
        elif overview.newest_firing is None and self._app.outages:
            self._open_incident(messages.OpenIncident(""))
        elif overview.newest_firing is None:
            self._tell_none_fires(self._app.alarms)
        else:
            newest = overview.newest_firing
            going = (each for each in self._app.incidents if each.is_open and each.target == newest.id)
            incident = next(going, None)
            if incident is None:
                self._open_alarm(messages.OpenAlarm(newest))
            else:
                self._open_incident(messages.OpenIncident(incident.joined_to or incident.id))

    def _tell_none_fires(self, state: FeedState[AlarmOverview] | None) -> None:
        text = _("No alarm is firing.")
        if state is None or state.freshness(self._app.now()) is not Freshness.FRESH:
            text = _("No alarm was firing when the alarms were last read.")
        own = str(self._app.ready.runbook.system.id)
        others = [system.title for system in self._app.systems if system.key != own and system.firing]
        if others:
            other = _("Alarms of another system are firing: {systems} (9)", systems=", ".join(others))
            text = sentences(text, other)
        self._app.inform(text, severity="warning" if others else "information")

    @handle.register
    def _acknowledge(self, request: messages.Acknowledge) -> None:
        self._app.push_screen(AcknowledgeScreen(request.alarm))

    @handle.register
    def _write_note(self, request: messages.WriteNote) -> None:
        screen = NoteScreen(request.text)
        self._app.push_screen(screen)
        self._app.type_ahead.continues(screen)

    @handle.register
    def _plan_change(self, request: messages.PlanChange) -> None:
        self._app.push_screen(PlanScreen(request.kind, request.target))

    @handle.register
    def _open_report(self, request: messages.OpenReport) -> None:
        self._app.push_screen(ReportScreen(request.period, request.occurrence))

    @handle.register
    def _run_inspection(self, request: messages.RunInspection) -> None:
        run_inspection(self._app, request.inspection, request.since)

    @handle.register
    def _open_logs(self, request: messages.OpenLogs) -> None:
        self._app.run_worker(
            self._show_logs(request, self._incident_in_front()), group="open-logs", exclusive=True
        )

    @handle.register
    def _open_widget(self, request: messages.OpenWidget) -> None:
        self._app.run_worker(
            self._show_widget(request, self._incident_in_front()), group="open-widget", exclusive=True
        )

    @handle.register
    def _open_change(self, request: messages.OpenChange) -> None:
        self._app.run_worker(
            self._show_change(request, self._incident_in_front()), group="open-change", exclusive=True
        )

    @handle.register
    def _open_day(self, request: messages.OpenDay) -> None:
        self._app.run_worker(self._show_day(request), group="open-day", exclusive=True)

    @handle.register
    def _open_incident(self, request: messages.OpenIncident) -> None:
        self._app.run_worker(self._show_incident(request.incident), group="open-incident", exclusive=True)

    async def _show_incident(self, id: str) -> None:
        await self._app.switch_mode("respond")
        while isinstance(top := self._app.screen, IncidentScreen | AlarmScreen):
            if isinstance(top, IncidentScreen) and top.id_of_incident == id:
                return
            await self._app.pop_screen()
        if isinstance(self._app.screen, RespondScreen) and id:
            self._app.screen.open(id)

    def _incident_in_front(self) -> str:
        """Id of the incident whose screen is in front; "" if none is."""
        top = self._app.screen
        return top.id_of_incident if isinstance(top, IncidentScreen) else ""

    async def _show_mode(self, mode: str, incident: str) -> None:
        """Show a mode's own screen. An alarm that is open in it is closed; one that is open elsewhere stays.
        From there the key of going back returns to `incident`, if one has led here."""
        await self._app.switch_mode(mode)
        if isinstance(self._app.screen, AlarmScreen | InsightsScreen):
            await self._app.pop_screen()
        self._app.way_back = (mode, incident) if incident else None
        self._app.screen.refresh_bindings()

    async def _show_logs(self, request: messages.OpenLogs, incident: str) -> None:
        app = self._app
        app.requested_logs = request.targets
        await self._show_mode("logs", incident)
        targets, app.requested_logs = app.requested_logs, ()
        # A screen that is opened for the first time goes there itself.
        if targets and isinstance(app.screen, LogsScreen):
            await app.screen.show(targets)
        if request.task and request.at is not None and isinstance(app.screen, LogsScreen):
            covers = app.screen.covers
            covers.run(covers.task(request.group, request.task, request.at))

    async def _show_widget(self, request: messages.OpenWidget, incident: str) -> None:
        await self._show_mode("watch", incident)
        if isinstance(self._app.screen, WatchScreen):
            self._app.screen.show_widget(request.key)

    async def _show_change(self, request: messages.OpenChange, incident: str) -> None:
        await self._show_mode("change", incident)
        if isinstance(self._app.screen, ChangeScreen):
            self._app.screen.changes.table.move_to(f"{request.kind} {request.target}")
            if request.plan:
                target = self._app.ready.engine.target(request.kind, request.target)
                self._app.push_screen(PlanScreen(request.kind, target, request.values))

    async def _show_day(self, request: messages.OpenDay) -> None:
        await self._app.switch_mode("inspect")
        if isinstance(self._app.screen, InspectScreen):
            self._app.screen.show_day(request.day)

    # -- commands of the console

    def commands(self) -> None:
        if not isinstance(self._app.screen, CommandPalette):
            self._app.push_screen(ConsolePalette(placeholder=_("Command, in English, kana or romaji…")))

    def jump(self) -> None:
        placeholder = _("Alarm, panel, log group, change or date…")
        self._app.push_screen(ConsolePalette(providers=[JumpProvider], placeholder=placeholder))

    def keys_help(self) -> None:
        if not isinstance(self._app.screen, HelpScreen):
            self._app.push_screen(HelpScreen(self._app.screen))

    def runbook(self) -> None:
        services = self._app.ready
        today = services.calendar.day_of(self._app.now())
        self._app.push_screen(RunbookScreen(services.runbook, today))

    def arm(self) -> None:
        arm_or_disarm(self._app)

    def note(self) -> None:
        self._app.push_screen(NoteScreen())

    def by_hand(self) -> None:
        """Show the `aws` commands that do what the top screen shows, or close them again."""
        from tui.screens.common.aws_commands import AwsCommandsScreen

        screen = self._app.screen
        if isinstance(screen, AwsCommandsScreen):
            screen.dismiss()
            return
        sheet = screen.aws_commands() if isinstance(screen, ModeScreen | PlanScreen) else None
        if sheet is not None and sheet.commands:
            self._app.push_screen(AwsCommandsScreen(sheet))
        else:
            self._app.inform(_("There are no AWS commands for this."))

    def outbox(self) -> None:
        if self._app.services is not None and not isinstance(self._app.screen, OutboxScreen):
            self._app.push_screen(OutboxScreen())

    def past_messages(self) -> None:
        self._app.push_screen(PastMessagesScreen())

    def usage(self) -> None:
        """Show today's requests and yen."""
        self._app.push_screen(UsageScreen(self._app.ready.meter))

    # -- input that the console needs

    def enter_code(self, needed: MfaNeeded) -> None:
        # Another failed read must not replace an open dialog and lose what was typed.
        if not any(isinstance(screen, CodeScreen) for screen in self._app.screen_stack):
            self._app.run_worker(self._enter_code(needed), group="mfa", exclusive=True)

    async def _enter_code(self, needed: MfaNeeded) -> None:
        if await self._app.push_screen_wait(CodeScreen(self._app.ready.session, needed)):
            self._app.refresh_feeds()
