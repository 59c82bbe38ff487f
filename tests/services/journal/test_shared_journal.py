"""A journal in a ledger that two hosts reach, each over a line of its own and with a copy of its own."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from services.clock import ManualClock
from services.journal.errors import AlreadyRecorded, HeldByAnother, JournalError
from services.journal.ledger import LIMIT, Rejected
from services.journal.linking.records import naming, unpacked
from services.journal.shared.journal import SharedJournal
from services.models.journal import EntryKind, EntryQuery, NewEntry, Person
from tests.services.journal.book import NOON, Listener, checked, note
from tests.services.journal.line import Line, no_answer
from tests.tools.memory_ledger import MemoryLedger


@asynccontextmanager
async def on_host(ledger, path, *, user="alice", line=None, **options):
    journal = SharedJournal(
        path,
        line or Line(ledger),
        clock=ManualClock(NOON),
        person=lambda: Person(user=user, host=f"host-of-{user}"),
        syslog=None,
        patience=options.pop("patience", 0.2),
        **options,
    )
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


@pytest.fixture
def ledger():
    return MemoryLedger()


async def test_two_hosts_write_one_chain(ledger, tmp_path):
    async with (
        on_host(ledger, tmp_path / "a.db") as one,
        on_host(ledger, tmp_path / "b.db", user="bob") as two,
    ):
        await asyncio.gather(*(each.append(note(str(n))) for n in range(20) for each in (one, two)))
        await one.catch_up()
        await two.catch_up()
        entries = await one.entries()
        assert [entry.seq for entry in entries] == list(range(1, 41))
        assert await two.entries() == entries
        assert {entry.person.host for entry in entries} == {"host-of-alice", "host-of-bob"}
    assert checked(tmp_path / "a.db").intact
    assert checked(tmp_path / "b.db").head == checked(tmp_path / "a.db").head


async def test_a_claim_is_taken_once_and_a_hold_is_held_by_one(ledger, tmp_path):
    async with (
        on_host(ledger, tmp_path / "a.db") as one,
        on_host(ledger, tmp_path / "b.db", user="bob") as two,
    ):
        await one.append(note(claim="c", holds="db"))
        with pytest.raises(AlreadyRecorded) as taken:
            await two.append(note(claim="c"))
        assert taken.value.entry.person.user == "alice"
        with pytest.raises(HeldByAnother):
            await two.append(note(holds="db"))
        await one.append(note(releases="db"))
        # The copy of the other host still has the hold; it asks before it refuses.
        assert (await two.append(note(holds="db"))).seq == 3


async def test_news_are_looked_for_seldom_while_another_system_is_on_screen(ledger, tmp_path, monkeypatch):
    async with (
        on_host(ledger, tmp_path / "a.db") as one,
        on_host(ledger, tmp_path / "b.db", user="bob") as two,
    ):
        looks: list[bool] = []
        look = one._look

        async def counted(*, checks):
            looks.append(checks)
            await look(checks=checks)

        monkeypatch.setattr(one, "_look", counted)
        clock = one._clock
        assert isinstance(clock, ManualClock)
        one.seldom = 300.0
        listener = Listener(one)
        await listener.hears(lambda heard: heard)
        for number in range(5):
            await two.append(note(str(number)))
        await two.entries()
        assert len(looks) <= 1
        clock.advance(301)
        ledger.hint()
        await listener.hears(lambda heard: heard[-1] == 5)
        one.seldom = 0.0
        await two.append(note("on screen again"))
        await listener.hears(lambda heard: heard[-1] == 6)
    await listener.ends()


async def test_an_entry_whose_answer_was_lost_is_recorded_once(ledger, tmp_path):
    line = Line(ledger)
    async with on_host(ledger, tmp_path / "a.db", line=line) as journal:
        line.loses_answers = True
        entry = await journal.append(note("once", claim="c"))
        line.loses_answers = False
        assert [each.text for each in await journal.entries()] == ["once"]
        assert (await journal.append(note("next"))).seq == entry.seq + 1


async def test_what_happens_on_another_host_is_heard(ledger, tmp_path):
    async with (
        on_host(ledger, tmp_path / "a.db") as one,
        on_host(ledger, tmp_path / "b.db", user="bob") as two,
    ):
        listener = Listener(two)
        entry = await one.append(note())
        await listener.hears(lambda heard: entry.seq in heard)


async def test_without_the_ledger_notes_wait_and_changes_are_refused(ledger, tmp_path):
    line = Line(ledger)
    async with on_host(ledger, tmp_path / "b.db", user="bob") as other:
        async with on_host(ledger, tmp_path / "a.db", line=line) as journal:
            await journal.append(note("before"))
            line.is_cut = True
            for kind in (EntryKind.SIGN_OFF, EntryKind.INTENT, EntryKind.APPROVED, EntryKind.ARMED):
                with pytest.raises(JournalError):
                    await journal.append(NewEntry(kind=kind, text="x"))
            assert not journal.health.writable
            assert journal.health.problem is not None
            waiting = [await journal.append(note(f"late {number}")) for number in range(3)]
            assert [entry.seq for entry in waiting] == [2, 3, 4]
            assert journal.health.late == 3
            assert [entry.text for entry in await journal.entries()] == ["before"]
            await other.append(note("meanwhile"))
        # The console was closed before the line was mended.
        line = Line(ledger)
        async with on_host(ledger, tmp_path / "a.db", line=line) as journal:
            assert journal.health.late == 0
            texts = [entry.text for entry in await journal.entries()]
            assert texts == ["before", "meanwhile", "late 0", "late 1", "late 2"]
            (late,) = await journal.entries(EntryQuery(words="late 1"))
            assert late.data["late"] is True
            assert late.at == NOON


async def test_a_console_without_ledger_and_copy_says_so(ledger, tmp_path):
    line = Line(ledger)
    line.is_cut = True
    async with on_host(ledger, tmp_path / "a.db", line=line) as journal:
        assert not journal.health.writable
        with pytest.raises(JournalError):
            await journal.append(note())
        line.is_cut = False
        async with asyncio.timeout(60):
            async for _seq in journal.follow():
                if journal.health.writable:
                    break
        assert (await journal.append(note())).seq == 1


async def test_what_others_write_beside_the_chain_stops_everything(ledger, tmp_path):
    async with on_host(ledger, tmp_path / "a.db") as journal:
        entry = await journal.append(note())
        record = ledger.records[1]
        row = unpacked(1, record).row
        ledger.records[2] = record.replace(b"[1,", b"[2,", 1)
        assert ledger.records[2] != record
        assert row[0] == entry.seq
        with pytest.raises(JournalError, match="2"):
            await journal.append(note())
        assert not journal.health.writable


async def test_a_copy_of_another_journal_is_not_used(ledger, tmp_path):
    async with on_host(ledger, tmp_path / "a.db") as journal:
        await journal.append(note())
    other = MemoryLedger()
    other.records[0] = naming("other")
    async with on_host(other, tmp_path / "a.db") as journal:
        assert not journal.health.writable
    assert list(other.records) == [0]


async def test_a_ledger_with_a_copy_takes_no_entries(ledger, tmp_path):
    ledger.records[0] = naming("j", is_copied=True)
    async with on_host(ledger, tmp_path / "a.db") as journal:
        assert not journal.health.writable
        with pytest.raises(JournalError):
            await journal.append(note())


async def test_a_reader_begins_no_journal(ledger, tmp_path):
    journal = SharedJournal(tmp_path / "a.db", ledger, clock=ManualClock(NOON), person=Person, syslog=None)
    await journal.catch_up()
    await journal.close()
    assert not ledger.records
    assert not (tmp_path / "a.db").exists()


class Deleted(MemoryLedger):
    """A ledger that lost a record behind everybody's back, and reads as the engines in AWS do."""

    async def read(self, after, limit=LIMIT):
        records = await super().read(after, limit)
        whole = [pair for place, pair in enumerate(records, after + 1) if pair[0] == place]
        if records and not whole:
            raise no_answer()
        return whole


