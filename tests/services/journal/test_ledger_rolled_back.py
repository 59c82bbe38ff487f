"""A ledger that lost its newest records, or all: it was restored from an older backup, emptied, or made anew."""

import asyncio

import pytest

from services.clock import ManualClock
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.journal.moving.copying import copy
from services.journal.shared.journal import CHECKED, SharedJournal
from services.models.journal import EntryKind, NewEntry, Person
from tests.services.journal.book import NOON, Listener, note
from tests.services.journal.line import Line
from tests.tools.memory_ledger import MemoryLedger

SIGN_OFF = NewEntry(kind=EntryKind.SIGN_OFF, text="x")


def console(ledger, path):
    return SharedJournal(
        path, ledger, clock=ManualClock(NOON), person=lambda: Person(user="alice"), syslog=None, patience=0.0
    )


async def opened(ledger, path, entries=5):
    journal = console(ledger, path)
    await journal.open()
    for number in range(entries):
        await journal.append(note(str(number)))
    return journal


def rolled_back(ledger, to):
    """Forget the records after number `to`; returns what is left."""
    ledger.records = {seq: record for seq, record in ledger.records.items() if seq <= to}
    return dict(ledger.records)


async def test_a_running_console_that_is_ahead_of_its_ledger_says_so_and_writes_nothing(tmp_path):
    ledger = MemoryLedger()
    journal = await opened(ledger, tmp_path / "a.db")
    left = rolled_back(ledger, to=3)
    with pytest.raises(JournalError, match="5"):
        await journal.catch_up()
    assert not journal.health.writable
    with pytest.raises(JournalError, match="5"):
        await journal.append(SIGN_OFF)
    assert ledger.records == left
    await journal.close()


@pytest.mark.parametrize("to", [3, 0, -1])
async def test_a_console_that_starts_ahead_of_its_ledger_says_so_and_writes_nothing(tmp_path, to):
    ledger = MemoryLedger()
    await (await opened(ledger, tmp_path / "a.db")).close()
    left = rolled_back(ledger, to=to)
    journal = console(ledger, tmp_path / "a.db")
    health = await journal.open()
    assert not health.writable
    assert str(tmp_path / "a.db") in health.problem.remedy
    for draft in (SIGN_OFF, note("x")):
        with pytest.raises(JournalError):
            await journal.append(draft)
    assert ledger.records == left
    assert len(await journal.entries()) == 5
    await journal.close()


async def test_a_command_says_that_the_ledger_of_its_copy_is_empty(tmp_path):
    ledger = MemoryLedger()
    await (await opened(ledger, tmp_path / "a.db")).close()
    rolled_back(ledger, to=-1)
    journal = console(ledger, tmp_path / "a.db")
    with pytest.raises(JournalError):
        await journal.catch_up()
    await journal.close()
    assert not ledger.records


async def test_the_console_goes_on_once_its_copy_was_put_back(tmp_path):
    ledger = MemoryLedger()
    journal = await opened(ledger, tmp_path / "a.db")
    before = dict(ledger.records)
    rolled_back(ledger, to=3)
    with pytest.raises(JournalError):
        await journal.catch_up()
    backup = Journal(tmp_path / "a.db", clock=ManualClock(NOON), person=Person, syslog=None)
    await copy(backup, ledger)
    await backup.close()
    assert ledger.records == before
    await journal.catch_up()
    assert (await journal.append(SIGN_OFF)).seq == 6
    await journal.close()


async def test_idle_looks_notice_it_and_are_one_request_each(tmp_path):
    ledger = MemoryLedger()
    line = Line(ledger)
    journal = await opened(line, tmp_path / "a.db")
    listener = Listener(journal)
    await listener.hears(lambda heard: 5 in heard)
    await journal.catch_up()
    before = line.requests.total()
    looks = 0
    async with asyncio.timeout(60):
        while line.requests.total() < before + CHECKED:
            so_far = line.requests.total()
            looks += 1
            while line.requests.total() == so_far:
                ledger.hint()
                await asyncio.sleep(0)
        # One of them may have asked twice.
        assert line.requests.total() <= before + looks + 1
        rolled_back(ledger, to=3)
        while journal.health.writable:
            ledger.hint()
            await asyncio.sleep(0)
    await journal.close()


async def test_a_ledger_without_the_record_that_names_it_is_not_begun_anew(tmp_path):
    ledger = MemoryLedger()
    await (await opened(ledger, tmp_path / "a.db")).close()
    del ledger.records[0]
    left = dict(ledger.records)
    journal = console(ledger, tmp_path / "new host.db")
    assert not (await journal.open()).writable
    with pytest.raises(JournalError):
        await journal.append(SIGN_OFF)
    assert ledger.records == left
    await journal.close()


async def test_a_copy_at_an_impossible_path_is_a_problem_in_words(tmp_path):
    journal = console(MemoryLedger(), tmp_path / f"{'x' * 300}.db")
    health = await journal.open()
    assert not health.writable
    assert health.problem is not None
    await journal.close()
