from services.models.base import Model
from services.models.journal import Entry, EntryQuery


class JournalView(Model):
    """Consecutive matching entries, newest first."""

    entries: tuple[Entry, ...] = ()
    newer: bool = False
    """Whether there are matching entries newer than the first of these."""
    older: bool = False
    """Whether there are matching entries older than the last of these."""
    query: EntryQuery = EntryQuery()
    total: int = 0
    """Number of entries in the whole journal."""

    @property
    def filtered(self) -> bool:
        return self.query != EntryQuery()


class EntryLink(Model):
    unaltered: bool
    """Whether its hash matches its contents."""
    tied: bool
    """Whether it contains the hash of the entry before it."""

    @property
    def is_intact(self) -> bool:
        return self.unaltered and self.tied
