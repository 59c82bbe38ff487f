"""Large entries: lists leave their bodies out and stay fast, one entry is read whole, export and verification have all."""

import json
from contextlib import closing
from pathlib import Path

from services.journal.export import lines, rows
from services.journal.reader import JournalReader, entry_of
from services.journal.store import Store
from services.journal.verify import verify
from services.models.journal import EntryKind, EntryQuery, NewEntry
from tests.services.journal.book import ALICE, NOON, append, filled, note, open_journal

BODY = {"restrains_changes": False, "evidence": "A" * 250_000}
EVERY = EntryQuery()


def with_evidence(path, incidents, notes=4):
    with closing(Store(path)) as store:
        for number in range(incidents):
            kinds = [EntryKind.EVIDENCE, *[EntryKind.NOTE] * notes]
            for kind in kinds:
                data = BODY if kind is EntryKind.EVIDENCE else {"note": "n"}
                draft = NewEntry(kind=kind, subject=f"incident:alb#{number}", text="first wave", data=data)
                append(store, draft, at=NOON, person=ALICE)


async def test_lists_leave_the_body_out_and_one_entry_has_it(tmp_path):
    path = tmp_path / "j.db"
    async with open_journal(path) as book:
        written = await book.append(NewEntry(kind=EntryKind.EVIDENCE, subject="i", text="t", data=BODY))
        await book.append(note("small", data={"a": 1}))
        assert written.data == BODY
        page = await book.page()
        entries = await book.entries(EntryQuery(subject="i"))
        assert [entry.kind for entry in page.entries] == [EntryKind.NOTE, EntryKind.EVIDENCE]
        assert (page.entries[0].data, page.entries[0].has_body) == ({"a": 1}, True)
        for entry in (page.entries[1], *entries):
            assert (entry.body, entry.data, entry.has_body) == ("", {}, False)
            assert entry == written.without_large_body()
            assert (entry.seq, entry.at, entry.text, entry.person) == (1, written.at, "t", written.person)
        whole = await book.entry(written.seq)
        assert whole == written
        assert whole.has_body
        assert await book.entry(99) is None
    assert verify(path, at=NOON).intact


def test_export_contains_the_body(tmp_path):
    with_evidence(tmp_path / "j.db", 2)
    with closing(JournalReader.open(tmp_path / "j.db")) as reader:
        exported = [json.loads(line) for line in lines(reader, EVERY)]
        light = [entry_of(row) for row in rows(reader, EVERY, whole=False)]
    assert [each["data"] for each in exported if each["kind"] == "evidence"] == [BODY, BODY]
    assert [entry.body for entry in light if entry.kind is EntryKind.EVIDENCE] == ["", ""]
    assert len(exported) == len(light) == 10


def listed(path):
    """The bytes that a list of everything reads from its file, and what it lists."""
    with closing(JournalReader.open(path)) as reader:
        before = bytes_read()
        entries = reader.find(EVERY, limit=2_000)
        return bytes_read() - before, entries


def bytes_read():
    return int(Path("/proc/self/io").read_text("ascii").split()[1])


def test_two_hundred_incidents_do_not_slow_lists_down(tmp_path):
    with_evidence(tmp_path / "with.db", 200)
    filled(tmp_path / "without.db", 1_000)
    with_bodies, entries = listed(tmp_path / "with.db")
    without, _entries = listed(tmp_path / "without.db")
    assert len(entries) == 1_000
    # Fifty megabytes are in the file.
    assert 0 < without < with_bodies < 2 * without, (with_bodies, without)
