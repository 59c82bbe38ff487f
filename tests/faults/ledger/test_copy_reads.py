"""What a copy asks of the ledger: each record once, and at a start only the new ones."""

from collections.abc import Sequence
from pathlib import Path

from services.clock import ManualClock
from services.journal.ledger import LIMIT
from services.journal.shared.journal import SharedJournal
from services.models.journal import Person
from tests.services.journal.book import NOON, note
from tests.tools.memory_ledger import MemoryLedger


class Counting(MemoryLedger):
    """Counts the records that it hands out."""

    def __init__(self) -> None:
        super().__init__()
        self.handed_out = 0

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        records = await super().read(after, limit)
        self.handed_out += len(records)
        return records


def journal_of(ledger: MemoryLedger, copy: Path) -> SharedJournal:
    return SharedJournal(copy, ledger, clock=ManualClock(NOON), person=Person, syslog=None)


async def test_a_start_reads_only_what_the_copy_has_not(tmp_path: Path) -> None:
    ledger = Counting()
    journal = journal_of(ledger, tmp_path / "a.db")
    for number in range(20):
        await journal.append(note(str(number)))
    await journal.close()
    other = journal_of(ledger, tmp_path / "b.db")
    await other.append(note("elsewhere"))
    await other.close()
    ledger.handed_out = 0
    journal = journal_of(ledger, tmp_path / "a.db")
    await journal.open()
    # Record 0, which names the journal, and the new entry.
    assert ledger.handed_out == 2
    assert (await journal.append(note())).seq == 22
    await journal.catch_up()
    assert ledger.handed_out == 2
    await journal.close()
