import json
import sqlite3
import stat
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.journal.chain import NOTHING, hash_of
from services.journal.errors import AlreadyRecorded, HeldByAnother
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import EntryKind, EntryQuery, NewEntry, Person
from tests.services.journal.book import ALICE, NOON, append, checked, filled, note, tampered

ANY = st.text(st.characters(), max_size=30)  # With NUL, lone surrogates, control and bidi characters


def test_entries_are_numbered_and_linked(tmp_path):
    first, second = filled(tmp_path / "j.db", 2)
    assert (first.seq, first.previous, second.seq, second.previous) == (1, NOTHING, 2, first.hash)
    assert first.data == {"note": "n1"}
    with closing(JournalReader.open(tmp_path / "j.db")) as reader:
        assert reader.find(EntryQuery(), limit=9, newest_first=False) == [first, second]
        assert reader.head() == (2, second.hash)
        assert hash_of(reader.id, second) == second.hash


def test_a_journal_that_another_console_appends_to_while_it_is_checked_is_sound(tmp_path, monkeypatch):
    path = tmp_path / "j.db"
    filled(path, 3)
    with closing(Store(path)) as other:
        ask = JournalReader.query

        def appended_meanwhile(self, statement, values=()):
            rows = ask(self, statement, values)
            if self is not other and statement.startswith("SELECT"):
                append(other, note(), at=NOON, person=ALICE)
            return rows

        monkeypatch.setattr(JournalReader, "query", appended_meanwhile)
        with closing(Store(path)) as store:
            assert store.head()[0] > 3


def test_a_claim_is_given_once(tmp_path):
    with closing(Store(tmp_path / "j.db")) as store:
        first = append(store, note(claim="c"), at=NOON, person=ALICE)
        with pytest.raises(AlreadyRecorded) as caught:
            append(store, note(claim="c"), at=NOON, person=ALICE)
        assert caught.value.entry == first
        assert store.head() == (1, first.hash)


def test_a_hold_is_free_again_once_released(tmp_path):
    with closing(Store(tmp_path / "j.db")) as store:
        holder = append(store, note(holds="t"), at=NOON, person=ALICE)
        with pytest.raises(HeldByAnother) as caught:
            append(store, note(holds="t"), at=NOON, person=ALICE)
        assert caught.value.entry == holder
        append(store, note(holds="other"), at=NOON, person=ALICE)
        append(store, note(releases="t"), at=NOON, person=ALICE)
        append(store, note(holds="t"), at=NOON, person=ALICE)


def test_lookups_of_claims_and_holds_use_their_index(tmp_path):
    filled(tmp_path / "j.db", 1)
    with closing(sqlite3.connect(tmp_path / "j.db")) as db:
        for column in ("claim", "holds", "releases"):
            plan = db.execute(
                f"EXPLAIN QUERY PLAN SELECT * FROM entries WHERE {column} = ? AND {column} <> '' "
                "ORDER BY seq DESC LIMIT 1",
                ("x",),
            ).fetchall()
            assert f"entries_{column}" in plan[0][3]


def test_the_file_refuses_to_forget(tmp_path):
    filled(tmp_path / "j.db", 1)
    with closing(sqlite3.connect(tmp_path / "j.db")) as db:
        for statement in ("UPDATE entries SET text = 'y'", "DELETE FROM entries", "DELETE FROM words"):
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                db.execute(statement)


@settings(max_examples=60)
@given(st.lists(ANY, min_size=8, max_size=8), st.dictionaries(ANY, ANY, max_size=3))
def test_any_text_is_stored_as_it_was_hashed(tmp_path_factory, texts, data):
    path = tmp_path_factory.mktemp("any") / "j.db"
    text, subject, target, claim, holds, user, origin, host = texts
    draft = NewEntry(
        kind=EntryKind.INTENT, text=text, subject=subject, target=target, claim=claim, holds=holds, data=data
    )
    with closing(Store(path)) as store:
        entry = append(store, draft, at=NOON, person=Person(user=user, origin=origin, host=host))
        if claim:
            with pytest.raises(AlreadyRecorded):
                append(store, draft, at=NOON, person=ALICE)
        query = EntryQuery(subject=subject, target=target)
        assert store.find(query, limit=1) == [entry]
        json.loads(entry.body)
    assert checked(path).intact


def test_the_file_is_its_owners_alone(tmp_path):
    path = tmp_path / "made" / "j.db"
    with closing(Store(path)) as store:
        append(store, note(), at=NOON, person=ALICE)
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert modes == {"j.db": 0o600, "j.db-wal": 0o600, "j.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_in_a_shared_folder_the_group_may_write(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2770)
    with closing(Store(folder / "j.db")) as store:
        append(store, note(), at=NOON, person=ALICE)
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}
    assert modes == {"j.db": 0o660, "j.db-wal": 0o660, "j.db-shm": 0o660}


def test_a_damaged_body_is_read_as_empty(tmp_path):
    path = tmp_path / "j.db"
    filled(path, 4)
    tampered(
        path,
        "UPDATE entries SET body = '{' WHERE seq = 1",
        "UPDATE entries SET kind = 'from-the-future' WHERE seq = 2",
        "UPDATE entries SET at = 'noon' WHERE seq = 3",
        "UPDATE entries SET text = CAST(x'ff1b5b41' AS TEXT) WHERE seq = 4",
    )
    with closing(JournalReader.open(path)) as reader:
        first, second, third, fourth = reader.find(EntryQuery(), limit=9, newest_first=False)
    assert first.data == {}
    assert second.kind is EntryKind.OTHER
    assert (third.seq, third.kind) == (3, EntryKind.OTHER)
    assert "verify" in third.text
    assert fourth.text == "\ufffd\u241b[A"
