"""What the operator can do from anywhere: go places, read again, change how things are shown."""

from datetime import UTC as utc
from datetime import date, datetime, tzinfo
from importlib import import_module
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from textual import work
from textual.command import CommandPalette
from textual.reactive import var
from textual.widgets import Input, TextArea

from services import i18n
from services.i18n import _
from tui import themes
from tui.console_palette import ConsolePalette
from tui.driver.keyboard import AltKey
from tui.modes import MODES
from tui.runtime import RuntimeApp
from tui.screens.shell import ShellScreen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.notifications import SeverityLevel

    from services.models.alarms import Alarm, AlarmBoard
    from services.models.changes import ChangeTarget, Run
    from services.models.dashboards import DashboardView
    from services.models.duties import AnchorDate, DutyView
    from services.models.feeds import FeedState
    from services.models.findings import FindingsView
    from services.models.identity import Identity
    from services.models.journal import Acknowledgement
    from services.models.posts import Post
    from services.models.runbook import Runbook
    from tui.wire.link import Link, LinkState
    from tui.wiring import Services

JST = ZoneInfo("Asia/Tokyo")
UTC = ZoneInfo("UTC")


class Actions(RuntimeApp):
    """The newest states, and the actions that need no screen of their own."""

    board: var["FeedState[AlarmBoard] | None"] = var(None)
    view: var["FeedState[DashboardView] | None"] = var(None)
    identity: var["FeedState[Identity] | None"] = var(None)
    anchors: var["FeedState[tuple[AnchorDate, ...]] | None"] = var(None)
    duties: var["DutyView | None"] = var(None)
    findings: var["FindingsView | None"] = var(None)
    runs: var["tuple[Run, ...]"] = var(())
    acknowledged: var["Mapping[str, Acknowledgement]"] = var(dict)
    posts: var["tuple[Post, ...]"] = var(())
    """Notes for Slack, unsent first."""
    link: var["LinkState | None"] = var(None)
    """The line to the terminal; None as long as nothing is known of it."""
    journal_head: var[int] = var(0)
    """The newest entry's number."""
    zone: var[tzinfo] = var(JST)
    """Of the times on screen; the system's own once it is known."""

    def __init__(self, link: "Link" = "auto", output: str = "") -> None:
        """As RuntimeApp's."""
        super().__init__(link, output)
        self.services: Services | None = None
        self.wanted_logs: tuple[str, datetime | None] | None = None
        """Where the logs mode should begin when it is opened for the first time."""

    @property
    def ready(self) -> "Services":
        """The services; only what runs after the start asks for them."""
        assert self.services is not None, "feeds start after the services are connected"
        return self.services

    @property
    def runbook(self) -> "Runbook | None":
        """The system's runbook, once loaded."""
        return self.services.runbook if self.services else None

    def on_link(self, state: "LinkState") -> None:
        """Say how the line is."""
        self.link = state

    def now(self) -> datetime:
        """The present by the console's clock (UTC)."""
        return self.services.clock.now() if self.services else datetime.now(utc)

    def add_modes(self) -> None:
        """Build every mode's screen when it is first shown."""
        for mode in MODES:
            module, _colon, name = mode.screen.partition(":")
            self.add_mode(mode.id, getattr(import_module(module), name))

    def open_alarm(self, alarm: "Alarm") -> None:
        """Show one alarm's detail."""
        from tui.screens.alarm import AlarmScreen

        self.push_screen(AlarmScreen(alarm))

    @work(group="open-logs", exclusive=True)
    async def open_logs(self, group: str, at: datetime | None) -> None:
        """Show a log group, at a moment when one is given."""
        from tui.screens.logs import LogsScreen

        self.wanted_logs = (group, at)
        await self.switch_mode("logs")
        wanted, self.wanted_logs = self.wanted_logs, None
        if wanted is not None and isinstance(self.screen, LogsScreen):
            await self.screen.show(*wanted)

    @work(group="open-widget", exclusive=True)
    async def open_widget(self, key: str) -> None:
        """Show one dashboard widget."""
        from tui.screens.watch import WatchScreen

        await self.switch_mode("watch")
        if isinstance(self.screen, WatchScreen):
            self.screen.action_focus_panel("dashboard")
            for tile in self.screen.dashboard.grid.tiles:
                if tile.widget.key == key:
                    tile.focus()

    @work(group="open-day", exclusive=True)
    async def open_day(self, day: date) -> None:
        """Show a day in the calendar."""
        from tui.screens.inspect import InspectScreen

        await self.switch_mode("inspect")
        if isinstance(self.screen, InspectScreen):
            self.screen.show_day(day)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: "SeverityLevel" = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """As Textual's, wrapped by cells: it measures a toast by its words, and Japanese has none. Never markup."""
        from widgets.format import wrap

        room = max(10, min(54, self.size.width // 2 - 6))
        shown = "\n".join(wrap(message, room))
        super().notify(shown, title=title, severity=severity, timeout=timeout, markup=False)

    def say(self, text: str) -> None:
        """A short word to the operator; foreign text is never markup here."""
        self.notify(text, markup=False)

    async def action_quit(self) -> None:
        """End the console, from any screen; a change under way is brought to its recorded outcome first."""
        from tui.screens.dialog import Dialog

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
        from tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_show_runbook(self) -> None:
        """The runbook's contacts, limits and what is undecided."""
        from tui.screens.runbook import RunbookScreen

        self.push_screen(RunbookScreen(self.ready.runbook))

    def look_now(self, inspection: str) -> None:
        """Make one inspection now, and show what it found."""
        from tui.screens.duty_actions import look_now

        look_now(self, inspection)  # type: ignore[arg-type]  # only the app itself has these actions

    def plan_change(self, kind: str, target: "ChangeTarget") -> None:
        """Plan one change of one target."""
        from tui.screens.plan import PlanScreen

        self.push_screen(PlanScreen(kind, target))

    def action_arm(self) -> None:
        """Allow writing for a while, or stop allowing it."""
        from tui.screens.arm import arm_or_disarm

        arm_or_disarm(self)

    def action_note(self) -> None:
        """Write a note into the journal."""
        from tui.screens.note import NoteScreen

        self.push_screen(NoteScreen())

    def action_show_outbox(self) -> None:
        """Notes for Slack, and what became of them."""
        from tui.screens.outbox import OutboxScreen

        if self.services is not None and not isinstance(self.screen, OutboxScreen):
            self.push_screen(OutboxScreen())

    def acknowledge(self, alarm: "Alarm") -> None:
        """Say that the alarm's present state was seen."""
        from tui.screens.acknowledge import AcknowledgeScreen

        self.push_screen(AcknowledgeScreen(alarm))

    def action_show_usage(self) -> None:
        """Requests and yen of today."""
        from tui.screens.usage import UsageScreen

        self.push_screen(UsageScreen(self.ready.meter))
