import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import pytest

from services.journal.errors import JournalError
from services.journal.reader import JournalReader
from tests.services.journal.book import Listener, checked, filled, note, open_journal, tampered

ROOT = Path(__file__).parents[3]
NOBODY = 65534
OPEN_UNPRIVILEGED = """
import asyncio, json, os, sys, tempfile
from pathlib import Path
from services.clock import SystemClock
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.journal import EntryKind, NewEntry, Person

async def main(path):
    journal = Journal(path, clock=SystemClock(), person=lambda: Person(user="x"), syslog=None)
    health = await journal.open()
    found = {"health": health.model_dump(mode="json"), "appended": False, "read": None}
    try:
        found["read"] = [entry.text for entry in await journal.entries()]
    except JournalError as error:
        found["unread"] = error.problem.summary
    try:
        await journal.append(NewEntry(kind=EntryKind.NOTE, text="new"))
        found["appended"] = True
    except JournalError as error:
        found["refused"] = error.problem.summary
    await journal.close()
    return found

# After all imports, also those of the first use, for the interpreter itself may be out of reach of the other user.
with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(Path(folder, "first.db")))
if sys.argv[2] != "":
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
print(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
"""


async def opened(path):
    async with open_journal(path) as journal:
        if not journal.health.writable:
            with pytest.raises(JournalError):
                await journal.append(note())
        return journal.health


def said(health):
    assert not health.writable
    assert "{" not in health.problem.remedy
    return f"{health.problem.summary} {health.problem.remedy}"


async def test_a_folder_in_the_way(tmp_path):
    (tmp_path / "j.db").mkdir()
    assert "Move" in said(await opened(tmp_path / "j.db"))
    assert (tmp_path / "j.db").is_dir()


async def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "folder").write_text("x")
    assert "folder could not be created" in said(await opened(tmp_path / "folder" / "j.db"))


async def test_a_symbolic_link_is_refused(tmp_path):
    filled(tmp_path / "real.db", 1)
    (tmp_path / "j.db").symlink_to(tmp_path / "real.db")
    assert "symbolic link" in said(await opened(tmp_path / "j.db"))


async def test_a_file_that_everybody_may_write_is_refused(tmp_path):
    filled(tmp_path / "j.db", 1)
    (tmp_path / "j.db").chmod(0o666)
    assert "chmod o-w" in said(await opened(tmp_path / "j.db"))


async def test_a_file_that_is_emptied_while_it_is_open_takes_no_more(tmp_path):
    path = tmp_path / "j.db"
    async with open_journal(path) as journal:
        await journal.append(note())
        os.truncate(path, 0)
        with pytest.raises(JournalError, match="empty"):
            await journal.append(note())
        assert "Restore it" in said(journal.health)


async def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "j.db")
    assert "is not a file" in said(await opened(tmp_path / "j.db"))


