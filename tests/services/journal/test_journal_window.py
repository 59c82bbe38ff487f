"""The bounded window onto the journal: where it stands, what it lets go, what it never loses."""

from datetime import UTC, datetime

import pytest

from services.clock import ManualClock
from services.journal.entry_check import check_link
from services.journal.entry_window import EntryWindow
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.journal import EntryKind, EntryQuery, NewEntry, Person

NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)


@pytest.fixture
async def journal(tmp_path):
    opened = Journal(
        tmp_path / "journal.db", clock=ManualClock(NOW), person=lambda: Person(user="tanaka"), syslog=None
    )
    await opened.open()
    yield opened
    await opened.close()


async def note(journal, count=1, kind=EntryKind.NOTE):
    for _number in range(count):
        await journal.append(NewEntry(kind=kind, text="x"))


def held(window):
    view = window.view
    numbers = [entry.seq for entry in view.entries]
    assert numbers == sorted(numbers, reverse=True)
    return numbers[0], numbers[-1], view.newer, view.older


async def test_it_moves_through_the_whole_journal_and_never_holds_more_than_its_bound(journal):
    await note(journal, 100)
    window = EntryWindow(journal, EntryQuery(), page=10, most=30)
    await window.newest()
    assert held(window) == (100, 91, False, True)
    seqs = {entry.seq for entry in window.view.entries}
    while window.view.older:
        await window.go_older()
        assert len(window.view.entries) <= 30
        seqs |= {entry.seq for entry in window.view.entries}
    assert seqs == set(range(1, 101))
    assert held(window) == (30, 1, True, False)
    while window.view.newer:
        await window.go_newer()
        assert len(window.view.entries) <= 30
    assert held(window) == (100, 71, False, True)
    await window.oldest()
    assert held(window) == (10, 1, True, False)


async def test_new_entries_are_added_without_dropping_held_ones(journal):
    window = EntryWindow(journal, EntryQuery(), page=10, most=30)
    await window.newest()
    assert window.view.entries == ()
    await note(journal, 25)
    await window.refresh()
    assert held(window) == (25, 1, False, False)
    await note(journal, 10)
    await window.refresh()
    assert held(window) == (25, 1, True, False), "the reader's entries stay"
    await window.go_newer()
    assert held(window) == (35, 6, False, True)


async def test_a_filter_counts_only_what_fits(journal):
    for _round in range(15):
        await note(journal)
        await note(journal, 3, EntryKind.STARTED)
    window = EntryWindow(journal, EntryQuery(kinds=frozenset({EntryKind.NOTE})), page=10, most=30)
    await window.newest()
    await window.go_older()
    assert len(window.view.entries) == 15
    assert (window.view.newer, window.view.older, window.view.filtered) == (False, False, True)
    await note(journal, 2, EntryKind.STARTED)
    await note(journal)
    await window.refresh()
    assert len(window.view.entries) == 16


async def test_a_failed_read_keeps_the_held_entries(journal, tmp_path):
    await note(journal, 15)
    window = EntryWindow(journal, EntryQuery(), page=10, most=30)
    await window.newest()
    before = window.view
    (tmp_path / "file").touch()
    unreadable = Journal(tmp_path / "file" / "j.db", clock=ManualClock(NOW), person=Person, syslog=None)
    window._journal = unreadable
    for move in (window.newest, window.oldest, window.go_older, window.go_newer, window.refresh):
        with pytest.raises(JournalError):
            await move()
    await unreadable.close()
    assert window.view.entries == before.entries


async def test_one_entry_is_checked_by_itself(journal):
    await note(journal, 3)
    for seq in (1, 2, 3):
        link = check_link(journal.path, seq)
        assert link.is_intact
    assert check_link(journal.path, 4) is None
    await journal.close()
    import sqlite3

    with sqlite3.connect(journal.path) as db:
        db.executescript("DROP TRIGGER IF EXISTS entries_stay; UPDATE entries SET text = 'y' WHERE seq = 2")
    db.close()
    altered, after = check_link(journal.path, 2), check_link(journal.path, 3)
    assert not altered.unaltered
    assert after.is_intact, "its neighbour is blameless"
    with sqlite3.connect(journal.path) as db:
        db.executescript("DROP TRIGGER IF EXISTS entries_last; DELETE FROM entries WHERE seq = 2")
    db.close()
    orphan = check_link(journal.path, 3)
    assert not orphan.tied