async def test_a_number_that_was_deleted_in_the_ledger_is_not_taken_again(tmp_path):
    ledger = Deleted()
    async with on_host(ledger, tmp_path / "a.db") as journal:
        for number in range(5):
            await journal.append(note(str(number)))
    del ledger.records[3]
    async with on_host(ledger, tmp_path / "new.db", user="bob") as journal:
        assert not journal.health.writable
        with pytest.raises(JournalError):
            await journal.append(NewEntry(kind=EntryKind.SIGN_OFF, text="x"))
    assert 3 not in ledger.records


class Small(MemoryLedger):
    """A ledger that stores no large records, and may refuse everything."""

    refuses = False

    def __init__(self):
        super().__init__()
        self.largest = 2000

    async def put(self, seq, record):
        if self.refuses:
            raise Rejected(no_answer().problem)
        return await super().put(seq, record)


async def test_what_is_too_large_is_refused_and_what_is_forbidden_waits(tmp_path):
    ledger = Small()
    async with on_host(ledger, tmp_path / "a.db") as journal:
        with pytest.raises(JournalError):
            await journal.append(note("x" * 3000))
        assert journal.health.late == 0
        assert (await journal.append(note("small"))).seq == 1
        ledger.refuses = True
        await journal.append(note("while the credentials are expired"))
        assert journal.health.late == 1
        with pytest.raises(JournalError, match="2,000 at most"):
            await journal.append(note("y" * 3000))
        assert journal.health.late == 1, "it would wait for good"
        with pytest.raises(JournalError):
            await journal.append(NewEntry(kind=EntryKind.SIGN_OFF, text="x"))
    ledger.refuses = False
    async with on_host(ledger, tmp_path / "a.db") as journal:
        assert len(await journal.entries()) == 2


