"""One journal entry, whole: every field, the chain at this place, what else was recorded about the same thing."""

import asyncio
from contextlib import suppress

from textual import on, work
from textual.app import ComposeResult

from services.journal.entry_check import check_link
from services.journal.errors import JournalError
from services.models.journal import Entry, EntryQuery
from services.models.text import clean
from tui.screens.common.mode_screen import ModeScreen, Place
from widgets.journal.detail import EntryDetail

STORY = 500
"""Entries of one story at most."""


class EntryScreen(ModeScreen):
    """Opened from the journal; answers nothing."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.first = entry
        self.detail = EntryDetail(now=self.app.now, zone=self.app.zone)

    def body(self) -> ComposeResult:
        """The detail alone."""
        yield self.detail

    async def opened(self) -> None:
        """The entry at once; its story as it goes on."""
        self.detail.entry = self.first
        self.detail.focus()
        self.watch(self.app, "journal_head", self._go_on)

    def _go_on(self) -> None:
        self.read_rest()

    def place(self) -> Place | None:
        """A note from here is about the entry's target."""
        entry = self.detail.entry or self.first
        return Place(entry.target, clean(entry.target), opened=True) if entry.target else None

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.detail.zone = self.app.zone

    @work(group="entry", exclusive=True)
    async def read_rest(self) -> None:
        """The chain at this place, and the story."""
        entry, journal = self.detail.entry or self.first, self.services.journal
        self.detail.link = await asyncio.to_thread(check_link, journal.path, entry.seq)
        if entry.subject:
            with suppress(JournalError):
                self.detail.story = await journal.entries(EntryQuery(subject=entry.subject), limit=STORY)

    @on(EntryDetail.Stepped)
    def step(self, message: EntryDetail.Stepped) -> None:
        """Show another entry of the story."""
        self.detail.entry = message.entry
        self.read_rest()

    @on(EntryDetail.Closed)
    def close(self) -> None:
        """Back to the journal."""
        self.app.pop_screen()
