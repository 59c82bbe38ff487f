"""The part of the journal that a screen has loaded."""

from services.models.base import Model
from services.models.journal import Entry, EntryQuery


class JournalView(Model):
    """Consecutive matching entries, newest first."""

    entries: tuple[Entry, ...] = ()
    newer: bool = False
    """There are matching entries before the first of these."""
    older: bool = False
    """There are matching entries after the last of these."""
    query: EntryQuery = EntryQuery()
    total: int = 0
    """Entries of the whole journal."""

    @property
    def filtered(self) -> bool:
        """A filter is active."""
        return self.query != EntryQuery()


class EntryLink(Model):
    """Whether one entry is an intact link of the chain."""

    unaltered: bool
    """Its hash matches its contents."""
    tied: bool
    """It contains the hash of the entry before it."""

    @property
    def is_intact(self) -> bool:
        """The entry is unaltered and tied to the one before it."""
        return self.unaltered and self.tied
