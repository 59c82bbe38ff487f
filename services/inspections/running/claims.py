"""Leases that decide which console runs a duty's inspections; the other consoles wait for the findings.

The first console to claim them in the journal wins. A claim is valid for LEASE seconds or until its console has ended;
a console that is still inspecting renews it. The seconds count from when this console first read the claim: the clock
of the machine that made it may be wrong. So a console that starts beside an old claim of another machine waits for one
whole lease at most; that of an ended process of its own machine it takes over at once.
"""

from services.background.leases import FirstReads
from services.clock import Clock, real
from services.host.processes import abandoned, is_own
from services.inspections.running import entries
from services.inspections.running.finding_records import FindingRecords
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.models.duties import ScheduledOccurrence
from services.models.journal import Entry

LEASE = 600.0
"""Seconds (of real time) after which another console takes over inspections without findings."""
_DIGITS = 10


class Claims:
    def __init__(self, records: FindingRecords, journal: Journal, clock: Clock) -> None:
        self._records = records
        self._journal = journal
        self._clock = clock
        self._own: dict[str, int] = {}
        """By slot: the sequence number of this console's newest claim."""
        self._reads = FirstReads(clock)
        """Of the newest claim of each slot."""

    def holder(self, slot: ScheduledOccurrence) -> Entry | None:
        owner = self._records.claim(slot.key)
        if owner is None or self._mine(owner) or abandoned(owner) or self.seconds_left(owner) <= 0:
            return None
        return owner

    def seconds_left(self, owner: Entry) -> float:
        """Seconds (of `Clock` time) until a claim expires."""
        return real(self._clock, LEASE).total_seconds() - self._reads.age(owner.subject, owner.seq)

    async def acquire(self, slot: ScheduledOccurrence) -> bool:
        """Try to claim a slot's inspections.

        Also True if the journal cannot be written: then each console runs its own inspections.
        """
        before = self._records.claim(slot.key)
        try:
            entry = await self._journal.append(entries.claim_entry(slot, _turn(before) + 1))
        except AlreadyRecorded as error:
            self._records.absorb([error.entry])
            return False
        except JournalError:
            return True
        self._own[slot.key] = entry.seq
        self._records.absorb([entry])
        return True

    async def renew(self, slot: ScheduledOccurrence) -> None:
        while True:
            await self._clock.sleep(real(self._clock, LEASE / 2).total_seconds())
            owner = self._records.claim(slot.key)
            if (owner is not None and not self._mine(owner)) or not await self.acquire(slot):
                return

    def forget(self, slot: ScheduledOccurrence) -> None:
        self._own.pop(slot.key, None)
        self._reads.forget(slot.key)

    def _mine(self, owner: Entry) -> bool:
        return is_own(owner) or self._own.get(owner.subject) == owner.seq


def _turn(owner: Entry | None) -> int:
    number = owner.claim.rpartition("#")[2] if owner is not None else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < _DIGITS else 0
