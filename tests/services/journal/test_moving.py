from contextlib import closing

import pytest

from services.clock import ManualClock
from services.journal.anchors.checkpoints import checkpoint_of, line_of
from services.journal.anchors.external_hashes import from_file
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.journal.ledger import LedgerUnavailable
from services.journal.linking.records import naming
from services.journal.moving.copying import CannotCopy, Copied, copy, move
from services.journal.moving.file_target import FileTarget
from services.journal.reader import JournalReader
from services.journal.shared.journal import SharedJournal
from services.journal.store import Store
from services.models.journal import EntryKind
from tests.services.journal.book import ALICE, NOON, checked, filled, note, open_journal, tampered
from tests.services.journal.line import no_answer
from tests.tools.memory_ledger import MemoryLedger


class Interrupted(MemoryLedger):
    """A ledger whose mover is killed after some records, at the same time as others of the batch."""

    def __init__(self):
        super().__init__()
        self.remaining = 10

    async def put(self, seq, record):
        if seq in self.records:
            return await super().put(seq, record)
        if not self.remaining:
            raise no_answer()
        self.remaining -= 1
        return await super().put(seq, record)


def shared(path, ledger):
    return SharedJournal(
        path, ledger, clock=ManualClock(NOON), person=lambda: ALICE, syslog=None, patience=0.0
    )


def anchors(path, folder):
    """The machine's log with the hash of every tenth entry of the file."""
    log = folder / "syslog"
    with closing(JournalReader.open(path)) as reader:
        lines = [
            line_of(checkpoint_of(reader.id, seq, reader.hash_at(seq), path)) for seq in range(10, 60, 10)
        ]
    log.write_text("\n".join(lines))
    return from_file(log)


async def test_a_move_killed_at_every_tenth_record_resumes(tmp_path):
    path = tmp_path / "old.db"
    filled(path, 57)
    hashes, ledger, kills = anchors(path, tmp_path), Interrupted(), 0
    async with open_journal(path) as journal:
        while True:
            try:
                moved = await move(journal, ledger, NOON)
                break
            except LedgerUnavailable:
                kills += 1
                ledger.remaining = 10
                early = shared(tmp_path / f"early {kills}.db", ledger)
                assert not (await early.open()).writable or journal.health.entries == 58
                await early.close()
        assert kills == 5
        assert moved.entries == 58
        assert not (await journal.open()).writable
        with pytest.raises(JournalError, match="memory://"):
            await journal.append(note())
        assert await move(journal, ledger, NOON) == moved, "run again"
    new = shared(tmp_path / "copy.db", ledger)
    assert (await new.open()).writable
    assert (new.health.entries, new.health.head) == moved
    assert (await new.append(note("after"))).seq == 59
    await new.close()
    verification = checked(tmp_path / "copy.db", hashes)
    assert verification.intact
    assert verification.anchors == 5


async def test_a_console_that_writes_during_a_move_is_not_lost(tmp_path):
    filled(tmp_path / "old.db", 30)
    ledger = MemoryLedger()
    async with open_journal(tmp_path / "old.db") as journal, open_journal(tmp_path / "old.db") as other:
        written: list[int] = []
        put = ledger.put

        async def disturbed(seq, record):
            if seq == 20:
                written.append((await other.append(note("meanwhile"))).seq)
            return await put(seq, record)

        ledger.put = disturbed
        moved = await move(journal, ledger, NOON)
        assert written == [31]
        assert moved.entries == 32
        with pytest.raises(JournalError):
            await other.append(note())
    assert sorted(ledger.records) == list(range(33))


async def test_there_and_back(tmp_path):
    filled(tmp_path / "old.db", 5)
    ledger = MemoryLedger()
    async with open_journal(tmp_path / "old.db") as journal:
        await move(journal, ledger, NOON)
    there = shared(tmp_path / "copy.db", ledger)
    await there.open()
    await there.append(note("in the ledger"))
    target = FileTarget(tmp_path / "back.db")
    back = await move(there, target, NOON)
    await target.finish()
    with pytest.raises(JournalError):
        await there.append(note())
    await there.close()
    async with open_journal(tmp_path / "back.db") as journal:
        assert (journal.health.entries, journal.health.head) == back
        assert (await journal.append(note("in the file"))).seq == 9
        # The first file is a record of the past; the ledger, which was left, takes entries again once moved to.
        await move(journal, ledger, NOON)
    again = shared(tmp_path / "copy.db", ledger)
    await again.open()
    assert (await again.append(note("in the ledger again"))).seq == 11
    await again.close()
    assert checked(tmp_path / "back.db").intact
    assert checked(tmp_path / "copy.db").intact
    async with open_journal(tmp_path / "old.db") as journal:
        with pytest.raises(CannotCopy, match="memory://"):
            await move(journal, _other(), NOON)


