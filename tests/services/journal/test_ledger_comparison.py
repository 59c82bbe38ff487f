from contextlib import closing

import pytest

from services.clock import ManualClock
from services.journal.linking.records import naming
from services.journal.reader import JournalReader
from services.journal.shared.comparison import Comparison, compare
from services.journal.shared.journal import SharedJournal
from services.models.verification import ChainFaultKind
from tests.services.journal.book import ALICE, NOON, note
from tests.services.journal.line import Line
from tests.tools.memory_ledger import MemoryLedger


async def filled_ledger(path, count=1200):
    """A ledger of more than one page, and this host's copy of it."""
    ledger = MemoryLedger()
    journal = SharedJournal(path, ledger, clock=ManualClock(NOON), person=lambda: ALICE, syslog=None)
    await journal.open()
    for number in range(count):
        await journal.append(note(str(number)))
    await journal.close()
    return ledger


async def compared(path, ledger):
    with closing(JournalReader.open(path)) as copy:
        return await compare(ledger, copy)


async def test_an_untouched_ledger(tmp_path):
    ledger = await filled_ledger(tmp_path / "copy.db")
    assert await compared(tmp_path / "copy.db", ledger) == Comparison()
    # An entry that came after the copy was brought up to date is no fault.
    ledger.records[1201] = ledger.records[1200].replace(b"[1200,", b"[1201,", 1)
    assert await compared(tmp_path / "copy.db", ledger) == Comparison()


@pytest.mark.parametrize(
    ("alter", "kind", "seq"),
    [
        (lambda records: records.update({700: records[700].replace(b'"699"', b'"69x"', 1)}), "altered", 700),
        (lambda records: records.update({3: b"not a record"}), "altered", 3),
        (lambda records: records.pop(1100), "dropped", 1100),
        (lambda records: [records.pop(seq) for seq in range(1150, 1201)], "cut-off", 1150),
        (lambda records: records.update({0: naming("other")}), "replaced", 0),
    ],
)
async def test_what_was_altered_there_is_named(tmp_path, alter, kind, seq):
    ledger = await filled_ledger(tmp_path / "copy.db")
    before = dict(ledger.records)
    alter(ledger.records)
    assert ledger.records != before
    (fault,) = (await compared(tmp_path / "copy.db", ledger)).faults
    assert (fault.kind, fault.seq) == (ChainFaultKind(kind), seq)


async def test_a_ledger_that_does_not_answer_is_a_doubt(tmp_path):
    line = Line(await filled_ledger(tmp_path / "copy.db", 3))
    line.is_cut = True
    comparison = await compared(tmp_path / "copy.db", line)
    assert comparison.faults == ()
    assert comparison.doubt