async def test_appends_that_wait_together_for_a_dead_ledger_end_together(ledger, tmp_path):
    line = Line(ledger)
    async with on_host(ledger, tmp_path / "a.db", line=line, patience=0.0) as journal:
        await journal.append(note("before"))
        line.is_cut = True
        tried = line.requests["put"]
        drafts = [NewEntry(kind=EntryKind.SIGN_OFF, text=str(number)) for number in range(10)]
        ends = await asyncio.gather(*map(journal.append, drafts), return_exceptions=True)
        assert {type(end) for end in ends} == {JournalError}
        # Each would wait for a time-out of its own, one after the other, and so would the end of the console.
        assert line.requests["put"] == tried + 1
        line.is_cut = False
        assert (await journal.append(drafts[0])).seq == 2


async def test_a_note_that_waits_does_not_make_the_journal_writable(ledger, tmp_path):
    line = Line(ledger)
    async with on_host(ledger, tmp_path / "a.db", line=line) as journal:
        await journal.append(note("before"))
        line.is_cut = True
        for number in range(2):
            await journal.append(note(f"late {number}"))
            assert not journal.health.writable
            assert journal.health.problem is not None
            assert journal.health.late == number + 1


class Hanging(MemoryLedger):
    """A ledger that stores what it gets, and then says nothing for ever."""

    hangs = False

    async def put(self, seq, record):
        standing = await super().put(seq, record)
        if self.hangs:
            await asyncio.Event().wait()
        return standing


async def test_a_ledger_that_hangs_holds_up_no_signature(tmp_path, monkeypatch):
    # It is refused, though the ledger may have it: whoever decides by it reads the journal again.
    monkeypatch.setattr("services.journal.shared.journal.DECIDED", 0.01)
    ledger = Hanging()
    async with on_host(ledger, tmp_path / "a.db") as journal:
        await journal.append(note("before"))
        ledger.hangs = True
        with pytest.raises(JournalError, match=r"within 0\.01 seconds"):
            await journal.append(NewEntry(kind=EntryKind.SIGN_OFF, text="hung", claim="duty"))
        assert not journal.health.writable
        ledger.hangs = False
        await journal.catch_up()
        assert [entry.text for entry in await journal.entries()] == ["before", "hung"]
        with pytest.raises(AlreadyRecorded):
            await journal.append(NewEntry(kind=EntryKind.SIGN_OFF, text="hung", claim="duty"))


async def test_a_ledger_that_hangs_holds_up_no_note_and_no_end(tmp_path, monkeypatch):
    monkeypatch.setattr("services.journal.shared.journal.SOON", 0.01)
    ledger = Hanging()
    async with on_host(ledger, tmp_path / "a.db") as journal:
        await journal.append(note("before"))
        ledger.hangs = True
        await journal.append(note("hung"))
        await journal.append(note("at once"))
        assert journal.health.late == 2
        assert not journal.health.writable
    ledger.hangs = False
    async with on_host(ledger, tmp_path / "a.db") as journal:
        assert [entry.text for entry in await journal.entries()] == ["before", "hung", "at once"]
        assert journal.health.late == 0
