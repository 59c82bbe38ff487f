import json
import sqlite3
from contextlib import closing

import pytest

from services.clock import ManualClock
from services.journal.chain import hash_of_row
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.journal.linking.records import named, packed, unpacked
from services.journal.problems import UnusableJournal, problem_of
from services.journal.reader import LARGEST
from services.journal.shared.journal import SharedJournal
from services.models.journal import EntryKind, NewEntry, Person
from tests.services.journal.book import NOON, note
from tests.services.journal.line import Line
from tests.tools.memory_ledger import MemoryLedger


def console(ledger, path):
    return SharedJournal(
        path, ledger, clock=ManualClock(NOON), person=lambda: Person(user="alice"), syslog=None, patience=0.0
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"data": {"x": "x" * LARGEST}},
        {"target": "\ufdfa" * (LARGEST // 16)},
        {"claim": "x" * (LARGEST - 400)},
    ],
    ids=["long", "folded", "just too long"],
)
async def test_what_the_copies_cannot_store_is_not_put_into_the_ledger(tmp_path, fields):
    ledger = MemoryLedger()
    journal = console(ledger, tmp_path / "a.db")
    await journal.open()
    with pytest.raises(JournalError):
        await journal.append(note(**fields))
    assert list(ledger.records) == [0]
    assert (await journal.append(note("small"))).seq == 1
    await journal.close()


@pytest.mark.parametrize(("column", "value"), [(1, 1 << 70), (1, -(1 << 70)), (5, "\ud800"), (14, "\udcff")])
async def test_values_that_no_copy_can_store_are_the_ledgers_fault(tmp_path, column, value):
    ledger = MemoryLedger()
    journal = console(ledger, tmp_path / "a.db")
    await journal.open()
    await journal.append(note())
    row = list(unpacked(1, ledger.records[1]).row)
    row[0], row[14] = 2, row[15]
    row[column] = value
    try:
        row[15] = hash_of_row(named(ledger.records[0]).journal, row)
    except UnicodeEncodeError:
        row[15] = "0" * 64
    ledger.records[2] = packed(row)
    with pytest.raises(JournalError, match="Record 2 of the ledger"):
        await journal.catch_up()
    await journal.close()


async def test_a_nonce_that_comes_twice_is_the_ledgers_fault(tmp_path):
    ledger = MemoryLedger()
    journal = console(ledger, tmp_path / "a.db")
    await journal.open()
    await journal.append(note())
    row, nonce = unpacked(1, ledger.records[1])
    after = [2, *row[1:14], row[15]]
    after.append(hash_of_row(named(ledger.records[0]).journal, [*after, ""]))
    ledger.records[2] = packed(after, nonce)
    with pytest.raises(JournalError, match="Record 2 of the ledger"):
        await journal.catch_up()
    await journal.close()


@pytest.mark.parametrize("journal", ["a\nb", "\x1b[2J", "a b", "", "\u202e", "x" * 65])
def test_a_journals_id_is_a_plain_word(journal):
    with pytest.raises(UnusableJournal):
        named(json.dumps({"journal": journal, "version": 1}).encode())


@pytest.mark.parametrize("to", ["{0}", "{path.__class__}", "{", "}{", "[red]\x1b[31m"])
async def test_a_place_that_somebody_made_up_is_shown_as_it_is(tmp_path, to):
    journal = Journal(tmp_path / "a.db", clock=ManualClock(NOON), person=Person, syslog=None)
    await journal.open()
    await journal.append(NewEntry(kind=EntryKind.MOVED, text="x", data={"to": f"memory://{to}"}))
    with pytest.raises(JournalError) as refused:
        await journal.append(note())
    assert "\x1b" not in refused.value.problem.remedy
    assert to.replace("\x1b", "")[:4] in refused.value.problem.remedy
    await journal.close()


def test_braces_in_a_message_are_no_places_to_fill():
    problem = problem_of(UnusableJournal("x", "{path}: {other} {0} {"), "/j.db", NOON)
    assert problem.remedy == "/j.db: {other} {0} {"


async def test_a_late_draft_that_this_version_cannot_read_stops_no_other(tmp_path):
    ledger = MemoryLedger()
    line = Line(ledger)
    journal = console(line, tmp_path / "a.db")
    await journal.open()
    line.is_cut = True
    for number in range(3):
        await journal.append(note(str(number)))
    await journal.close()
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as db:
        db.execute('UPDATE late SET draft = \'{"kind": "of tomorrow"}\' WHERE number = 2')
    line.is_cut = False
    journal = console(line, tmp_path / "a.db")
    assert (await journal.open()).writable
    assert [entry.text for entry in await journal.entries()] == ["0", "2"]
    assert journal.health.late == 1
    await journal.close()


async def test_a_draft_that_no_copy_can_store_does_not_wait(tmp_path):
    ledger = MemoryLedger()
    line = Line(ledger)
    journal = console(line, tmp_path / "a.db")
    await journal.open()
    line.is_cut = True
    with pytest.raises(JournalError, match="too large"):
        await journal.append(note(target="\ufdfa" * (LARGEST // 16)))
    await journal.append(note("small"))
    assert journal.health.late == 1
    await journal.close()
    line.is_cut = False
    journal = console(line, tmp_path / "a.db")
    assert (await journal.open()).writable
    assert journal.health.late == 0
    await journal.close()


async def test_an_entry_that_is_stored_is_recorded_though_the_copys_disk_is_full(tmp_path):
    ledger = MemoryLedger()
    journal = console(ledger, tmp_path / "a.db")
    await journal.open()
    accept = journal._copy.accept

    def full(_records):
        raise OSError(28, "No space left on device")

    journal._copy.accept = full
    entry = await journal.append(note("once"))
    assert entry.seq == 1
    assert 1 in ledger.records
    with pytest.raises(JournalError):
        await journal.append(note("not decided on an old copy"))
    assert list(ledger.records) == [0, 1]
    journal._copy.accept = accept
    assert (await journal.append(note("next"))).seq == 2
    await journal.close()
