"""Wakes this console's reads when any console has recorded an event: an event is only a reason to read sooner."""

from collections.abc import Callable
from contextlib import suppress

from services.clock import Clock, real
from services.events.entries import counts_of
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.journal import EntryKind, EntryQuery
from services.models.seen_events import SeenType

BETWEEN = 5.0
"""Seconds (of real time) between two times that reads are woken, however many events there are."""
PAGE = 500
_SEEN = EntryQuery(kinds=frozenset({EntryKind.SEEN}))


class EventWakes:
    """Follows the events in the journal, those of other consoles too."""

    def __init__(self, journal: Journal, clock: Clock, wake: Callable[[frozenset[SeenType]], object]) -> None:
        self._journal = journal
        self._clock = clock
        self._wake = wake
        self._position: int | None = None
        """Everything up to this entry has been read; None: nothing yet, and what is there now wakes nothing."""

    async def keep(self) -> None:
        async for _head in self._journal.follow():
            with suppress(JournalError):
                if types := await self._read():
                    self._wake(types)
                    await self._clock.sleep(real(self._clock, BETWEEN).total_seconds())

    async def _read(self) -> frozenset[SeenType]:
        """The types of the events recorded since the last time. Raises JournalError."""
        if self._position is None:
            newest = (await self._journal.page(limit=1)).entries
            self._position = newest[0].seq if newest else 0
            return frozenset()
        types: set[SeenType] = set()
        while entries := await self._journal.entries(_SEEN, limit=PAGE, after_seq=self._position):
            self._position = entries[-1].seq
            types.update(*map(counts_of, entries))
        return frozenset(types)
