"""The application: shell first, then the feeds, then the modes.

The first frame needs Textual alone; models, widgets and AWS are imported after it is painted.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.command import Provider
from textual.screen import Screen

from tui import themes
from tui.actions import Actions
from tui.commands import bindings
from tui.crash import environment_secrets
from tui.modes import MODES
from tui.options import StartError
from tui.screens.shell import ShellScreen

if TYPE_CHECKING:
    from services.aws.session import MfaNeeded
    from services.models.alarms import AlarmBoard
    from services.models.duties import DutyView
    from services.models.feeds import FeedState
    from tui.wire.link import Link
    from tui.wiring import Services


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
    mouse: bool = True
    log_groups: tuple[str, ...] = ()
    """Offered beside the runbook's."""
    log_bytes: int = 64 << 20
    """Memory of one log pane."""
    arm_minutes: int = 15
    """How long writing is allowed once armed."""


USAGE_EVERY = 900.0
"""Seconds of the clock between two entries of what AWS was asked."""


class TobanApp(Actions):
    """The console."""

    TITLE = "Toban"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {commands_of_the_console}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]
    CSS = """
    Screen { background: $background; }
    ToastRack { dock: top; align: right top; margin: 2 0 0 0; }
    """

    def __init__(
        self,
        connect: "Callable[[], Awaitable[Connected]]",
        *,
        start_mode: str = "watch",
        theme: str = "auto",
        demo: str = "",
        link: "Link" = "auto",
        output: str = "",
    ) -> None:
        super().__init__(link, output)
        self.failure: StartError | None = None
        """Why the start failed; said once the terminal is given back."""
        self._connect = connect
        self._start_mode = start_mode
        self.bell_on = True
        self.log_bytes = 64 << 20
        self.log_groups: tuple[str, ...] = ()
        self.arm_minutes = 15
        self.demo = demo
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
            self.failure = error
            self.exit(return_code=error.status)
            return
        self.services, self.bell_on, self.log_bytes = connected.services, connected.bell, connected.log_bytes
        self.log_groups, self.arm_minutes = connected.log_groups, connected.arm_minutes
        self.zone = self.services.calendar.zone
        if not connected.mouse:
            self.release_mouse()
        self.set_keymap(connected.keys)
        self.add_modes()
        for mode in MODES:
            self.bind(mode.key, f"app.go('{mode.id}')", description=mode.title, show=False)
        self.services.inspector.fault = self.services.outbox.fault = self.report_bug
        opening = asyncio.create_task(self.ready.open_journal())
        await self.switch_mode(self._start_mode)
        await opening
        self.follow_feeds()
        self.follow_records()
        await self.services.session.warm(self._warm())
        if not gc.isenabled():
            # The launcher switched it off.
            self.freeze()
            gc.enable()

    def _warm(self) -> tuple[str, ...]:
        from tui.wiring import WARM

        return WARM

    def follow_feeds(self) -> None:
        """One worker a feed; each assigns to one reactive."""
        self._follow_board()
        self._follow_view()
        self._follow_identity()
        self._follow_anchors()

    @work(group="feed-board", exclusive=True)
    async def _follow_board(self) -> None:
        async for state in self.ready.board_feed.states():
            before = self.board
            self.board = state
            if before is not None and before.problem is not None and state.problem is None:
                self.ready.rounds.recovered()
            self._announce(before, state)
            self._ask_for_code()

    @work(group="feed-dashboard", exclusive=True)
    async def _follow_view(self) -> None:
        async for state in self.ready.dashboard_feed.states():
            self.view = state

    @work(group="feed-identity", exclusive=True)
    async def _follow_identity(self) -> None:
        async for state in self.ready.identity_feed.states():
            self.identity = state

    def follow_records(self) -> None:
        """One worker for each thing the journal keeps; each assigns to one reactive."""
        self._follow_journal()
        self._follow_findings()
        self._follow_duties()
        self._follow_runs()
        self._follow_acknowledgements()
        self._follow_posts()
        self._keep_usage()

    @work(group="feed-anchors", exclusive=True)
    async def _follow_anchors(self) -> None:
        async for state in self.ready.anchors_feed.states():
            self.anchors = state
            self.ready.duties.refresh()

    @work(group="journal", exclusive=True)
    async def _follow_journal(self) -> None:
        async for head in self.ready.journal.follow():
            self.journal_head = head

    @work(group="duties", exclusive=True)
    async def _follow_duties(self) -> None:
        async for view in self.ready.duties.states():
            before, self.duties = self.duties, view
            self.ready.rounds.consider(view)
            self._announce_duties(before, view)

    @work(group="usage", exclusive=True)
    async def _keep_usage(self) -> None:
        """Now and then, so that a killed console leaves its total but for the last minutes."""
        clock = self.ready.clock
        while True:
            await clock.sleep(USAGE_EVERY)
            await self.ready.usage_log.record()

    @work(group="findings", exclusive=True)
    async def _follow_findings(self) -> None:
        async for view in self.ready.rounds.states():
            self.findings = view

    @work(group="runs", exclusive=True)
    async def _follow_runs(self) -> None:
        async for runs in self.ready.engine.states():
            self.runs = runs
            self.ready.duties.refresh()

    @work(group="acknowledgements", exclusive=True)
    async def _follow_acknowledgements(self) -> None:
        async for seen in self.ready.acknowledgements.states():
            self.acknowledged = seen

    @work(group="posts", exclusive=True)
    async def _follow_posts(self) -> None:
        from tui.announce import post_changes

        async for posts in self.ready.outbox.states():
            before, self.posts = self.posts, posts
            for said in post_changes(before, posts):
                self.say(said)

    def _announce_duties(self, before: "DutyView | None", after: "DutyView") -> None:
        """Ring once for duties that have come due or late since the last look."""
        from tui.announce import duty_changes

        said = duty_changes(before, after)
        if said and self.bell_on:
            self.ring(said)

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

    def _ask_for_code(self) -> None:
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

    def known_secrets(self) -> Iterator[str]:
        """The environment's, and those of the credentials in use."""
        yield from environment_secrets()
        if self.services is not None:
            yield from self.services.session.secrets()

    async def drain(self) -> None:
        """Close what runs before the terminal is given back."""
        if self.services is not None:
            await self.services.close()
