"""`toban journal verify --whole` of a shared journal: the ledger itself is read, not this host's copy alone."""

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

from services.clock import SystemClock
from services.journal.reader import JournalReader
from services.journal.shared.comparison import Comparison, compare

if TYPE_CHECKING:
    from services.journal.place import JournalPlace
    from services.models.verification import Verification


def with_ledger(verification: "Verification", place: "JournalPlace") -> "Verification":
    """Return the verification of the copy, with what the ledger at `place` has otherwise. Blocks; raises sqlite3.Error, OSError."""
    if verification.problem is not None:
        return verification
    comparison = asyncio.run(_compared(place))
    doubts = (*verification.doubts, comparison.doubt) if comparison.doubt else verification.doubts
    return verification.model_copy(
        update={"faults": (*verification.faults, *comparison.faults), "doubts": doubts}
    )


async def _compared(place: "JournalPlace") -> Comparison:
    ledger = place.ledger(SystemClock())
    try:
        with closing(JournalReader.open(place.path)) as copy:
            return await compare(ledger, copy)
    finally:
        await ledger.close()
