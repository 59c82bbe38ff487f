import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from services.journal.errors import JournalError
from services.journal.reader import JournalReader
from services.models.journal import EntryQuery
from tests.faults.small_disks import fill, small_disk
from tests.services.journal.book import checked, filled, note, open_journal

__all__ = ["small_disk"]
pytestmark = [pytest.mark.slow, pytest.mark.data]
ROOT = Path(__file__).parents[2]
KILLS = 60
WRITERS = 6
MEGABYTE = 1 << 20


def writer(path, what, name, count):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.journal_writer", str(path), what, name, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process):
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return output.split()


def test_no_acknowledged_entry_is_lost_when_the_writer_is_killed(tmp_path):
    path, rng, last = tmp_path / "j.db", random.Random(9), 0
    for kill in range(KILLS):
        process = writer(path, "append", f"w{kill}", 0)
        acknowledged = [int(process.stdout.readline()) for _ in range(rng.randint(1, 40))]
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split("\n")
        acknowledged += [int(line) for line in rest[:-1]]
        process.stdout.close()
        process.wait()
        last = max([last, *acknowledged])
        verification = checked(path)
        assert verification.intact, verification
        assert verification.entries >= last, f"entry {last} was acknowledged"


def test_a_console_killed_while_it_creates_the_file_blocks_nobody(tmp_path):
    for kill in range(10):
        folder = tmp_path / str(kill)
        folder.mkdir()
        process = writer(folder / "j.db", "append", "killed", 1)
        while not any(folder.iterdir()):
            assert process.poll() is None
        process.kill()
        process.communicate()
        assert len(ended(writer(folder / "j.db", "append", "next", 2))) == 2
        assert checked(folder / "j.db").intact


def test_many_writers_keep_one_chain(tmp_path):
    path = tmp_path / "j.db"
    per_writer = 150
    writers = [writer(path, "append", f"w{number}", per_writer) for number in range(WRITERS)]
    seqs = [int(seq) for process in writers for seq in ended(process)]
    assert sorted(seqs) == list(range(1, WRITERS * per_writer + 1))
    assert checked(path).intact
    with closing(JournalReader.open(path)) as reader:
        for number in range(WRITERS):
            texts = [
                entry.text
                for entry in reader.find(
                    EntryQuery(person=f"w{number}"), limit=per_writer + 1, newest_first=False
                )
            ]
            assert texts == [f"w{number} {count}" for count in range(per_writer)]


def test_of_racing_claims_exactly_one_is_given(tmp_path):
    path = tmp_path / "j.db"
    writers = [writer(path, "claim", f"w{number}", 100) for number in range(WRITERS)]
    claims = [claim for process in writers for claim in ended(process)]
    assert sorted(claims) == sorted(f"c{number}" for number in range(100))
    assert checked(path).intact


def test_consoles_that_create_the_file_at_once_agree_on_one(tmp_path):
    for attempt in range(5):
        path = tmp_path / f"{attempt}.db"
        writers = [writer(path, "append", f"w{number}", 3) for number in range(WRITERS)]
        assert sorted(int(seq) for process in writers for seq in ended(process)) == list(range(1, 19))
        assert checked(path).intact


async def test_a_full_disk_is_reported_reading_continues_and_space_resolves_it(small_disk):
    path = small_disk / "j.db"
    async with open_journal(path) as journal:
        recorded = [await journal.append(note("x" * 1000)) for _ in range(20)]
        fill(small_disk / "other")
        refused, further = await refusal(journal)
        assert str(refused) == "The disk is full: the journal cannot be written."
        assert not journal.health.writable
        assert journal.health.problem.remedy.startswith("Free up space")
        assert len(await journal.entries()) == len(recorded) + further
        (small_disk / "other").unlink()
        await healed(journal)
        assert (await journal.append(note("after"))).seq == len(recorded) + further + 1
    verification = checked(path)
    assert (verification.intact, verification.entries) == (True, len(recorded) + further + 1)


async def test_a_console_that_starts_on_a_full_disk_reads_and_refuses(small_disk):
    path = small_disk / "j.db"
    filled(path, 20)
    fill(small_disk / "other")
    async with open_journal(path) as journal:
        assert not journal.health.writable
        assert len(await journal.entries()) == 20
        with pytest.raises(JournalError):
            await journal.append(note())
    assert checked(path).entries == 20


async def test_a_console_that_starts_on_a_full_disk_without_a_journal(small_disk):
    fill(small_disk / "other")
    async with open_journal(small_disk / "j.db") as journal:
        assert not journal.health.writable
        (small_disk / "other").unlink()
        await healed(journal)
        assert (await journal.append(note())).seq == 1
    assert os.listdir(small_disk) == ["j.db"]


async def refusal(journal):
    recorded = 0
    while True:
        try:
            await journal.append(note("y" * 4000, data={"filler": "z" * 50_000}))
        except JournalError as error:
            return error, recorded
        recorded += 1


async def healed(journal):
    async with asyncio.timeout(60):
        async for _seq in journal.follow():
            if journal.health.writable:
                return


async def test_a_file_that_may_not_grow_loses_nothing(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / "j.db"
    async with open_journal(path) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTE, before[1]))
        try:
            refused, recorded = await refusal(journal)
            assert str(refused) == "The disk failed while the journal was in use."
            assert len(await journal.entries()) == recorded
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert (await journal.append(note("after"))).seq == recorded + 1
    assert checked(path).intact
