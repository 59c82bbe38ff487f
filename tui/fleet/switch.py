"""Imported after the first frame of the first system."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, suppress
from functools import partial
from typing import cast

from textual.screen import Screen

from services.background.boundaries import Boundary
from services.background.detached import detached
from services.fleet.fleet import Fleet
from services.fleet.watched import WatchedSystem
from services.i18n import _, sentences
from services.journal.errors import JournalError
from services.models.change_runs import Run
from services.models.fleet import SystemState
from services.system import Services
from tui.config import ConsoleConfig
from tui.console import Console
from tui.notifications import changes, sentence, watch_end, watch_ends
from tui.screens.common.dialog import Dialog
from tui.screens.common.rebuilding import rebuilding
from tui.subscriptions import Subscriptions

ConnectSystem = Callable[[WatchedSystem], Awaitable[tuple[Services, ConsoleConfig]]]
"""Connects everything of a system whose files are read, when it is first shown."""
BeginFleet = Callable[[], Awaitable[tuple[Fleet, ConnectSystem]]]
PATIENCE = 15.0  # Seconds (real time) that the operator waits for the files of a system
FIRST_VIEW = 3.0  # Seconds (real time) that the other systems wait for the first system's panels at the most
LEAVING = 2.0
"""Seconds (real time) that the operator waits for the entry that the system left is read-only; it is so at once."""
CHECK_SECONDS = 0.2  # Seconds (real time) between two looks whether a change has its outcome
OPENING = "opening a system"  # The matter of the message that a system is being opened
_EMPTY: dict[str, object] = {
    **dict.fromkeys(("view", "alarm_series", "identity", "base_dates", "duties", "findings", "hand_over")),
    **dict.fromkeys(("runs", "incidents", "posts"), ()),
    "journal_head": 0,
}
"""The states that belong to a system, before its first read."""


class SystemSwitch:
    def __init__(
        self,
        app: Console,
        fleet: Fleet,
        connect: ConnectSystem,
        subscriptions: Subscriptions,
        resume: Callable[[], Subscriptions],
        opening: asyncio.Task[None],
    ) -> None:
        """`subscriptions` are those of the system that is on screen now; `resume` makes those of the next
        one. `opening` opens the journal of the one that is on screen now."""
        self._app = app
        self.fleet = fleet
        self._connect = connect
        self._subscriptions = subscriptions
        self._resume = resume
        self._switching = False
        self._connected: dict[str, tuple[Services, ConsoleConfig]] = {
            str(app.ready.runbook.system.id): (app.ready, app.config)
        }
        self._finishing: dict[str, asyncio.Task[None]] = {}
        """What follows the changes of systems that are not on screen to their ends."""
        self._disarming: dict[str, asyncio.Task[None]] = {}
        """What records that systems that were left are read-only."""
        self._opening = {str(app.ready.runbook.system.id): opening}
        """What opens the journals of the systems that were shown; one that does not answer keeps nobody from leaving."""
        self._first_view = asyncio.Event()
        app.watch(app, "view", self._note_view)
        app.watch(app, "alarms", self._observe)
        app.run_worker(self._begin(), group="fleet-begin", exclusive=True)
        watching = app.ready.workers.follow("fleet", _("watching the systems"), fleet.states, self._take)
        app.run_worker(watching, group="fleet", exclusive=True)

    def _note_view(self) -> None:
        if self._app.view is not None:
            self._first_view.set()

    async def _begin(self) -> None:
        """Begin once the first system's panels have their values, which come as soon as with one system."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_VIEW):
                await self._first_view.wait()
        self.fleet.begin(self._app.on_fault)

    def secrets(self) -> Iterator[str]:
        for system in self.fleet.systems:
            if system.begun is not None:
                yield from system.begun.session.secrets()

    async def end(self) -> None:
        for task in self._finishing.values():
            task.cancel()
        shown = (
            key for key, (services, _config) in self._connected.items() if services in self._app.connected
        )
        await self.fleet.close(keep=frozenset(shown))

    # -- what is known of all systems

    def _observe(self) -> None:
        system = self.fleet.on_screen
        if system is not None and self._app.alarms is not None and not self._switching:
            system.observe(self._app.alarms)

    def _take(self, states: tuple[SystemState, ...]) -> None:
        before, self._app.systems = self._app.systems, states
        own = str(self._app.ready.runbook.system.id)
        for old, new in zip(before, states, strict=True):
            if new.key != own and old.overview is not None and new.overview is not None:
                self._tell_alarms(old, new)

    def _tell_alarms(self, old: SystemState, new: SystemState) -> None:
        if old.overview is None or new.overview is None or old.overview is new.overview:
            return
        if text := sentence(changes(old.overview, new.overview)):
            words = _("{system}: {text}", system=new.title, text=text)
            self._app.inform(words, severity="error" if new.firing else "information")
            if self._app.config.bell:
                self._app.ring(words)

    # -- which one is on screen

    def show(self, key: str, mode: str = "") -> None:
        """Show a system in `mode`, "" for the present one; nothing while another is being opened."""
        top = self._app.screen
        if not self._switching and not (isinstance(top, Dialog) and top.holds_back()):
            self._app.run_worker(self._show(key, mode, top), group="system", exclusive=False)

    async def _show(self, key: str, mode: str, asked_in: Screen[object]) -> None:
        system = self.fleet.of(key)
        if system is None or system is self.fleet.on_screen or self._switching:
            return
        self._switching, is_shown = True, False
        try:
            text = _("Opening {system}…", system=system.state.title)
            self._app.inform(text, matter=OPENING)
            connected = await self._ready(system)
            if connected is not None and self._may_close(system, asked_in):
                await self._change_to(system, *connected, mode)
                is_shown = True
            elif connected is not None:
                # Its files may have been mended since it was begun.
                system.watch()
        finally:
            self._app.settled(OPENING)
            self._switching = False
        if is_shown:
            await self._follow_records(system.key, self._subscriptions)

    def _may_close(self, system: WatchedSystem, asked_in: Screen[object]) -> bool:
        top = self._app.screen
        if not isinstance(top, Dialog):
            return True
        if top is asked_in:
            return not top.holds_back()
        text = _("{system} can be shown now: it was not ready before this window opened.")
        self._app.inform(text.format(system=system.state.title), severity="warning")
        return False

    async def _ready(self, system: WatchedSystem) -> tuple[Services, ConsoleConfig] | None:
        """The services of a system, connected when it is first shown; None if its files cannot be used."""
        try:
            async with asyncio.timeout(PATIENCE):
                is_loaded = await system.loaded()
        except TimeoutError:
            self._app.inform(
                _("{system}: its files do not answer.", system=system.state.title), severity="error"
            )
            return None
        if not is_loaded:
            text = sentences(f"{system.state.title}: {system.state.problem}", system.state.remedy)
            self._app.inform(text, severity="error")
            return None
        if system.key not in self._connected:
            with Boundary(self._app.report_bug):
                self._connected[system.key] = await self._connect(system)
            if system.key not in self._connected:
                text = _("{system}: an internal error kept it from being shown; it is watched as before.")
                self._app.inform(text.format(system=system.state.title), severity="error")
                return None
            services, _config = self._connected[system.key]
            services.report_faults(self._app.report_bug, self._app.on_fault)
        return self._connected[system.key]

    async def _change_to(
        self, system: WatchedSystem, services: Services, config: ConsoleConfig, mode: str
    ) -> None:
        app, left = self._app, self._app.ready
        is_new = services not in app.connected
        if not left.engine.sending:
            # At once, so that no key in between can send anything. A journal that hangs keeps nobody here.
            disarming = self._disarming[str(left.runbook.system.id)] = detached(
                self._disarm(left), name="left-disarm"
            )
            await asyncio.wait([disarming], timeout=LEAVING)
        async with rebuilding(app, mode):
            self._subscriptions.end()
            self._finishing[str(left.runbook.system.id)] = detached(self._finish(left), name="left-changes")
            if (following := self._finishing.pop(system.key, None)) is not None:
                following.cancel()
            self.fleet.show(system)
            left.show(is_on_screen=False)
            services.show(is_on_screen=True)
            app.take(services, config)
            for name, value in _EMPTY.items():
                setattr(app, name, value)
            app.panel_states, app.acknowledged = {}, {}
            app.alarms = services.feeds["alarms"].state
            app.set_keymap(config.keys)
            self._subscriptions = self._resume()
        if is_new:
            self._opening[system.key] = detached(self._open_journal(services), name="system-journal")
        self._subscriptions.follow_feeds()

    async def _open_journal(self, services: Services) -> None:
        # Watching works without a journal.
        with Boundary(self._app.report_bug):
            await services.open_journal()

    async def _follow_records(self, key: str, subscriptions: Subscriptions) -> None:
        """Follow the journal once it is open, unless another system is shown by then."""
        if (opening := self._opening.get(key)) is not None:
            await asyncio.wait([opening])
        if subscriptions is self._subscriptions:
            subscriptions.follow_records()

    async def _disarm(self, left: Services) -> None:
        """Nothing may be sent to a system that nobody sees: it becomes read-only once what is being sent has its outcome."""
        while left.engine.sending:  # noqa: ASYNC110  the engine announces no such event
            await asyncio.sleep(CHECK_SECONDS)
        if left.engine.permits.armed is None:
            return
        title = str(left.runbook.system.title)
        text = _("{system} is read-only again, because another system is shown.", system=title)
        try:
            await left.engine.disarm(_("Another system was shown."))
        except JournalError as error:
            text = sentences(text, error.problem.summary)
        self._app.inform(text, severity="warning")

    async def _finish(self, left: Services) -> None:
        """Bring the changes of a system that has left the screen to their recorded ends."""
        await self._disarm(left)
        if any(map(_is_going, left.engine.runs)):
            await left.workers.keep("left-changes", _("updating the changes"), partial(self._follow, left))

    async def _follow(self, left: Services) -> None:
        before: tuple[Run, ...] | None = None
        states = cast("AsyncGenerator[tuple[Run, ...], None]", left.engine.states())
        async with aclosing(states) as news:
            async for runs in news:
                for run in watch_ends(before or runs, runs):
                    text, is_as_meant = watch_end(run)
                    self._app.inform(
                        f"{left.runbook.system.title}: {text}",
                        severity="information" if is_as_meant else "error",
                    )
                before = runs
                if not any(map(_is_going, runs)):
                    return


def _is_going(run: Run) -> bool:
    return run.is_open or run.watching
