"""Projections: state derived from entries of certain kinds, kept in memory and updated as the journal grows.
A projection reads what is recent, and of what is older only what still matters: `Older` names these entries,
and their numbers are saved beside the journal, so that a start does not depend on the journal's age."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from functools import partial

from services.journal.derived.lookup import about, entries_of
from services.journal.derived.older import Older
from services.journal.journal import Journal
from services.models.journal import Entry, EntryKind, EntryQuery

PAGE = 500  # Entries per page; the event loop runs between two pages
NONE = timedelta()  # The span of a kind of which the first read takes nothing but what `Older` names


class Projection(ABC):
    """State derived from entries of certain kinds. A subclass applies one entry and answers questions.

    - Reading goes forward by sequence number, in pages, and only reading moves `position`. Entries written by this
      console are absorbed at once, possibly before older unread entries of other consoles; those are still read later.
    - The first read covers only the time in `spans`, by the entries' own times; older entries have to be queried from
      the journal. Entries written during a read are covered by the next one.
    - Entries may be absorbed in any order and repeatedly, so `apply` compares sequence numbers. A failed read therefore
      loses nothing: absorbed entries stay, and the next read starts where the failed one did.
    - State and `position` belong together: code that restores both, and sets `started`, continues from there.
    """

    older: Older | None = None  # What the first read takes from before `spans`; None: nothing

    def __init__(
        self, journal: Journal, spans: Mapping[EntryKind, timedelta | None], *, page: int = PAGE
    ) -> None:
        """`spans`: the relevant kinds, and how far back the first read goes for each; None: to the beginning.
        Give None only to kinds that are few and all matter."""
        self.journal = journal
        self.spans = dict(spans)
        self.started = False
        """The first read is complete; until then, entries missing here may be in the journal."""
        self.version = 0  # Incremented whenever an entry changes the state, and once after the first read
        self.position = 0  # Every entry of these kinds up to this number has been absorbed, within `spans`
        self.has_all_older = False
        """All entries that `older` names have been absorbed; until then, those that are left out may matter."""
        self._page = page
        self._reading = asyncio.Lock()

    @abstractmethod
    def apply(self, entry: Entry) -> bool:
        """Apply one entry of these kinds, possibly repeatedly. Returns whether the state changed."""

    def absorb(self, entries: Iterable[Entry]) -> None:
        """Apply entries, in any order and possibly repeatedly; entries of other kinds, and those that wait,
        are ignored. Those come again with their own number once recorded."""
        for entry in entries:
            if entry.kind in self.spans and not entry.waits and self.apply(entry.without_large_body()):
                self.version += 1

    async def read(self, now: datetime) -> bool:
        """Absorb new entries; on the first call, those within `spans`, counted back from `now` (UTC). Returns
        whether anything was read. Concurrent calls run one after another. Raises JournalError."""
        async with self._reading:
            if self.started:
                return await self._read_on()
            return await self._begin(now)

    def needed(self) -> Iterable[int]:
        return ()

    async def complete(self) -> bool:
        """Read what the entries absorbed refer to, before `needed` is asked. Returns whether it had to. Raises JournalError."""
        return False

    async def read_all_older(self) -> None:
        """After the first read: read the rest of what `older` names, if that read has left any out. Raises JournalError."""
        if self.older is not None:
            async with self._reading:
                if self.started and not self.has_all_older:
                    await self._derive(self.older)

    async def _begin(self, now: datetime) -> bool:
        newest = (await self.journal.page(limit=1)).entries
        last = 0
        if self.older is not None:
            last = await self._absorb_older(self.older, newest[0].seq if newest else 0)
        for span in dict.fromkeys(span for span in self.spans.values() if span != NONE):
            kinds = frozenset(kind for kind, of_kind in self.spans.items() if of_kind == span)
            since = None if span is None else now - span
            last = max(last, await self.absorb_all(EntryQuery(kinds=kinds, since=since)))
        await self.complete()
        if self.older is not None and newest:
            await self.older.save(self.journal, newest[0], self.needed(), is_all=self.has_all_older)
        self.position = newest[0].seq if newest else 0
        self.started = True
        self.version += 1
        if self.older is not None:
            self.journal.reviewed_by(partial(self._review, self.older))
        return last > 0

    async def _review(self, older: Older) -> None:
        async with self._reading:
            await self._derive(older)

    async def _derive(self, older: Older) -> None:
        await self._read_on()
        newest = (await self.journal.page(limit=1)).entries
        if not newest:
            return
        until = newest[0].seq
        seqs = await self.journal.ask_aside(partial(older.at, until=until, signed=until))
        await self._absorb_pages(await self.journal.ask(partial(entries_of, seqs=seqs)))
        await self.complete()
        self.has_all_older = True
        await older.save(self.journal, newest[0], self.needed())

    async def _absorb_older(self, older: Older, until: int) -> int:
        entries, self.has_all_older = await older.read(self.journal, until)
        return await self._absorb_pages(entries)

    async def _absorb_pages(self, entries: Sequence[Entry]) -> int:
        for start in range(0, len(entries), self._page):
            self.absorb(entries[start : start + self._page])
            # The event loop runs in between.
            await asyncio.sleep(0)
        return entries[-1].seq if entries else 0

    async def _read_on(self) -> bool:
        before = self.position
        after = await self.absorb_all(EntryQuery(kinds=frozenset(self.spans)), after=before)
        if after > before:
            await self.complete()
        self.position = after
        return self.position > before

    async def absorb_all(self, query: EntryQuery, *, after: int = 0) -> int:
        """Newer than `after`, oldest first. Returns the last one's number, `after` if there are none. Raises JournalError."""
        while True:
            entries = await self.journal.entries(query, limit=self._page, after_seq=after)
            self.absorb(entries)
            if entries:
                after = entries[-1].seq
            if len(entries) < self._page:
                return after


