"""記録: everything that happened, newest first; found again by day, kind, person, target and words."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from services.i18n import _
from services.journal.errors import JournalError
from services.journal.window import EntryWindow
from services.models.feeds import FeedState
from services.models.journal import EntryQuery
from services.models.journal_view import JournalView
from services.models.text import clean
from tui.commands import bindings
from tui.days import day_span, read_day
from tui.screens.common.mode_screen import ModeScreen, Place
from tui.screens.journal.entry import EntryScreen
from tui.screens.journal.export_file import save
from tui.screens.journal.filter import JournalFilterScreen
from tui.screens.journal.verify import JournalVerifyScreen
from widgets.journal.panel import CheckpointLine, FilterLine, JournalPanel
from widgets.journal.prompt import JournalAsk, JournalPrompt
from widgets.journal.table import JournalTable
from widgets.journal.wording import anchor_spans, filter_spans

Move = Callable[[EntryWindow], Awaitable[None]]
_FOREVER = 1e12
"""Seconds: the journal tells of its news by itself, so what is shown never grows old."""


class JournalScreen(ModeScreen):
    """The journal mode."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("journal")]

    def __init__(self) -> None:
        super().__init__()
        self.window = EntryWindow(self.services.journal, EntryQuery())
        self.panel = JournalPanel(_("Journal"), now=self.app.now, zone=self.app.zone, id="journal")
        self.anchor_line = CheckpointLine()
        self.filter_line = FilterLine()
        self.prompt = JournalPrompt()
        self.day: date | None = None
        """The one day that is shown."""
        self._one_at_a_time = asyncio.Lock()

    def body(self) -> ComposeResult:
        """What is wrong outside, what is filtered, the entries, the input row."""
        yield self.anchor_line
        yield self.filter_line
        yield self.panel
        yield self.prompt

    async def opened(self) -> None:
        """The newest page, then whatever comes."""
        self.panel.table.focus()
        await self._begin(EntryWindow.newest)
        self.watch(self.app, "journal_head", self._head_changed, init=False)

    def _head_changed(self) -> None:
        self.take_news()

    # -- reading

    async def _begin(self, move: Move, *, last: bool = False) -> None:
        """Show another part of the journal from its beginning or end."""
        async with self._one_at_a_time:
            window = self.window
            state = await self._read(window, move)
            if window is self.window:
                self.panel.begin(state, last=last)
        self._keep_focus()

    async def _go_on(self, move: Move) -> None:
        """Show more; the reader's place stays."""
        async with self._one_at_a_time:
            window = self.window
            state = await self._read(window, move)
            if window is self.window:
                self.panel.state = state
        self._keep_focus()

    async def _read(self, window: EntryWindow, move: Move) -> FeedState[JournalView]:
        before = self.panel.state
        try:
            await move(window)
        except JournalError as error:
            same = before.value is not None and before.value.query == window.query
            told = self.services.journal.health.problem
            # The banner above says why, unless reading fails for another reason than writing.
            self.panel.said = told if told and told.summary == error.problem.summary else None
            return FeedState(
                value=before.value if same else None,
                fetched_at=before.fetched_at if same else None,
                problem=error.problem,
                interval=_FOREVER,
            )
        return FeedState(value=window.view, fetched_at=self.app.now(), interval=_FOREVER)

    def _keep_focus(self) -> None:
        if self.focused is None and self.panel.table.display:
            self.call_after_refresh(self.panel.table.focus)

    @work(group="journal-move", exclusive=True)
    async def show(self, query: EntryQuery) -> None:
        """Show the entries that fit, from the newest."""
        self.window = EntryWindow(self.services.journal, query)
        self.filter_line.spans = tuple(filter_spans(query, self.app.zone))
        self.refresh_bindings()
        await self._begin(EntryWindow.newest)

    @work(group="journal-move", exclusive=True)
    async def show_edge(self, *, oldest: bool) -> None:
        """Go to the newest or the oldest entry."""
        await self._begin(EntryWindow.oldest if oldest else EntryWindow.newest, last=oldest)

    @work(group="journal-more", exclusive=True)
    async def show_more(self, *, older: bool) -> None:
        """One page further."""
        await self._go_on(EntryWindow.go_older if older else EntryWindow.go_newer)

    @work(group="journal-news", exclusive=True)
    async def take_news(self) -> None:
        """What this or another console has recorded."""
        unread = self.panel.state.value is None
        await (self._begin(EntryWindow.newest) if unread else self._go_on(EntryWindow.refresh))

    @on(JournalTable.Wanted)
    def more_wanted(self, message: JournalTable.Wanted) -> None:
        """The reader comes near an edge."""
        if message.edge:
            self.show_edge(oldest=message.older)
        elif not self._one_at_a_time.locked():
            self.show_more(older=message.older)

    # -- the frame's states

    def _frame_changed(self) -> None:
        super()._frame_changed()
        self.anchor_line.spans = tuple(anchor_spans(self.services.journal.health))
        if self.panel.state.problem is not None:
            self.take_news()

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.panel.zone = self.app.zone
        if self.day is not None:
            self.show_day(self.day)

    def place(self) -> Place | None:
        """A note from here is about the target of the entry under the cursor."""
        view, key = self.panel.state.value, self.panel.table.cursor_key
        entry = next((each for each in view.entries if str(each.seq) == key), None) if view else None
        return Place(entry.target, clean(entry.target)) if entry is not None and entry.target else None

    # -- what the reader asks for

    @on(JournalPanel.Opened)
    def open_entry(self, message: JournalPanel.Opened) -> None:
        """One entry, whole."""
        if self.is_active:
            self.app.push_screen(EntryScreen(message.entry))

    @work(group="journal-filter", exclusive=True)
    async def action_filter(self) -> None:
        """Choose kinds, person, target."""
        screen = JournalFilterScreen(self.services.journal, self.window.query)
        query = await self.app.push_screen_wait(screen)
        if query is not None and query != self.window.query:
            self.show(query)

    def action_search(self) -> None:
        """Find entries by words."""
        self.prompt.open(JournalAsk.WORDS, self.window.query.words)

    def action_day(self) -> None:
        """Show one day."""
        self.prompt.open(JournalAsk.DAY, "" if self.day is None else self.day.isoformat())

    def action_other_day(self, by: int) -> None:
        """The day before or after the one that is shown; from none, today."""
        self.show_day(self._today() if self.day is None else self.day + timedelta(days=by))

    def _today(self) -> date:
        return self.app.now().astimezone(self.app.zone).date()

    def show_day(self, day: date | None) -> None:
        """Only one day, in the zone where times are shown; None for all."""
        self.day = day
        since, before = day_span(day, self.app.zone) if day is not None else (None, None)
        self.show(self.window.query.model_copy(update={"since": since, "before": before}))

    @on(JournalPrompt.Answered)
    def answered(self, message: JournalPrompt.Answered) -> None:
        """Narrow to what was entered."""
        text = message.text.strip()
        if message.ask is JournalAsk.WORDS:
            self.show(self.window.query.model_copy(update={"words": text}))
        else:
            day = read_day(text, self._today()) if text else None
            if text and day is None:
                self.prompt.complain(_("no such day"))
                return
            self.show_day(day)
        self._close_prompt()

    @on(JournalPrompt.Cancelled)
    def _close_prompt(self) -> None:
        self.prompt.close()
        self.panel.table.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to clear only where something is filtered."""
        return self.window.query != EntryQuery() or None if action == "clear_filter" else True

    def action_clear_filter(self) -> None:
        """Show everything again."""
        self.day = None
        self.show(EntryQuery())

    @work(group="journal-export", exclusive=True)
    async def action_export(self) -> None:
        """Save what is shown as JSON lines that this user alone can read, and say where."""
        self.app.say(await save(self.services.journal.path, self.window.query))

    def action_verify(self) -> None:
        """Check the whole chain, and say what was found."""
        self.app.push_screen(JournalVerifyScreen(self.services.journal))