def _other():
    ledger = MemoryLedger()
    ledger.address = "memory://other"
    return ledger


async def test_a_backup_is_put_to_use(tmp_path):
    ledger = MemoryLedger()
    journal = shared(tmp_path / "copy.db", ledger)
    await journal.open()
    for number in range(12):
        await journal.append(note(f"{number}"))
    target = FileTarget(tmp_path / "backup.db")
    first = await copy(journal, target)
    await target.finish()
    await journal.append(note("after the first backup"))
    target = FileTarget(tmp_path / "backup.db")
    second = await copy(journal, target)
    await target.finish()
    assert (first.entries, second.entries) == (12, 13)
    await journal.close()
    assert checked(tmp_path / "backup.db").head == second.head

    # The ledger is lost.
    renewed = _other()
    backup = Journal(tmp_path / "backup.db", clock=ManualClock(NOON), person=lambda: ALICE, syslog=None)
    copied = await copy(backup, renewed)
    assert copied == second
    waiting = shared(tmp_path / "too early.db", renewed)
    assert not (await waiting.open()).writable
    await waiting.close()
    restored: list[Copied] = [await move(backup, renewed, NOON, from_backup=True) for _attempt in range(2)]
    await backup.close()
    assert restored[0] == restored[1]
    journal = shared(tmp_path / "renewed.db", renewed)
    assert (await journal.open()).writable
    assert (await journal.append(note("goes on"))).seq == 15
    (arrival,) = (each for each in await journal.entries() if each.kind is EntryKind.MOVED)
    assert arrival.data["from_backup"] is True
    await journal.close()
    assert checked(tmp_path / "renewed.db").intact


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: tampered(path, "UPDATE entries SET text = 'y' WHERE seq = 2"), "not intact"),
        (lambda path: path.unlink(), "no journal"),
    ],
)
async def test_what_is_not_intact_is_not_moved(tmp_path, spoil, words):
    filled(tmp_path / "old.db", 5)
    spoil(tmp_path / "old.db")
    journal = Journal(tmp_path / "old.db", clock=ManualClock(NOON), person=lambda: ALICE, syslog=None)
    ledger = MemoryLedger()
    with pytest.raises(CannotCopy, match=words):
        await move(journal, ledger, NOON)
    assert not ledger.records
    await journal.close()


async def test_a_place_that_is_taken(tmp_path):
    filled(tmp_path / "one.db", 5)
    filled(tmp_path / "two.db", 5)
    ledger = MemoryLedger()
    async with open_journal(tmp_path / "one.db") as one, open_journal(tmp_path / "two.db") as two:
        await copy(one, ledger)
        with pytest.raises(CannotCopy, match="another journal"):
            await move(two, ledger, NOON)
        ledger.records[3] = ledger.records[4]
        with pytest.raises(CannotCopy, match="entry 3"):
            await move(one, ledger, NOON)
        assert (await one.append(note())).seq == 6


async def test_a_console_that_watches_a_journal_coming_back_sees_no_damage(tmp_path):
    ledger, away = MemoryLedger(), _other()
    home = shared(tmp_path / "home.db", ledger)
    await home.open()
    await home.append(note("here"))
    await move(home, away, NOON)
    elsewhere = shared(tmp_path / "away.db", away)
    await elsewhere.open()
    for number in range(20):
        await elsewhere.append(note(f"there {number}"))
    await elsewhere.close()
    # Several entries come at the same time, so that a reader sees later ones first.
    whole = dict(away.records)
    for seq in range(3, len(whole)):
        if seq not in (5, 9):
            ledger.records[seq] = whole[seq]
    with pytest.raises(JournalError, match="moved to"):
        await home.catch_up()
    assert (await home.page()).entries[0].seq == 4
    source = shared(tmp_path / "away.db", away)
    await source.open()
    await move(source, ledger, NOON)
    await source.close()
    await home.catch_up()
    assert (await home.append(note("here again"))).seq == len(ledger.records) - 1
    await home.close()
    assert checked(tmp_path / "home.db").intact


async def test_a_file_is_not_closed_under_what_is_being_written(tmp_path, monkeypatch):
    # When the disk is full the first of many writes ends the copy, and the others are still under way.
    target = FileTarget(tmp_path / "new.db")
    await target.put(0, naming("a" * 32))
    turns: list[bool] = []
    close = Store.close

    def closed(store):
        turns.append(target._turn.locked())
        close(store)

    monkeypatch.setattr(Store, "close", closed)
    await target.close()
    assert turns == [True]
