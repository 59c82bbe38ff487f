"""The lease that decides which console reads the queue of events; the others read what it records.

A claim in the journal is valid for LEASE seconds after this console first read it, or until its console has ended or has
released it, as it does when it shows another system; its console renews it. The clock of the machine that made it may be
wrong, so its own time does not count. A console that is killed on another machine keeps the queue for that long: nothing is
lost, because SQS keeps the messages, and the polls go on.
"""

from services.background.leases import FirstReads
from services.clock import Clock, real
from services.events.entries import claim_entry, is_released
from services.host.processes import abandoned, is_own, process_of
from services.journal.errors import AlreadyRecorded
from services.journal.journal import Journal
from services.models.journal import Entry, EntryKind, EntryQuery

LEASE = 1800.0
"""Seconds (of real time) after which another console takes over; renewed after half of them: four entries an hour."""
_SUBJECT = "events"


class EventLease:
    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._reads = FirstReads(clock)
        self._newest: Entry | None = None
        self._has_ended = False
        """The console of the newest claim has recorded its end."""
        self._own = 0
        """Number of this console's newest claim."""

    async def read(self) -> None:
        """Read the newest claim, and whether its console has ended. Raises JournalError."""
        listening = EntryQuery(kinds=frozenset({EntryKind.LISTENING}))
        claims = (await self._journal.page(listening, limit=1)).entries
        if not claims:
            return
        newest = claims[0]
        ends: tuple[Entry, ...] = ()
        if not self._is_mine(newest):
            ended = EntryQuery(kinds=frozenset({EntryKind.ENDED}))
            ends = await self._journal.entries(ended, after_seq=newest.seq)
        process = process_of(newest)
        self._newest = newest
        self._has_ended = process is not None and any(process_of(end) == process for end in ends)
        self._reads.age(_SUBJECT, newest.seq)

    @property
    def seconds_of_another(self) -> float:
        """Seconds (of `Clock` time) for which another console has the queue; 0 if none has."""
        newest = self._newest
        if newest is None or self._is_mine(newest) or is_released(newest):
            return 0.0
        if self._has_ended or abandoned(newest):
            return 0.0
        return max(0.0, self._left(newest))

    @property
    def is_due(self) -> bool:
        newest = self._newest
        if newest is None or not self._is_mine(newest) or is_released(newest):
            return True
        return self._left(newest) <= real(self._clock, LEASE / 2).total_seconds()

    async def acquire(self) -> bool:
        """Claim the queue, or renew the claim. False: another console was faster. Raises JournalError."""
        try:
            entry = await self._journal.append(claim_entry(self._newest.seq if self._newest else 0))
        except AlreadyRecorded:
            await self.read()
            return False
        self._newest, self._own, self._has_ended = entry, entry.seq, False
        self._reads.age(_SUBJECT, entry.seq)
        return True

    async def release(self) -> None:
        """Give the queue up if this console has it, so that another one takes it at once. Raises JournalError."""
        await self.read()
        newest = self._newest
        if newest is None or not self._is_mine(newest) or is_released(newest):
            return
        try:
            self._newest = await self._journal.append(claim_entry(newest.seq, releases=True))
        except AlreadyRecorded:
            await self.read()

    def _left(self, claim: Entry) -> float:
        return real(self._clock, LEASE).total_seconds() - self._reads.age(_SUBJECT, claim.seq)

    def _is_mine(self, claim: Entry) -> bool:
        return claim.seq == self._own or is_own(claim)
