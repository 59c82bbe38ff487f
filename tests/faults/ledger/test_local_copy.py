from contextlib import closing

import pytest

from services.clock import ManualClock
from services.journal.errors import JournalError
from services.journal.ledger import LIMIT
from services.journal.shared.journal import SharedJournal
from services.journal.shared.local_copy import LateDraft, LocalCopy
from services.models.journal import EntryKind, NewEntry, Person
from tests.services.journal.book import NOON, note
from tests.services.journal.line import Line
from tests.tools.memory_ledger import MemoryLedger

NORMAL, FULL = 1, 2  # Of SQLite's setting `synchronous`; only with FULL a commit waits for the disk


class Counting(MemoryLedger):
    def __init__(self):
        super().__init__()
        self.handed_out = 0

    async def read(self, after, limit=LIMIT):
        records = await super().read(after, limit)
        self.handed_out += len(records)
        return records


def journal_of(ledger, copy):
    return SharedJournal(copy, ledger, clock=ManualClock(NOON), person=Person, syslog=None, patience=0.1)


async def test_a_start_reads_only_what_the_copy_has_not(tmp_path):
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
    # Record 0, which names the journal, the copy's newest entry, which the ledger must still have, and the new one.
    assert ledger.handed_out == 3
    assert (await journal.append(note())).seq == 22
    assert ledger.handed_out == 3
    await journal.catch_up()
    assert ledger.handed_out == 4
    await journal.close()


def test_what_waits_is_on_the_disk_before_it_is_acknowledged(tmp_path, monkeypatch):
    settings = {}
    with closing(LocalCopy(tmp_path / "a.db", "journal")) as copy:
        query = copy.query

        def noted(statement, values=()):
            settings[statement.split()[0]] = query("PRAGMA synchronous")[0][0]
            return query(statement, values)

        monkeypatch.setattr(copy, "query", noted)
        copy.add_late(LateDraft("nonce", NOON, Person(), note()))
        assert settings["COMMIT"] == FULL
        copy.remove_late("nonce")
        assert settings["COMMIT"] == NORMAL


async def test_a_console_that_starts_without_the_ledger_says_how_much_waits(tmp_path):
    line = Line(MemoryLedger())
    journal = journal_of(line, tmp_path / "a.db")
    await journal.append(note())
    line.is_cut = True
    with pytest.raises(JournalError):
        await journal.append(NewEntry(kind=EntryKind.ARMED, text="refused"))
    await journal.append(note("waits"))
    await journal.close()
    journal = journal_of(line, tmp_path / "a.db")
    health = await journal.open()
    assert (health.writable, health.entries, health.late) == (False, 1, 1)
    await journal.close()
