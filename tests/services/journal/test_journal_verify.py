import random
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from services.journal.anchors.checkpoints import Checkpoint
from services.journal.anchors.external_hashes import ExternalHashes
from services.journal.chain import COLUMNS, hash_of_row
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.verification import ChainFaultKind
from tests.services.journal.book import ALICE, NOON, append, checked, filled, note, tampered

COUNT = 8
TRIES = 1000
TEXTS = [column for column in COLUMNS if column not in ("seq", "at")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "j.db"
    return path, filled(path, COUNT)


@pytest.fixture
def path(whole, tmp_path):
    return Path(shutil.copy(whole[0], tmp_path / "j.db"))


def held(path, *seqs, file="", given=False):
    """What a log outside would hold of these entries."""
    with closing(JournalReader.open(path)) as reader:
        hashes = {row[0]: row[-2] for row in reader.every_row()}
        return ExternalHashes(
            tuple(Checkpoint(reader.id, seq, hashes[seq], file) for seq in seqs), is_configured=given
        )


def kinds(path, external_hashes=None):
    verification = checked(path, external_hashes)
    assert verification.problem is None
    return {fault.seq: fault.kind for fault in verification.faults}


def test_a_whole_journal_is_intact(whole):
    path, entries = whole
    verification = checked(path, held(path, 3, COUNT))
    assert verification.intact
    assert (verification.entries, verification.head) == (COUNT, entries[-1].hash)
    assert (verification.anchors, verification.anchored_seq, verification.anchor_note) == (2, COUNT, "")


def test_an_empty_journal_is_intact_too(tmp_path):
    Store(tmp_path / "j.db").close()
    verification = checked(tmp_path / "j.db")
    assert verification.intact
    assert (verification.entries, verification.head) == (0, "")


def test_without_a_log_outside_it_says_so(path):
    assert checked(path).anchor_note == "No external log contains this journal."


@pytest.mark.parametrize("column", TEXTS)
def test_any_altered_column_is_found(path, column):
    tampered(path, f"UPDATE entries SET {column} = {column} || 'x' WHERE seq = 4")
    assert 4 in kinds(path)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE entries SET at = at + 1 WHERE seq = 4", {4: ChainFaultKind.ALTERED}),
        ("UPDATE entries SET hash = '' WHERE seq = 4", {4: ChainFaultKind.ALTERED}),
        (
            "UPDATE entries SET text = CAST('entry 4' AS BLOB), hash = '' WHERE seq = 4",
            {4: ChainFaultKind.ALTERED},
        ),
        ("UPDATE entries SET text = text || CAST(x'ff' AS TEXT) WHERE seq = 4", {4: ChainFaultKind.ALTERED}),
        ("UPDATE words SET folded = '' WHERE seq = 4", {4: ChainFaultKind.ALTERED}),
        ("DELETE FROM words WHERE seq = 4", {4: ChainFaultKind.ALTERED}),
        ("DELETE FROM entries WHERE seq = 4", {4: ChainFaultKind.DROPPED}),
        ("DELETE FROM entries WHERE seq IN (4, 5)", {4: ChainFaultKind.DROPPED}),
        ("DELETE FROM entries WHERE seq = 1", {1: ChainFaultKind.DROPPED}),
        ("UPDATE entries SET seq = 0 WHERE seq = 1", {0: ChainFaultKind.INSERTED, 1: ChainFaultKind.DROPPED}),
    ],
)
def test_the_fault_is_named(path, statement, expected):
    tampered(path, statement)
    assert kinds(path) == expected


def test_swapped_entries_are_named_as_such(path):
    swap(path, 3, 6)
    verification = checked(path)
    assert [(fault.seq, fault.kind) for fault in verification.faults] == [
        (3, ChainFaultKind.SWAPPED),
        (6, ChainFaultKind.SWAPPED),
    ]
    assert verification.faults[0].text == "Entry 6 is in this place."


def test_an_inserted_entry_is_found(path):
    tampered(
        path,
        "UPDATE entries SET seq = -seq WHERE seq > 4",
        "UPDATE entries SET seq = 1 - seq WHERE seq < 0",
        f"INSERT INTO entries SELECT 5, {', '.join(COLUMNS[1:-2])}, 'x', 'y' FROM entries WHERE seq = 2",
    )
    assert kinds(path)[5] is ChainFaultKind.INSERTED


def test_an_entry_rewritten_with_a_hash_of_its_own_is_found(path):
    rewrite(path, 4)
    assert kinds(path) == {4: ChainFaultKind.ALTERED}


def test_a_rewritten_end_is_found_by_the_log_outside(path):
    outside = held(path, 2, 5, COUNT)
    for seq in range(4, COUNT + 1):
        rewrite(path, seq, relink=True)
    assert checked(path).intact, "the chain alone cannot know"
    assert kinds(path, outside) == {5: ChainFaultKind.ALTERED, COUNT: ChainFaultKind.ALTERED}


def test_a_truncated_end_is_found_by_the_log_outside(path):
    outside = held(path, 2, COUNT)
    tampered(path, *(f"DELETE FROM {table} WHERE seq > {COUNT - 2}" for table in ("entries", "words")))
    assert checked(path).intact
    verification = checked(path, outside)
    assert [(fault.seq, fault.kind) for fault in verification.faults] == [(COUNT - 1, ChainFaultKind.CUT_OFF)]
    assert verification.faults[0].text.startswith(f"Entries {COUNT - 1} to {COUNT} are missing at the end")


def test_a_truncated_end_is_found_by_the_remaining_search_index(path):
    tampered(path, f"DELETE FROM entries WHERE seq > {COUNT - 2}")
    assert kinds(path) == {COUNT - 1: ChainFaultKind.CUT_OFF}


