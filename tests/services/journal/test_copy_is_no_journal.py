"""This host's copy of a shared journal is no journal of its own, and a living journal is no backup."""

import pytest

from services.clock import ManualClock
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.journal.moving.copying import CannotCopy, move
from services.journal.moving.file_target import FileTarget
from services.journal.shared.journal import SharedJournal
from services.models.journal import Person
from tests.services.journal.book import ALICE, NOON, checked, note
from tests.tools.memory_ledger import MemoryLedger


async def filled_copy(ledger, path):
    journal = SharedJournal(
        path, ledger, clock=ManualClock(NOON), person=lambda: ALICE, syslog=None, patience=0.0
    )
    await journal.open()
    for number in range(3):
        await journal.append(note(str(number)))
    return journal


def as_file(path):
    return Journal(path, clock=ManualClock(NOON), person=Person, syslog=None)


async def test_a_console_that_is_given_the_copy_as_its_journal_only_reads_it(tmp_path):
    await (await filled_copy(MemoryLedger(), tmp_path / "a.db")).close()
    journal = as_file(tmp_path / "a.db")
    health = await journal.open()
    assert not health.writable
    with pytest.raises(JournalError, match="copy"):
        await journal.append(note())
    assert len(await journal.entries()) == 3
    await journal.close()


async def test_the_copy_is_not_moved_as_if_it_were_the_journal(tmp_path):
    ledger, other = MemoryLedger(), MemoryLedger()
    other.address = "memory://other"
    await (await filled_copy(ledger, tmp_path / "a.db")).close()
    journal = as_file(tmp_path / "a.db")
    with pytest.raises(JournalError, match="copy"):
        await move(journal, other, NOON)
    await journal.close()
    assert checked(tmp_path / "a.db").entries == 3
    # If the ledger is lost, it is a backup.
    journal = as_file(tmp_path / "a.db")
    assert (await move(journal, other, NOON, from_backup=True)).entries == 4
    await journal.close()
    assert checked(tmp_path / "a.db").entries == 3


async def test_a_journal_that_answers_is_not_put_to_use_as_a_backup(tmp_path):
    ledger = MemoryLedger()
    journal = await filled_copy(ledger, tmp_path / "a.db")
    target = FileTarget(tmp_path / "new.db")
    with pytest.raises(CannotCopy, match="from-backup"):
        await move(journal, target, NOON, from_backup=True)
    await target.close()
    await journal.close()
    assert not (tmp_path / "new.db").exists()
