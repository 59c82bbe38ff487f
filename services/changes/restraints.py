"""Blocks changes while the journal contains an entry that this version cannot interpret. A newer version may
record holds, claims or approvals as kinds that are unknown here. As `EntryKind` defines, only an entry with
`restrains_changes: false` is ignored; any other value, or none, may restrict changes. The journal itself
enforces the `holds` and `claim` of an entry of any kind."""

from collections.abc import Iterator
from datetime import tzinfo
from hashlib import sha256

from services.changes.change_wording import not_judged
from services.clock import Clock
from services.journal.derived.older import Older
from services.journal.journal import Journal
from services.journal.projection import NONE, Projection
from services.models.journal import RESTRAINS_CHANGES, Entry, EntryKind
from services.models.text import clean

_LONGEST = 20  # Maximum length of a version number


_KNOWN = ", ".join(f"'{kind.value}'" for kind in EntryKind if kind is not EntryKind.OTHER)
_OLDER = Older(
    f"restraints-1-{sha256(_KNOWN.encode()).hexdigest()[:8]}",
    (),
    f"""
    SELECT max(seq) AS seq FROM candidates
    UNION ALL SELECT max(e.seq) FROM ({{kinds}}) k JOIN entries e ON e.kind = k.kind
    WHERE e.seq > :after AND e.seq <= :until AND k.kind NOT IN ({_KNOWN}) AND NOT (
      typeof(e.body) = 'text' AND json_valid(e.body) AND json_type(e.body, '$.{RESTRAINS_CHANGES}') IS 'false'
    )
    """.format(
        # The kinds of the journal, found by jumping along their index.
        kinds="""
        WITH RECURSIVE kinds(kind) AS (
          SELECT min(kind) FROM entries
          UNION ALL SELECT (SELECT min(kind) FROM entries WHERE kind > kinds.kind) FROM kinds WHERE kind IS NOT NULL
        )
        SELECT kind FROM kinds WHERE kind IS NOT NULL
        """
    ),
)
"""The newest entry of a kind that this version does not know, unless it is declared harmless."""


class Restraints(Projection):
    older = _OLDER

    def __init__(self, journal: Journal, clock: Clock, zone: tzinfo) -> None:
        super().__init__(journal, {EntryKind.OTHER: NONE})
        self._clock = clock
        self._zone = zone
        self._newest: Entry | None = None

    def needed(self) -> Iterator[int]:
        return iter([self._newest.seq] if self._newest is not None else [])

    def apply(self, entry: Entry) -> bool:
        harmless = entry.data.get(RESTRAINS_CHANGES) is False
        if harmless or (self._newest is not None and self._newest.seq >= entry.seq):
            return False
        self._newest = entry
        return True

    async def objection(self) -> str:
        """Why the journal may forbid changes, and which version can decide; "" if nothing does. Raises JournalError."""
        await self.read(self._clock.now())
        entry = self._newest
        return "" if entry is None else not_judged(entry, _version(entry), self._zone, self._clock.now())


def _version(entry: Entry) -> str:
    """The version that can interpret an entry of an unknown kind, according to the entry; "" if it does not say."""
    version = entry.data.get(RESTRAINS_CHANGES)
    return clean(version, _LONGEST) if isinstance(version, str) else ""