@pytest.mark.parametrize("entries", [1, 300])
@pytest.mark.parametrize("damage", ["header", "middle", "end", "truncated", "empty", "text"])
async def test_a_damaged_file_is_never_touched(tmp_path, damage, entries):
    path = tmp_path / "j.db"
    filled(path, entries)
    whole = path.read_bytes()
    size = len(whole)
    spoilt = {
        "header": b"\x00" * 100 + whole[100:],
        "middle": whole[: size // 2] + os.urandom(4096) + whole[size // 2 + 4096 :],
        "end": whole[:-4096] + b"\x5a" * 4096,
        "truncated": whole[: size // 2],
        "empty": b"",
        "text": b"This is no database.\n" * 400,
    }[damage]
    path.write_bytes(spoilt)
    words = said(await opened(path))
    assert "damaged" in words or "empty" in words
    assert path.read_bytes() == spoilt
    assert checked(path).problem is not None


async def test_damage_far_inside_a_large_file_is_found_when_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("services.journal.store.SMALL", 0)
    monkeypatch.setattr("services.journal.file_check.NEWEST", 50)
    path = tmp_path / "j.db"
    filled(path, 300)
    spoilt = bytearray(path.read_bytes())
    page = spoilt.index(b'{"note":"n20"}') // 4096
    spoilt[page * 4096 : (page + 1) * 4096] = b"\x5a" * 4096
    path.write_bytes(spoilt)
    async with open_journal(path) as journal:
        assert (journal.health.writable, journal.health.entries) == (True, 300)
        assert (await journal.page(limit=10)).entries[0].seq == 300
        with pytest.raises(JournalError, match="damaged"):
            await journal.entries()
        assert "Keep" in said(journal.health)
        with pytest.raises(JournalError, match="damaged"):
            await journal.append(note())


async def test_another_programs_database_is_left_alone(tmp_path):
    path = tmp_path / "j.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    assert "not a journal" in said(await opened(path))
    assert path.read_bytes() == before


async def test_a_newer_consoles_journal_is_not_written(tmp_path):
    path = tmp_path / "j.db"
    filled(path, 1)
    tampered(path, "PRAGMA user_version = 2")
    assert "newer version" in said(await opened(path))


async def test_a_locked_journal_is_read_and_heals(tmp_path, monkeypatch):
    monkeypatch.setattr("services.journal.reader.BUSY_MS", 20)
    path = tmp_path / "j.db"
    filled(path, 2)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with open_journal(path) as journal:
            assert "locked" in said(journal.health)
            assert journal.health.entries == 2
            assert len(await journal.entries()) == 2
            with pytest.raises(JournalError, match="locked"):
                await journal.append(note())
            other.execute("ROLLBACK")
            await healed(journal)
            assert (await journal.append(note())).seq == 3


async def test_the_next_append_tries_again(tmp_path, monkeypatch):
    monkeypatch.setattr("services.journal.reader.BUSY_MS", 20)
    path = tmp_path / "j.db"
    filled(path, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        async with open_journal(path, retry=3600) as journal:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(JournalError):
                await journal.append(note())
            assert not journal.health.writable
            other.execute("ROLLBACK")
            assert (await journal.append(note())).seq == 2
            assert journal.health.writable
            assert journal.health.problem is None


async def test_a_cleared_obstacle_heals_without_a_restart(tmp_path):
    path = tmp_path / "j.db"
    path.mkdir()
    async with open_journal(path) as journal:
        listener = Listener(journal)
        await listener.hears(lambda heard: heard == [0])
        path.rmdir()
        await healed(journal)
        assert (await journal.append(note())).seq == 1


async def test_a_journal_that_was_moved_away_is_no_longer_written(tmp_path):
    path = tmp_path / "j.db"
    async with open_journal(path, retry=3600) as journal:
        await journal.append(note())
        path.rename(tmp_path / "elsewhere.db")
        with pytest.raises(JournalError, match="moved or deleted"):
            await journal.append(note("lost"))
        assert "Put" in said(journal.health)
        with pytest.raises(JournalError, match="moved or deleted"):
            await journal.append(note("lost, too"))
        with pytest.raises(JournalError, match="moved or deleted"):
            await journal.page()
        assert not path.exists()
        (tmp_path / "elsewhere.db").rename(path)
        assert len(await journal.entries()) == 1
        assert (await journal.append(note("kept"))).seq == 2


async def test_a_journal_that_is_moved_away_is_noticed_without_an_append(tmp_path):
    path = tmp_path / "j.db"
    async with open_journal(path) as journal:
        listener = Listener(journal)
        path.rename(tmp_path / "elsewhere.db")
        await listener.hears(lambda _heard: not journal.health.writable)
        (tmp_path / "elsewhere.db").rename(path)
        await healed(journal)


async def test_another_journal_in_its_place_is_not_mistaken_for_it(tmp_path):
    path = tmp_path / "j.db"
    async with open_journal(path, retry=3600) as journal:
        await journal.append(note())
        for name in ("j.db", "j.db-wal", "j.db-shm"):
            (tmp_path / name).unlink()
        filled(path, 5)
        with pytest.raises(JournalError, match="moved or deleted"):
            await journal.append(note())
        with pytest.raises(JournalError, match="replaced by another one"):
            await journal.append(note())
        with pytest.raises(JournalError, match="replaced by another one"):
            await journal.page()


async def test_a_lost_journals_entries_do_not_get_into_a_new_one(tmp_path):
    path = tmp_path / "j.db"
    async with open_journal(path) as journal:
        await journal.append(note())
        for name in ("j.db", "j.db-wal"):
            shutil.copy(tmp_path / name, tmp_path / f"kept-{name}")
    path.unlink()
    (tmp_path / "kept-j.db-wal").rename(tmp_path / "j.db-wal")
    assert "-wal aside" in said(await opened(path))
    assert not path.exists()
    (tmp_path / "kept-j.db").rename(path)
    async with open_journal(path) as journal:
        assert len(await journal.entries()) == 1


async def test_entries_taken_away_under_a_running_console_are_noticed(tmp_path):
    path = tmp_path / "j.db"
    async with open_journal(path) as journal:
        for _ in range(3):
            await journal.append(note())
        listener = Listener(journal)
        tampered(path, "DELETE FROM entries WHERE seq = 3")
        await listener.hears(lambda _heard: not journal.health.writable)
        assert "toban journal verify" in said(journal.health)
        with pytest.raises(JournalError, match="missing or altered"):
            await journal.append(note())
        assert len(await journal.entries()) == 2


@pytest.fixture
def home():
    """A folder that the user of `open_unprivileged` can reach, with a journal of two entries."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled(folder / "j.db", 2)
        folder.chmod(0o755)
        (folder / "j.db").chmod(0o644)
        yield folder
        folder.chmod(0o755)


def open_unprivileged(path):
    """What a user without rights reads: the user nobody when root runs the tests, else the file's own mode decides."""
    answer = subprocess.run(
        [sys.executable, "-c", OPEN_UNPRIVILEGED, str(path), str(NOBODY) if os.getuid() == 0 else ""],
        check=False,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    report = json.loads(answer.stdout)
    assert isinstance(report, dict)
    return report


def test_a_home_that_can_only_be_read_still_shows_the_journal(home):
    (home / "j.db").chmod(0o444)
    home.chmod(0o555)
    report = open_unprivileged(home / "j.db")
    assert report["read"] == ["entry 1", "entry 2"]
    assert report["refused"] == "The journal cannot be written by this user."
    assert not report["appended"]
    assert isinstance(report["health"], dict)
    assert (report["health"]["writable"], report["health"]["entries"]) == (False, 2)


def test_a_home_without_a_journal_that_can_only_be_read(home):
    home.chmod(0o555)
    report = open_unprivileged(home / "new" / "j.db")
    assert report["refused"] == "The journal cannot be written by this user."
    assert report["unread"] == "There is no journal here."


def test_a_journal_that_cannot_be_read_either(home):
    (home / "j.db").chmod(0o000)
    report = open_unprivileged(home / "j.db")
    assert report["unread"] == "The journal cannot be written by this user."
    assert not report["appended"]


async def healed(journal):
    async with asyncio.timeout(60):
        async for _seq in journal.follow():
            if journal.health.writable:
                return


def put(kind, beside):
    if kind == "pipe":
        os.mkfifo(beside)
    elif kind == "folder":
        beside.mkdir()
    else:
        beside.symlink_to("/dev/zero")


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
async def test_a_special_file_beside_the_journal_blocks_nothing(tmp_path, end, kind):
    path = tmp_path / "j.db"
    filled(path, 2)
    put(kind, Path(f"{path}{end}"))
    assert f"The {end} file beside the journal is not a file" in said(await opened(path))
    assert checked(path).problem is not None


@pytest.mark.parametrize("value", ["CAST(x'fffec080' AS TEXT)", "x'ff'", "NULL", "5", "char(0xfffd)"])
async def test_what_is_no_text_among_the_people_is_asked_for_once(tmp_path, value):
    path = tmp_path / "j.db"
    filled(path, 3)
    for column in ("user", "target"):
        with suppress(sqlite3.IntegrityError):
            tampered(path, f"UPDATE entries SET {column} = {value} WHERE seq = 2")
    with closing(JournalReader.open(path)) as reader:
        assert len(reader.people()) in (1, 2)
        assert len(reader.targets()) <= 1
