"""The part of the journal that a screen holds."""

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
        """Something is left out."""
        return self.query != EntryQuery()


class EntryLink(Model):
    """Whether one entry is the link of the chain that was written."""

    unaltered: bool
    """Its hash covers what it says."""
    tied: bool
    """It names the hash of the entry before it."""

    @property
    def holds(self) -> bool:
        """Both."""
        return self.unaltered and self.tied
