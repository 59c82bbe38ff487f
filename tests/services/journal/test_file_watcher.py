"""Writes to the journal's file are noticed; an unchanged file is not read again and again."""

import asyncio
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from services.host.file_events import FileEvents
from services.journal import file_watcher
from services.journal.file_watcher import FileWatcher, Rereads
from services.journal.journal import Journal
from services.journal.reader import JournalReader
from tests.services.journal.book import Listener, filled, note, open_journal

POLLS = 20  # After as many polls of two files each, nothing more is reported


@pytest.fixture
def compared(monkeypatch):
    paths: list[Path] = []
    mark = file_watcher._mark

    def counted(path):
        paths.append(path)
        return mark(path)

    monkeypatch.setattr(file_watcher, "_mark", counted)
    return paths


@pytest.fixture
def polls(compared, monkeypatch):
    monkeypatch.setattr(FileEvents, "of", lambda _folder, _names: None)
    return compared


async def reached(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  a thread polls, without an event to wait for
            await asyncio.sleep(0.005)


async def test_changes_of_the_file_or_beside_it_are_reported(tmp_path, polls):
    path, wal = tmp_path / "j.db", tmp_path / "j.db-wal"
    path.write_bytes(b"1")
    event = asyncio.Event()
    with FileWatcher(path, 0.005, event.set):
        await reached(event.is_set)
        changes: tuple[Callable[[], object], ...] = (
            lambda: path.write_bytes(b"22"),
            lambda: wal.write_bytes(b"1"),
            lambda: path.chmod(0o640),
            path.unlink,
        )
        for change in changes:
            # The change before may have been seen half done, and is then reported twice.
            polls.clear()
            await reached(lambda: len(polls) > 8)
            event.clear()
            polls.clear()
            await reached(lambda: len(polls) > 2 * POLLS)
            assert not event.is_set(), "nobody wrote"
            change()
            await reached(event.is_set)


async def test_another_consoles_entry_is_heard_long_before_the_next_read(tmp_path):
    path = tmp_path / "j.db"
    # The file changes before the entry is readable: between the two SQLite waits for the disk, and both of the watcher's
    # reports must not fall into that time.
    async with open_journal(path, poll=0.5, retry=600) as ours, open_journal(path, poll=600) as theirs:
        listener = Listener(ours)
        for number in range(1, 4):
            await theirs.append(note())
            await listener.hears(lambda heard, number=number: heard[-1:] == [number])
    await listener.ends()


async def test_an_entry_that_waited_long_for_the_disk_is_heard_without_another_report(tmp_path, monkeypatch):
    # The kernel reports the write, not when the disk has it and others may read it.
    reads: list[tuple[int, str]] = []
    head = JournalReader.head

    def late(reader):
        real = head(reader)
        if real[0] > 1:
            reads.append(real)
        # More reads than a write is reported.
        return real if real[0] <= 1 or len(reads) > 3 else (1, "")

    path = tmp_path / "j.db"
    async with open_journal(path, poll=0.05, retry=600) as ours, open_journal(path, poll=600) as theirs:
        listener = Listener(ours)
        await theirs.append(note())
        await listener.hears(lambda heard: heard[-1:] == [1])
        monkeypatch.setattr(JournalReader, "head", late)
        await theirs.append(note())
        await listener.hears(lambda heard: heard[-1:] == [2])
        assert len(reads) > 3
    await listener.ends()


def test_reading_again_after_a_write_that_brought_nothing_ends():
    rereads = Rereads(1.0, 10.0)
    rereads.note(1, was_reported=True)
    waits = []
    while rereads.seconds < math.inf:
        waits.append(rereads.seconds)
        rereads.note(1, was_reported=False)
    assert waits == [1, 2, 4, 10, 10, 10]
    rereads.note(1, was_reported=True)
    rereads.note(2, was_reported=False)
    assert rereads.seconds == math.inf, "the entry came, and the next one's write is reported"


@pytest.mark.parametrize("reports", [1, 2])
def test_an_entry_that_came_does_not_hide_that_another_may_be_waiting(reports):
    # What was reported may be the writes of both; under load the two reports of a write become one.
    rereads = Rereads(1.0, 10.0)
    rereads.note(1, was_reported=False)
    for _report in range(reports):
        rereads.note(2, was_reported=True)
    assert rereads.seconds < math.inf


async def test_a_journal_that_nobody_writes_to_is_not_read(tmp_path, polls, monkeypatch):
    filled(tmp_path / "j.db", 2)
    reads: list[JournalReader] = []
    head = JournalReader.head

    def counted(reader):
        reads.append(reader)
        return head(reader)

    async with open_journal(tmp_path / "j.db", poll=0.005, retry=600) as journal:
        monkeypatch.setattr(JournalReader, "head", counted)
        listener = Listener(journal)
        # The first poll reports; what this console's own opening wrote may be another change.
        await reached(lambda: reads and len(polls) > 2 * POLLS)
        reads.clear()
        polls.clear()
        await reached(lambda: len(polls) > 4 * POLLS)
        assert reads == []
    await listener.ends()


async def test_a_change_is_reported_again_one_poll_later(tmp_path, polls):
    path = tmp_path / "j.db"
    path.write_bytes(b"1")
    notices: list[int] = []
    with FileWatcher(path, 0.005, lambda: notices.append(len(polls))):
        await reached(lambda: len(polls) > POLLS)
        notices.clear()
        # Writing changes size and time one after the other; this cannot be seen half done.
        path.chmod(0o640)
        await reached(lambda: len(notices) == 2)
        last = len(polls)
        await reached(lambda: len(polls) > last + POLLS)
    assert len(notices) == 2, "and not for ever"


# ---- where the kernel reports changes


@pytest.fixture
def waits(monkeypatch):
    begun: list[int] = []
    wait = FileEvents.wait

    def counted(self):
        begun.append(1)
        return wait(self)

    monkeypatch.setattr(FileEvents, "wait", counted)
    return begun


linux = pytest.mark.skipif(not Path("/proc/self/mounts").exists(), reason="no inotify here")


@linux
async def test_a_file_that_nobody_writes_to_is_not_even_compared(tmp_path, compared, waits, monkeypatch):
    # The watcher alone woke the idle console up thirty times a minute.
    monkeypatch.setattr("services.host.file_events.is_local", lambda _folder: True)
    path, wal = tmp_path / "j.db", tmp_path / "j.db-wal"
    path.write_bytes(b"1")
    event = asyncio.Event()
    with FileWatcher(path, 0.001, event.set) as watcher:
        await reached(lambda: waits)
        assert watcher.reports_all
        assert len(compared) == 2 * 3, (
            "the first comparison, one more after its report, and one that finds nothing"
        )
        changes: tuple[Callable[[], object], ...] = (
            lambda: path.write_bytes(b"22"),
            lambda: wal.write_bytes(b"1"),
            lambda: path.chmod(0o640),
            path.unlink,
        )
        for change in changes:
            event.clear()
            compared.clear()
            waits.clear()
            change()
            await reached(lambda: waits and event.is_set())
            assert 2 * 2 <= len(compared) < 2 * POLLS
        compared.clear()
        (tmp_path / "another.db").write_bytes(b"1")
        path.write_bytes(b"3")
        await reached(lambda: compared)


@linux
async def test_the_watch_ends_with_its_block_and_leaves_no_descriptor(tmp_path, waits, monkeypatch):
    monkeypatch.setattr("services.host.file_events.is_local", lambda _folder: True)
    closed: list[FileEvents] = []
    close = FileEvents.close

    def counted(self):
        closed.append(self)
        close(self)

    monkeypatch.setattr(FileEvents, "close", counted)
    with FileWatcher(tmp_path / "j.db", 0.001, lambda: None):
        await reached(lambda: waits)
    await reached(lambda: closed)
    assert len(closed) == 1


@linux
async def test_without_the_folder_it_goes_on_by_comparing(tmp_path, compared, waits, monkeypatch):
    monkeypatch.setattr("services.host.file_events.is_local", lambda _folder: True)
    folder = tmp_path / "state"
    folder.mkdir()
    with FileWatcher(folder / "j.db", 0.001, lambda: None) as watcher:
        await reached(lambda: waits)
        folder.rename(tmp_path / "moved")
        await reached(lambda: not watcher.reports_all)
        compared.clear()
        await reached(lambda: len(compared) > 2 * POLLS)


@linux
async def test_a_console_that_cannot_write_checks_at_once_and_often(tmp_path, waits, monkeypatch):
    # With its next read a minute away, a full disk that was emptied would be noticed only then.
    monkeypatch.setattr("services.host.file_events.is_local", lambda _folder: True)
    checks: list[int] = []

    async def counted(_journal):
        checks.append(1)

    monkeypatch.setattr(Journal, "_check_file", counted)
    async with open_journal(tmp_path / "j.db", poll=0.005, retry=600) as journal:
        listener = Listener(journal)
        await reached(lambda: waits)
        checks.clear()
        journal._set(writable=False)
        await reached(lambda: len(checks) > 3)
    await listener.ends()
