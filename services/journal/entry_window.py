"""A bounded part of the journal that moves with the reader, so that memory does not grow with the file."""

from services.journal.journal import PAGE, Journal
from services.models.journal import Entry, EntryQuery
from services.models.journal_view import JournalView

MOST = 5 * PAGE  # Maximum number of entries held


class EntryWindow:
    """Consecutive matching entries, newest first. Callers must not run two methods at once. Every method
    raises JournalError, and then leaves the entries held unchanged."""

    def __init__(self, journal: Journal, query: EntryQuery, *, page: int = PAGE, most: int = MOST) -> None:
        self.query = query
        self._journal = journal
        self._page = page
        self._most = most
        self._entries: tuple[Entry, ...] = ()
        self._newer = self._older = False

    @property
    def view(self) -> JournalView:
        return JournalView(
            entries=self._entries,
            newer=self._newer,
            older=self._older,
            query=self.query,
            total=self._journal.health.entries,
        )

    async def newest(self) -> None:
        page = await self._journal.page(self.query, limit=self._page)
        self._entries, self._newer, self._older = page.entries, False, page.more

    async def oldest(self) -> None:
        page = await self._journal.page(self.query, after_seq=0, limit=self._page)
        self._entries, self._newer, self._older = page.entries, page.more, False

    async def go_older(self) -> None:
        """Read one older page; the newest entries are dropped if there are too many."""
        if not self._entries or not self._older:
            return
        page = await self._journal.page(self.query, before_seq=self._entries[-1].seq, limit=self._page)
        entries = self._entries + page.entries
        self._entries, self._older = entries[-self._most :], page.more
        self._newer = self._newer or len(entries) > self._most

    async def go_newer(self) -> None:
        """Read one newer page; the oldest entries are dropped if there are too many."""
        after = self._entries[0].seq if self._entries else 0
        page = await self._journal.page(self.query, after_seq=after, limit=self._page)
        entries = page.entries + self._entries
        self._entries, self._newer = entries[: self._most], page.more
        self._older = self._older or len(entries) > self._most

    async def refresh(self) -> None:
        while not self._newer:
            after = self._entries[0].seq if self._entries else 0
            page = await self._journal.page(self.query, after_seq=after, limit=self._page)
            if len(page.entries) + len(self._entries) > self._most:
                self._newer = True
                return
            self._entries = page.entries + self._entries
            if not page.more:
                return
