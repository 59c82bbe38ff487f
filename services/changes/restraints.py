"""Entries that this version cannot judge: while the journal holds one, this console changes nothing.

A hold, a claim or an approval of a later version has a kind that is not known here. The rule is that of `EntryKind`:
only an entry that says `restrains_changes: false` is passed over; any other value, or none, may be a restraint. What
stands in an entry's own `holds` and `claim` is respected by the journal itself, whatever the kind.
"""

from datetime import tzinfo

from services.changes.wording import not_judged
from services.clock import Clock
from services.journal.journal import Journal
from services.journal.projection import Projection
from services.models.journal import RESTRAINS_CHANGES, Entry, EntryKind
from services.models.text import clean

_LONGEST = 20
"""Characters of a version's number."""


class Restraints(Projection):
    """The entries of unknown kinds that may restrain changes."""

    def __init__(self, journal: Journal, clock: Clock, zone: tzinfo) -> None:
        super().__init__(journal, {EntryKind.OTHER: None})
        self._clock = clock
        self._zone = zone
        self._newest: Entry | None = None

    def apply(self, entry: Entry) -> bool:
        """Unless it says that it restrains nothing; the newest one counts."""
        harmless = entry.data.get(RESTRAINS_CHANGES) is False
        if harmless or (self._newest is not None and self._newest.seq >= entry.seq):
            return False
        self._newest = entry
        return True

    async def objection(self) -> str:
        """Why the journal may forbid changes, and which version can tell; "" where nothing stands in the way.

        Raises JournalError.
        """
        await self.read(self._clock.now())
        entry = self._newest
        return "" if entry is None else not_judged(entry, _version(entry), self._zone)


def _version(entry: Entry) -> str:
    """The version that can judge an entry of an unknown kind, as the entry itself says; "" where it does not."""
    version = entry.data.get(RESTRAINS_CHANGES)
    return clean(version, _LONGEST) if isinstance(version, str) else ""
