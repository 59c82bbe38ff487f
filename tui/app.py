"""The application: shell first, then the feeds, then the modes.

The first frame needs Textual alone; models, widgets and AWS are imported after it is painted.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import BindingType
from textual.command import Provider
from textual.screen import Screen

from services.i18n import _
from tui import themes
from tui.actions import Actions
from tui.commands import bindings
from tui.modes import MODES
from tui.options import StartError
from tui.runtime.crash_report import environment_secrets
from tui.screens.common.shell import ShellScreen

if TYPE_CHECKING:
    from services.aws.client.session import MfaNeeded
    from services.models.alarms import AlarmBoard
    from services.models.changes import Run
    from services.models.duties import AnchorDate, DutyView
    from services.models.feeds import FeedState
    from services.models.posts import Post
    from services.system import Services
    from tui.config import ConsoleConfig
    from tui.terminal.cells.link import Link

    Followed = tuple[str, str, Callable[[], AsyncIterator[Any]], Callable[[Any], object]]


def commands_of_the_console() -> type[Provider]:
    """The palette's source; imported when the palette is first opened."""
    from tui.palette import CommandProvider

    return CommandProvider


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
        connect: "Callable[[], Awaitable[tuple[Services, ConsoleConfig]]]",
        *,
        start_mode: str = "watch",
        theme: str = "auto",
        demo: str = "",
        link: "Link" = "auto",
        output: str = "",
    ) -> None:
        super().__init__(link, output, demo=demo)
        self.failure: StartError | None = None
        """Why the start failed; said once the terminal is given back."""
        self._connect = connect
        self._start_mode = start_mode
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
        await asyncio.to_thread(lambda: [import_module(name) for name in ["services.system", *names]])
        try:
            self.services, self._config = await self._connect()
        except StartError as error:
            self.failure = error
            self.exit(return_code=error.status)
            return
        self.zone = self.services.calendar.zone
        if not self.config.mouse:
            self.release_mouse()
        self.set_keymap(self.config.keys)
        self.add_modes()
        for mode in MODES:
            self.bind(mode.key, f"app.go('{mode.id}')", description=mode.title, show=False)
        self.services.report_faults(self.report_bug, self.on_fault)
        opening = asyncio.create_task(self.ready.open_journal())
        await self.switch_mode(self._start_mode)
        # Watching waits for no disk, and ends with no journal.
        self.follow_feeds()
        await self._opened(opening)
        self.follow_records()
        await self.services.session.warm(self._warm())
        if not gc.isenabled():
            # The launcher switched it off.
            self.freeze()
            gc.enable()

    async def _opened(self, opening: "asyncio.Task[None]") -> None:
        """Until the journal is open; what is wrong with it is in its health, anything else is a fault of ours."""
        try:
            await opening
        except Exception as error:  # noqa: BLE001  the boundary: without a journal the console still watches
            self.report_bug(error)

    def _warm(self) -> tuple[str, ...]:
        from services.system import WARM

        return WARM

    def follow_feeds(self) -> None:
        """One worker for each thing that is read from AWS again and again; each assigns to one reactive."""
        self._follow(self._feeds())

    def follow_records(self) -> None:
        """One worker for each thing that the journal keeps; each assigns to one reactive."""
        self._follow(self._records())
        usage = self.ready.workers.keep("usage", _("recording what AWS was asked"), self._record_usage)
        self.run_worker(usage, group="usage", exclusive=True)

    def _follow(self, followed: "Iterable[Followed]") -> None:
        for name, title, states, take in followed:
            self.run_worker(self.ready.workers.follow(name, title, states, take), group=name, exclusive=True)

    def _feeds(self) -> "Iterator[Followed]":
        """(name, what it is to people, what it gives, who takes that) of every read of AWS."""
        ready, to = self.ready, partial(partial, setattr, self)
        yield "feed-board", _("showing the alarms"), ready.board_feed.states, self._take_board
        yield "feed-dashboard", _("showing the dashboard"), ready.dashboard_feed.states, to("view")
        yield "feed-identity", _("reading the account"), ready.identity_feed.states, to("identity")
        yield "feed-anchors", _("reading access keys"), ready.anchors_feed.states, self._take_anchors

    def _records(self) -> "Iterator[Followed]":
        """The same of everything that the journal keeps."""
        ready, to = self.ready, partial(partial, setattr, self)
        yield "journal", _("reading the journal"), ready.journal.follow, to("journal_head")
        yield "findings", _("following the findings"), ready.rounds.states, to("findings")
        yield "duties", _("following the duties"), ready.duties.states, self._take_duties
        yield "runs", _("following the changes"), ready.engine.states, self._take_runs
        acknowledgements = ready.acknowledgements.states
        yield "acknowledgements", _("following acknowledgements"), acknowledgements, to("acknowledged")
        yield "posts", _("following the notes to Slack"), ready.outbox.states, self._take_posts

    def _take_board(self, state: "FeedState[AlarmBoard]") -> None:
        before = self.board
        self.board = state
        if before is not None and before.problem is not None and state.problem is None:
            self.ready.rounds.recovered()
        self._announce(before, state)
        self._ask_for_code()

    def _take_anchors(self, state: "FeedState[tuple[AnchorDate, ...]]") -> None:
        self.anchors = state
        self.ready.duties.refresh()

    def _take_duties(self, view: "DutyView") -> None:
        before, self.duties = self.duties, view
        self.ready.rounds.consider(view)
        self._announce_duties(before, view)

    def _take_runs(self, runs: "tuple[Run, ...]") -> None:
        self.runs = runs
        self.ready.duties.refresh()

    def _take_posts(self, posts: "tuple[Post, ...]") -> None:
        from tui.notifications import post_changes

        before, self.posts = self.posts, posts
        for text in post_changes(before, posts):
            self.say(text)

    async def _record_usage(self) -> None:
        """Now and then, so that a killed console leaves its total but for the last minutes."""
        while True:
            await self.ready.clock.sleep(USAGE_EVERY)
            await self.ready.usage_log.record()

    def _announce_duties(self, before: "DutyView | None", after: "DutyView") -> None:
        """Ring once for duties that have come due or late since the last look."""
        from tui.notifications import duty_changes

        said = duty_changes(before, after)
        if said and self.config.bell:
            self.ring(said)

    def _announce(self, before: "FeedState[AlarmBoard] | None", after: "FeedState[AlarmBoard]") -> None:
        """Ring once for the changes since the last read; the first read is not a change."""
        from tui.notifications import changes, sentence

        old = before.value if before else None
        if old is None or after.value is None or after.value is old:
            return
        changed = changes(old, after.value)
        if changed and self.config.bell:
            self.ring(sentence(changed))

    def ring(self, text: str) -> None:
        """One bell and, where the terminal can, one desktop notification."""
        from tui.terminal.notifications import ring

        ring(self, text)

    def _ask_for_code(self) -> None:
        from services.aws.client.session import MfaNeeded

        error = self.ready.board_feed.error
        if isinstance(error, MfaNeeded):
            self.enter_code(error)

    @work(group="mfa", exclusive=True)
    async def enter_code(self, needed: "MfaNeeded") -> None:
        """Ask for the six digits in our own dialog, and take the session they give."""
        from tui.screens.common.mfa_code import CodeScreen

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
