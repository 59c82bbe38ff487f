"""Entries of kinds that a later version writes: read whole, counted, verified, found and exported like all others."""

import json
from contextlib import closing

import pytest

from services.journal.chain import hash_of
from services.journal.entry_check import check_link
from services.journal.errors import AlreadyRecorded
from services.journal.export import lines
from services.journal.reader import JournalReader
from services.journal.store import Store
from services.models.journal import EntryKind, EntryQuery
from tests.services.journal.book import ALICE, NOON, append, checked, filled, note, of_tomorrow, open_journal

APPROVED = {
    "subject": "plan-1", "target": "svc", "text": "承認: 上限 8", "data": {"plan_hash": "ab", "n": [1]},
    "claim": "approve:plan-1",
}  # fmt: skip


@pytest.fixture
def path(tmp_path):
    """Two notes, and between and behind them what a later version wrote."""
    path = tmp_path / "j.db"
    filled(path, 1)
    of_tomorrow(path, "co-signed", **APPROVED)
    with closing(Store(path)) as store:
        append(store, note("entry 3"), at=NOON, person=ALICE)
    of_tomorrow(path, "freeze", data={"restrains_changes": "0.2"})
    of_tomorrow(path, "co-signed", subject="plan-2")
    return path


def matching(path, query, **more):
    with closing(JournalReader.open(path)) as reader:
        return reader.find(query, limit=more.pop("limit", 99), newest_first=False, **more)


def seqs(path, query, **more):
    return [entry.seq for entry in matching(path, query, **more)]


def test_nothing_of_it_is_dropped(path):
    entry = matching(path, EntryQuery())[1]
    assert (entry.kind, entry.unknown_kind, entry.kind_name) == (EntryKind.OTHER, "co-signed", "co-signed")
    assert (entry.seq, entry.at, entry.person, entry.text) == (2, NOON, ALICE, "承認: 上限 8")
    assert (entry.subject, entry.target, entry.claim) == ("plan-1", "svc", "approve:plan-1")
    assert entry.data == {"plan_hash": "ab", "n": [1]}
    note_entry = matching(path, EntryQuery())[0]
    assert (note_entry.unknown_kind, note_entry.kind_name) == ("", "note")


def test_it_is_a_link_of_the_chain_like_all_others(path):
    verification = checked(path)
    assert verification.intact
    assert verification.entries == 5
    entry = matching(path, EntryQuery())[1]
    with closing(JournalReader.open(path)) as reader:
        assert hash_of(reader.id, entry) == entry.hash
    link = check_link(path, 2)
    assert link.is_intact
    with closing(Store(path)) as store:
        assert append(store, note(), at=NOON, person=ALICE).seq == 6


def test_its_claim_counts(path):
    with closing(Store(path)) as store, pytest.raises(AlreadyRecorded) as refusal:
        append(store, note(claim="approve:plan-1"), at=NOON, person=ALICE)
    assert refusal.value.entry.unknown_kind == "co-signed"


def test_its_hold_counts(path):
    entry = of_tomorrow(path, "window", holds="svc")
    with closing(JournalReader.open(path)) as reader:
        assert reader.holder("svc") == entry


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (EntryQuery(), [1, 2, 3, 4, 5]),
        (EntryQuery(kinds=frozenset(EntryKind)), [1, 2, 3, 4, 5]),
        (EntryQuery(kinds=frozenset({EntryKind.OTHER})), [2, 4, 5]),
        (EntryQuery(kinds=frozenset({EntryKind.OTHER}), subject="plan-2"), [5]),
        (EntryQuery(kinds=frozenset({EntryKind.OTHER, EntryKind.NOTE}), words="承認"), [2]),
        (EntryQuery(unknown_kinds=frozenset({"co-signed"})), [2, 5]),
        (EntryQuery(unknown_kinds=frozenset({"co-signed"}), words="TOMORROW"), [5]),
        (EntryQuery(unknown_kinds=frozenset({"freeze"}), kinds=frozenset({EntryKind.NOTE})), [1, 3, 4]),
        (EntryQuery(unknown_kinds=frozenset({"of", "the", "day", "after"})), []),
        (EntryQuery(kinds=frozenset({EntryKind.NOTE})), [1, 3]),
        (EntryQuery(kinds=frozenset(EntryKind) - {EntryKind.OTHER}), [1, 3]),
    ],
)
def test_it_is_found_by_its_kind(path, query, numbers):
    assert seqs(path, query) == numbers
    pages = [seqs(path, query, after_seq=after, limit=1) for after in range(6)]
    assert sorted({seq for page in pages for seq in page}) == numbers
    with closing(JournalReader.open(path)) as reader:
        exported = [json.loads(line) for line in lines(reader, query)]
    assert [line["seq"] for line in exported] == numbers
    names = {1: "note", 2: "co-signed", 3: "note", 4: "freeze", 5: "co-signed"}
    assert [line["kind"] for line in exported] == [names[seq] for seq in numbers]


def test_where_every_kind_is_known_none_is_found(tmp_path):
    path = tmp_path / "j.db"
    filled(path, 3)
    assert seqs(path, EntryQuery(kinds=frozenset({EntryKind.OTHER}))) == []


async def test_the_unknown_kinds_are_listed_once_each(path):
    of_tomorrow(path, "other")
    of_tomorrow(path, "\x1b[2J [b]x[/] 凍結")
    async with open_journal(path) as journal:
        assert sorted(await journal.unknown_kinds()) == [
            "\x1b[2J [b]x[/] 凍結",
            "co-signed",
            "freeze",
            "other",
        ]
    assert checked(path).intact
    assert seqs(path, EntryQuery(unknown_kinds=frozenset({"\x1b[2J [b]x[/] 凍結"}))) == [7]
    assert seqs(path, EntryQuery(kinds=frozenset({EntryKind.OTHER}))) == [2, 4, 5, 6, 7]
