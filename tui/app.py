"""The application: shell first, then the feeds, then the modes.

The first frame needs Textual alone; models, widgets and AWS are imported after it is painted.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

from textual import work
from textual.binding import BindingType
from textual.command import CommandPalette, Provider
from textual.reactive import var
from textual.screen import Screen

from services import i18n
from services.i18n import _
from tui import themes
from tui.commands import bindings
from tui.modes import MODES
from tui.options import StartError
from tui.runtime import RuntimeApp
from tui.screens.shell import ShellScreen

if TYPE_CHECKING:
    from services.aws.session import MfaNeeded
    from services.models.alarms import Alarm, AlarmBoard
    from services.models.dashboards import DashboardView
    from services.models.feeds import FeedState
    from services.models.identity import Identity
    from services.models.runbook import Runbook
    from tui.wiring import Services

JST = ZoneInfo("Asia/Tokyo")
UTC = ZoneInfo("UTC")


def commands_of_the_console() -> type[Provider]:
    """The palette's source; imported when the palette is first opened."""
    from tui.palette import CommandProvider

    return CommandProvider


@dataclass(frozen=True, slots=True)
class Connected:
    """What starting has put together."""

    services: "Services"
    keys: dict[str, str] = field(default_factory=dict)
    """Command id to key, from the configuration."""
    bell: bool = True
    log_bytes: int = 64 << 20
    """Memory of one log pane."""


class TobanApp(RuntimeApp):
    """The console."""

    TITLE = "Toban"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {commands_of_the_console}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]
    CSS = """
    Screen { background: $background; }
    """

    board: var["FeedState[AlarmBoard] | None"] = var(None)
    view: var["FeedState[DashboardView] | None"] = var(None)
    identity: var["FeedState[Identity] | None"] = var(None)
    zone: var[tzinfo] = var(JST)

    def __init__(
        self,
        connect: "Callable[[], Awaitable[Connected]]",
        *,
        start_mode: str = "watch",
        theme: str = "auto",
        demo: str = "",
    ) -> None:
        super().__init__()
        self._connect = connect
        self._start_mode = start_mode
        self.bell_on = True
        self.log_bytes = 64 << 20
        self.demo = demo
        self.services: Services | None = None
        self.wanted_logs: tuple[str, datetime | None] | None = None
        """Where the logs mode should begin when it is opened for the first time."""
        for each in themes.THEMES:
            self.register_theme(each)
        self.theme = themes.theme_name(theme, self._colours())

    def _colours(self) -> int:
        return {"standard": 16, "windows": 16}.get(self.console.color_system or "standard", 1 << 24)

    def get_default_screen(self) -> Screen[object]:
        """The shell: what the console looks like before it knows anything."""
        return ShellScreen()

    def on_mount(self) -> None:
        """Load the rest once the first frame is out."""
        self.call_after_refresh(self.load)

    @work(group="load", exclusive=True)
    async def load(self) -> None:
        """Import, connect, and show the first mode."""
        names = [mode.screen.partition(":")[0] for mode in MODES]
        await asyncio.to_thread(lambda: [import_module(name) for name in ["tui.wiring", *names]])
        try:
            connected = await self._connect()
        except StartError as error:
            self.exit(return_code=error.status, message=error.content())
            return
        self.services, self.bell_on, self.log_bytes = connected.services, connected.bell, connected.log_bytes
        self.set_keymap(connected.keys)
        self._add_modes()
        for mode in MODES:
            self.bind(mode.key, f"app.go('{mode.id}')", description=mode.title, show=False)
        await self.switch_mode(self._start_mode)
        self.follow_feeds()
        await self.services.session.warm(self._warm())

    def _add_modes(self) -> None:
        for mode in MODES:
            module, _colon, name = mode.screen.partition(":")
            self.add_mode(mode.id, getattr(import_module(module), name))

    def _warm(self) -> tuple[str, ...]:
        from tui.wiring import WARM

        return WARM

    def follow_feeds(self) -> None:
        """One worker a feed; each assigns to one reactive."""
        self._follow_board()
        self._follow_view()
        self._follow_identity()

    @property
    def ready(self) -> "Services":
        """The services; only what runs after the start asks for them."""
        assert self.services is not None, "feeds start after the services are connected"
        return self.services

    @work(group="feed-board", exclusive=True)
    async def _follow_board(self) -> None:
        async for state in self.ready.board_feed.states():
            before = self.board
            self.board = state
            self._announce(before, state)
            self._ask_for_code(state)

    @work(group="feed-dashboard", exclusive=True)
    async def _follow_view(self) -> None:
        async for state in self.ready.dashboard_feed.states():
            self.view = state

    @work(group="feed-identity", exclusive=True)
    async def _follow_identity(self) -> None:
        async for state in self.ready.identity_feed.states():
            self.identity = state

    def _announce(self, before: "FeedState[AlarmBoard] | None", after: "FeedState[AlarmBoard]") -> None:
        """Ring once for the changes since the last read; the first read is not a change."""
        from tui.announce import changes, sentence

        old = before.value if before else None
        if old is None or after.value is None or after.value is old:
            return
        changed = changes(old, after.value)
        if changed and self.bell_on:
            self.ring(sentence(changed))

    def ring(self, text: str) -> None:
        """One bell and, where the terminal can, one desktop notification."""
        from tui.notify_terminal import ring

        ring(self, text)

    def _ask_for_code(self, state: "FeedState[AlarmBoard]") -> None:
        from services.aws.session import MfaNeeded

        error = self.ready.board_feed.error
        if isinstance(error, MfaNeeded):
            self.enter_code(error)

    @work(group="mfa", exclusive=True)
    async def enter_code(self, needed: "MfaNeeded") -> None:
        """Ask for the six digits in our own dialog, and take the session they give."""
        from tui.screens.code import CodeScreen

        if any(isinstance(screen, CodeScreen) for screen in self.screen_stack):
            return
        done = await self.push_screen_wait(CodeScreen(self.ready.session, needed))
        if done:
            self.action_refresh_feeds()

    @property
    def runbook(self) -> "Runbook | None":
        """The system's runbook, once loaded."""
        return self.services.runbook if self.services else None

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

    def say(self, text: str) -> None:
        """A short word to the operator; foreign text is never markup here."""
        self.notify(text, markup=False)

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
        """JST or UTC, on every screen."""
        self.zone = UTC if self.zone is JST else JST

    def action_redraw(self) -> None:
        """Paint the whole screen anew."""
        self.refresh(layout=True, repaint=True)
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
        self.add_mode("between", ShellScreen)
        await self.switch_mode("between")
        for mode in MODES:
            await self.remove_mode(mode.id)
        self._add_modes()
        await self.switch_mode(current)
        await self.remove_mode("between")

    def action_command_palette(self) -> None:
        """Find a command."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=_("Command, in English, kana or romaji…")))

    def action_jump(self) -> None:
        """Go somewhere by name."""
        from tui.palette import JumpProvider

        self.push_screen(
            CommandPalette(providers=[JumpProvider], placeholder=_("Alarm, panel or log group…"))
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

    def action_show_usage(self) -> None:
        """Requests and yen of today."""
        from tui.screens.usage import UsageScreen

        self.push_screen(UsageScreen(self.ready.meter))

    def now(self) -> datetime:
        """The present by the console's clock (UTC)."""
        from datetime import UTC as utc

        return self.services.clock.now() if self.services else datetime.now(utc)

    async def drain(self) -> None:
        """Close what runs before the terminal is given back."""
        if self.services is not None:
            await self.services.close()