def test_an_entry_appended_while_the_last_ones_are_read_is_no_fault(path, monkeypatch):
    read = JournalReader.every_row

    def slowly(reader):
        yield from list(read(reader))
        with closing(Store(path)) as store:
            append(store, note(), at=NOON, person=ALICE)

    monkeypatch.setattr(JournalReader, "every_row", slowly)
    assert kinds(path) == {}


def test_another_machines_journal_at_the_same_path_is_no_fault(path):
    theirs = Checkpoint("ab12", 7, "f" * 64, str(path), "another-bastion")
    ours = theirs._replace(host=socket.gethostname())
    assert kinds(path, ExternalHashes((theirs,))) == {}
    assert kinds(path, ExternalHashes((ours,))) == {0: ChainFaultKind.REPLACED}


def test_another_journal_in_its_place_is_found(path):
    outside = held(path, COUNT, file=str(path))
    path.unlink()
    filled(path, 2)
    assert kinds(path) == {}
    assert kinds(path, outside) == {0: ChainFaultKind.REPLACED}
    assert kinds(path, held(path, 2, file="/elsewhere")) == {}


def test_a_log_named_by_a_person_must_mention_the_journal(path):
    outside = held(path, COUNT, given=True)
    path.unlink()
    filled(path, 2)
    assert kinds(path, outside) == {0: ChainFaultKind.REPLACED}


def test_another_id_is_one_fault(path):
    tampered(path, "UPDATE journal SET value = 'other' WHERE key = 'id'")
    assert kinds(path) == {0: ChainFaultKind.REPLACED}


def test_very_many_faults_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("services.journal.verify.LISTED", 3)
    filled(tmp_path / "j.db", 9)
    tampered(tmp_path / "j.db", "UPDATE entries SET text = 'y' WHERE seq > 1")
    verification = checked(tmp_path / "j.db")
    assert (len(verification.faults), verification.unlisted) == (3, 5)


def test_it_can_be_checked_while_a_console_writes(path):
    with closing(Store(path)) as store:
        for _ in range(3):
            append(store, note(), at=NOON, person=ALICE)
            assert checked(path).intact


@pytest.mark.slow
def test_a_thousand_random_alterations_drops_and_swaps_are_all_found(whole, tmp_path):
    rng = random.Random(20260114)
    outside = held(whole[0], COUNT)
    path = tmp_path / "j.db"
    hands: tuple[Callable[[Path, random.Random], str], ...] = (alter, drop, exchange, rewritten)
    missed = []
    for number in range(TRIES):
        shutil.copy(whole[0], path)
        done = rng.choice(hands)(path, rng)
        if checked(path, outside).intact:
            missed.append(f"{number}: {done}")
    assert missed == []


def alter(path, rng):
    column, seq = rng.choice(COLUMNS[1:]), rng.randint(1, COUNT)
    other = rng.choice(("x", "", "0" * 64, 7, b"\xff", "entry"))
    with closing(sqlite3.connect(path)) as db:
        before = db.execute(f"SELECT {column} FROM entries WHERE seq = ?", (seq,)).fetchone()[0]
    value = before + rng.choice((-1, 1, 10**9)) if column == "at" else other
    tampered(path, f"UPDATE entries SET {column} = ? WHERE seq = {seq}", values=(value,))
    with closing(sqlite3.connect(path)) as db:
        if db.execute(f"SELECT {column} FROM entries WHERE seq = ?", (seq,)).fetchone()[0] == before:
            return drop(path, rng)
    return f"{column} of {seq} = {value!r}"


def drop(path, rng):
    first = rng.randint(1, COUNT)
    last = min(COUNT, first + rng.choice((0, 0, 1, 3)))
    tampered(path, f"DELETE FROM entries WHERE seq BETWEEN {first} AND {last}")
    if rng.random() < 0.5:
        gone = last - first + 1
        tampered(
            path,
            f"UPDATE entries SET seq = -seq WHERE seq > {last}",
            f"UPDATE entries SET seq = -seq - {gone} WHERE seq < 0",
        )
    return f"dropped {first} to {last}"


def exchange(path, rng):
    one, other = rng.sample(range(1, COUNT + 1), 2)
    swap(path, one, other)
    return f"swapped {one} and {other}"


def rewritten(path, rng):
    seq = rng.randint(1, COUNT)
    for number in range(seq, rng.randint(seq, COUNT) + 1):
        rewrite(path, number, relink=number > seq)
    return f"rewrote {seq} and what follows"


def swap(path, one, other):
    tampered(
        path,
        f"UPDATE entries SET seq = -1 WHERE seq = {one}",
        f"UPDATE entries SET seq = {one} WHERE seq = {other}",
        f"UPDATE entries SET seq = {other} WHERE seq = -1",
        f"UPDATE words SET seq = -1 WHERE seq = {one}",
        f"UPDATE words SET seq = {one} WHERE seq = {other}",
        f"UPDATE words SET seq = {other} WHERE seq = -1",
    )


def rewrite(path, seq, *, relink=False):
    """Give an entry another person and the matching hash, as a forger who knows the format would."""
    with closing(JournalReader.open(path)) as reader:
        rows = {row[0]: list(row[:-1]) for row in reader.every_row()}
        row = rows[seq]
        row[7] = "ssh 10.9.9.9"
        if relink:
            row[-2] = rows[seq - 1][-1]
        own = hash_of_row(reader.id, row)
    tampered(
        path,
        f"UPDATE entries SET origin = 'ssh 10.9.9.9', previous = '{row[-2]}', hash = '{own}' WHERE seq = {seq}",
    )
