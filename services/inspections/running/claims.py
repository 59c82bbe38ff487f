"""Leases that decide which console runs a duty's inspections; the other consoles wait for the findings.

The first console to claim them in the journal wins. A claim is valid for LEASE seconds or until its console has ended;
a console that is still inspecting renews it.
"""

import os
import socket

from services.clock import Clock, real
from services.inspections.running import entries
from services.inspections.running.finding_records import FindingRecords, abandoned
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.models.duties import ScheduledOccurrence
from services.models.journal import Entry

LEASE = 600.0
"""Seconds (of real time) after which another console takes over inspections without findings."""
_DIGITS = 10


class Claims:
    """The claims of this console, and the claims of others that it must respect."""

    def __init__(self, records: FindingRecords, journal: Journal, clock: Clock) -> None:
        self._records = records
        self._journal = journal
        self._clock = clock
        self._own: dict[str, int] = {}
        """By slot: the sequence number of this console's newest claim."""
        self._observed: dict[str, tuple[int, float, float]] = {}
        """By slot: the newest claim's sequence number, its age when first read, and the time of that (by `elapsed`).

        Measuring from there, neither a fast clock on another machine nor a changed clock prolongs a claim.
        """

    def holder(self, slot: ScheduledOccurrence) -> Entry | None:
        """The valid claim of another console, if any."""
        owner = self._records.claim(slot.key)
        if (
            owner is None
            or self._mine(owner)
            or abandoned(owner, socket.gethostname())
            or self.seconds_left(owner) <= 0
        ):
            return None
        return owner

    def seconds_left(self, owner: Entry) -> float:
        """Seconds (of `Clock` time) until a claim expires."""
        elapsed = self._clock.elapsed()
        seq, age, observed_at = self._observed.get(owner.subject, (0, 0.0, elapsed))
        if seq != owner.seq:
            age, observed_at = max(0.0, (self._clock.now() - owner.at).total_seconds()), elapsed
            self._observed[owner.subject] = owner.seq, age, observed_at
        return real(self._clock, LEASE).total_seconds() - age - (elapsed - observed_at)

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
        """Renew the claim while the inspections run; ends when another console has taken it over."""
        while True:
            await self._clock.sleep(real(self._clock, LEASE / 2).total_seconds())
            owner = self._records.claim(slot.key)
            if (owner is not None and not self._mine(owner)) or not await self.acquire(slot):
                return

    def forget(self, slot: ScheduledOccurrence) -> None:
        """Forget the claims on a slot whose inspections are done."""
        self._own.pop(slot.key, None)
        self._observed.pop(slot.key, None)

    def _mine(self, owner: Entry) -> bool:
        here = owner.person.host == socket.gethostname() and owner.data.get("pid") == os.getpid()
        return here or self._own.get(owner.subject) == owner.seq


def _turn(owner: Entry | None) -> int:
    number = owner.claim.rpartition("#")[2] if owner is not None else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < _DIGITS else 0
