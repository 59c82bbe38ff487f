"""The application: shell first, then the feeds, then the modes. The first frame needs only Textual; models,
widgets and AWS are imported after it is painted. Every key begins here."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.command import Provider
from textual.events import Key
from textual.screen import Screen

from services.background.boundaries import Boundary
from services.host.regular_files import exists
from services.i18n import _
from services.models.gone import take_notices
from tui import messages, themes
from tui.commands import bindings
from tui.console import JST, UTC_ZONE, Console
from tui.key_meanings import reserved_key_warnings
from tui.modes import ALL_MODES, MODES, SYSTEMS, Mode
from tui.moved_keys import MovedKeys
from tui.panel_registry import PANELS
from tui.runtime.crash_report import environment_secrets
from tui.runtime.late_modules import closed_on_error, import_ahead, import_inspections, in_thread, module_of
from tui.screens.common.dialog import Dialog
from tui.screens.common.first_frame import ShellScreen
from tui.screens.common.rebuilding import add_modes, use_other_language
from tui.start_options import StartError

if TYPE_CHECKING:
    from services.aws.client.session import MfaNeeded
    from services.system import Services
    from tui.config import ConsoleConfig
    from tui.farewell import Farewell
    from tui.fleet.switch import BeginFleet, SystemSwitch
    from tui.navigation import Navigation
    from tui.runtime.type_ahead import Typed
    from tui.subscriptions import Subscriptions
    from tui.terminal.cells.line_speed import Link


def commands_of_the_console() -> type[Provider]:
    """The palette's source; imported when the palette is first opened."""
    from tui.command_search import CommandProvider

    return CommandProvider