class GroupedProjection(Projection):
    """A projection of entries by subject: after entries were absorbed, a subclass rebuilds what each subject has become."""

    beginnings: frozenset[EntryKind] = frozenset()
    """The kinds that begin a subject; if any entry of a subject is read, all from its beginning are. Empty: not so."""

    def __init__(
        self, journal: Journal, spans: Mapping[EntryKind, timedelta | None], *, page: int = PAGE
    ) -> None:
        super().__init__(journal, spans, page=page)
        self._by_subject: dict[str, dict[int, Entry]] = {}  # By sequence number
        self._unopened: set[str] = set()
        """Subjects of which no entry that begins them is in memory: the rest of them may be older."""

    def apply(self, entry: Entry) -> bool:
        is_new = entry.subject not in self._by_subject
        entries = self._by_subject.setdefault(entry.subject, {})
        changed = entry.seq not in entries
        entries[entry.seq] = entry
        if entry.kind in self.beginnings:
            self._unopened.discard(entry.subject)
        elif is_new and self.beginnings:
            self._unopened.add(entry.subject)
        return changed

    def absorb(self, entries: Iterable[Entry]) -> None:
        entries = tuple(entries)
        super().absorb(entries)
        self.rebuild({entry.subject for entry in entries})

    async def complete(self) -> bool:
        subjects, kinds = self._unopened - {""}, frozenset(self.spans)
        if subjects:
            self.absorb(await self.journal.ask(lambda reader: about(reader, subjects, kinds)))
            self._unopened -= subjects
        return bool(subjects)

    def recorded(self, subject: str) -> list[Entry]:
        return [entry for _seq, entry in sorted(self._by_subject.get(subject, {}).items())]

    def unreadable(self, readable: Container[str]) -> set[str]:
        """The subjects that have a beginning, but are not `readable`. They may be open for a newer version,
        which finds them only if this one saves them, too."""
        return {
            subject
            for subject, entries in self._by_subject.items()
            if subject not in readable and any(each.kind in self.beginnings for each in entries.values())
        }

    @abstractmethod
    def rebuild(self, subjects: Set[str]) -> None:
        """Derive the state of these subjects anew from their entries."""
