"""What the operator can do from anywhere: go places, read again, change how things are shown."""

from importlib import import_module
from zoneinfo import ZoneInfo

from textual import on, work
from textual.command import CommandPalette
from textual.widgets import Input, TextArea

from services import i18n
from services.i18n import _
from tui import messages, themes
from tui.console import JST, Console
from tui.modes import MODES
from tui.screens.common.command_palette import ConsolePalette
from tui.screens.common.shell import ShellScreen
from tui.terminal.driver.keyboard import AltKey

UTC = ZoneInfo("UTC")


class Actions(Console):
    """The actions that need no screen of their own, and the screens that others ask for by a message."""

    def add_modes(self) -> None:
        """Build every mode's screen when it is first shown."""
        for mode in MODES:
            module, _colon, name = mode.screen.partition(":")
            self.add_mode(mode.id, getattr(import_module(module), name))

    @on(messages.OpenAlarm)
    def open_alarm(self, message: messages.OpenAlarm) -> None:
        """Show one alarm's detail."""
        from tui.screens.watch.alarm import AlarmScreen

        self.push_screen(AlarmScreen(message.alarm))

    @on(messages.OpenLogs)
    @work(group="open-logs", exclusive=True)
    async def open_logs(self, message: messages.OpenLogs) -> None:
        """Show a log group, at a moment when one is given."""
        from tui.screens.logs.logs import LogsScreen

        self.wanted_logs = (message.group, message.at)
        await self.switch_mode("logs")
        wanted, self.wanted_logs = self.wanted_logs, None
        if wanted is not None and isinstance(self.screen, LogsScreen):
            await self.screen.show(*wanted)

    @on(messages.OpenWidget)
    @work(group="open-widget", exclusive=True)
    async def open_widget(self, message: messages.OpenWidget) -> None:
        """Show one dashboard widget."""
        from tui.screens.watch.watch import WatchScreen

        await self.switch_mode("watch")
        if isinstance(self.screen, WatchScreen):
            self.screen.action_focus_panel("dashboard")
            for tile in self.screen.dashboard.grid.tiles:
                if tile.widget.key == message.key:
                    tile.focus()

    @on(messages.OpenDay)
    @work(group="open-day", exclusive=True)
    async def open_day(self, message: messages.OpenDay) -> None:
        """Show a day in the calendar."""
        from tui.screens.duties.inspect import InspectScreen

        await self.switch_mode("inspect")
        if isinstance(self.screen, InspectScreen):
            self.screen.show_day(message.day)

    async def action_quit(self) -> None:
        """End the console, from any screen; a change under way is brought to its recorded outcome first."""
        from tui.screens.common.dialog import Dialog

        if isinstance(self.screen, Dialog) and self.screen.holds_back():
            return
        if self.services is not None and self.services.engine.sending:
            self.say(_("The console ends as soon as the outcome of the change is recorded."))
        await super().action_quit()

    def is_one_key(self, event: AltKey) -> bool:
        """Where a binding waits for it; else somebody pressed escape and went on.

        Names without Alt, as ctrl+left, are what terminals send in text fields; elsewhere, and for
        shift+tab, escape and a key mean to leave what is open.
        """
        key = event.together.key
        if key.startswith("alt+"):
            return any(
                key in bindings.key_to_bindings for _node, bindings in self.screen._modal_binding_chain
            )
        field = self.focused
        return isinstance(field, Input | TextArea) and (
            key != event.apart[-1].key and key in field._bindings.key_to_bindings
        )

    def action_go(self, mode: str) -> None:
        """Show a mode."""
        if self.services is not None:
            self.switch_mode(mode)

    def action_refresh_feeds(self) -> None:
        """Read everything now."""
        if self.services is None:
            return
        self.services.session.renew()
        for feed in self.services.feeds:
            feed.refresh()

    def action_toggle_zone(self) -> None:
        """The system's zone or UTC, on every screen."""
        own = self.services.calendar.zone if self.services else JST
        self.zone = own if self.zone is UTC else UTC

    def action_redraw(self) -> None:
        """Draw everything anew and send all of it, whatever the terminal shows."""
        self.refresh(layout=True, repaint=True)
        self.repaint_terminal()
        self.screen.refresh(layout=True)

    def action_next_theme(self) -> None:
        """Next theme."""
        at = themes.NAMES.index(self.theme) if self.theme in themes.NAMES else -1
        self.theme = themes.NAMES[(at + 1) % len(themes.NAMES)]

    @work(group="language", exclusive=True)
    async def action_next_language(self) -> None:
        """Japanese or English; the screens are built anew in the other language."""
        i18n.use("en" if i18n.language() == "ja" else "ja")
        current = self.current_mode
        with self.type_ahead.held():
            self.add_mode("between", ShellScreen)
            await self.switch_mode("between")
            for mode in MODES:
                await self.remove_mode(mode.id)
            self.add_modes()
            await self.switch_mode(current)
            await self.remove_mode("between")

    def action_command_palette(self) -> None:
        """Find a command."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(ConsolePalette(placeholder=_("Command, in English, kana or romaji…")))

    def action_jump(self) -> None:
        """Go somewhere by name."""
        from tui.palette import JumpProvider

        self.push_screen(
            ConsolePalette(
                providers=[JumpProvider], placeholder=_("Alarm, panel, log group, change or date…")
            )
        )

    def action_keys_help(self) -> None:
        """What works here."""
        from tui.screens.common.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_show_runbook(self) -> None:
        """The runbook's contacts, limits and what is undecided."""
        from tui.screens.common.runbook import RunbookScreen

        self.push_screen(RunbookScreen(self.ready.runbook))

    @on(messages.RunInspection)
    def run_inspection(self, message: messages.RunInspection) -> None:
        """Run one inspection now and show its finding."""
        from tui.screens.duties.duty_actions import look_now

        look_now(self, message.inspection)

    @on(messages.PlanChange)
    def plan_change(self, message: messages.PlanChange) -> None:
        """Plan one change of one target."""
        from tui.screens.changes.plan import PlanScreen

        self.push_screen(PlanScreen(message.kind, message.target))

    @on(messages.OpenReport)
    def open_report(self, message: messages.OpenReport) -> None:
        """Show the operations report of a period."""
        from tui.screens.report.report import ReportScreen

        self.push_screen(ReportScreen(message.period, message.occurrence))

    def action_arm(self) -> None:
        """Allow writing for a while, or stop allowing it."""
        from tui.screens.changes.arm import arm_or_disarm

        arm_or_disarm(self)

    def action_note(self) -> None:
        """Write a note into the journal."""
        from tui.screens.journal.note import NoteScreen

        self.push_screen(NoteScreen())

    def action_show_outbox(self) -> None:
        """Notes for Slack, and what became of them."""
        from tui.screens.slack.outbox import OutboxScreen

        if self.services is not None and not isinstance(self.screen, OutboxScreen):
            self.push_screen(OutboxScreen())

    @on(messages.Acknowledge)
    def acknowledge(self, message: messages.Acknowledge) -> None:
        """Ask for a note and acknowledge the alarm's present state."""
        from tui.screens.watch.acknowledge import AcknowledgeScreen

        self.push_screen(AcknowledgeScreen(message.alarm))

    def action_show_usage(self) -> None:
        """Requests and yen of today."""
        from tui.screens.watch.usage import UsageScreen

        self.push_screen(UsageScreen(self.ready.meter))