class TobanApp(Console):
    """Starts the console, and carries out requests that are possible from anywhere."""

    TITLE = "Toban"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {commands_of_the_console}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]
    CSS = """
    Screen { background: $background; }
    ModalScreen { background: $background 60%; }
    """

    def __init__(
        self,
        connect: "Callable[[], Awaitable[tuple[Services, ConsoleConfig]]]",
        *,
        start_mode: str = "watch",
        theme: str = "auto",
        demo: str = "",
        link: "Link" = "auto",
        output: str = "",
        greets: bool = False,
    ) -> None:
        """`greets`: the first start of a person shows the keys to begin with."""
        super().__init__(link, output, demo=demo)
        self.failure: StartError | None = None  # Why the start failed; printed once the terminal is restored
        self.farewell: Farewell | None = None
        """What to say in the shell; None before the end, and if the start failed."""
        self.has_imported_all = False  # Whether no key needs a module that is not imported
        self.moved_keys = MovedKeys(self)
        self._begin_fleet: BeginFleet | None = None
        self._switch: SystemSwitch | None = None
        self._connect = connect
        self._start_mode = start_mode
        self._greets = greets
        for theme_of_ours in themes.THEMES:
            self.register_theme(theme_of_ours)
        self.theme = themes.theme_name(theme, self._colours())
        for mode in MODES:
            self._bind_mode(mode)

    def several(self, names: Iterable[str], begin: "BeginFleet") -> None:
        """Watch several systems, of these runbooks; the first is on screen, the others are begun later by `begin`."""
        from services.models.fleet import SystemState

        self._begin_fleet = begin
        self.systems = tuple(SystemState(key=name, title=Path(name).stem) for name in names)
        self._bind_mode(SYSTEMS)

    def _bind_mode(self, mode: Mode) -> None:
        self.bind(mode.key, f"app.go('{mode.id}')", description=mode.title, show=False)

    def _colours(self) -> int:
        return {"truecolor": 1 << 24, "256": 256}.get(self.console.color_system or "", 16)

    # -- the start and the end

    def get_default_screen(self) -> Screen[object]:
        return ShellScreen()

    def on_mount(self) -> None:
        self.call_after_refresh(self.load)

    @work(group="load", exclusive=True)
    async def load(self) -> None:
        """Connect, import what the first mode needs, show it, and import the rest once its first value is there."""
        try:
            services, config = await self._connect()
        except StartError as error:
            self.failure = error
            self.exit(return_code=error.status)
            return
        async with closed_on_error(services):
            screens = (mode.screen for mode in ALL_MODES if mode.id == self._start_mode)
            panels = (panel.panel for panel in PANELS)
            await in_thread("tui.subscriptions", "tui.runtime.ahead", *map(module_of, (*screens, *panels)))
            from tui.runtime import ahead
            from tui.subscriptions import Subscriptions

            await in_thread(*ahead.FORMS)
        self.take(services, config)
        if not self.config.mouse:
            self.release_mouse()
        self.set_keymap(self.config.keys)
        add_modes(self)
        services.report_faults(self.report_bug, self.on_fault)
        greets = self._greets and not exists(services.journal.path)
        opening = asyncio.create_task(services.open_journal())
        await self.switch_mode(self._start_mode)
        self.openings.begin(ahead.NEEDS)
        for warning in (*reserved_key_warnings(self.config.keys), *take_notices()):
            self.inform(warning)
        # Watching does not wait for the disk and needs no journal.
        subscriptions = Subscriptions(self, self.enter_code)
        subscriptions.follow_feeds()
        await subscriptions.first_alarms()
        await asyncio.to_thread(import_inspections)
        await self._watch_others(subscriptions, opening)
        await self._opened(opening)
        if not subscriptions.ended:
            subscriptions.follow_records()
        await import_ahead(ahead.first(), self.type_ahead.settled)
        if greets:
            from tui.greeting import greet

            await greet(self)
        await services.warm()
        await import_ahead(await asyncio.to_thread(list, ahead.later()), self.type_ahead.settled)
        self.has_imported_all = True
        if not gc.isenabled():
            # The launcher has disabled garbage collection.
            self.freeze()
            gc.enable()

    async def _watch_others(self, subscriptions: "Subscriptions", opening: "asyncio.Task[None]") -> None:
        """Begin to watch the systems that are not on screen, after the first frame of the one that is. They
        do not wait for its journal, whose `opening` may take as long as a ledger does not answer."""
        if self._begin_fleet is not None:
            await in_thread("tui.fleet.switch")
            from tui.fleet.switch import SystemSwitch

            fleet, connect_system = await self._begin_fleet()
            resume = partial(type(subscriptions), self, self.enter_code, resumes=True)
            self._switch = SystemSwitch(self, fleet, connect_system, subscriptions, resume, opening)

    async def _opened(self, opening: "asyncio.Task[None]") -> None:
        # Watching works without a journal.
        with Boundary(self.report_bug):
            await opening

    def known_secrets(self) -> Iterator[str]:
        yield from environment_secrets()
        for services in self.connected:
            yield from services.session.secrets()
        if self._switch is not None:
            yield from self._switch.secrets()

    def is_quit(self, event: "Typed") -> bool:
        active = self.active_bindings.get(event.key) if isinstance(event, Key) else None
        return active is not None and active.binding.id == "quit"

    async def action_quit(self) -> None:
        if (isinstance(self.screen, Dialog) and self.screen.holds_back()) or self.warns_of_losses():
            return
        if any(services.engine.sending for services in self.connected):
            self.inform(_("The console quits once the change's outcome is recorded."), matter="quit")
        await super().action_quit()

    async def drain(self) -> None:
        if self.services is not None:
            from tui.farewell import Farewell

            self.farewell = Farewell(self)
            if self._switch is not None:
                await self._switch.end()
            # Also where one fails: another may still be recording a change's outcome.
            closing = (services.close() for services in self.connected)
            for error in await asyncio.gather(*closing, return_exceptions=True):
                if error is not None:
                    raise error

    # -- going places

    @cached_property
    def navigation(self) -> "Navigation":
        from tui.navigation import Navigation

        return Navigation(self)

    def _open(self, opens: "Callable[[Navigation], object]", name: str = "", *, by_key: bool = True) -> None:
        self.openings.open(name, lambda: opens(self.navigation), by_key=by_key)

    def enter_code(self, needed: "MfaNeeded") -> None:
        self._open(lambda it: it.enter_code(needed), by_key=False)

    @on(messages.Request)
    def handle(self, request: messages.Request) -> None:
        name = "plan" if isinstance(request, messages.PlanChange | messages.OpenChange) else ""
        self._open(lambda it: it.handle(request), name)

    async def action_go(self, mode: str) -> None:
        self.openings.open(f"mode {mode}", partial(self._go, mode))

    def _go(self, mode: str) -> None:
        if not (mode == "respond" and self.opens_incident()):
            self.switch_mode(mode)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        leads_to_others = action == "next_system" or (action == "go" and parameters == (SYSTEMS.id,))
        return bool(self.systems) if leads_to_others else super().check_action(action, parameters)

    def action_next_system(self, by: int) -> None:
        keys = [system.key for system in self.systems]
        if (own := str(self.ready.runbook.system.id)) in keys:
            self.post_message(messages.ShowSystem(keys[(keys.index(own) + by) % len(keys)]))

    @on(messages.ShowSystem)
    def show_system(self, request: messages.ShowSystem) -> None:
        if self._switch is not None:
            self.openings.open("system", partial(self._switch.show, request.key, request.mode))

    @on(messages.ReadSystems)
    def read_systems(self) -> None:
        if self._switch is not None:
            self._switch.fleet.refresh()

    def action_command_palette(self) -> None:
        self._open(lambda it: it.commands(), "palette")

    def action_jump(self) -> None:
        self._open(lambda it: it.jump(), "palette")

    def action_keys_help(self) -> None:
        self._open(lambda it: it.keys_help())

    def action_show_runbook(self) -> None:
        self._open(lambda it: it.runbook())

    def action_show_outbox(self) -> None:
        self._open(lambda it: it.outbox())

    def action_show_messages(self) -> None:
        self._open(lambda it: it.past_messages())

    def action_show_usage(self) -> None:
        """Show today's requests and yen."""
        self._open(lambda it: it.usage())

    def action_note(self) -> None:
        self._open(lambda it: it.note())

    def action_by_hand(self) -> None:
        self._open(lambda it: it.by_hand(), "by hand")

    def action_arm(self) -> None:
        self._open(lambda it: it.arm())

    # -- reading again, and how things are shown

    def action_refresh_feeds(self) -> None:
        self.refresh_feeds()

    def action_toggle_zone(self) -> None:
        """Switch between the system's zone and UTC on every screen."""
        own = self.services.calendar.zone if self.services else JST
        self.zone = own if self.zone is UTC_ZONE else UTC_ZONE

    def action_redraw(self) -> None:
        self.refresh(layout=True, repaint=True)
        self.repaint_terminal()
        self.screen.refresh(layout=True)

    def action_next_theme(self) -> None:
        self.theme = themes.theme_name(themes.next_setting(self.theme), self._colours())

    @work(group="language", exclusive=True)
    async def action_next_language(self) -> None:
        await use_other_language(self)

    @on(Key)
    async def run_moved_key(self, event: Key) -> None:
        if not self.type_ahead.is_for_another(event) and await self.moved_keys.pressed(event.key):
            event.prevent_default()
