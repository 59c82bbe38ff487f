"""What waits for a ledger is recorded at the journal's new place, if the journal is moved before the ledger answers."""

from services.clock import ManualClock
from services.journal.journal import Journal
from services.journal.moving.copying import copy, move
from services.journal.moving.file_target import FileTarget
from services.journal.shared.journal import SharedJournal
from tests.services.journal.book import ALICE, NOON, note
from tests.services.journal.line import Line
from tests.tools.memory_ledger import MemoryLedger

OLD, NEW = "facility.x.dynamodb-1.db", "facility.x.dynamodb-2.db"


def on(ledger, path):
    return SharedJournal(
        path, ledger, clock=ManualClock(NOON), person=lambda: ALICE, syslog=None, patience=0.0
    )


async def cut_off(ledger, path):
    line = Line(ledger)
    journal = on(line, path)
    await journal.open()
    await journal.append(note("before"))
    line.is_cut = True
    for number in range(3):
        await journal.append(note(f"late {number}"))
    assert journal.health.late == 3
    await journal.close()


async def moved(ledger, folder):
    backup = FileTarget(folder / "backup.db")
    source = on(ledger, folder / "elsewhere.db")
    await source.open()
    await copy(source, backup)
    await backup.finish()
    await source.close()
    renewed = MemoryLedger()
    renewed.address = "memory://renewed"
    file = Journal(folder / "backup.db", clock=ManualClock(NOON), person=lambda: ALICE, syslog=None)
    await move(file, renewed, NOON, from_backup=True)
    await file.close()
    return renewed


async def test_they_follow_the_journal_once(tmp_path):
    ledger = MemoryLedger()
    await cut_off(ledger, tmp_path / OLD)
    renewed = await moved(ledger, tmp_path)
    for _start in range(2):
        journal = on(renewed, tmp_path / NEW)
        assert (await journal.open()).writable
        texts = [entry.text for entry in await journal.entries()]
        assert texts[0] == "before"
        assert texts[2:] == ["late 0", "late 1", "late 2"]
        assert journal.health.late == 0
        await journal.close()


async def test_those_of_another_journal_or_system_stay(tmp_path):
    await cut_off(MemoryLedger(), tmp_path / OLD)
    await cut_off(MemoryLedger(), tmp_path / "other.dynamodb-1.db")
    (tmp_path / "facility.x.dynamodb-9.db").write_bytes(b"no database")
    journal = on(MemoryLedger(), tmp_path / NEW)
    assert (await journal.open()).writable
    assert await journal.entries() == ()
    assert journal.health.late == 0
    await journal.close()
    line = Line(MemoryLedger())
    line.is_cut = True
    journal = on(line, tmp_path / OLD)
    assert (await journal.open()).late == 3
    await journal.close()


async def test_they_are_recorded_before_the_journal_leaves_for_a_file(tmp_path):
    ledger = MemoryLedger()
    await cut_off(ledger, tmp_path / OLD)
    source, target = on(ledger, tmp_path / OLD), FileTarget(tmp_path / "file.db")
    await move(source, target, NOON)
    await target.finish()
    await source.close()
    file = Journal(tmp_path / "file.db", clock=ManualClock(NOON), person=lambda: ALICE, syslog=None)
    await file.open()
    texts = [entry.text for entry in await file.entries()]
    assert texts[:4] == ["before", "late 0", "late 1", "late 2"]
    await file.close()


async def test_what_waits_and_is_too_large_for_the_new_engine_is_said(tmp_path):
    ledger = MemoryLedger()
    await cut_off(ledger, tmp_path / OLD)
    renewed = await moved(ledger, tmp_path)
    renewed.largest = len(renewed.records[1]) - 1
    journal = on(renewed, tmp_path / NEW)
    health = await journal.open()
    assert (health.writable, health.late) == (True, 3)
    assert str(tmp_path / NEW) in health.problem.remedy
    await journal.close()
