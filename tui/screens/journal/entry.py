import asyncio
from contextlib import suppress

from textual import on, work
from textual.app import ComposeResult

from services.journal.entry_check import check_link
from services.journal.errors import JournalError
from services.models.journal import Entry, EntryQuery
from services.models.text import clean
from tui.screens.common.mode_screen import ModeScreen, ScreenPlace
from widgets.journal.detail import EntryDetail

STORY = 500  # Upper bound of the entries shown for one subject


class EntryScreen(ModeScreen):
    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.first = entry
        self.detail = EntryDetail(now=self.app.now, zone=self.app.zone)

    def body(self) -> ComposeResult:
        yield self.detail

    async def opened(self) -> None:
        self.detail.entry = self.first
        self.detail.focus()
        self.watch(self.app, "journal_head", self._head_changed)

    def _head_changed(self) -> None:
        self.read_rest()

    def note_subject(self) -> ScreenPlace | None:
        entry = self.detail.entry or self.first
        return ScreenPlace(entry.target, clean(entry.target), opened=True) if entry.target else None

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.detail.zone = self.app.zone

    @work(group="entry", exclusive=True)
    async def read_rest(self) -> None:
        entry, journal = self.detail.entry or self.first, self.services.journal
        if not entry.has_body:
            with suppress(JournalError):
                self.detail.entry = await journal.entry(entry.seq) or entry
        self.detail.link = await asyncio.to_thread(check_link, journal.path, entry.seq)
        if entry.subject:
            with suppress(JournalError):
                self.detail.story = await journal.entries(EntryQuery(subject=entry.subject), limit=STORY)

    @on(EntryDetail.Stepped)
    def step(self, message: EntryDetail.Stepped) -> None:
        self.detail.entry = message.entry
        self.read_rest()

    @on(EntryDetail.Closed)
    def close(self) -> None:
        self.app.pop_screen()
