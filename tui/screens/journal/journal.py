"""記録: the journal, newest entries first, with filters by day, kind, person, target and words."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from services.host.private_files import make_folder
from services.host.state_files import stamped_name, state_folder
from services.i18n import _, plural
from services.journal.entry_window import EntryWindow
from services.journal.errors import JournalError
from services.journal.export import export
from services.journal.journal import Journal
from services.journal.problems import UnusableJournal
from services.logs.masking.mask import Masker
from services.logs.masking.of_runbook import masker_of
from services.models.feeds import FeedState
from services.models.journal import EntryQuery
from services.models.journal_view import JournalView
from services.models.text import clean
from services.models.verification import Verification
from tui.commands import bindings
from tui.screens.common.dialog import Dialog, window
from tui.screens.common.mode_screen import ModeScreen, ScreenPlace
from tui.screens.journal.entry import EntryScreen
from tui.screens.journal.filter import JournalFilterScreen
from tui.typed_days import day_span, read_day
from widgets.drawing.block import DetailBlock
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line
from widgets.frame.message_line import LineMessage
from widgets.journal.journal_wording import checkpoint_spans, filter_spans
from widgets.journal.panel import CheckpointLine, FilterLine, JournalPanel
from widgets.journal.prompt import JournalAsk, JournalPrompt
from widgets.journal.table import JournalTable
from widgets.journal.verification_lines import verification_lines


class JournalVerifyScreen(Dialog[None]):
    DEFAULT_CSS = """
    JournalVerifyScreen #window { max-width: 84; scrollbar-size-vertical: 1; }
    """

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal
        self.verification: Verification | None = None
        self.block = DetailBlock(_("Hash chain"), self._lines)

    def compose(self) -> ComposeResult:
        with window(_("Verify the journal"), _("Esc closes"), kind=VerticalScroll):
            yield self.block

    def on_mount(self) -> None:
        self.query_one("#window").focus()
        self.check()

    @work(group="verify", exclusive=True)
    async def check(self) -> None:
        self.verification = await self.journal.verify()
        self.block.update()

    def _lines(self, width: int) -> list[Line]:
        if self.verification is not None:
            return verification_lines(self.verification, width) + _not_compared(self.verification, width)
        words = _("Checking {count} entries…", count=f"{self.journal.health.entries:,}")
        return [[(text, "muted")] for text in wrap(words, width)]


def _not_compared(verification: Verification, width: int) -> list[Line]:
    if not (verification.anchors and verification.anchor_note):
        return []
    words = _("Not compared: {reason}", reason=verification.anchor_note)
    parts = wrap(words, max(8, width - 2))
    return [[("? " if index == 0 else "  ", "warn"), (part, "")] for index, part in enumerate(parts)]


async def save(journal: Path, query: EntryQuery, masker: Masker) -> LineMessage:
    """Write the matching entries without secrets, oldest first, in a thread; the message says where they are, or why they are not."""
    path = state_folder("exports") / stamped_name("journal", ".jsonl")
    path_text = clean(path)

    def write() -> int:
        make_folder(path.parent)
        return export(journal, query, path, masker)

    try:
        count = await asyncio.to_thread(write)
    except (OSError, sqlite3.Error, UnusableJournal) as error:
        why = _("The entries cannot be saved to {path}: {reason}")
        return LineMessage(why.format(path=path_text, reason=clean(error)), "warning")
    words = plural("{count} entry was saved to {path}", "{count} entries were saved to {path}", count)
    return LineMessage(words.format(count=f"{count:,}", path=path_text))


Move = Callable[[EntryWindow], Awaitable[None]]  # A method of EntryWindow that reads another page
_FOREVER = 1e12  # Seconds; the journal announces new entries by itself, so the panel must never look outdated


class JournalScreen(ModeScreen):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("journal")]

    def __init__(self) -> None:
        super().__init__()
        self.window = EntryWindow(self.services.journal, EntryQuery())
        self.panel = JournalPanel(_("Journal"), now=self.app.now, zone=self.app.zone, id="journal")
        self.panel.here = self.services.journal.shared_host
        self.checkpoint_line = CheckpointLine()
        self.filter_line = FilterLine()
        self.prompt = JournalPrompt()
        self.day: date | None = None  # The only day shown; None for all
        self._one_at_a_time = asyncio.Lock()

    def body(self) -> ComposeResult:
        yield self.checkpoint_line
        yield self.filter_line
        yield self.panel
        yield self.prompt

    async def opened(self) -> None:
        self.panel.table.focus()
        await self._begin(EntryWindow.newest)
        self.watch(self.app, "journal_head", self._head_changed, init=False)

    def _head_changed(self) -> None:
        self.read_new_entries()

    # -- reading

    async def _begin(self, move: Move, *, last: bool = False) -> None:
        async with self._one_at_a_time:
            window = self.window
            state = await self._read(window, move)
            if window is self.window:
                self.panel.begin(state, last=last)
        self._keep_focus()

    async def _go_on(self, move: Move) -> None:
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
            write_problem = self.services.journal.health.problem
            # The banner shows the problem of writing already; the panel need not repeat it.
            is_same_problem = write_problem is not None and write_problem.summary == error.problem.summary
            self.panel.banner = write_problem if is_same_problem else None
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
        """Show the entries that match `query`, from the newest."""
        self.window = EntryWindow(self.services.journal, query)
        self.filter_line.spans = tuple(filter_spans(query, self.app.zone, self._today()))
        self.refresh_bindings()
        await self._begin(EntryWindow.newest)

    @work(group="journal-move", exclusive=True)
    async def show_edge(self, *, oldest: bool) -> None:
        await self._begin(EntryWindow.oldest if oldest else EntryWindow.newest, last=oldest)

    @work(group="journal-more", exclusive=True)
    async def show_more(self, *, older: bool) -> None:
        await self._go_on(EntryWindow.go_older if older else EntryWindow.go_newer)

    @work(group="journal-news", exclusive=True)
    async def read_new_entries(self) -> None:
        unread = self.panel.state.value is None
        await (self._begin(EntryWindow.newest) if unread else self._go_on(EntryWindow.refresh))

    @on(JournalTable.Wanted)
    def read_more(self, message: JournalTable.Wanted) -> None:
        if message.edge:
            self.show_edge(oldest=message.older)
        elif not self._one_at_a_time.locked():
            self.show_more(older=message.older)

    # -- state of the frame

    def _frame_changed(self) -> None:
        super()._frame_changed()
        self.checkpoint_line.spans = tuple(checkpoint_spans(self.services.journal.health))
        if self.panel.state.problem is not None:
            self.read_new_entries()

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.panel.zone = self.app.zone
        if self.day is not None:
            self.show_day(self.day)

    def note_subject(self) -> ScreenPlace | None:
        view, key = self.panel.state.value, self.panel.table.cursor_key
        entry = next((each for each in view.entries if str(each.seq) == key), None) if view else None
        return ScreenPlace(entry.target, clean(entry.target)) if entry is not None and entry.target else None

    # -- actions

    @on(JournalPanel.Opened)
    def open_entry(self, message: JournalPanel.Opened) -> None:
        if self.is_active:
            self.app.push_screen(EntryScreen(message.entry))

    @work(group="journal-filter", exclusive=True)
    async def action_filter(self) -> None:
        screen = JournalFilterScreen(self.services.journal, self.window.query)
        query = await self.app.push_screen_wait(screen)
        if query is not None and query != self.window.query:
            self.show(query)

    def action_search(self) -> None:
        self.prompt.open(JournalAsk.WORDS, self.window.query.words)

    def action_day(self) -> None:
        self.prompt.open(JournalAsk.DAY, "" if self.day is None else self.day.isoformat())

    def action_other_day(self, by: int) -> None:
        self.show_day(self._today() if self.day is None else self.day + timedelta(days=by))

    def _today(self) -> date:
        return self.app.now().astimezone(self.app.zone).date()

    def show_day(self, day: date | None) -> None:
        self.day = day
        since, before = day_span(day, self.app.zone) if day is not None else (None, None)
        self.show(self.window.query.model_copy(update={"since": since, "before": before}))

    @on(JournalPrompt.Answered)
    def answered(self, message: JournalPrompt.Answered) -> None:
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
        """Dim “show all” unless something is filtered."""
        return self.window.query != EntryQuery() or None if action == "clear_filter" else True

    def action_clear_filter(self) -> None:
        self.day = None
        self.show(EntryQuery())

    @work(group="journal-export", exclusive=True)
    async def action_export(self) -> None:
        masker = masker_of(self.services.runbook)
        self.app.tell(await save(self.services.journal.path, self.window.query, masker))

    def action_verify(self) -> None:
        self.app.push_screen(JournalVerifyScreen(self.services.journal))
