"""Projections: what the entries of some kinds add up to, kept in memory and read on as the journal grows."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from services.journal.journal import Journal
from services.models.journal import Entry, EntryKind, EntryQuery

PAGE = 500
"""Entries read at a time; between two pages the event loop is free."""


class Projection(ABC):
    """The state that some kinds of entries add up to. A subclass says what one entry changes, and answers questions.

    - Reading goes forward, by number and in pages. `position` is moved by reading alone. What this console wrote is
      absorbed at once, and may be newer than entries of other consoles that are still unread: those are never
      passed over.
    - The first reading goes back only as far as `spans` says, by the entries' own times; what is older stands in
      the journal and is asked for there. What is written while it is under way comes with the next reading.
    - Entries may be absorbed in any order and any number of times, so `apply` goes by their numbers. For that reason
      a reading that fails loses nothing: what was absorbed stays, and the next one begins where this one did.
    - The state and `position` belong together: whoever restores both, and sets `started`, reads on from there.
    """

    def __init__(
        self, journal: Journal, spans: Mapping[EntryKind, timedelta | None], *, page: int = PAGE
    ) -> None:
        """`spans`: the kinds that count, and how far back each is read at first; None: from the beginning."""
        self.journal = journal
        self.spans = dict(spans)
        self.started = False
        """The first reading is over; before that, what is not here may still be in the journal."""
        self.version = 0
        """Grows whenever an entry changes the state, and once when the first reading is over."""
        self.position = 0
        """Every entry of these kinds up to this number has been absorbed, as far back as `spans` says."""
        self._page = page
        self._reading = asyncio.Lock()

    @abstractmethod
    def apply(self, entry: Entry) -> bool:
        """Take in one entry of these kinds, which may have been taken in before; whether the state changed."""

    def absorb(self, entries: Iterable[Entry]) -> None:
        """Take entries in, in any order and as often as they come; those of other kinds are left out."""
        for entry in entries:
            if entry.kind in self.spans and self.apply(entry):
                self.version += 1

    async def read(self, now: datetime) -> bool:
        """Absorb what is new, the first time what `spans` says, counted back from `now` (UTC).

        Returns whether anything was read. One reading at a time; others wait for it. Raises JournalError.
        """
        async with self._reading:
            if self.started:
                return await self._read_on()
            return await self._begin(now)

    async def _begin(self, now: datetime) -> bool:
        newest = (await self.journal.page(limit=1)).entries
        last = 0
        for span in dict.fromkeys(self.spans.values()):
            kinds = frozenset(kind for kind, of_kind in self.spans.items() if of_kind == span)
            since = None if span is None else now - span
            last = max(last, await self.absorb_all(EntryQuery(kinds=kinds, since=since)))
        self.position = newest[0].seq if newest else 0
        self.started = True
        self.version += 1
        return last > 0

    async def _read_on(self) -> bool:
        before = self.position
        self.position = await self.absorb_all(EntryQuery(kinds=frozenset(self.spans)), after=before)
        return self.position > before

    async def absorb_all(self, query: EntryQuery, *, after: int = 0) -> int:
        """Absorb every matching entry whose number is larger than `after`, oldest first; the last one's number.

        `after` where there is none. Raises JournalError.
        """
        while True:
            entries = await self.journal.entries(query, limit=self._page, after_seq=after)
            self.absorb(entries)
            if entries:
                after = entries[-1].seq
            if len(entries) < self._page:
                return after
