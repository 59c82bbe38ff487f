"""Who makes the looks of a duty: whoever claims it in the journal first; the others wait for what is found.

A claim holds until the claimant has ended, or for LEASE seconds; a console that is still looking renews it.
"""

import os
import socket

from services.clock import Clock, real
from services.inspections.running import entries as drafts
from services.inspections.running.finding_records import FindingRecords, abandoned
from services.journal.errors import AlreadyRecorded, JournalError
from services.journal.journal import Journal
from services.models.duties import ScheduledOccurrence
from services.models.journal import Entry

LEASE = 600.0
"""Seconds (of the machine) after which another console takes over looks that were claimed and did not come."""
_DIGITS = 10


class Claims:
    """The claims that one console takes and respects."""

    def __init__(self, records: FindingRecords, journal: Journal, clock: Clock) -> None:
        self._records = records
        self._journal = journal
        self._clock = clock
        self._taken: dict[str, int] = {}
        """By slot: the claim this console took last."""
        self._seen: dict[str, tuple[int, float, float]] = {}
        """By slot: the claim seen last, how old it was then, and when that was (by the clock's `elapsed`).

        A clock elsewhere may run ahead, and this one may be set.
        """

    def holder(self, slot: ScheduledOccurrence) -> Entry | None:
        """The claim of another console that must be waited for."""
        owner = self._records.looking(slot.key)
        if (
            owner is None
            or self._mine(owner)
            or abandoned(owner, socket.gethostname())
            or self.left(owner) <= 0
        ):
            return None
        return owner

    def left(self, owner: Entry) -> float:
        """Seconds of the clock's time until a claim is over."""
        elapsed = self._clock.elapsed()
        seq, age, seen = self._seen.get(owner.subject, (0, 0.0, elapsed))
        if seq != owner.seq:
            age, seen = max(0.0, (self._clock.now() - owner.at).total_seconds()), elapsed
            self._seen[owner.subject] = owner.seq, age, seen
        return real(self._clock, LEASE).total_seconds() - age - (elapsed - seen)

    async def take(self, slot: ScheduledOccurrence) -> bool:
        """Whether this console makes the looks; also where the journal takes nothing, for then each does its own."""
        before = self._records.looking(slot.key)
        try:
            entry = await self._journal.append(drafts.looking(slot, _turn(before) + 1))
        except AlreadyRecorded as error:
            self._records.absorb([error.entry])
            return False
        except JournalError:
            return True
        self._taken[slot.key] = entry.seq
        self._records.absorb([entry])
        return True

    async def renew(self, slot: ScheduledOccurrence) -> None:
        """Keep the claim while the looks take their time; ends where another console has taken it over."""
        while True:
            await self._clock.sleep(real(self._clock, LEASE / 2).total_seconds())
            owner = self._records.looking(slot.key)
            if (owner is not None and not self._mine(owner)) or not await self.take(slot):
                return

    def forget(self, slot: ScheduledOccurrence) -> None:
        """The slot's looks are made."""
        self._taken.pop(slot.key, None)
        self._seen.pop(slot.key, None)

    def _mine(self, owner: Entry) -> bool:
        here = owner.person.host == socket.gethostname() and owner.data.get("pid") == os.getpid()
        return here or self._taken.get(owner.subject) == owner.seq


def _turn(owner: Entry | None) -> int:
    number = owner.claim.rpartition("#")[2] if owner is not None else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < _DIGITS else 0
